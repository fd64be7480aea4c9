"""Shares of low marks, and two of them held against each other."""

from __future__ import annotations

import pytest

from apps.reviews.shares import Missed, compare


def test_two_shares_differ_as_newcombe_published() -> None:
    # Newcombe (1998), the example of table II: 56 of 70 against 48 of 80, method 10.
    found = compare(Missed(48, 80), Missed(56, 70))
    assert found.difference == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=0.00005)
    assert found.high == pytest.approx(0.3339, abs=0.00005)
    assert found.verdict == "worse"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (Missed(40, 80), Missed(8, 80), "better"),
        (Missed(8, 80), Missed(40, 80), "worse"),
        (Missed(20, 80), Missed(21, 80), "same"),
        (Missed(19, 19), Missed(0, 80), "few"),
        (Missed(40, 80), Missed(0, 19), "few"),
    ],
)
def test_a_change_is_called_one_only_when_its_interval_leaves_nought_out(
    before: Missed, after: Missed, verdict: str
) -> None:
    assert compare(before, after).verdict == verdict


@pytest.mark.parametrize(
    ("low", "n", "share", "heat"),
    [(5, 19, None, 0), (0, 20, 0.0, 0), (1, 20, 0.05, 1), (3, 20, 0.15, 2), (6, 20, 0.3, 3)],
)
def test_below_twenty_marks_there_is_no_share_and_no_heat(low: int, n: int, share: float | None, heat: int) -> None:
    assert Missed(low, n).share == share
    assert Missed(low, n).heat == heat
