"""Metric conflicts: one number improves while the one that keeps it honest gets worse, each by more than chance.

Pairs are those of METRICS.md, section 7, as far as both sides are measured of the same subject. People and AI agents have
pairs of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

# Half of the 95 % interval of a root of a count, which scatters by a half whatever the count.
HALF_Z = 0.98
# A count that stands for a rate of work is compared from here on.
FEWEST_COUNTED = 20


class Level(StrEnum):
    """Whose numbers are compared."""

    PERSON = "person"
    TEAM = "team"
    QUEUE = "queue"
    AI = "ai"


class Estimate(NamedTuple):
    """A number with its 95 % interval, and of how many cases it is."""

    value: float
    low: float
    high: float
    n: int | None = None


class Pair(NamedTuple):
    """What looks like an improvement (+1: up), and what says that it is none (+1: up). `says` is both in a few words."""

    driver: str
    improves: int
    guard: str
    worsens: int
    says: str


_REPLIES = Pair("response_time", -1, "csat", -1, "Replies got faster, and customers less content")
_FIRST = Pair("agent_first_reply_time", -1, "csat", -1, "First replies got faster, and customers less content")
_MORE = Pair("volume", 1, "csat", -1, "More is handled, and customers are less content")
_HANDLED = Pair("handle_time", -1, "reopen_rate", 1, "Less time goes into a conversation, and more are opened again")
_OF_PEOPLE = (_REPLIES, _FIRST, _MORE, _HANDLED)
PAIRS: dict[Level, tuple[Pair, ...]] = {
    Level.PERSON: _OF_PEOPLE,
    Level.TEAM: _OF_PEOPLE,
    Level.QUEUE: (
        Pair("first_reply_time", -1, "csat", -1, "First replies got faster, and customers less content"),
        _MORE,
        Pair("active_handle_time", -1, "reopen_rate", 1, "Less time goes into a conversation, and more are opened again"),
        Pair("transfer_rate", -1, "reopen_rate", 1, "Fewer are passed on, and more are opened again"),
        Pair("deflection", 1, "repeat_contact_rate", 1, "AI agents hand over less, and more customers come back"),
    ),
    # Strict containment leaves out who gave up or came back, so it is what hand-overs that were spared are worth.
    Level.AI: (
        Pair("deflection", 1, "containment", -1, "It hands over less, and fewer customers are really helped"),
        Pair("deflection", 1, "ai_repeat_contact_rate", 1, "It hands over less, and more customers come back"),
        Pair("deflection", 1, "ai_csat", -1, "It hands over less, and customers are less content"),
    ),
}  # fmt: skip


# Pairs of one person whose sides are not counted from cases: reviews, and time by days. Looked at on the person's own card.
ON_CARD = (
    Pair("agent_first_reply_time", -1, "internal_quality_score", -1, "First replies got faster, and reviews worse"),
    Pair("adherence", 1, "idle_time", 1, "More is kept to the plan, and more time passes with nothing in hand"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conflict:
    """A pair of which both sides moved, with what they were and are."""

    pair: Pair
    driver_before: Estimate
    driver: Estimate
    guard_before: Estimate
    guard: Estimate


def counted(n: int) -> Estimate:
    """Return a count of independent events with its 95 % interval, by the square root transformation (Anscombe 1948)."""
    root = sqrt(n + 0.375)
    return Estimate(float(n), max(0.0, max(0.0, root - HALF_Z) ** 2 - 0.375), (root + HALF_Z) ** 2 - 0.375, n)


def difference(before: Estimate, now: Estimate) -> tuple[float, float]:
    """Return the 95 % interval of now minus before, made of the intervals of both (MOVER: Zou and Donner 2008).

    For two shares with Wilson's intervals it is the one of Newcombe (1998, method 10).
    """
    change = now.value - before.value
    down = sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    up = sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    return change - down, change + up


def moved(before: Estimate, now: Estimate) -> int:
    """Say which way a number moved by more than chance: +1 up, -1 down, 0 when nothing can be said."""
    low, high = difference(before, now)
    return 1 if low > 0 else -1 if high < 0 else 0


def find(
    pairs: Sequence[Pair], before: Mapping[str, Estimate | None], now: Mapping[str, Estimate | None]
) -> list[Conflict]:
    """Return the pairs of which the driver improved and the guard got worse; numbers by metric, None where too few cases."""
    found = []
    for pair in pairs:
        sides = before.get(pair.driver), now.get(pair.driver), before.get(pair.guard), now.get(pair.guard)
        driver_before, driver, guard_before, guard = sides
        if driver_before is None or driver is None or guard_before is None or guard is None:
            continue
        if moved(driver_before, driver) == pair.improves and moved(guard_before, guard) == pair.worsens:
            found.append(Conflict(pair, driver_before, driver, guard_before, guard))
    return found
