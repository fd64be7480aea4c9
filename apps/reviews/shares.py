"""Shares of marks that lie under the middle of their scale, and what two of them say when they are held against each other. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from apps.shared.intervals import wilson

# Under so many a share would be an illusion: counts are shown instead.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Missed:
    """How many marks of n lie under the middle of their scale. The share is None below twenty."""

    low: int = 0
    n: int = 0

    @property
    def share(self) -> float | None:
        """The share of low marks."""
        return self.low / self.n if self.n >= FEWEST else None

    @property
    def heat(self) -> int:
        """From 0 (under one in twenty) to 3 (more than three in ten); 0 where there is no share."""
        share = self.share
        return 0 if share is None else sum(share >= limit for limit in (0.05, 0.15, 0.30))


@dataclass(frozen=True, slots=True)
class Since:
    """A line before and after a change. `verdict` is better, worse, same, or few: not enough marks on one side."""

    before: Missed
    after: Missed
    difference: float | None
    low: float | None
    high: float | None
    verdict: str


def compare(before: Missed, after: Missed) -> Since:
    """Hold two shares against each other: their difference with Newcombe's 95 % interval (1998, method 10)."""
    if before.n < FEWEST or after.n < FEWEST:
        return Since(before, after, None, None, None, "few")
    one, other = before.low / before.n, after.low / after.n
    (low_1, high_1), (low_2, high_2) = wilson(before.low, before.n), wilson(after.low, after.n)
    change = other - one
    low = change - sqrt((other - low_2) ** 2 + (high_1 - one) ** 2)
    high = change + sqrt((high_2 - other) ** 2 + (one - low_1) ** 2)
    verdict = "better" if high < 0 else "worse" if low > 0 else "same"
    return Since(before, after, change, low, high, verdict)
