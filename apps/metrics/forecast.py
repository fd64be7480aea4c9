"""How many will come: arrivals of the hours to come, with an interval, from what is usual and from the day so far.

The day's level is unknown until it shows. It is taken as scattering about 1 by the spread of days, and each hour that has
passed tells more of it (a gamma level with counts whose dispersion is known). What is left to chance is the scatter of hours
and what is still not known of the level; the interval holds nine in ten days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, lgamma, log
from zoneinfo import ZoneInfo

from apps.metrics.baselines import Usual

HOUR = timedelta(hours=1)
LOW, HIGH = 0.05, 0.95
# From here on a normal curve is as good as counting the steps.
MANY = 3000.0
# How much of its own scatter the usual carries for each day it was not learnt from: medians of few days of a kind.
FEW_KNOWN = 12.0
Z = 1.644854


@dataclass(frozen=True, slots=True)
class HourAhead:
    """One hour of the shift. `arrived` is None for an hour to come; the interval is None for one that has passed.

    In the running hour `arrived` is what came so far, and the forecast is of the whole hour.
    """

    starts_at: datetime
    arrived: int | None
    usual: float
    expected: float | None = None
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The hours of a shift, the rest of it as one number, and the level of the day: 1.2 is a fifth more than usual."""

    hours: Sequence[HourAhead]
    rest: float
    low: int
    high: int
    level: float


def forecast(
    *, usual: Usual, zone: ZoneInfo, arrived: Mapping[datetime, int], since: datetime, at: datetime, until: datetime
) -> Forecast:
    """Forecast the hours from `since` to `until` as of `at`; `arrived` counts the arrivals by the start of their hour.

    `since` and `until` are full hours.
    """
    starts = [since + n * HOUR for n in range(int((until - since) / HOUR))]
    passed = [start for start in starts if start <= at]
    seen = float(sum(arrived.get(start, 0) for start in passed))
    due = sum(usual.at(start, zone) * min(1.0, (at - start) / HOUR) for start in passed)
    level, variance = _level(usual, seen, due)
    hours, rest = [], 0.0
    for start in starts:
        usually = usual.at(start, zone)
        left = usually * min(1.0, max(0.0, (start + HOUR - at) / HOUR))
        rest += left
        came = arrived.get(start, 0) if start <= at else None
        if start + HOUR <= at:
            hours.append(HourAhead(start, came, usually))
            continue
        low, high = interval(level * left, _variance(usual, level, variance, left))
        so_far = came or 0
        hours.append(HourAhead(start, came, usually, so_far + level * left, so_far + low, so_far + high))
    low, high = interval(level * rest, _variance(usual, level, variance, rest))
    return Forecast(hours, level * rest, low, high, level)


def _level(usual: Usual, seen: float, due: float) -> tuple[float, float]:
    """Return the day's level and its variance, given what came and what usually comes until now."""
    if usual.level_spread <= 0:
        return 1.0, 0.0
    before, told = 1 / usual.level_spread**2, 1 / usual.dispersion
    weight = before + due * told
    level = (before + seen * told) / weight
    return level, level / weight


def _variance(usual: Usual, level: float, of_level: float, left: float) -> float:
    """The variance of what comes in hours in which `left` is usual: chance, the day's level, and how well the usual is known."""
    known = usual.dispersion * level * left + (usual.level_spread * level * left) ** 2
    return usual.dispersion * level * left + of_level * left**2 + known * FEW_KNOWN / max(usual.days, 1)


def interval(mean: float, variance: float) -> tuple[int, int]:
    """Return the counts between which nine in ten lie, for a count of this mean and variance."""
    if mean <= 0:
        return 0, 0
    if mean > MANY:
        spread = Z * variance**0.5
        return max(0, round(mean - spread)), round(mean + spread)
    return _quantile(mean, variance, LOW), _quantile(mean, variance, HIGH)


def _quantile(mean: float, variance: float, share: float) -> int:
    """The least count that holds the share: of a negative binomial, or of a Poisson where nothing scatters more."""
    size = mean * mean / (variance - mean) if variance > mean * 1.001 else None
    total, n = 0.0, 0
    top = int(mean + 12 * max(variance, mean) ** 0.5) + 10
    while n < top:
        if size is None:
            weight = n * log(mean) - mean - lgamma(n + 1)
        else:
            weight = (
                lgamma(n + size)
                - lgamma(size)
                - lgamma(n + 1)
                + size * log(size / (size + mean))
                + n * log(mean / (size + mean))
            )
        total += exp(weight)
        if total >= share:
            return n
        n += 1
    return top
