"""Alerts in words: what is seen, what it is held against, since when, and what happened to them."""

from __future__ import annotations

from apps.alerts.engine.people import Outcome
from apps.alerts.models import Episode, Happening, RuleVersion
from apps.alerts.watching import contradictions
from apps.ui.templatetags.ui import duration, number, percent, signed

OUTCOMES = (
    (Outcome.HELPED.value, "It helped"), (Outcome.NO_EFFECT.value, "Nothing came of it"),
    (Outcome.NOT_NEEDED.value, "Was not needed"), (Outcome.FALSE_ALARM.value, "False alarm"),
    (Outcome.DUPLICATE.value, "Told twice"),
)  # fmt: skip
_HAPPENED = {
    "fired": "Began", "again": "Back again, within half an hour", "reopened": "Still bad: open again", "recovering": "Better, watched whether it stays so",
    "returned": "Bad again", "resolved": "Over", "data_stopped": "Its data stopped", "data_returned": "Its data are back",
    "failed": "The rule could not be judged", "works_again": "The rule works again", "got_worse": "Got worse, and returned",
    "called": "Nobody had taken it on: others were told", "open": "Open again", "closed": "Closed", "taken_on": "Taken on",
    "snoozed": "Put aside", "resolved_by_hand": "Resolved by hand", "judged": "Judged", "acted": "Something was done about it",
    "handed_over": "Handed over to", "undone": "Taken back",
}  # fmt: skip
_REASONS = {
    "off": "outside opening hours", "missing_series": "no longer there", "manual": "by hand", "updated": "the rule was edited",
    "rule_deleted": "the rule was removed", "paused": "the rule was paused", "no_data": "no data", "insufficient": "too few cases",
    "error": "error", **dict(OUTCOMES),
}  # fmt: skip


def amount(value: float | None, unit: str) -> str:
    """A value in its unit; nothing measured is a dash."""
    match unit:
        case "seconds":
            return duration(value)
        case "share":
            return percent(value)
        case "mood" | "score":
            return signed(value) if unit == "mood" else number(value, 2)
    return f"{number(value)} {unit}" if value is not None else number(value)


def rule_words(version: RuleVersion, limit: float | None) -> str:
    """What the value is held against, and for how long it had to be so."""
    unit = version.params.get("unit", "")
    waited = f" for {duration(version.wait_seconds)}" if version.wait_seconds else ""
    match version.reader:
        case "share":
            return f"usually {percent(limit)} at this hour"
        case "surge":
            return f"more than {number(limit)} in {version.params['minutes']} min are unusual now"
        case "burn":
            params = version.params
            return f"{percent(limit)} are promised; missed over {params['burn']:g} times as often in {params['minutes']} and in {params['short']} min"
        case "mean":
            return f"under {amount(limit, unit)}, compared with this hour of other days{waited}"
        case reader if reader in contradictions.READERS:
            return f"{percent(limit)} in the week before, and both moved by more than chance"
        case "negative":
            return "turned negative and still falls"
        case "loop":
            return "it says the same again, and still holds the conversation"
        case "unsure":
            return f"under {amount(limit, unit)} in each of its last {version.params['least_n']} turns"
        case "unsafe":
            return "replies must not hold such words or phrases"
        case "source":
            return "silent for longer than it ever is"
        case "watching":
            return f"not evaluated for {duration(limit)}"
    side = "under" if version.params.get("op") == "<" else "over"
    return f"{side} {amount(limit, unit)}{waited}"


def why(one: Episode) -> str:
    """How many cases it rests on, and what is known beside the number."""
    reader, n = one.version.reader, one.n
    told = ""
    if reader == "share" and n:
        told = f"{round((one.value or 0) * n)} of {n} cases since it began to differ."
    elif reader == "burn" and n:
        told = f"{round((one.value or 0) * n)} of {n} customers had a first reply in time."
    elif reader == "percentile" and n:
        told = f"Nine of ten of {n} first replies in {one.version.params['minutes']} minutes were faster than this."
    elif reader in ("mood", "mean") and n:
        told = f"The mean of {n} {'open conversations' if reader == 'mood' else 'answers'}."
    elif reader in contradictions.READERS:
        told = f"{one.about}."
        if n:
            told = f"{told} The value is of {n:,} cases in the last seven days."
    if one.times > 1:
        told = f"{told} It was over and came back {_times(one.times - 1)}, each time within half an hour.".strip()
    return told


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def happened(one: Happening) -> str:
    """One line of an alert's history."""
    detail = _REASONS.get(one.detail, one.detail)
    return f"{_HAPPENED.get(one.what, one.what)}{f': {detail}' if detail else ''}"
