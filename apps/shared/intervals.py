"""Intervals of shares and of means. Pure; no app counts anything of its own here."""

from __future__ import annotations

from functools import lru_cache
from math import atan, cos, pi, sqrt
from statistics import NormalDist


def wilson(hits: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share of n > 0 cases (Wilson 1927)."""
    z = _normal(confidence)
    share, square = hits / n, z * z / n
    middle, reach = share + square / 2, z * sqrt(share * (1 - share) / n + square / (4 * n))
    return max(0.0, (middle - reach) / (1 + square)), min(1.0, (middle + reach) / (1 + square))


def of_mean(mean: float, spread: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a mean of n > 1 values whose standard deviation, as a sample, is `spread` (Student's t)."""
    reach = student_quantile(0.975, n - 1) * spread / sqrt(n)
    return mean - reach, mean + reach


@lru_cache(maxsize=16)
def _normal(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)


@lru_cache(maxsize=1024)
def student_quantile(share: float, degrees: int) -> float:
    """The quantile of Student's t with whole degrees of freedom, for a share from a half to below one; to eight digits.

    The distribution function has a finite sum for whole degrees (Abramowitz and Stegun, 26.7.3 and 26.7.4); it is bisected.
    """
    inside = 2 * share - 1
    low, high = 0.0, 2.0
    while _within(high, degrees) < inside:
        high *= 2
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < inside else (low, middle)
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
