"""The mean of review scores with its interval (METRICS.md, section 7: Student's t from ten reviews on). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import atan, cos, fsum, pi, sqrt

from apps.reviews.spec import WHOLE

LEAST_N = 10


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of n scores. Its 95 % interval is None below ten, and so is any judgement of it: `is_enough` says so."""

    n: int
    mean: float | None
    low: float | None
    high: float | None

    @property
    def is_enough(self) -> bool:
        """Whether it may be held against a goal or another one."""
        return self.n >= LEAST_N


def internal_quality_score(scores: Sequence[Decimal | float]) -> Mean:
    """The mean of the scores of reviews (Zendesk QA: IQS). The caller leaves out drafts, calibration and reviews without a score.

    The interval is mean ± t(0.975, n − 1) · s ÷ √n, held inside 0 to 100.
    """
    values = [float(one) for one in scores]
    n = len(values)
    if n == 0:
        return Mean(0, None, None, None)
    mean = fsum(values) / n
    if n < LEAST_N:
        return Mean(n, mean, None, None)
    spread = sqrt(fsum((one - mean) ** 2 for one in values) / (n - 1))
    return Mean(n, mean, *around(mean, spread, n, most=float(WHOLE)))


def around(mean: float, spread: float | None, n: int, *, most: float | None = None) -> tuple[float, float]:
    """The 95 % interval of a mean of n >= 2 values with the standard deviation `spread` of a sample, held inside 0 to `most`."""
    reach = student_quantile(n - 1) * (spread or 0.0) / sqrt(n)
    return max(0.0, mean - reach), mean + reach if most is None else min(most, mean + reach)


def student_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t with a whole number of degrees of freedom, to eight digits.

    The distribution function has a finite sum for whole degrees (Abramowitz and Stegun, 26.7.3 and 26.7.4); it is bisected.
    """
    low, high = 1.9, 13.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < 0.95 else (low, middle)
    return (low + high) / 2


def _within(t: float, degrees: int) -> float:
    """The probability of |T| <= t."""
    angle = atan(t / sqrt(degrees))
    sine, square = t / sqrt(degrees + t * t), cos(angle) ** 2
    if degrees % 2 == 0:
        term = total = 1.0
        for k in range(2, degrees - 1, 2):
            term *= (k - 1) / k * square
            total += term
        return sine * total
    if degrees == 1:
        return 2 * angle / pi
    term = total = cos(angle)
    for k in range(3, degrees - 1, 2):
        term *= (k - 1) / k * square
        total += term
    return 2 / pi * (angle + sine * total)
