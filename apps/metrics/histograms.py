"""Histograms with logarithmic bars: they merge by adding, and any percentile read from them is within 2.5 %.

A bar k holds the values in (γ^(k-1), γ^k], and stands for 2·γ^k / (γ+1), which is at most (γ-1)/(γ+1) = 2.44 % from any of
them. A percentile lies between two values by rank; each is taken from its bar, so the bound holds for what is between.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from math import ceil, floor, sqrt

GAMMA = 1.05
ERROR = (GAMMA - 1) / (GAMMA + 1)
# Half of 1.96, the width of a binomial count of a half; with five values even the whole range has only 93.75 %.
HALF_Z = 0.98
FEWEST_FOR_INTERVAL = 6
# The bar of the value nought, which has no logarithm.
NOUGHT = -1
# The bar of an observation's value in SQL.
KEY = f"CASE WHEN o.value <= 0 THEN {NOUGHT} ELSE ceil(ln(o.value::float8) / ln({GAMMA}::float8)) END::int2"


def middle(key: int) -> float:
    """Return the value that a bar stands for."""
    return 0.0 if key == NOUGHT else float(2 * GAMMA**key / (GAMMA + 1))


def median_interval(bars: Iterable[tuple[int, int]]) -> tuple[float, float] | None:
    """Return the 95 % interval of the median by order statistics: the values at the ranks n/2 ± 0.98 √n.

    None under 6 values, where no two of them enclose the median that surely (Conover, Practical Nonparametric Statistics).
    `bars` as in `percentile`.
    """
    known = list(bars)
    n = sum(count for _, count in known)
    if n < FEWEST_FOR_INTERVAL:
        return None
    spread = HALF_Z * sqrt(n)
    low, high = max(floor(n / 2 - spread), 1), min(ceil(n / 2 + 1 + spread), n)
    up_to = list(accumulate(count for _, count in known))

    def at(rank: int) -> float:
        return middle(next(key for (key, _), end in zip(known, up_to, strict=True) if rank <= end))

    return at(low), at(high)


def percentile(bars: Iterable[tuple[int, int]], share: float) -> float | None:
    """Return the value below which a share of the values lies, interpolated between ranks; None without values.

    `bars` are (key, count) in the order of their keys.
    """
    keys, counts = [], []
    for key, count in bars:
        keys.append(key)
        counts.append(count)
    total = sum(counts)
    if total == 0:
        return None
    up_to = list(accumulate(counts))

    def at(rank: int) -> float:
        return middle(next(key for key, end in zip(keys, up_to, strict=True) if rank < end))

    exact = share * (total - 1)
    low = int(exact)
    below = at(low)
    return below if exact == low else below + (exact - low) * (at(low + 1) - below)
