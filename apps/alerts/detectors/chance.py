"""How likely chance alone is: tails of counts and of shares, and how many cases it takes to see a change.

Negative binomial with a given variance-to-mean ratio; binomial with the mid-p correction (half of the observed point), as
in Lancaster 1961: exact tests without it are too timid for small numbers.
"""

from __future__ import annotations

from math import ceil, exp, inf, isfinite, lgamma, log, log1p, sqrt
from statistics import NormalDist

# Below this ratio a count is as good as Poisson.
_POISSON = 1.0 + 1e-6


def _log_count(k: int, mean: float, dispersion: float) -> float:
    """The logarithm of the chance of exactly k."""
    if mean <= 0:
        return 0.0 if k == 0 else -inf
    if dispersion <= _POISSON:
        return k * log(mean) - mean - lgamma(k + 1)
    size = mean / (dispersion - 1)
    return (
        lgamma(k + size)
        - lgamma(size)
        - lgamma(k + 1)
        - size * log(dispersion)
        + k * log((dispersion - 1) / dispersion)
    )


def at_least(k: int, *, mean: float, dispersion: float = 1.0) -> float:
    """The chance of k or more where `mean` are expected and the variance is `dispersion` times it."""
    if k <= 0:
        return 1.0
    if k <= mean:
        return max(0.0, 1.0 - at_most(k - 1, mean=mean, dispersion=dispersion))
    total, place = 0.0, k
    # Past the mean the terms fall; what is left out is smaller than what can be told apart.
    while (term := exp(_log_count(place, mean, dispersion))) > total * 1e-16 or place == k:
        total, place = total + term, place + 1
        if term == 0.0:
            break
    return min(total, 1.0)


def at_most(k: int, *, mean: float, dispersion: float = 1.0) -> float:
    """The chance of k or fewer."""
    return min(sum(exp(_log_count(one, mean, dispersion)) for one in range(k + 1)), 1.0)


def quantile(share: float, *, mean: float, dispersion: float = 1.0) -> int:
    """The smallest count that is not exceeded with such a chance."""
    total, k = exp(_log_count(0, mean, dispersion)), 0
    while total < share:
        k += 1
        total += exp(_log_count(k, mean, dispersion))
    return k


def mid_p(hits: int, cases: int, *, rate: float, is_drop: bool) -> float:
    """The one-sided mid-p of so many hits in so many cases, where `rate` of them are expected.

    :raises ValueError: more hits than cases, or no rate between 0 and 1.
    """
    if not 0 <= hits <= cases or not 0.0 <= rate <= 1.0:
        raise ValueError(
            f"Saw {hits} hits in {cases} cases at a rate of {rate}. Expected a part of the cases and a share."
        )
    if rate in (0.0, 1.0):
        beyond = hits < cases * rate if is_drop else hits > cases * rate
        return 0.0 if beyond else 0.5
    log_hit, log_miss = log(rate), log1p(-rate)
    tail = range(hits) if is_drop else range(hits + 1, cases + 1)

    def point(k: int) -> float:
        ways = lgamma(cases + 1) - lgamma(k + 1) - lgamma(cases - k + 1)
        return exp(ways + k * log_hit + (cases - k) * log_miss)

    return min(sum(point(k) for k in tail) + point(hits) / 2, 1.0)


def cases_needed(
    *, rate: float, change: float, p: float = 0.001, power: float = 0.8, dispersion: float = 1.0
) -> int | None:
    """How many cases it takes to see a share change by `change` of itself (-0.2: a drop by a fifth) with such power.

    One-sided, by the normal approximation. None: the change leads nowhere between 0 and 1, or is none.
    """
    after = rate * (1 + change)
    if not 0 < rate < 1 or not 0 < after < 1 or change == 0 or not isfinite(change):
        return None
    normal = NormalDist()
    wanted = normal.inv_cdf(1 - p) * sqrt(rate * (1 - rate)) + normal.inv_cdf(power) * sqrt(after * (1 - after))
    return ceil(dispersion * (wanted / (rate - after)) ** 2)
