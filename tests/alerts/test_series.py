"""The machine of a series, where no written case looks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.alerts.engine.evaluation import end_all, evaluate, key_of
from apps.alerts.engine.series import (
    Effect,
    Judged,
    Memory,
    Mode,
    State,
    Timing,
    Verdict,
    edited,
    end,
    resolve_by_hand,
    step,
)  # fmt: skip

BAD, GOOD, BAND = Judged(Verdict.BREACH, still=True, badness=1.0), Judged(Verdict.OK), Judged(Verdict.OK, still=True)
THIN, SILENT, BROKEN, OFF = (Judged(one) for one in (Verdict.INSUFFICIENT, Verdict.NO_DATA, Verdict.ERROR, Verdict.OFF))


def run(timing: Timing, *seen: Judged, memory: Memory | None = None, at: float = 0.0) -> tuple[Memory, list[Effect]]:
    memory, effects = memory or Memory(), []
    for n, judged in enumerate(seen):
        memory, told = step(timing, memory, judged, at=at + n * timing.interval)
        effects += [one.effect for one in told]
    return memory, effects


def test_too_few_cases_neither_start_nor_end_an_episode() -> None:
    memory, effects = run(Timing(), BAD, *[THIN] * 10)
    assert (memory.state, memory.is_open, effects) == (State.FIRING, True, [Effect.FIRED])
    assert run(Timing(wait=60), BAD, THIN, BAD)[0].active_since == 60.0


def test_a_firing_series_that_stays_without_enough_cases_has_lost_its_data() -> None:
    memory, effects = run(Timing(no_data_after=60), BAD, THIN, THIN, THIN)
    assert (memory.state, memory.is_open, effects[-1]) == (State.NO_DATA, True, Effect.DATA_STOPPED)


def test_silence_is_told_only_after_its_time_when_nothing_fired() -> None:
    memory, effects = run(Timing(no_data_after=60), GOOD, SILENT, SILENT)
    assert (memory.state, effects) == (State.INACTIVE, [])
    assert run(Timing(no_data_after=60), GOOD, SILENT, SILENT, SILENT)[1] == [Effect.DATA_STOPPED]


def test_an_episode_goes_on_when_its_data_are_back() -> None:
    memory, effects = run(Timing(), BAD, SILENT, BAD)
    assert effects == [Effect.FIRED, Effect.DATA_STOPPED, Effect.DATA_RETURNED]
    assert (memory.sequence, memory.state) == (1, State.FIRING)


def test_silence_starts_the_wait_anew_or_lets_it_go_on() -> None:
    again = run(Timing(wait=60), BAD, SILENT, BAD)[0]
    assert (again.state, again.active_since) == (State.PENDING, 60.0)
    assert run(Timing(wait=60, no_data=Mode.KEEP_LAST), BAD, SILENT, SILENT)[0].state == State.FIRING


def test_one_error_is_nothing_and_two_running_are_a_state() -> None:
    assert run(Timing(), BAD, BROKEN, BAD, BROKEN)[1] == [Effect.FIRED]
    memory, effects = run(Timing(), BAD, BROKEN, BROKEN)
    assert (memory.state, memory.is_open, effects[-1]) == (State.ERROR, True, Effect.FAILED)
    assert run(Timing(), BAD, memory=memory, at=90.0)[1] == [Effect.WORKS_AGAIN]


def test_outside_hours_it_ends_and_says_so_once() -> None:
    memory, effects = run(Timing(), BAD, OFF, OFF, OFF)
    assert (memory.is_open, memory.reason, effects) == (False, "off", [Effect.FIRED, Effect.RESOLVED])


def test_what_was_resolved_by_hand_is_the_same_episode_until_it_was_good_once() -> None:
    memory, _ = run(Timing(), BAD)
    memory, told = resolve_by_hand(memory, at=30.0)
    assert [one.reason for one in told] == ["manual"]
    again, effects = run(Timing(), BAND, BAD, memory=memory, at=60.0)
    assert (effects, again.sequence, again.fired_at, again.resolved_at) == ([Effect.REOPENED], 1, 0.0, None)
    new, effects = run(Timing(), GOOD, BAD, memory=memory, at=60.0)
    assert (effects, new.sequence) == ([Effect.FIRED], 2)


def test_nothing_fires_in_the_first_evaluation_after_a_gap_unless_it_did_before() -> None:
    timing = Timing(wait=30)
    memory, _ = run(timing, BAD)
    memory, told = step(timing, memory, BAD, at=300.0)
    assert (memory.state, told) == (State.PENDING, ())
    memory, told = step(timing, memory, BAD, at=330.0)
    assert [one.effect for one in told] == [Effect.FIRED]
    fired, _ = run(Timing(), BAD)
    assert step(Timing(), fired, BAD, at=3000.0)[0].state == State.FIRING


def test_a_gap_longer_than_tolerated_starts_the_wait_anew() -> None:
    timing = Timing(wait=3600)
    memory, _ = run(timing, BAD)
    assert step(timing, memory, BAD, at=1800.0)[0].active_since == 0.0
    assert step(timing, memory, BAD, at=1801.0)[0].active_since == 1801.0


def test_another_condition_starts_anew_and_a_shorter_wait_changes_nothing() -> None:
    memory, _ = run(Timing(wait=60), BAD, BAD, BAD)
    moved, told = edited(Timing(wait=60), memory, same_condition=False, at=90.0)
    assert (moved.is_open, [one.reason for one in told]) == (False, ["updated"])
    assert edited(Timing(wait=30), memory, same_condition=True, at=90.0) == (memory, ())
    assert edited(Timing(wait=600), memory, same_condition=True, at=90.0)[0].state == State.PENDING


def test_a_rule_keeps_its_worst_series_and_counts_the_others() -> None:
    seen = [({"queue": str(n)}, replace(BAD, badness=float(n))) for n in range(50)]
    done = evaluate(Timing(), {}, seen, at=0.0)
    open_ = {dict(key)["queue"] for key, memory in done.memories.items() if memory.is_open}
    assert (open_, done.held) == ({str(n) for n in range(30, 50)}, 30)
    # What was held back has no episode, and fires as soon as there is room.
    better = [(labels, GOOD if int(labels["queue"]) >= 40 else judged) for labels, judged in seen]
    later = evaluate(Timing(), done.memories, better, at=30.0)
    assert sum(memory.is_open for memory in later.memories.values()) == 20
    assert all(memory.sequence <= 1 for memory in later.memories.values())


def test_what_is_open_keeps_its_place_before_what_is_worse() -> None:
    timing = Timing(limit=1)
    first = evaluate(timing, {}, [({"q": "a"}, BAD)], at=0.0)
    both = evaluate(timing, first.memories, [({"q": "a"}, BAD), ({"q": "b"}, replace(BAD, badness=9.0))], at=30.0)
    assert both.memories[key_of({"q": "a"})].is_open
    assert not both.memories[key_of({"q": "b"})].is_open


def test_a_series_that_is_missing_twice_among_others_ends() -> None:
    both = evaluate(Timing(), {}, [({"q": "a"}, BAD), ({"q": "b"}, GOOD)], at=0.0)
    once = evaluate(Timing(), both.memories, [({"q": "b"}, GOOD)], at=30.0)
    assert once.memories[key_of({"q": "a"})].is_open
    twice = evaluate(Timing(), once.memories, [({"q": "b"}, GOOD)], at=60.0)
    assert [(one.effect, one.reason) for _, one in twice.transitions] == [(Effect.RESOLVED, "missing_series")]


def test_removing_a_rule_ends_all_of_it() -> None:
    done = evaluate(Timing(), {}, [({"q": str(n)}, BAD) for n in range(5)], at=0.0)
    gone = end_all(done.memories, reason="rule_deleted", at=30.0)
    assert not any(memory.is_open for memory in gone.memories.values())
    assert [one.effect for _, one in gone.transitions] == [Effect.RESOLVED] * 5


@pytest.mark.parametrize("judged", [BAD, GOOD, THIN, SILENT, BROKEN, OFF])
def test_a_time_that_was_evaluated_or_lies_before_changes_nothing(judged: Judged) -> None:
    memory, _ = run(Timing(), BAD, BAD)
    assert step(Timing(), memory, judged, at=30.0) == (memory, ())
    assert step(Timing(), memory, judged, at=-3600.0) == (memory, ())


def test_ending_what_was_quiet_tells_it_once() -> None:
    memory, told = end(Memory(), at=1.0, reason="paused")
    assert [one.effect for one in told] == [Effect.ENDED]
    assert end(memory, at=2.0, reason="paused") == (memory, ())
