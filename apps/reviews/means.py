"""The mean of review scores with its interval (METRICS.md, section 7: Student's t from ten reviews on). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum, sqrt

from apps.reviews.spec import WHOLE
from apps.shared.intervals import of_mean

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
    return Mean(n, mean, *_held(of_mean(mean, spread, n)))


def _held(bounds: tuple[float, float]) -> tuple[float, float]:
    """An interval, held inside what a score can be."""
    return max(0.0, bounds[0]), min(float(WHOLE), bounds[1])
