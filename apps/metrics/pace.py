"""Pace: how much of a goal's period is gone by the person's own plan, and what a count may say before all of it is.

A share or a time is what it is whenever one looks. A count grows while the period runs: few missed offers at ten in the morning
reach no goal yet, so a count is held against the part of the goal that the time gone leaves (METRICS.md, section 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apps.agents.models import Shift
from apps.metrics import chance

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Pace:
    """Where a running period stands. `gone` is the share of the planned time that is over, 0 to 1; None: nothing is planned in it."""

    gone: float | None

    @property
    def is_known(self) -> bool:
        """Some of the planned time is over, so something can be held against it."""
        return bool(self.gone)


UNPLANNED = Pace(None)


def planned(*, people: Iterable[UUID], since: datetime, until: datetime) -> dict[UUID, list[Stretch]]:
    """Return when each person is planned between two moments, the ends not cut off. One statement."""
    rows = Shift.objects.filter(agent__in=list(people), starts_at__lt=until, ends_at__gt=since)
    found: dict[UUID, list[Stretch]] = {}
    for agent, starts_at, ends_at in rows.values_list("agent", "starts_at", "ends_at"):
        found.setdefault(agent, []).append((starts_at, ends_at))
    return found


def pace(*, shifts: Sequence[Stretch], since: datetime, until: datetime, at: datetime) -> Pace:
    """Return how much of the time that is planned between two moments is over."""
    whole, over = (
        sum((max(min(ends, end) - max(starts, since), timedelta(0)) for starts, ends in shifts), timedelta(0))
        for end in (until, min(until, at))
    )
    return Pace(over / whole if whole else None)


def is_off(*, count: float, target: float, gone: float, is_up: bool) -> bool:
    """Say whether a count is further from what the time gone leaves of its goal than chance explains in 2.5 % of such periods.

    Cases come one by one and independently: a Poisson count around target × gone.
    """
    tail = chance.poisson_at_most if is_up else chance.poisson_at_least
    return tail(round(count), target * gone) <= chance.ACCUSED
