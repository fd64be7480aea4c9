"""What is usual: arrivals expected in each hour of the week, learnt from 28 days, and how far they scatter about it.

An hour's level is taken from the same hour of all weekdays, or of all weekend days, without the busiest and the quietest
fifth of them, so that an incident does not become usual. The days of the week differ by the median of their totals, held
back towards no difference while few of them are known. The scatter has two parts: from hour to hour (1 = as chance alone
would have it) and from day to day (a whole day busier or quieter, as a share).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median
from zoneinfo import ZoneInfo

DAYS = 28
# Fewer whole days than this are no baseline yet.
FEWEST_DAYS = 7
HOURS = 24
WEEK = 7 * HOURS
# What is cut from each end of an hour's days, and what is cut from the scatter: an incident is not chance.
TRIMMED = 0.2
UNUSUAL = 0.05
# So many days of a kind weigh as much as "no difference between days of the week".
HELD_BACK = 2
# A level of which fewer are expected than this says nothing about scatter.
LEAST = 0.5

Counts = Mapping[tuple[date, int], float]


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in one place: 168 hours from Monday midnight, in one zone.

    `dispersion`: the variance of an hour's arrivals divided by their mean. `level_spread`: the standard deviation of a whole
    day's level, as a share of it.
    """

    expected: Sequence[float]
    dispersion: float
    level_spread: float
    days: int

    @property
    def is_learning(self) -> bool:
        """Say whether too few days are known to call anything usual."""
        return self.days < FEWEST_DAYS

    def at(self, moment: datetime, zone: ZoneInfo) -> float:
        """The arrivals expected in the hour of the week that a moment lies in."""
        local = moment.astimezone(zone)
        return self.expected[local.weekday() * HOURS + local.hour]


def learn(counts: Counts, *, days: Sequence[date]) -> Usual:
    """Learn what is usual from arrivals by (day, hour); `days` are the whole days that are known, quiet ones included."""
    if not days:
        return Usual([0.0] * WEEK, 1.0, 0.0, 0)
    kinds: dict[bool, list[date]] = defaultdict(list)
    for day in days:
        kinds[day.weekday() >= 5].append(day)
    # A kind of day that was never seen borrows from the other one.
    profiles = {
        is_weekend: [
            _trimmed([counts.get((day, hour), 0.0) for day in kinds[is_weekend] or days]) for hour in range(HOURS)
        ]
        for is_weekend in (False, True)
    }
    totals = {day: sum(counts.get((day, hour), 0.0) for hour in range(HOURS)) for day in days}
    expected: list[float] = []
    for weekday in range(7):
        factor = _factor(weekday, kinds[weekday >= 5], totals)
        expected += [level * factor for level in profiles[weekday >= 5]]
    return Usual(expected, *_scatter(counts, days, totals, expected), len(days))


def _trimmed(values: Sequence[float]) -> float:
    """The mean without the highest and lowest fifth; of few values, the median."""
    cut = int(len(values) * TRIMMED)
    return fmean(sorted(values)[cut : len(values) - cut]) if cut else median(values)


def _factor(weekday: int, alike: Sequence[date], totals: Mapping[date, float]) -> float:
    own = [totals[day] for day in alike if day.weekday() == weekday]
    usual = median([totals[day] for day in alike]) if alike else 0.0
    if not own or not usual:
        return 1.0
    return 1 + (median(own) / usual - 1) * len(own) / (len(own) + HELD_BACK)


def _scatter(
    counts: Counts, days: Sequence[date], totals: Mapping[date, float], expected: Sequence[float]
) -> tuple[float, float]:
    """Return the dispersion of hours about their own day's level, and the spread of days' levels."""
    levels, squares = [], []
    for day in days:
        whole = sum(expected[day.weekday() * HOURS :][:HOURS])
        if whole < LEAST:
            continue
        level = totals[day] / whole
        levels.append((level, whole))
        for hour in range(HOURS):
            mean = expected[day.weekday() * HOURS + hour] * level
            if mean >= LEAST:
                squares.append((counts.get((day, hour), 0.0) - mean) ** 2 / mean)
    if len(levels) < 2:
        return 1.0, 0.0
    # What is cut is the tail that chance has as well: its mean is put back by what a tail of squares holds.
    kept = sorted(squares)[: len(squares) - int(len(squares) * UNUSUAL)]
    freedom = max(len(squares) - WEEK // 7 * min(len(levels), 2), 1) / max(len(squares), 1)
    dispersion = max(1.0, fmean(kept) * _TAIL / freedom) if kept else 1.0
    middle = median(level for level, _ in levels)
    # The median of distances, times 1.4826, is the deviation of a normal scatter; an incident's day does not move it.
    spread = 1.4826 * median(abs(level - middle) for level, _ in levels)
    # The days of the week were fitted to the same days: what they took of the scatter is put back.
    each = len(days) / 7
    spread *= (len(days) / (len(days) - 7 * each / (each + HELD_BACK))) ** 0.5
    by_chance = dispersion / median(whole for _, whole in levels)
    return dispersion, max(0.0, spread**2 - by_chance) ** 0.5


# A squared normal deviate without its highest twentieth has the mean 0.759.
_TAIL = 1 / 0.759


def whole_days(*, at: datetime, zone: ZoneInfo) -> list[date]:
    """The 28 local days before the running one, oldest first."""
    today = at.astimezone(zone).date()
    return [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
