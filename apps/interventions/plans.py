"""What an action is judged by: the metric, when, and how strictly. Fixed at the moment of acting, from this page alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Direction
from apps.metrics.measures import MEASURES, Form

DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Horizon:
    """When an action is looked at. `share`: the part of actions without any effect that may be called improved at this look.

    The three of them add up to 5 %: over all looks together no more than that are flattered (Bonferroni).
    """

    key: str
    words: str
    minutes: int
    before_minutes: int
    share: float
    is_lagging: bool = False

    @property
    def level(self) -> int:
        """The level of the interval in per cent: it leaves out `share` on each side."""
        return round(100 * (1 - 2 * self.share))


HORIZONS = (
    Horizon("10min", "after 10 minutes", 10, 30, 0.005),
    Horizon("30min", "after 30 minutes", 30, 30, 0.01),
    Horizon("day", "after a day", DAY_MINUTES, DAY_MINUTES, 0.035, is_lagging=True),
)
# A conversation about somebody's work is not felt within minutes. A number is looked at after a day and after a week, which
# together leave the same 5 %; a line of a rubric after four weeks, because reviews are few.
CONVERSATION = (
    Horizon("day1", "after a day", DAY_MINUTES, DAY_MINUTES, 0.015),
    Horizon("week", "after a week", 7 * DAY_MINUTES, 7 * DAY_MINUTES, 0.035),
)
REVIEWED = (Horizon("month", "after four weeks", 28 * DAY_MINUTES, 28 * DAY_MINUTES, 0.025),)
ALL = (*HORIZONS, *CONVERSATION, *REVIEWED)
BY_KEY = {one.key: one for one in ALL}
# Before the key of a rubric's line: what is measured are the marks that chance picked of it, as a part of their scale.
LINE = "line:"

# What an action moves first, by what it is; an alert's own metric comes before it.
LEADING = {
    "move": "first_reply_time", "seniors": "first_reply_time", "to_ai": "first_reply_time", "pause": "asked_for_person_rate",
    "help": "first_reply_time", "note": "sentiment", "proposal": "fallback_rate", "worst": "first_reply_time",
    "looked": "first_reply_time", "feed": "",
}  # fmt: skip
# What tells a day later whether that was any good.
LAGGING = {
    "first_reply_time": "abandonment_rate", "agent_first_reply_time": "csat", "response_time": "csat", "sentiment": "csat",
    "speed_of_answer": "abandonment_rate", "abandonment_rate": "csat", "transfer_rate": "reopen_rate",
    "asked_for_person_rate": "handoff_rate", "fallback_rate": "handoff_rate", "ai_confidence": "handoff_rate",
    "handoff_rate": "containment", "containment": "repeat_contact_rate",
}  # fmt: skip
# Numbers of a moment are no cases: what customers felt of them is.
INSTEAD = {
    "queue_length": "first_reply_time", "longest_wait": "first_reply_time", "backlog": "first_reply_time", "mood": "sentiment",
    "negative": "sentiment", "asked": "first_reply_time", "overdue": "response_time", "surge": "first_reply_time", "source": "",
    "loop": "asked_for_person_rate", "unsure": "ai_confidence", "unsafe": "", "burn": "first_reply_time",
}  # fmt: skip
SENTIMENT = "sentiment"


def leading(kind: str, *, watched: str = "") -> str:
    """The metric that an action of a kind is judged by; `watched` is what its alert watches, a measure, a gauge or a reader."""
    own = INSTEAD.get(watched, watched)
    if watched and own == "":
        return ""
    return own if own == SENTIMENT or own in MEASURES else LEADING[kind]


def is_line(metric: str) -> bool:
    """It is a line of a rubric, as reviews marked it, and no number of the dictionary."""
    return metric.startswith(LINE)


def lagging(metric: str) -> str:
    """The metric that confirms it a day later; a metric without a slower one is looked at again itself."""
    return LAGGING.get(metric, metric)


def better(metric: str) -> int:
    """1 where more is better, -1 where less is. A number that has no better side is judged as the rules do: a rise is bad."""
    return 1 if is_line(metric) or DICTIONARY[metric].direction == Direction.UP else -1


def least_n(metric: str) -> int:
    """How many cases before and after are needed. Those of the dictionary judge one number; here many stretches are behind it."""
    return 30 if metric == "csat" else 10


def _form(metric: str) -> Form | None:
    return None if metric == SENTIMENT or is_line(metric) else MEASURES[metric].form


def is_share(metric: str) -> bool:
    """A part of a whole: a share of cases, or a mark as a part of its scale."""
    return is_line(metric) or _form(metric) == Form.SHARE


def is_duration(metric: str) -> bool:
    """A duration is compared on the scale of its logarithm: an effect is a factor, and one long wait is not the whole mean."""
    return _form(metric) == Form.DURATION


def is_score(metric: str) -> bool:
    """A score is kept in millionths."""
    return _form(metric) == Form.SCORE


def settles(metric: str) -> timedelta:
    """How long after a case it may still be decided otherwise, such as by the customer who comes back; a review may come a week later."""
    return timedelta(days=7) if is_line(metric) else timedelta(hours=DICTIONARY[metric].settles_after_hours)
