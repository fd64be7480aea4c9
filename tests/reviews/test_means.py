"""The internal quality score: a mean, how many, and how sure."""

from __future__ import annotations

import pytest

from apps.reviews.means import internal_quality_score


def test_zendesks_five_reviews_have_the_mean_it_publishes() -> None:
    found = internal_quality_score([100, 9.91, 63.96, 90.99, 0])
    assert found.mean == pytest.approx(52.97, abs=0.005)
    assert (found.n, found.low, found.is_enough) == (5, None, False)


def test_no_review_is_no_score() -> None:
    found = internal_quality_score([])
    assert (found.n, found.mean, found.is_enough) == (0, None, False)


def test_ten_reviews_have_an_interval() -> None:
    found = internal_quality_score([80, 90, 70, 100, 85, 95, 75, 60, 90, 85])
    # s = 12.0646…; t(0.975, 9) · s ÷ √10
    assert (found.n, found.mean, found.is_enough) == (10, 83.0, True)
    assert (found.low, found.high) == (pytest.approx(74.3695, abs=1e-4), pytest.approx(91.6305, abs=1e-4))


def test_an_interval_stays_within_the_scale() -> None:
    found = internal_quality_score([100] * 9 + [40])
    assert found.high == 100.0


def test_scores_that_do_not_differ_have_an_interval_of_no_width() -> None:
    found = internal_quality_score([90] * 12)
    assert (found.low, found.high) == (90.0, 90.0)
