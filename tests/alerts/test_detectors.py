"""Detectors against figures known from elsewhere, and their behaviour at the edges."""

from __future__ import annotations

import random
from math import comb, exp, factorial, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.alerts.detectors import burn, counts, relative, shares
from apps.alerts.detectors.chance import at_least, at_most, cases_needed, mid_p
from apps.alerts.detectors.fixed import Compare, Threshold
from apps.alerts.engine.series import Verdict


@given(st.integers(0, 60), st.floats(0.01, 40))
def test_a_poisson_tail_is_the_sum_of_its_terms(k: int, mean: float) -> None:
    exact = sum(exp(-mean) * mean**n / factorial(n) for n in range(k, 160))
    assert at_least(k, mean=mean) == pytest.approx(exact, rel=1e-6, abs=1e-12)


@given(st.integers(0, 40), st.floats(0.1, 30), st.floats(1.01, 6))
def test_both_tails_of_a_scattered_count_make_one(k: int, mean: float, dispersion: float) -> None:
    both = at_least(k, mean=mean, dispersion=dispersion) + at_most(k, mean=mean, dispersion=dispersion)
    once = at_most(k, mean=mean, dispersion=dispersion) - (at_most(k - 1, mean=mean, dispersion=dispersion) if k else 0)
    assert both == pytest.approx(1 + once, abs=1e-9)


def test_a_negative_binomial_has_the_mean_and_scatter_it_is_told() -> None:
    points = [
        at_most(k, mean=10, dispersion=3) - (at_most(k - 1, mean=10, dispersion=3) if k else 0) for k in range(200)
    ]
    mean = sum(k * p for k, p in enumerate(points))
    assert (sum(points), mean) == (pytest.approx(1), pytest.approx(10))
    assert sum((k - mean) ** 2 * p for k, p in enumerate(points)) == pytest.approx(30)


@given(st.integers(1, 60), st.floats(0.02, 0.98), st.data())
def test_the_mid_p_counts_half_of_what_was_seen(cases: int, rate: float, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, cases))
    point = [comb(cases, k) * rate**k * (1 - rate) ** (cases - k) for k in range(cases + 1)]
    assert mid_p(hits, cases, rate=rate, is_drop=True) == pytest.approx(sum(point[:hits]) + point[hits] / 2, abs=1e-9)
    both = mid_p(hits, cases, rate=rate, is_drop=True) + mid_p(hits, cases, rate=rate, is_drop=False)
    assert both == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("drop", "cases"), [(0.1, 694), (0.2, 178), (0.3, 80), (0.4, 45), (0.6, 20)])
def test_how_many_cases_a_drop_takes_is_what_was_simulated(drop: float, cases: int) -> None:
    """The table of the specification (base 0.75, p 0.001, power 80 %, over-dispersion 1.3), within a tenth or two cases."""
    told = cases_needed(rate=0.75, change=-drop, dispersion=1.3)
    assert told is not None
    assert abs(told - cases) <= max(0.12 * cases, 2)


@pytest.mark.parametrize("compare", list(Compare))
def test_what_is_no_number_is_no_breach(compare: Compare) -> None:
    assert not Threshold(compare, 5.0).breaches(nan, is_alerting=False)


def test_too_few_cases_say_nothing_and_none_is_no_data() -> None:
    limit = Threshold(Compare.OVER, 60.0, leave=48.0, least_n=10)
    assert limit.judge(90.0, n=9).verdict == Verdict.INSUFFICIENT
    assert limit.judge(90.0, n=10).verdict == Verdict.BREACH
    assert limit.judge(None, n=0).verdict == Verdict.NO_DATA
    between = limit.judge(50.0, n=10)
    assert (between.verdict, between.still) == (Verdict.OK, True)


@pytest.mark.parametrize(("compare", "leave"), [(Compare.OVER, 6.0), (Compare.UNDER, 4.0), (Compare.EQUAL, 5.0)])
def test_it_is_over_on_the_good_side_only(compare: Compare, leave: float) -> None:
    with pytest.raises(ValueError, match="good side"):
        Threshold(compare, 5.0, leave=leave)


def test_a_count_is_a_surge_only_when_it_is_unlikely_and_far() -> None:
    assert counts.judge(counts.Surge(), 30, expected=10, dispersion=1.3).verdict == Verdict.BREACH
    # Twenty above ten thousand is unlikely enough with a wide net, and nobody's business.
    assert counts.judge(counts.Surge(p=0.5), 10_020, expected=10_000).verdict == Verdict.OK
    # More series make the same count less remarkable.
    assert counts.judge(counts.Surge(series=1), 24, expected=9).verdict == Verdict.BREACH
    assert counts.judge(counts.Surge(series=100), 24, expected=9).verdict == Verdict.OK
    assert counts.judge(counts.Surge(is_low=True), 1, expected=20).verdict == Verdict.BREACH


def test_a_feed_is_silent_when_nothing_at_all_is_more_than_chance() -> None:
    assert not counts.is_silent(expected=0.0)
    assert not counts.is_silent(expected=9.0)
    assert counts.is_silent(expected=9.3)


def _drop(rate: float, seed: int, steps: int = 90) -> shares.Track:
    rng = random.Random(seed)
    cases = [shares.Bucket(sum(rng.random() < rate for _ in range(2)), 2, 0.75) for _ in range(steps)]
    return shares.follow(shares.Watch(-0.4), cases)


def test_a_lasting_drop_is_found_and_chance_is_not() -> None:
    watch = shares.Watch(-0.4)
    found = [shares.judge(watch, _drop(0.45, seed)).verdict == Verdict.BREACH for seed in range(40)]
    false = [shares.judge(watch, _drop(0.75, seed)).verdict == Verdict.BREACH for seed in range(40)]
    assert sum(found) >= 36
    assert sum(false) <= 1


def test_more_series_need_more_proof() -> None:
    assert shares.Watch(-0.4).limit == 5.0
    assert shares.Watch(-0.4, series=10).limit == pytest.approx(7.302585)


def test_the_sum_starts_at_nought_again_and_does_not_grow_without_end() -> None:
    watch = shares.Watch(-0.4)
    assert shares.follow(watch, [shares.Bucket(50, 50, 0.75)]) == shares.Track()
    long = shares.follow(watch, [shares.Bucket(0, 50, 0.75)] * 100)
    assert long.score == watch.limit * shares.CEILING
    assert long.effect == -1.0


def test_the_usual_share_is_the_middle_of_days_and_an_incident_does_not_move_it() -> None:
    days = [(75, 100), (74, 100), (76, 100), (77, 100), (10, 100), (0, 0)]
    told = shares.usual(days)
    assert told is not None
    assert (told.rate, told.days) == (0.75, 5)
    assert shares.usual([(0, 0)]) is None
    assert shares.usual([(50, 100), (90, 100), (60, 100), (99, 100)]).dispersion > 5  # type: ignore[union-attr]


def test_a_burn_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="never fires"):
        burn.Pair(goal=0.8, long_minutes=60, short_minutes=5, burn=14.4)


def test_a_service_level_that_halves_fires_after_22_minutes_and_clears_within_2() -> None:
    """`sre-05` of the specification: from 80 to 40 % at a goal of 80 %."""
    missed = [2.0] * 60 + [6.0] * 40 + [2.0] * 30
    pair = burn.Pair(goal=0.8, **burn.PAGE)

    def fires(minute: int) -> bool:
        long, short = (
            burn.Window(10 * length, int(sum(missed[minute - length + 1 : minute + 1]))) for length in (30, 5)
        )
        return burn.judge(pair, long=long, short=short).verdict == Verdict.BREACH

    firing = [minute for minute in range(30, 130) if fires(minute)]
    assert (firing[0] - 60, firing[-1] - 99 <= 2) == (22, True)


def test_a_change_against_the_same_hour_needs_days_and_cases() -> None:
    drop = relative.Change(-0.2)
    assert relative.judge(drop, 0.55, n=30, same_hours=[0.7, 0.7, 0.72]).verdict == Verdict.BREACH
    assert relative.judge(drop, 0.6, n=30, same_hours=[0.7, 0.7, 0.72]).verdict == Verdict.OK
    assert relative.judge(drop, 0.1, n=19, same_hours=[0.7] * 9).verdict == Verdict.INSUFFICIENT
    assert relative.judge(drop, 0.1, n=30, same_hours=[0.7] * 2).verdict == Verdict.INSUFFICIENT
    assert relative.judge(drop, None, n=0, same_hours=[0.7] * 9).verdict == Verdict.NO_DATA
