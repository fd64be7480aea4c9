"""What a feedback conversation can be about: the lines that were missed in reviews of one person, with what shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.agents.reach import Reach
from apps.metrics.definitions import DICTIONARY
from apps.reviews.models import Mark, Review, SecondLook
from apps.reviews.scoring import is_low
from apps.reviews.spec import Scale

# As far back as a score about a person goes.
OVER = timedelta(days=28)
# Fewer reviews make no score (METRICS.md, section 7).
FEWEST_REVIEWS = 10
MOST_CANDIDATES, MOST_SHOWN = 8, 4
LINE = "line:"
# Numbers about one person that a conversation may want to move.
NUMBERS = ("csat", "agent_first_reply_time", "response_time", "transfer_rate", "reopen_rate")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line that was missed: how often of how many, and the messages and reviews that show it."""

    key: str
    text: str
    missed: int
    of: int
    evidence: Sequence[UUID]
    reviews: Sequence[UUID]

    @property
    def metric(self) -> str:
        """How a sheet names it as what is to get better."""
        return f"{LINE}{self.key}"


def candidates(*, viewer: Viewer, agent: UUID, at: datetime) -> list[Candidate]:
    """The lines missed at least once in the reviews of a person that the viewer may read, the most missed first. Three statements."""
    reviews = Review.objects.visible_to(viewer, at).submitted().filter(agent=agent, submitted_at__gt=at - OVER)
    marks = (
        Mark.objects.filter(review__in=reviews, step__isnull=False)
        .select_related("line")
        .order_by("-review__submitted_at", "pk")
    )
    by_line: dict[str, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.line.key, []).append(mark)
    found = []
    for key, given in by_line.items():
        low = [mark for mark in given if mark.step is not None and is_low(Scale(mark.line.scale), mark.step)]
        if low:
            shown = [message for mark in low for message in mark.evidence]
            found.append(
                Candidate(
                    key, given[0].line.text, len(low), len(given), list(dict.fromkeys(shown))[:MOST_SHOWN],
                    list(dict.fromkeys(mark.review_id for mark in low))[:MOST_SHOWN],
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (-one.missed, one.text))[:MOST_CANDIDATES]


def metric_name(metric: str, texts: dict[str, str] | None = None) -> str:
    """What is to get better, in words."""
    if metric.startswith(LINE):
        key = metric.removeprefix(LINE)
        return f"“{(texts or {}).get(key, key.replace('-', ' '))}” in reviews"
    return DICTIONARY[metric].name


def reasons(*, people: Reach, since: dict[UUID, datetime], at: datetime) -> dict[UUID, list[str]]:
    """Why somebody needs a conversation beside the calendar: reviews that are too few for a score, and doubted ones since the last
    conversation. The caller has scoped the people. Two statements."""
    in_time = people.q("pk", at="reviews__submitted_at")
    counted = Count(
        "reviews",
        filter=Q(reviews__pick="random", reviews__score__isnull=False, reviews__submitted_at__gt=at - OVER) & in_time,
    )
    found: dict[UUID, list[str]] = {}
    for key, n in Agent.objects.filter(pk__in=list(people)).annotate(n=counted).values_list("pk", "n"):
        if n < FEWEST_REVIEWS:
            found.setdefault(key, []).append(f"{n} of {FEWEST_REVIEWS} reviews in four weeks: no score yet")
    doubts: dict[UUID, int] = {}
    asked = SecondLook.objects.filter(people.q("review__agent", at="asked_at"), asked_at__gt=at - OVER)
    for key, moment in asked.values_list("review__agent_id", "asked_at"):
        if key not in since or moment > since[key]:
            doubts[key] = doubts.get(key, 0) + 1
    for key, n in doubts.items():
        found.setdefault(key, []).append(f"{n} score{'s' if n > 1 else ''} doubted")
    return found
