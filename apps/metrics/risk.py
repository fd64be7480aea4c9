"""Will the promise hold: the share of customers answered in time in the hours to come, from who comes and who works.

The people of a queue's teams are one pool of slots that serves everything their teams answer. In each hour the pool's work is
what comes times how long each is held; with as many slots as are planned, the formula of Erlang (C) says how many would wait
longer than promised. With more work than slots the wait grows instead, and is carried into the next hour. Arrivals are taken as
chance and holding times as exponential: a plan, not a measurement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Line:
    """One queue as the plan needs it: its promise, its teams, and what it asks of them.

    `work_seconds`: slot seconds of people for each arrival. `held_seconds`: how long one stretch of holding lasts.
    """

    queue_id: UUID
    teams: frozenset[int]
    target_seconds: int | None
    work_seconds: float
    held_seconds: float


def waits(*, slots: int, load: float) -> float:
    """The share of arrivals that find every slot taken (Erlang C); 1 when there is more work than slots."""
    if slots <= 0 or load >= slots:
        return 1.0
    if load <= 0:
        return 0.0
    blocked = 1.0
    for n in range(1, slots + 1):
        blocked = load * blocked / (n + load * blocked)
    busy = load / slots
    return blocked / (1 - busy + busy * blocked)


def within(
    *, slots: float, load: float, held_seconds: float, target_seconds: float, waiting_seconds: float = 0.0
) -> tuple[float, float]:
    """Return the share of an hour's arrivals that have a slot within the target, and the wait at the end of the hour.

    With more work than slots the wait grows through the hour, from what it was; with fewer it shrinks first. Only what comes
    after that waits by chance.
    """
    whole = int(slots)
    if whole <= 0:
        return 0.0, waiting_seconds + 3600
    growth = load / whole - 1  # seconds of wait for each second of the hour
    if growth < 0:
        drained = min(1.0, waiting_seconds / (-growth * 3600))
        ends = max(0.0, waiting_seconds + growth * 3600)
        chance = 1 - waits(slots=whole, load=load) * exp(-(whole - load) * target_seconds / max(held_seconds, 1.0))
        return drained * _between(waiting_seconds, ends, target_seconds) + (1 - drained) * chance, ends
    ends = waiting_seconds + growth * 3600
    return _between(waiting_seconds, ends, target_seconds), ends


def _between(first: float, last: float, target: float) -> float:
    """The share of a straight way between two waits that lies within the target."""
    low, high = min(first, last), max(first, last)
    if high <= target:
        return 1.0
    return max(0.0, (target - low) / (high - low)) if high > low else 0.0


def answered_in_time(
    *,
    line: Line,
    lines: Sequence[Line],
    arrivals: Mapping[UUID, float],
    slots: Mapping[int, float],
    waiting_seconds: float = 0.0,
) -> tuple[float | None, float]:
    """Return the share of a queue's arrivals of one hour answered in time, and the wait that is left for the next hour.

    `arrivals` are of the hour, by queue; `slots` are planned, by team. None where nobody is planned or nothing is promised.
    """
    own = sum(slots.get(team, 0.0) for team in line.teams)
    if line.target_seconds is None or own < 1:
        return None, 0.0
    load = rate = 0.0
    for other in lines:
        whole = sum(slots.get(team, 0.0) for team in other.teams)
        shared = sum(slots.get(team, 0.0) for team in other.teams & line.teams)
        if whole <= 0 or shared <= 0:
            continue
        part = arrivals.get(other.queue_id, 0.0) * other.work_seconds / 3600 * shared / whole
        load += part
        rate += part / max(other.held_seconds, 1.0)
    held = load / rate if rate else line.held_seconds
    return within(
        slots=own, load=load, held_seconds=held, target_seconds=line.target_seconds, waiting_seconds=waiting_seconds
    )
