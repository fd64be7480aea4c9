"""Which test proves which case of the specification's list of faults (84 to 114); and the cases of no other home.

Every named test must be there. What is not proved says why.
"""

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
from tests.contracts.layers import ROOT

_RACES, _ROWS, _OUT, _RULES = (
    "alerts/test_races.py",
    "alerts/test_evaluating.py",
    "alerts/test_delivering.py",
    "alerts/test_rules.py",
)
_HERE = "alerts/test_abuse.py"
_NOT_TRIED = "not tried here: "

CASES: dict[int, tuple[str, ...]] = {
    84: ("connectors/test_killed.py::test_kill_9_of_the_web_process_loses_no_acknowledged_event_and_takes_none_twice",),
    85: (f"{_RACES}::test_a_worker_that_is_killed_changes_no_time", f"{_RACES}::test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls"),
    86: (f"{_ROWS}::test_a_rule_of_the_grid_is_evaluated_once_a_time_and_missed_times_are_caught_up", f"{_RACES}::test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls"),
    87: (f"{_RACES}::test_a_flushed_bus_loses_nothing", "live/test_consumers.py::test_a_subscription_that_is_killed_comes_back_and_what_was_missed_is_shown"),
    88: (f"{_NOT_TRIED}a PostgreSQL that is away for half a minute under load",),
    89: (f"{_ROWS}::test_dead_watching_raises_an_alert_of_its_own",),
    90: (f"{_NOT_TRIED}a disk that is full",),
    91: (f"{_RACES}::test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls", f"{_RACES}::test_eight_workers_send_a_thousand_notices_and_none_twice"),
    92: (f"{_ROWS}::test_a_rule_that_raises_hurts_nobody_and_says_so", f"{_ROWS}::test_a_failing_statement_leaves_the_other_rules_and_the_marks_whole", "connectors/test_absorption.py::test_a_delivery_that_kills_its_worker_is_found_and_put_aside"),
    93: ("alerts/test_series.py::test_a_time_that_was_evaluated_or_lies_before_changes_nothing",),
    94: (f"{_HERE}::test_an_hour_that_there_is_twice_is_evaluated_as_two", f"{_HERE}::test_a_leap_of_the_clock_fires_nothing"),
    95: (f"{_NOT_TRIED}a migration over a million conversations with traffic",),
    96: (f"{_NOT_TRIED}a slow and lossy way to PostgreSQL",),
    97: (f"{_NOT_TRIED}a memory cap; a back-test reads arrays of 28 days and no more",),
    98: (f"{_NOT_TRIED}old and new code at once",),
    99: (f"{_HERE}::test_a_value_about_its_limit_for_four_hours_is_one_alert",),
    100: (f"{_HERE}::test_one_conversation_at_night_is_no_alert",),
    101: (f"{_ROWS}::test_a_silent_source_stands_for_the_alerts_that_hang_on_it_and_they_are_told_when_it_is_back", f"{_ROWS}::test_while_a_source_is_silent_nothing_it_feeds_is_over"),
    102: (f"{_OUT}::test_fifty_queues_break_at_once_and_one_mail_holds_all_of_them",),
    103: (f"{_RACES}::test_two_who_act_in_the_same_second_leave_one_owner",),
    104: ("alerts/test_people.py::test_over_wins_over_a_snooze_and_is_closed_unjudged_after_an_hour",),
    105: (f"{_RULES}::test_another_condition_ends_the_open_alert_as_updated_and_the_new_version_opens_its_own",),
    106: (f"{_OUT}::test_who_lost_the_queue_between_fire_and_send_gets_nothing",),
    107: (f"{_OUT}::test_a_mail_server_that_is_down_for_an_hour_is_given_one_mail_after",),
    108: (f"{_HERE}::test_two_thousand_series_are_twenty_alerts_and_a_count_of_the_others",),
    109: (f"{_ROWS}::test_a_closed_queue_is_not_judged", f"{_HERE}::test_the_first_minute_of_a_shift_waits_like_any_other"),
    110: ("alerts/test_backtest.py::test_a_back_test_is_what_the_live_rule_did",),
    111: ("alerts/test_silences.py::test_nobody_silences_everything_for_ever_or_more_than_they_look_after", "alerts/test_silences.py::test_the_database_refuses_a_silence_without_an_end_of_a_day_or_of_everything"),
    112: (f"{_HERE}::test_a_rule_is_about_people_or_about_ai_agents", "metrics/test_conflicts.py::test_pairs_are_measured_of_whom_they_are_about_and_never_mix_families"),
    113: ("metrics/test_conflicts.py::test_a_person_s_conflict_is_the_first_reason_to_talk",),
    114: ("alerts/test_quality.py::test_five_not_needed_in_a_row_are_advised_about_and_nothing_changes",),
}  # fmt: skip


def test_every_case_has_its_line_and_every_named_test_is_there() -> None:
    assert set(CASES) == set(range(84, 115))
    named = {one for tests in CASES.values() for one in tests if "::" in one}
    assert {one for one in named if f"def {one.split('::')[1]}(" not in _text(one.split("::")[0])} == set()


def test_what_is_not_proved_is_few() -> None:
    assert {number for number, tests in CASES.items() if not any("::" in one for one in tests)} == {
        88,
        90,
        95,
        96,
        97,
        98,
    }


def _text(file: str) -> str:
    return (ROOT / "tests" / file).read_text(encoding="utf-8")


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
