"""How likely chance alone is: the tails of a binomial count and of a Poisson count, exact."""

from __future__ import annotations

from math import exp, lgamma, log

# The share of samples in which somebody at a goal may be told that they are outside it.
ACCUSED = 0.025


def at_most(hits: int, n: int, share: float) -> float:
    """Return the chance of so few hits, or fewer, of n cases that each hit with this share."""
    if share <= 0 or hits >= n:
        return 1.0
    if share >= 1:
        return 0.0
    one, other, whole = log(share), log(1 - share), lgamma(n + 1)
    terms = (
        whole - lgamma(k + 1) - lgamma(n - k + 1) + k * one + (n - k) * other for k in range(hits + 1)
    )  # fmt: skip
    return min(1.0, sum(map(exp, terms)))


def at_least(hits: int, n: int, share: float) -> float:
    """Return the chance of so many hits, or more."""
    return at_most(n - hits, n, 1 - share)


def poisson_at_most(count: int, mean: float) -> float:
    """Return the chance of so few cases, or fewer, where so many are to be expected."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    return min(1.0, sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1)))


def poisson_at_least(count: int, mean: float) -> float:
    """Return the chance of so many, or more."""
    return 1 - poisson_at_most(count - 1, mean)
