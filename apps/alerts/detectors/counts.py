"""Counts against what is usual: a surge, or a feed that fell silent."""

from __future__ import annotations

from dataclasses import dataclass

from apps.alerts.detectors.chance import at_least, at_most
from apps.alerts.engine.series import Judged, Verdict


@dataclass(frozen=True, slots=True)
class Surge:
    """How unlikely a count must be, over so many series, and how far above the usual. `is_low` looks for too few instead."""

    p: float = 1e-4
    least_change: float = 0.3
    series: int = 1
    is_low: bool = False

    @property
    def limit(self) -> float:
        """The chance below which it is an alert: more series, more chances to be wrong."""
        return self.p / max(self.series, 1)


def judge(surge: Surge, count: int, *, expected: float, dispersion: float = 1.0) -> Judged:
    """Judge a count of a window in which `expected` are usual, with a variance of `dispersion` times that.

    It stays bad while it is still as far from the usual as it had to be to begin.
    """
    if surge.is_low:
        chance, change = at_most(count, mean=expected, dispersion=dispersion), 1 - count / expected if expected else 0.0
    else:
        chance, change = at_least(count, mean=expected, dispersion=dispersion), _above(count, expected)
    is_far = change >= surge.least_change
    return Judged(
        Verdict.BREACH if is_far and chance < surge.limit else Verdict.OK,
        still=is_far and chance < surge.limit * 100, value=float(count), badness=change, n=count,
    )  # fmt: skip


def _above(count: int, expected: float) -> float:
    if expected:
        return count / expected - 1
    return float(count)


def is_silent(*, expected: float, dispersion: float = 1.0, p: float = 1e-4) -> bool:
    """Say whether nothing at all, where `expected` are usual, is more than chance: a feed that fell silent."""
    return expected > 0 and at_most(0, mean=expected, dispersion=dispersion) < p
