"""The verdict is worked out on paper here: what usually follows, the interval, and every word there is."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from apps.interventions.plans import HORIZONS
from apps.interventions.verification import Cell, Finding, Stretch, Verdict, verify


def stretch(before: float, after: float, *, n: int = 100, others: tuple[float, float] | None = None) -> Stretch:
    sides = (Cell(n, before), Cell(n, after))
    return Stretch(*sides) if others is None else Stretch(*sides, Cell(n, others[0]), Cell(n, others[1]))


def days(
    *, level: float = 0.2, spread: float = 0.02, slope: float = 0.0, count: int = 40, seed: int = 1
) -> list[Stretch]:
    """Days on which nobody acted: an after that follows its before with a slope."""
    rng = Random(seed)
    found = []
    for _ in range(count):
        before = level + rng.gauss(0, spread)
        found.append(stretch(before, level + slope * (before - level) + rng.gauss(0, spread)))
    return found


def judged(here: Stretch, usual: list[Stretch], **more: float) -> Finding:
    return verify(here, usual, better=-1, least_n=10, share=0.025)


def test_an_extreme_that_goes_back_to_usual_by_itself_is_no_improvement() -> None:
    found = judged(stretch(0.35, 0.2), days())
    assert found.verdict == Verdict.NO_EFFECT
    assert found.expected == pytest.approx(0.2, abs=0.02)


def test_where_a_bad_time_usually_goes_on_the_same_change_is_an_improvement() -> None:
    found = judged(stretch(0.35, 0.2), days(slope=0.9, spread=0.05))
    assert found.verdict in (Verdict.IMPROVED, Verdict.NO_EFFECT)
    persists = [stretch(0.2 + 0.01 * k, 0.2 + 0.01 * k + (0.002 if k % 2 else -0.002)) for k in range(-20, 21)]
    sure = judged(stretch(0.35, 0.2), persists)
    assert (sure.verdict, round(sure.effect or 0, 2)) == (Verdict.IMPROVED, -0.15)
    assert sure.expected == pytest.approx(0.35, abs=0.005)


def test_what_fell_everywhere_at_the_same_time_was_not_the_action() -> None:
    usual = [
        stretch(b, b + e, others=(0.2, 0.2))
        for b, e in zip([0.19, 0.21] * 15, [0.004, -0.004, 0.002, -0.002] * 8, strict=False)
    ]
    alone = judged(stretch(0.2, 0.1, others=(0.2, 0.2)), usual)
    everywhere = judged(stretch(0.2, 0.1, others=(0.2, 0.1)), usual)
    assert (alone.verdict, everywhere.verdict) == (Verdict.IMPROVED, Verdict.NO_EFFECT)
    assert everywhere.expected == pytest.approx(0.1, abs=0.005)


def test_better_is_the_other_way_where_more_is_better() -> None:
    here, usual = stretch(0.2, 0.4), days()
    assert verify(here, usual, better=1, least_n=10, share=0.025).verdict == Verdict.IMPROVED
    assert verify(here, usual, better=-1, least_n=10, share=0.025).verdict == Verdict.WORSE


@pytest.mark.parametrize(
    ("here", "usual"),
    [
        (stretch(0.2, 0.1, n=9), days()), (Stretch(Cell(50, 0.2), Cell(0)), days()), (stretch(0.2, 0.1), days(count=11)),
        (stretch(0.2, 0.1), []), (stretch(0.2, 0.1, others=(0.2, 0.2)), [Stretch(Cell(9, 0.2), Cell(9, 0.2), Cell(0), Cell(0))] * 40),
    ],
)  # fmt: skip
def test_with_too_few_cases_or_days_nothing_is_said(here: Stretch, usual: list[Stretch]) -> None:
    found = judged(here, usual)
    assert (found.verdict, found.effect) == (Verdict.NOT_ENOUGH, None)


def test_few_cases_here_widen_the_interval_though_the_days_before_had_many() -> None:
    many, few = (judged(stretch(0.2, 0.15, n=n), days()) for n in (100, 12))
    assert (few.high or 0) - (few.low or 0) > 2 * ((many.high or 0) - (many.low or 0))


def test_days_that_were_all_the_same_are_no_reason_to_divide_by_nothing() -> None:
    found = judged(stretch(0.2, 0.1), [stretch(0.2, 0.2)] * 20)
    assert (found.verdict, found.effect) == (Verdict.IMPROVED, pytest.approx(-0.1))


def test_over_all_looks_together_one_in_twenty_is_flattered_at_the_most() -> None:
    assert sum(one.share for one in HORIZONS) == pytest.approx(0.05)


@pytest.mark.parametrize(("better", "share"), [(0, 0.1), (1, 0.0), (1, 0.5)])
def test_a_question_that_makes_no_sense_is_refused(better: int, share: float) -> None:
    with pytest.raises(ValueError, match="Expected"):
        verify(stretch(0.2, 0.1), days(), better=better, least_n=1, share=share)


@effort(max_examples=200, deadline=None, derandomize=True)
@given(
    here=st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.integers(1, 500)),
    usual=st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.integers(1, 500)), max_size=40),
    better=st.sampled_from([1, -1]),
)
def test_whatever_the_numbers_the_effect_lies_in_its_interval_and_the_verdict_says_what_is_drawn(
    here: tuple[float, float, int], usual: list[tuple[float, float, int]], better: int
) -> None:
    found = verify(
        stretch(here[0], here[1], n=here[2]),
        [stretch(b, a, n=n) for b, a, n in usual],
        better=better,
        least_n=1,
        share=0.02,
    )
    mirrored = verify(
        stretch(-here[0], -here[1], n=here[2]),
        [stretch(-b, -a, n=n) for b, a, n in usual],
        better=-better,
        least_n=1,
        share=0.02,
    )
    assert found.verdict == mirrored.verdict
    if found.effect is None or found.low is None or found.high is None:
        assert found.verdict == Verdict.NOT_ENOUGH
        return
    assert found.low <= found.effect <= found.high
    says = {
        Verdict.IMPROVED: better * found.low > 0 and better * found.high > 0,
        Verdict.WORSE: better * found.low < 0 and better * found.high < 0,
    }
    assert says.get(found.verdict, found.low <= 0 <= found.high)
