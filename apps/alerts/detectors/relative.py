"""A value against the same hour of days alike, as a share of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from apps.alerts.engine.series import Judged, Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """How far a value may move: -0.2 is a drop by a fifth, +0.5 a rise by half. It is over at `leave` of that."""

    by: float
    least_n: int = 20
    least_days: int = 3
    leave: float = 0.8


def judge(change: Change, value: float | None, *, n: int, same_hours: Sequence[float]) -> Judged:
    """Judge a value of n cases against the median of the same hours; too few days or cases say nothing."""
    if value is None:
        return Judged(Verdict.NO_DATA, n=n)
    if n < change.least_n or len(same_hours) < change.least_days:
        return Judged(Verdict.INSUFFICIENT, value=value, n=n)
    usual = median(same_hours)
    if usual == 0:
        return Judged(Verdict.INSUFFICIENT, value=value, n=n)
    moved = (value / usual - 1) / change.by
    return Judged(
        Verdict.BREACH if moved >= 1 else Verdict.OK, still=moved >= change.leave, value=value, badness=moved - 1, n=n
    )
