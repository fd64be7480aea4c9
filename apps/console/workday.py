"""A person's day as a bar: what the time signed in went into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.metrics import queries

LABELS = {
    "on_contact": "On contact", "wrap_up": "Wrap-up", "ringing": "Ringing", "break": "Break and other",
    "idle": "Ready, nothing in hand",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portion:
    """One part of the bar; `x` and `width` in per cent of it."""

    kind: str
    label: str
    seconds: float
    share: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value; None is a dash."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """What one person's day so far went into. The portions sum to the time signed in."""

    since: datetime
    until: datetime
    signed_in_seconds: float
    offline_seconds: float
    portions: Sequence[Portion]
    facts: Sequence[Fact]


def day_of(*, viewer: Viewer, agent: Agent, at: datetime) -> Day | None:
    """Return a person's day since midnight, None when they were not signed in."""
    span, time = queries.working_day(viewer=viewer, agent=agent, at=at)
    whole = time.signed_in.total_seconds()
    if not whole:
        return None
    portions, x = [], 0.0
    for kind, label in LABELS.items():
        seconds = {part.value: spent for part, spent in time.parts.items()}[kind].total_seconds()
        width = 100 * seconds / whole
        portions.append(Portion(kind, label, seconds, seconds / whole, round(x, 3), round(width, 3)))
        x += width
    at_a_time = None if time.concurrency is None else f"{time.concurrency:.1f}, at most {time.peak}"
    facts = [Fact("At a time", at_a_time)] + [
        Fact(name, None if share is None else f"{share:.0%}")
        for name, share in (
            ("Occupancy", time.occupancy), ("Slots taken", time.slot_utilisation), ("Adherence", time.adherence),
            ("Conformance", time.conformance),
        )
    ]  # fmt: skip
    return Day(span.since, at, whole, (at - span.since).total_seconds() - whole, portions, facts)
