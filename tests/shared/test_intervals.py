"""Intervals of shares and means, against what is printed."""

from __future__ import annotations

import pytest
from scipy import stats

from apps.shared.intervals import of_mean, student_quantile, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (1, 10, 0.0179, 0.4042),
        (4, 5, 0.3755, 0.9638),
        (24, 30, 0.6269, 0.9050),
        (160, 200, 0.7392, 0.8495),
        (0, 3, 0.0, 0.5615),
    ],
)
def test_the_interval_of_a_share_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def test_who_wants_to_be_surer_gets_a_wider_interval() -> None:
    (low, high), (lower, higher) = wilson(30, 40), wilson(30, 40, confidence=0.99)
    assert lower < low < high < higher


@pytest.mark.parametrize(
    ("degrees", "share", "quantile"),
    [
        (1, 0.975, 12.7062047362), (2, 0.975, 4.3026527297), (3, 0.975, 3.1824463053), (9, 0.975, 2.2621571628),
        (10, 0.975, 2.2281388520), (29, 0.975, 2.0452296421), (30, 0.975, 2.0422724563), (120, 0.975, 1.9799304051),
        (10, 0.95, 1.8124611228), (8, 0.995, 3.3553873314), (60, 0.995, 2.6602830290),
    ],
)  # fmt: skip
def test_the_quantiles_of_students_t_are_those_of_the_tables(degrees: int, share: float, quantile: float) -> None:
    assert student_quantile(share, degrees) == pytest.approx(quantile, abs=1e-8)


def test_the_interval_of_a_mean_lies_around_it() -> None:
    assert of_mean(10.0, 2.0, 10) == pytest.approx((10 - 1.43070, 10 + 1.43070), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20, 61, 333, 10_000])
@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_the_interval_of_a_share_equals_that_of_scipy(n: int, confidence: float) -> None:
    for hits in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        theirs = stats.binomtest(hits, n).proportion_ci(confidence_level=confidence, method="wilson")
        assert wilson(hits, n, confidence=confidence) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 13, 30, 31, 120, 1_000])
def test_the_interval_of_a_mean_equals_that_of_scipy(n: int) -> None:
    for mean, spread in ((0.0, 1.0), (77.4, 12.5), (-3.0, 0.01)):
        theirs = stats.t.interval(0.95, n - 1, loc=mean, scale=spread / n**0.5)
        assert of_mean(mean, spread, n) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("share", [0.6, 0.9, 0.95, 0.975, 0.995])
def test_the_quantiles_of_students_t_equal_those_of_scipy(share: float) -> None:
    for degrees in (1, 2, 5, 9, 17, 40, 99, 400):
        assert student_quantile(share, degrees) == pytest.approx(stats.t.ppf(share, degrees), rel=1e-9)
