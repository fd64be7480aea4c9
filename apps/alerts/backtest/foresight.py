"""What a count of the past says of the time to come, and how long a change takes to be seen. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.alerts.backtest.replaying import Firing
from apps.alerts.detectors import counts
from apps.alerts.detectors.chance import cases_needed, quantile

# A lead's alerts in a shift of eight hours: more than these, and they are no longer read.
BUDGET = 6.0
SHIFTS_A_DAY = 3
# Two rules that begin within so many seconds of one another, on so many of their occasions, tell the same story.
TOGETHER_SECONDS, TOGETHER_SHARE, TOGETHER_LEAST = 300.0, 0.7, 3


def expected_range(fired: int, *, days: float, ahead: float = 28.0, within: float = 0.9) -> tuple[int, int]:
    """Between how many alerts to expect in the days ahead, after so many in the days behind.

    The predictive distribution of a Poisson count whose rate is known from one count alone (Gamma prior of Jeffreys): a
    negative binomial. A simulation of 28 days against the next 28 missed by as much (ALERTS.md, 3.6).
    """
    if days <= 0:
        raise ValueError("A range needs days that were looked at.")
    mean, scatter = (fired + 0.5) * ahead / days, 1 + ahead / days
    tail = (1 - within) / 2
    low, high = (quantile(share, mean=mean, dispersion=scatter) for share in (tail, 1 - tail))
    return low, high


def hours_to_see(*, rate: float, change: float, dispersion: float, cases_an_hour: float) -> float | None:
    """In how many hours a share shows a change of so much of itself, at this many cases an hour (p < 0.001, power 80 %).

    None: never, for there are no cases or no such change.
    """
    wanted = cases_needed(rate=rate, change=change, dispersion=dispersion)
    return None if wanted is None or cases_an_hour <= 0 else wanted / cases_an_hour


def smallest_surge(surge: counts.Surge, *, expected: float, dispersion: float) -> float | None:
    """From how many times the usual on a count is an alert; None where nothing is expected."""
    if expected <= 0:
        return None
    count = max(int(expected), 1)
    while counts.judge(surge, count, expected=expected, dispersion=dispersion).verdict != "breach":
        count += 1
    return count / expected


@dataclass(frozen=True, slots=True)
class Overlap:
    """Another rule that told the same story: on `times` of `of` occasions it began within five minutes."""

    name: str
    times: int
    of: int


def overlap(name: str, ours: Sequence[Firing], theirs: Sequence[float]) -> Overlap | None:
    """Hold our alerts of a place against when another rule's began there; None where they are seldom together."""
    near = sum(any(abs(one.begins - other) <= TOGETHER_SECONDS for other in theirs) for one in ours)
    if near < TOGETHER_LEAST or near < TOGETHER_SHARE * len(ours):
        return None
    return Overlap(name, near, len(ours))
