"""Faults and alerts of the specification's list that have no other home; which test tries which: contracts/test_every_case.py."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from apps.alerts.detectors import shares
from apps.alerts.detectors.fixed import Compare, Threshold
from apps.alerts.engine.evaluation import evaluate
from apps.alerts.engine.series import Effect, Judged, Memory, State, Timing, Verdict, step
from apps.alerts.evaluating import GRID, grid_time
from apps.alerts.thresholds import WATCHED
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Subject


def test_an_hour_that_there_is_twice_is_evaluated_as_two() -> None:
    """I18: the clocks of Berlin went back on 25 October 2026 at 01:00 UTC."""
    start = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    times = {grid_time(start + timedelta(seconds=n)) for n in range(3 * 3600)}
    assert len(times) == 3 * 120
    assert {later - one for one, later in zip(sorted(times), sorted(times)[1:], strict=False)} == {GRID}


@pytest.mark.parametrize("leap", [3600.0, -3600.0])
def test_a_leap_of_the_clock_fires_nothing(leap: float) -> None:
    bad, timing = Judged(Verdict.BREACH, still=True), Timing(wait=60)
    memory, _ = step(timing, Memory(), Judged(Verdict.OK), at=7200.0)
    for at in (7200.0 + leap, 7230.0 + leap):
        memory, told = step(timing, memory, bad, at=at)
        assert [one for one in told if one.effect == Effect.FIRED] == []


def test_a_value_about_its_limit_for_four_hours_is_one_alert() -> None:
    limit, rng, memory, begun = Threshold(Compare.OVER, 100.0, leave=80.0), random.Random(4), Memory(), 0
    for n in range(480):
        memory, told = step(Timing(keep=900), memory, limit.judge(rng.uniform(98, 102)), at=n * 30.0)
        begun += sum(one.effect == Effect.FIRED for one in told)
    assert (begun, memory.state) == (1, State.FIRING)


def test_one_conversation_at_night_is_no_alert() -> None:
    watch = shares.Watch(-0.4, series=10, base=2.7)
    judged = shares.judge(watch, shares.follow(watch, [shares.Bucket(0, 1, 0.75)]))
    assert (judged.verdict, judged.still) == (Verdict.OK, False)


def test_two_thousand_series_are_twenty_alerts_and_a_count_of_the_others() -> None:
    seen = [({"queue": str(n)}, Judged(Verdict.BREACH, still=True, badness=float(n))) for n in range(2000)]
    done = evaluate(Timing(), {}, seen, at=30.0)
    assert sum(one.is_open for one in done.memories.values()) == 20
    assert done.held == 1980
    worst = {dict(key)["queue"] for key, one in done.memories.items() if one.is_open}
    assert worst == {str(n) for n in range(1980, 2000)}


def test_the_first_minute_of_a_shift_waits_like_any_other() -> None:
    """What was bad in the evening is forgotten over the night."""
    bad, timing = Judged(Verdict.BREACH, still=True), Timing(wait=60)
    memory, _ = step(timing, Memory(), bad, at=0.0)
    memory, _ = step(timing, memory, Judged(Verdict.OFF), at=30.0)
    memory, told = step(timing, memory, bad, at=60.0)
    assert (memory.state, [one.effect for one in told]) == (State.PENDING, [Effect.WAITING])


@pytest.mark.parametrize("key", [one.key for one in WATCHED.values() if "measure" in one.fixed])
def test_a_rule_is_about_people_or_about_ai_agents(key: str) -> None:
    """Each thing that can be watched is one metric, and each metric is of one family."""
    subject = DICTIONARY[WATCHED[key].fixed["measure"]].subject
    assert (subject == Subject.AI) == (WATCHED[key].family == "ai")
