"""Did it work: the change after an action against what usually follows such a stretch here, with an interval.

Difference in differences (METRICS.md, section 8): what is compared is where it was acted minus the comparison set, before and
after. An alert fires on extremes, and an extreme is mostly followed by something less extreme, whatever anybody does. So the
change is not held against no change: stretches of the same hours of the days before tell what followed a before like this one
when nobody acted (a regression of after on before, as in an analysis of covariance). Their scatter about it is the scatter that
the effect is held against: it holds chance, days that differ, and incidents that end by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from apps.shared.intervals import student_quantile

# Fewer stretches than this do not tell what usually follows.
FEWEST_STRETCHES = 12


class Verdict(StrEnum):
    """What is said of an action. None of them is a guess: too early and not enough are words of their own."""

    TOO_EARLY = "too_early"
    IMPROVED = "improved"
    NO_EFFECT = "no_effect"
    WORSE = "worse"
    NOT_ENOUGH = "not_enough"


@dataclass(frozen=True, slots=True)
class Cell:
    """The cases of one stretch of time in one place: how many, and their mean (None without any)."""

    n: int
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A before and an after, where it was acted and in the comparison set. Without a comparison set the last two are None."""

    before: Cell
    after: Cell
    others_before: Cell | None = None
    others_after: Cell | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict with all it rests on, in the unit of the means. None where it could not be worked out.

    `expected`: the mean after, had nobody acted. `effect`: what was seen minus that, with the interval `low` to `high`.
    """

    verdict: Verdict
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    expected: float | None = None
    stretches: int = 0


@dataclass(frozen=True, slots=True)
class _Point:
    before: float
    after: float
    # The inverse of what chance alone would make of the difference, up to a factor: few cases weigh little.
    weight: float


def verify(stretch: Stretch, usual: Sequence[Stretch], *, better: int, least_n: int, share: float) -> Finding:
    """Judge one action.

    `usual` are stretches of the days before, cut the same way; `better` is 1 where more is better and -1 where less is;
    `least_n` is how many cases before and after are needed; `share` is the part of actions without any effect that may be
    called improved here (the interval leaves out as much on each side).

    Steps: (1) take the comparison set off, before and after; (2) fit what usually follows, by weighted least squares, with a
    slope held between 0 and 1, because a before can be followed by its opposite or its multiple only by chance; (3) the effect
    is what was seen minus what usually follows; (4) its variance is the scatter of the usual ones, scaled to the number of cases
    of this one, plus that of the fitted line at this before.

    :raises ValueError: `better` is neither 1 nor -1, or `share` is no share.
    """
    if better not in (1, -1) or not 0 < share < 0.5:
        raise ValueError(f"Saw better={better} and share={share}. Expected 1 or -1, and a share under a half.")
    points = [point for one in usual if (point := _point(one, least_n=1)) is not None]
    here = _point(stretch, least_n=least_n)
    if here is None or len(points) < FEWEST_STRETCHES:
        return Finding(Verdict.NOT_ENOUGH, stretches=len(points))
    whole = sum(point.weight for point in points)
    before = sum(point.weight * point.before for point in points) / whole
    after = sum(point.weight * point.after for point in points) / whole
    spread = sum(point.weight * (point.before - before) ** 2 for point in points)
    together = sum(point.weight * (point.before - before) * (point.after - after) for point in points)
    slope = min(max(together / spread, 0.0), 1.0) if spread > 0 else 0.0
    left = sum(point.weight * (point.after - after - slope * (point.before - before)) ** 2 for point in points)
    freedom = len(points) - 2
    scatter = left / freedom
    away = here.before - before
    variance = scatter * (1 / here.weight + 1 / whole + (away**2 / spread if spread > 0 else 0.0))
    expected = after + slope * away
    effect = here.after - expected
    reach = student_quantile(1 - share, freedom) * sqrt(variance)
    low, high = effect - reach, effect + reach
    others = (stretch.others_after.mean if stretch.others_after is not None else 0.0) or 0.0
    return Finding(_called(low, high, better), effect, low, high, expected + others, len(points))


def _called(low: float, high: float, better: int) -> Verdict:
    if low > 0 or high < 0:
        return Verdict.IMPROVED if (low > 0) == (better > 0) else Verdict.WORSE
    return Verdict.NO_EFFECT


def _point(one: Stretch, *, least_n: int) -> _Point | None:
    """A stretch as a point of the regression; None where a part of it has too few cases."""
    chance = 0.0
    sides = []
    for own, others in ((one.before, one.others_before), (one.after, one.others_after)):
        if own.mean is None or own.n < max(least_n, 1):
            return None
        chance += 1 / own.n
        if others is None:
            sides.append(own.mean)
        elif others.mean is None or others.n < 1:
            return None
        else:
            chance += 1 / others.n
            sides.append(own.mean - others.mean)
    return _Point(before=sides[0], after=sides[1], weight=1 / chance)
