"""The invariants of the specification (I1 to I19) against everything that can happen, in any order."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apps.alerts.engine import people
from apps.alerts.engine.evaluation import Key, end_all, evaluate, failed, key_of
from apps.alerts.engine.keeping import kept, remembered
from apps.alerts.engine.matching import Silence, is_silenced
from apps.alerts.engine.people import Care, Severity, Stage
from apps.alerts.engine.series import (
    ALERTING,
    Effect,
    Judged,
    Memory,
    Mode,
    State,
    Timing,
    Transition,
    Verdict,
    edited,
    resolve_by_hand,
)  # fmt: skip

QUEUES = ("a", "b", "c")
JUDGED = st.builds(
    Judged, st.sampled_from([Verdict.BREACH] * 4 + [Verdict.OK] * 3 + list(Verdict)), st.booleans(),
    badness=st.integers(0, 5).map(float),
)  # fmt: skip
S, E = State, Effect
# What the table of the machine allows: from, to, effect. Ends (off, edits, removals) lead to inactive from anywhere.
ALLOWED = {
    (S.INACTIVE, S.PENDING, E.WAITING), (S.PENDING, S.INACTIVE, E.FORGOTTEN), (S.NO_DATA, S.PENDING, E.WAITING),
    (S.ERROR, S.PENDING, E.WAITING), (S.FIRING, S.RECOVERING, E.RECOVERING), (S.RECOVERING, S.FIRING, E.RETURNED),
    (S.NO_DATA, S.RECOVERING, E.RECOVERING), (S.ERROR, S.RECOVERING, E.RECOVERING), (S.FIRING, S.PENDING, E.RESOLVED),
    (S.RECOVERING, S.PENDING, E.RESOLVED), (S.NO_DATA, S.PENDING, E.RESOLVED), (S.ERROR, S.PENDING, E.RESOLVED),
    (S.NO_DATA, S.FIRING, E.DATA_RETURNED), (S.NO_DATA, S.INACTIVE, E.DATA_RETURNED),
    (S.NO_DATA, S.RECOVERING, E.DATA_RETURNED), (S.ERROR, S.FIRING, E.WORKS_AGAIN), (S.ERROR, S.INACTIVE, E.WORKS_AGAIN),
    (S.ERROR, S.RECOVERING, E.WORKS_AGAIN),
    *((one, S.FIRING, effect) for one in (S.INACTIVE, S.PENDING, S.NO_DATA, S.ERROR) for effect in (E.FIRED, E.REOPENED)),
    *((one, S.NO_DATA, E.DATA_STOPPED) for one in S if one != S.NO_DATA),
    *((one, S.ERROR, E.FAILED) for one in S if one != S.ERROR),
    *((one, S.INACTIVE, effect) for one in S for effect in (E.RESOLVED, E.ENDED)),
}  # fmt: skip
ENDED_BY_PEOPLE = {"manual", "updated", "rule_deleted", "off", "missing_series"}


class Floor(RuleBasedStateMachine):
    """One rule over three queues, and the people who look after its alerts."""

    @initialize(
        wait=st.sampled_from([0, 30, 90]), keep=st.sampled_from([0, 60]), after=st.sampled_from([0, 60]),
        no_data=st.sampled_from(list(Mode)), error=st.sampled_from(list(Mode)), limit=st.sampled_from([1, 2, 20]),
    )  # fmt: skip
    def begin(self, wait: int, keep: int, after: int, no_data: Mode, error: Mode, limit: int) -> None:
        self.timing = Timing(wait=wait, keep=keep, no_data=no_data, no_data_after=after, error=error, limit=limit)
        self.at = 1000.0
        self.memories: dict[Key, Memory] = {}
        self.log: list[tuple[Key, Transition]] = []
        self.cares: dict[tuple[Key, int], Care] = {}
        self.calls: Counter[tuple[Any, ...]] = Counter()
        self.past: list[tuple[dict[Key, Memory], list[Any], float]] = []

    def take(self, done: Any) -> None:
        self.memories = dict(done.memories)
        self.record(done.transitions)

    def record(self, transitions: Any) -> None:
        for key, one in transitions:
            assert (one.before, one.after, one.effect) in ALLOWED, one  # I12
            self.log.append((key, one))
            episode = (key, one.sequence)
            if one.effect == E.FIRED:
                memory = self.memories[key]
                assert episode not in self.cares
                assert memory.active_since is not None
                assert one.at - memory.active_since >= self.timing.wait  # I3
                self.called(episode, people.opened(severity=Severity.WARNING, at=one.at))
            elif one.effect == E.REOPENED:
                self.called(episode, people.reopened(self.cares[episode], at=one.at))
            elif one.effect == E.RESOLVED:
                self.called(episode, people.over(self.cares[episode], at=one.at))

    def called(self, episode: tuple[Key, int], done: people.Told) -> None:
        self.cares[episode] = done[0]
        for call in done[1]:
            for who in call.audience:
                self.calls[episode, call.round_, call.step, who] += 1

    @rule(
        seen=st.tuples(*[st.one_of(st.none(), JUDGED)] * 3),
        steps=st.sampled_from([1, 1, 1, 1, 2, 5, 90]),
        order=st.randoms(),
    )
    def evaluates(self, seen: tuple[Judged | None, ...], steps: int, order: Any) -> None:
        self.at += steps * self.timing.interval
        results = [({"queue": name}, one) for name, one in zip(QUEUES, seen, strict=True) if one is not None]
        before = dict(self.memories)
        done = evaluate(self.timing, before, results, at=self.at)
        shuffled = list(results)
        order.shuffle(shuffled)
        assert evaluate(self.timing, before, shuffled, at=self.at) == done  # I8
        loaded = {key: remembered(json.loads(json.dumps(kept(one)))) for key, one in before.items()}
        assert evaluate(self.timing, loaded, results, at=self.at) == done  # I6
        for key, judged in ((key_of(labels), one) for labels, one in results):
            if judged.verdict == Verdict.INSUFFICIENT:  # I16
                assert done.memories[key].is_open == before.get(key, Memory()).is_open
        self.past.append((before, results, self.at))
        self.take(done)

    @rule(seen=st.tuples(*[JUDGED] * 3), back=st.sampled_from([0.0, 30.0, 3600.0]))
    def evaluates_again_or_backwards(self, seen: tuple[Judged, ...], back: float) -> None:
        if not self.memories or any(one.evaluated_at is None for one in self.memories.values()):
            return
        results = [({"queue": dict(key)["queue"]}, one) for key, one in zip(self.memories, seen, strict=False)]
        done = evaluate(self.timing, self.memories, results, at=self.at - back)
        assert (done.memories, done.transitions) == (self.memories, ())  # I7, I13

    @rule()
    def fails(self) -> None:
        self.at += self.timing.interval
        self.take(failed(self.timing, self.memories, "it raised", at=self.at))

    @rule(queue=st.sampled_from(QUEUES))
    def somebody_resolves(self, queue: str) -> None:
        key = key_of({"queue": queue})
        if key in self.memories:
            self.memories[key], told = resolve_by_hand(self.memories[key], at=self.at)
            for one in told:
                assert (one.before, one.after, one.effect) in ALLOWED
                self.log.append((key, one))
                self.called((key, one.sequence), people.resolve(self.cares[key, one.sequence], at=self.at))

    @rule(wait=st.sampled_from([0, 30, 90]), same=st.booleans())
    def somebody_edits_the_rule(self, wait: int, same: bool) -> None:
        self.timing = replace(self.timing, wait=wait)
        told = []
        for key, memory in self.memories.items():
            self.memories[key], moved = edited(self.timing, memory, same_condition=same, at=self.at)
            told += [(key, one) for one in moved]
        self.record(told)

    @rule()
    def somebody_removes_the_rule(self) -> None:
        done = end_all(self.memories, reason="rule_deleted", at=self.at)
        assert not any(one.is_open for one in done.memories.values())  # I19
        self.take(done)

    def _episodes(self, index: int) -> tuple[Key, int] | None:
        return list(self.cares)[index % len(self.cares)] if self.cares else None

    @rule(
        index=st.integers(0, 9),
        seconds=st.sampled_from([300, 900, 7200]),
        what=st.sampled_from(["take", "snooze", "do"]),
    )
    def somebody_looks_after_it(self, index: int, seconds: int, what: str) -> None:
        if (episode := self._episodes(index)) is not None:
            care = self.cares[episode]
            if what == "take":
                self.called(episode, people.acknowledge(care, by="lena", at=self.at))
            elif what == "snooze":
                self.called(episode, people.snooze(care, by="lena", seconds=seconds, at=self.at))
            else:
                self.called(episode, people.acted(care, at=self.at))

    @rule(index=st.integers(0, 9))
    def it_gets_critical(self, index: int) -> None:
        if (episode := self._episodes(index)) is not None:
            care = self.cares[episode]
            was_active = care.stage in (Stage.OPEN, Stage.ACKNOWLEDGED, Stage.SNOOZED)
            self.called(episode, people.worsened(care, severity=Severity.CRITICAL, badness=9.0, at=self.at))
            if was_active and care.severity < Severity.CRITICAL:
                assert self.cares[episode].stage == Stage.OPEN  # I11

    @rule(minutes=st.sampled_from([1, 5, 15, 31, 61]))
    def time_passes(self, minutes: int) -> None:
        for episode, care in list(self.cares.items()):
            at = self.at + minutes * 60
            is_breaching = self.memories[episode[0]].state == State.FIRING
            done = people.tick(care, at=at, is_breaching=is_breaching)
            # Told once, whoever looks again at the same floor.
            assert people.tick(done[0], at=at, is_breaching=is_breaching)[1] == ()
            self.called(episode, done)

    @invariant()
    def nothing_is_called_twice(self) -> None:
        assert not [one for one, times in getattr(self, "calls", Counter()).items() if times > 1]  # I9

    @invariant()
    def people_and_series_agree(self) -> None:
        for key, memory in getattr(self, "memories", {}).items():
            mine = [care for (of, _), care in self.cares.items() if of == key]
            active = [one for one in mine if one.stage not in (Stage.RESOLVED, Stage.CLOSED)]
            assert len(active) == int(memory.is_open)  # I1, I2, I4: an episode exists when it fired and only then
            assert memory.sequence == len(mine)
            if memory.state in ALERTING:
                assert memory.is_open
            if memory.state in (State.INACTIVE, State.PENDING):
                assert not memory.is_open
            for one in mine:
                assert one.resolved_at is None or one.resolved_at >= one.opened_at  # I5
            if memory.fired_at is not None and memory.resolved_at is not None:
                assert memory.resolved_at >= memory.fired_at  # I5

    @invariant()
    def history_is_the_fold_of_transitions(self) -> None:
        states = dict.fromkeys(getattr(self, "memories", {}), State.INACTIVE)
        for key, one in getattr(self, "log", []):
            assert states[key] == one.before
            states[key] = one.after
        assert states == {key: one.state for key, one in getattr(self, "memories", {}).items()}  # I14

    @invariant()
    def no_more_are_open_than_may_be(self) -> None:
        if hasattr(self, "memories"):
            fired = {key for key, one in self.log if one.effect == E.FIRED}
            open_ = [key for key, one in self.memories.items() if one.is_open and key in fired]
            reopened = any(one.effect == E.REOPENED for _, one in self.log)
            assert reopened or len(open_) <= self.timing.limit

    def teardown(self) -> None:
        for before, results, at in getattr(self, "past", [])[:20]:  # I6: the same evaluations give the same
            once = evaluate(self.timing, before, results, at=at)
            assert once == evaluate(self.timing, before, results, at=at)


TestFloor = Floor.TestCase
# A failure is told as it was found: making it smaller takes minutes.
TestFloor.settings = settings(
    max_examples=200,
    stateful_step_count=40,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_a_silence_changes_what_is_told_and_never_a_state() -> None:
    """I10: the machine is not given silences at all; what they hide is decided beside it."""
    assert "silence" not in evaluate.__code__.co_varnames
    assert is_silenced({"queue": "a"}, [Silence({"queue": "a"}, 0.0, 60.0)], 1.0)
