"""One evaluation of a rule: all its series together, no more open episodes than it may have, one failure for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from apps.alerts.engine.series import (
    Effect,
    Judged,
    Memory,
    State,
    Step,
    Timing,
    Transition,
    Verdict,
    end,
    miss,
    step,
)

Labels = Mapping[str, str]
Key = tuple[tuple[str, str], ...]


class DuplicateSeries(Exception):
    """Two results of one rule have the same labels: they would be one alert, and which one is chance."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an evaluation led to. `held` series breach but have no episode, because the rule is too wide."""

    memories: Mapping[Key, Memory]
    transitions: Sequence[tuple[Key, Transition]] = ()
    held: int = 0
    error: str = ""


@dataclass(slots=True)
class _Pass:
    memories: dict[Key, Memory] = field(default_factory=dict)
    told: list[tuple[Key, Transition]] = field(default_factory=list)

    def take(self, key: Key, done: Step) -> None:
        self.memories[key] = done[0]
        self.told += [(key, one) for one in done[1]]


def key_of(labels: Labels) -> Key:
    """Return what tells a series from the others of its rule."""
    return tuple(sorted(labels.items()))


def unique(results: Iterable[tuple[Labels, Judged]]) -> dict[Key, Judged]:
    """Return results by key.

    :raises DuplicateSeries: two have the same labels.
    """
    told: dict[Key, Judged] = {}
    for labels, judged in results:
        key = key_of(labels)
        if key in told:
            raise DuplicateSeries(f"Two results have the labels {dict(key)}. Group the rule by what tells them apart.")
        told[key] = judged
    return told


def evaluate(
    timing: Timing, memories: Mapping[Key, Memory], results: Sequence[tuple[Labels, Judged]], *, at: float,
    resumed: bool = False,
) -> Evaluated:  # fmt: skip
    """Evaluate a rule at a grid time. The order of the results does not matter; doing it again changes nothing."""
    try:
        found = unique(results)
    except DuplicateSeries as refused:
        return failed(timing, memories, str(refused), at=at)
    done = _Pass()
    for key in sorted(memories.keys() | found.keys()):
        before = memories.get(key, Memory())
        if key in found:
            done.take(key, step(timing, before, found[key], at=at, resumed=resumed))
        elif found:
            done.take(key, miss(before, at=at))
        else:
            done.take(key, step(timing, before, Judged(Verdict.NO_DATA), at=at, resumed=resumed))
    held = _hold_back(timing, done, memories, found, at)
    return Evaluated(done.memories, tuple(done.told), held)


def failed(timing: Timing, memories: Mapping[Key, Memory], why: str, *, at: float) -> Evaluated:
    """Evaluate a rule that could not be judged: every series it had an opinion on meets an error, and nothing else."""
    done = _Pass()
    for key in sorted(memories):
        done.take(key, step(timing, memories[key], Judged(Verdict.ERROR), at=at))
    held = _hold_back(timing, done, memories, {}, at)
    return Evaluated(done.memories, tuple(done.told), held, error=why)


def end_all(memories: Mapping[Key, Memory], *, reason: str, at: float) -> Evaluated:
    """End everything of a rule that was paused or removed."""
    done = _Pass()
    for key in sorted(memories):
        done.take(key, end(memories[key], at=at, reason=reason))
    return Evaluated(done.memories, tuple(done.told))


def _hold_back(
    timing: Timing, done: _Pass, memories: Mapping[Key, Memory], found: Mapping[Key, Judged], at: float
) -> int:
    """Let the worst fire up to the limit; the others go on waiting. What is open already stays open."""
    if timing.limit <= 0:
        return 0
    fired = [key for key, one in done.told if one.effect == Effect.FIRED]
    room = max(timing.limit - sum(one.is_open for one in done.memories.values()) + len(fired), 0)
    badness = {key: found[key].badness if key in found else 0.0 for key in fired}
    over = set(sorted(fired, key=lambda key: (-badness[key], key))[room:])
    for key in over:
        done.memories[key] = _held(memories.get(key, Memory()), done.memories[key], at)
    done.told = [_waits(key, one) if key in over else (key, one) for key, one in done.told]
    done.told = [(key, one) for key, one in done.told if one.before != one.after or key not in over]
    return len(over)


def _held(before: Memory, after: Memory, at: float) -> Memory:
    """What a series is that would have fired: still waiting, and its number not given out."""
    was_waiting = before.state == State.PENDING
    return replace(
        after, state=State.PENDING, state_since=before.state_since if was_waiting else at, is_open=False,
        sequence=before.sequence, fired_at=before.fired_at, resolved_at=before.resolved_at, returns=before.returns,
        breaches=before.breaches, peak=before.peak, peak_badness=before.peak_badness, reason="too wide",
    )  # fmt: skip


def _waits(key: Key, fired: Transition) -> tuple[Key, Transition]:
    return key, replace(
        fired, after=State.PENDING, effect=Effect.WAITING, sequence=fired.sequence - 1, reason="too wide"
    )
