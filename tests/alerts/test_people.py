"""The machine of an episode, and whether a notice goes out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.alerts.engine import people
from apps.alerts.engine.matching import Inhibition, Silence
from apps.alerts.engine.notices import Checks, Held, held, is_again, repeats_at, retry_at, tells_again
from apps.alerts.engine.people import Audience, Call, Care, Outcome, Severity, Stage

CRITICAL = Care(severity=Severity.CRITICAL, opened_at=0.0)
MINUTE = 60.0


def test_a_late_look_calls_every_step_once() -> None:
    care, calls = people.tick(CRITICAL, at=11 * MINUTE, is_breaching=True)
    assert [one.audience for one in calls] == [(Audience.OTHER_LEAD,), (Audience.OPS,)]
    assert people.tick(care, at=60 * MINUTE, is_breaching=True) == (care, ())


@pytest.mark.parametrize(("severity", "minutes"), [(Severity.CRITICAL, 5), (Severity.WARNING, 15)])
def test_it_escalates_at_its_minute_and_not_before(severity: Severity, minutes: int) -> None:
    care = replace(CRITICAL, severity=severity)
    assert people.tick(care, at=minutes * MINUTE - 1, is_breaching=True)[1] == ()
    assert people.tick(care, at=minutes * MINUTE, is_breaching=True)[1] == (Call((Audience.OTHER_LEAD,), 2, 1),)


def test_information_never_escalates() -> None:
    care = replace(CRITICAL, severity=Severity.INFO)
    assert people.tick(care, at=1e6, is_breaching=True) == (care, ())


def test_taking_on_stops_it_and_a_second_one_changes_nothing() -> None:
    care, _ = people.acknowledge(CRITICAL, by="lena", at=60.0)
    assert people.acknowledge(care, by="olu", at=61.0) == (care, ())
    assert people.tick(care, at=20 * MINUTE, is_breaching=True)[1] == ()


def test_taking_on_what_is_over_does_not_open_it_again() -> None:
    care, _ = people.over(CRITICAL, at=60.0)
    assert people.acknowledge(care, by="lena", at=61.0) == (care, ())


def test_taken_on_and_nothing_done_it_comes_back_unless_it_got_better_or_something_was_done() -> None:
    care, _ = people.acknowledge(CRITICAL, by="lena", at=0.0)
    back, calls = people.tick(care, at=30 * MINUTE, is_breaching=True)
    assert (back.stage, calls[0].audience) == (Stage.OPEN, (Audience.ACKNOWLEDGER, Audience.LEAD))
    assert people.tick(care, at=30 * MINUTE, is_breaching=False) == (care, ())
    acted, _ = people.acted(care, at=20 * MINUTE)
    assert people.tick(acted, at=30 * MINUTE, is_breaching=True) == (acted, ())
    assert people.tick(acted, at=50 * MINUTE, is_breaching=True)[0].stage == Stage.OPEN


def test_a_snooze_ends_at_its_time_with_one_notice_if_it_is_still_bad() -> None:
    care, _ = people.snooze(CRITICAL, by="lena", seconds=900, at=0.0)
    assert people.tick(care, at=899.0, is_breaching=True) == (care, ())
    assert len(people.tick(care, at=900.0, is_breaching=True)[1]) == 1
    assert people.tick(care, at=900.0, is_breaching=False)[1] == ()


@pytest.mark.parametrize("seconds", [0, 299, 7201, float("nan")])
def test_a_snooze_is_five_to_a_hundred_and_twenty_minutes(seconds: float) -> None:
    with pytest.raises(ValueError, match="5 to 120"):
        people.snooze(CRITICAL, by="lena", seconds=seconds, at=0.0)


def test_nothing_hides_a_higher_severity() -> None:
    warning = replace(CRITICAL, severity=Severity.WARNING)
    for put in (
        people.acknowledge(warning, by="lena", at=0.0)[0],
        people.snooze(warning, by="lena", seconds=900, at=0.0)[0],
    ):
        care, calls = people.worsened(put, severity=Severity.CRITICAL, badness=2.0, at=60.0)
        assert (care.stage, care.severity, len(calls)) == (Stage.OPEN, Severity.CRITICAL, 1)


def test_snoozed_until_worse_returns_when_it_is() -> None:
    care, _ = people.snooze(CRITICAL, by="lena", seconds=7200, at=0.0, until_badness=0.5)
    assert people.worsened(care, severity=Severity.CRITICAL, badness=0.49, at=60.0) == (care, ())
    assert people.worsened(care, severity=Severity.CRITICAL, badness=0.5, at=60.0)[0].stage == Stage.OPEN


def test_a_snooze_does_not_outlive_its_shift() -> None:
    care, _ = people.snooze(CRITICAL, by="lena", seconds=7200, at=0.0)
    assert people.shift_ended(care, at=60.0)[0].stage == Stage.OPEN
    assert people.shift_ended(CRITICAL, at=60.0) == (CRITICAL, ())


def test_over_wins_over_a_snooze_and_is_closed_unjudged_after_an_hour() -> None:
    care, _ = people.snooze(CRITICAL, by="lena", seconds=900, at=0.0)
    care, _ = people.over(care, at=60.0)
    assert (care.stage, care.snoozed_until) == (Stage.RESOLVED, None)
    assert people.judge(CRITICAL, outcome=Outcome.HELPED) == (CRITICAL, ())
    assert people.judge(care, outcome=Outcome.HELPED)[0].outcome == Outcome.HELPED
    assert people.tick(care, at=60.0 + 3599, is_breaching=False)[0].stage == Stage.RESOLVED
    assert people.tick(care, at=60.0 + 3600, is_breaching=False)[0].outcome == Outcome.UNJUDGED


def test_what_was_resolved_by_hand_and_is_still_bad_opens_again() -> None:
    care, _ = people.resolve(CRITICAL, at=60.0)
    back, calls = people.reopened(care, at=90.0)
    assert (back.stage, back.resolved_at, calls[0].round_) == (Stage.OPEN, None, 2)
    assert people.reopened(CRITICAL, at=90.0) == (CRITICAL, ())


SENT = Checks(care=CRITICAL)


def test_the_reasons_not_to_send_come_in_their_order() -> None:
    snoozed, _ = people.snooze(CRITICAL, by="lena", seconds=900, at=0.0)
    everything = Checks(
        care=snoozed, is_on=False, is_inhibited=True, is_silenced=True, is_due=False, was_told=True, is_allowed=False
    )
    seen = []
    for change in (
        {"is_on": True}, {"is_inhibited": False}, {"is_silenced": False}, {"care": CRITICAL}, {"is_due": True},
        {"was_told": False}, {"is_allowed": True},
    ):  # fmt: skip
        seen.append(held(everything))
        everything = replace(everything, **change)
    assert seen == [
        Held.OFF, Held.INHIBITED, Held.SILENCED, Held.SNOOZED, Held.GROUPED, Held.TOLD, Held.NOT_ALLOWED,
    ]  # fmt: skip
    assert held(everything) is None


def test_who_may_not_see_it_is_told_nothing() -> None:
    assert held(SENT) is None
    assert held(replace(SENT, is_allowed=False)) == Held.NOT_ALLOWED
    assert held(replace(SENT, care=people.over(CRITICAL, at=1.0)[0])) == Held.OVER


def test_our_inhibitions_demand_the_label_that_peers_take_for_equal() -> None:
    ours = Inhibition({"s": "1"}, {"t": "1"}, ("e",))
    assert not ours.mutes({"t": "1"}, {"s": "1"})
    assert replace(ours, demands_labels=False).mutes({"t": "1"}, {"s": "1"})
    assert ours.mutes({"t": "1", "e": "x"}, {"s": "1", "e": "x"})


def test_a_silence_says_what_it_hides_and_ends_within_a_day() -> None:
    with pytest.raises(ValueError, match="what it hides"):
        Silence({}, 0.0, 60.0)
    for until in (0.0, -1.0, 24 * 3600.0 + 1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="24 hours"):
            Silence({"rule": "x"}, 0.0, until)
    kept = Silence({"rule": "x"}, 10.0, 20.0)
    assert [kept.hides({"rule": "x", "queue": "q"}, at) for at in (9.9, 10.0, 19.9, 20.0)] == [False, True, True, False]


def test_repeats_retries_and_the_same_story_again() -> None:
    assert repeats_at(CRITICAL, told_at=0.0) == 900.0
    assert repeats_at(people.acknowledge(CRITICAL, by="lena", at=1.0)[0], told_at=0.0) is None
    assert [retry_at(tries=n, failed_at=0.0) for n in (1, 2, 3, 4, 5)] == [5.0, 30.0, 120.0, 600.0, None]
    assert (is_again(resolved_at=0.0, at=1799.0), is_again(resolved_at=0.0, at=1800.0)) == (True, False)
    assert not is_again(resolved_at=None, at=1.0)
    assert (tells_again(badness=1.0, peak_badness=1.0), tells_again(badness=1.1, peak_badness=1.0)) == (False, True)
