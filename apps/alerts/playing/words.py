"""The words of a case: what they mean to the engine, and how a difference is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from apps.alerts.detectors.fixed import Compare, Threshold
from apps.alerts.engine.series import Effect, Mode, State, Timing, Verdict

Case = Mapping[str, Any]
T = TypeVar("T")


class Unreadable(Exception):
    """The case says something the player does not understand: that is a failure, never a pass."""


class NotPlayed(Exception):
    """The case holds nothing that could be played here."""


STATES = {
    "inactive": State.INACTIVE, "normal": State.INACTIVE, "removed": State.INACTIVE, "pending": State.PENDING,
    "firing": State.FIRING, "alerting": State.FIRING, "recovering": State.RECOVERING, "no_data": State.NO_DATA,
    "nodata": State.NO_DATA, "error": State.ERROR,
}  # fmt: skip
VERDICTS = {
    "normal": Verdict.OK, "ok": Verdict.OK, "alerting": Verdict.BREACH, "breach": Verdict.BREACH,
    "no_data": Verdict.NO_DATA, "nodata": Verdict.NO_DATA, "error": Verdict.ERROR,
    "insufficient": Verdict.INSUFFICIENT, "off": Verdict.OFF,
}  # fmt: skip
MODES = {
    "no_data": Mode.OWN, "error": Mode.OWN, "own": Mode.OWN, "alerting": Mode.BREACH, "breach": Mode.BREACH,
    "ok": Mode.OK, "normal": Mode.OK, "keep_last": Mode.KEEP_LAST,
}  # fmt: skip
# What a peer would send of a series: its own notice at each of these.
TOLD = frozenset({Effect.FIRED, Effect.REOPENED, Effect.RESOLVED, Effect.DATA_STOPPED, Effect.FAILED})


def look_up(words: Mapping[str, T], word: object, what: str) -> T:
    """Return what a word means.

    :raises Unreadable: nobody gave it a meaning.
    """
    found = words.get(str(word))
    if found is None:
        raise Unreadable(f"saw the {what} {word!r}, expected one of {', '.join(sorted(words))}")
    return found


def timing(rule: Mapping[str, Any], *, interval: float, **given: Any) -> Timing:
    """Return how a case's rule waits. A case speaks of one rule alone: it has no limit unless it says so."""
    words: dict[str, Any] = {
        "wait": float(rule.get("for_s", 0)), "keep": float(rule.get("keep_firing_s", 0)), "interval": float(interval),
        "no_data_after": float(rule.get("no_data_after_s", 0)), "limit": int(rule.get("limit", 0)),
        "error_after": int(rule.get("error_after", 1)), **given,
    }  # fmt: skip
    for name in ("no_data", "error"):
        if name in rule:
            words[name] = look_up(MODES, rule[name], "mode")
    return Timing(**words)


def threshold(rule: Mapping[str, Any]) -> Threshold:
    """Return the limit of a case's rule."""
    compare = look_up({one.value: one for one in Compare}, rule.get("op", ">"), "comparison")
    leave = rule.get("recovery_threshold")
    least = int(rule.get("min_sample", 0))
    return Threshold(compare, float(rule["threshold"]), None if leave is None else float(leave), least)


def labels(text: str) -> dict[str, str]:
    """Return the labels that `a=1,b=2` names."""
    return {name: value for name, _, value in (part.partition("=") for part in text.split(","))}


def number(pattern: str, text: str) -> float | None:
    """Return the first number a pattern finds."""
    found = re.search(pattern, text)
    return float(found.group(1)) if found else None


def differ(place: str, seen: object, expected: object) -> Iterator[str]:
    """Say a difference, if there is one."""
    if seen != expected:
        yield f"{place}: saw {_plain(seen)}, expected {_plain(expected)}"


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
