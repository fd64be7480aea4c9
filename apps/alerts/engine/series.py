"""The machine of one series: a rule seen at one place. States, verdicts, and what each evaluation does to them.

Times are seconds on the logical grid. A memory is all that is kept between two evaluations: stored and loaded again after a
crash it goes on as if nothing had happened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Verdict(StrEnum):
    """What one evaluation says of one series."""

    BREACH = "breach"
    OK = "ok"
    INSUFFICIENT = "insufficient"  # fewer cases than the rule needs: neither good nor bad
    NO_DATA = "no_data"
    ERROR = "error"
    OFF = "off"  # outside hours, a holiday, paused


class State(StrEnum):
    """Where a series stands."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RECOVERING = "recovering"
    NO_DATA = "no_data"
    ERROR = "error"


class Effect(StrEnum):
    """What a transition means to people."""

    WAITING = "waiting"
    FORGOTTEN = "forgotten"
    FIRED = "fired"
    REOPENED = "reopened"
    RECOVERING = "recovering"
    RETURNED = "returned"
    RESOLVED = "resolved"
    DATA_STOPPED = "data_stopped"
    DATA_RETURNED = "data_returned"
    FAILED = "failed"
    WORKS_AGAIN = "works_again"
    ENDED = "ended"  # switched off, paused or removed while nothing was open


class Mode(StrEnum):
    """What missing data, or an evaluation that failed, is taken for."""

    OWN = "own"
    BREACH = "breach"
    OK = "ok"
    KEEP_LAST = "keep_last"


# An episode is open in these, and may be in `no_data` and `error`.
ALERTING = frozenset({State.FIRING, State.RECOVERING})
# Two evaluations that are more intervals apart than this have a gap between them.
GAP_INTERVALS = 3


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a rule waits, in seconds, and what it makes of missing data and errors."""

    wait: float = 0.0
    keep: float = 0.0
    interval: float = 30.0
    no_data: Mode = Mode.OWN
    no_data_after: float = 600.0
    error: Mode = Mode.OWN
    # So many errors running make the state `error`; one less changes nothing.
    error_after: int = 2
    # A longer gap between two evaluations starts the wait anew.
    tolerance: float = 1800.0
    # After a gap nothing new fires for so long; None: one interval.
    grace: float | None = None
    # Open episodes a rule may have; nought or less: any number.
    limit: int = 20

    @property
    def grace_seconds(self) -> float:
        """How long nothing new fires after a gap."""
        return self.interval if self.grace is None else self.grace


@dataclass(frozen=True, slots=True)
class Judged:
    """What was seen: the verdict by the threshold one enters at, and whether it is `still` bad by the one one leaves at.

    `badness` orders how bad: higher is worse, comparable within a rule.
    """

    verdict: Verdict
    still: bool = False
    value: float | None = None
    badness: float = 0.0
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of a series after its last evaluation. `sequence` numbers its episodes from 1."""

    state: State = State.INACTIVE
    state_since: float | None = None
    active_since: float | None = None
    keep_since: float | None = None
    thin_since: float | None = None
    silent_since: float | None = None
    fired_at: float | None = None
    resolved_at: float | None = None
    evaluated_at: float | None = None
    grace_until: float | None = None
    sequence: int = 0
    is_open: bool = False
    # Resolved by hand while still bad: until it was good once, the next breach is the same episode.
    needs_leave: bool = False
    errors: int = 0
    missing: int = 0
    returns: int = 0
    breaches: int = 0
    value: float | None = None
    peak: float | None = None
    peak_badness: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state, for good: history is the fold of transitions."""

    at: float
    before: State
    after: State
    effect: Effect
    sequence: int
    reason: str = ""


Step = tuple[Memory, tuple[Transition, ...]]


def step(timing: Timing, memory: Memory, judged: Judged, *, at: float, resumed: bool = False) -> Step:
    """Evaluate a series at a grid time; `resumed` says that the evaluator was just started again.

    A time that was evaluated already, or lies before one that was, changes nothing.
    """
    if memory.evaluated_at is not None and at <= memory.evaluated_at:
        return memory, ()
    memory = replace(_after_gap(timing, memory, at, resumed=resumed), evaluated_at=at, missing=0)
    if memory.needs_leave and judged.verdict in (Verdict.OK, Verdict.OFF) and not judged.still:
        memory = replace(memory, needs_leave=False)
    return _act(timing, memory, judged, at)


def _after_gap(timing: Timing, memory: Memory, at: float, *, resumed: bool) -> Memory:
    if memory.evaluated_at is None:
        return memory
    gap = at - memory.evaluated_at
    if not resumed and gap <= GAP_INTERVALS * timing.interval:
        return memory
    kept = memory.active_since if gap <= timing.tolerance else None
    return replace(memory, active_since=kept, grace_until=at + timing.grace_seconds)


def _act(timing: Timing, memory: Memory, judged: Judged, at: float) -> Step:
    match judged.verdict:
        case Verdict.BREACH:
            return _breach(timing, _heard(memory), judged, at)
        case Verdict.OK if judged.still and memory.is_open:
            return _breach(timing, _heard(memory), judged, at)
        case Verdict.OK:
            return _good(timing, _heard(memory), at, judged.value)
        case Verdict.OFF:
            return end(memory, at=at, reason="off")
        case Verdict.INSUFFICIENT:
            return _thin(timing, memory, judged, at)
        case Verdict.NO_DATA:
            return _silent(timing, memory, judged, at)
        case Verdict.ERROR:
            return _failed(timing, memory, judged, at)


def _heard(memory: Memory) -> Memory:
    return replace(memory, silent_since=None, thin_since=None, errors=0, reason="")


def _moved(memory: Memory, to: State, effect: Effect, at: float, reason: str = "") -> Step:
    moved = replace(memory, state=to, state_since=at, reason=reason)
    return moved, (Transition(at, memory.state, to, effect, memory.sequence, reason),)


def _breach(timing: Timing, memory: Memory, judged: Judged, at: float, reason: str = "") -> Step:
    if memory.is_open:
        return _still_bad(memory, judged, at, reason)
    since = at if memory.active_since is None or memory.state != State.PENDING else memory.active_since
    memory = replace(memory, active_since=since, value=judged.value)
    in_grace = memory.grace_until is not None and at < memory.grace_until
    if at - since >= timing.wait and not in_grace:
        return _fired(memory, judged, at, reason)
    if memory.state == State.PENDING:
        return replace(memory, state_since=since, reason=reason), ()
    return _moved(memory, State.PENDING, Effect.WAITING, at, reason)


def _fired(memory: Memory, judged: Judged, at: float, reason: str) -> Step:
    again = memory.needs_leave
    memory = replace(
        memory, sequence=memory.sequence + (not again), is_open=True, needs_leave=False, breaches=1, grace_until=None,
        fired_at=memory.fired_at if again else at, resolved_at=None, keep_since=None, returns=0,
        peak=judged.value, peak_badness=judged.badness,
    )  # fmt: skip
    return _moved(memory, State.FIRING, Effect.REOPENED if again else Effect.FIRED, at, reason)


def _still_bad(memory: Memory, judged: Judged, at: float, reason: str) -> Step:
    worst = memory.peak_badness
    is_worse = worst is None or judged.badness > worst
    memory = replace(
        memory, value=judged.value, breaches=memory.breaches + 1, keep_since=None, reason=reason,
        peak=judged.value if is_worse else memory.peak, peak_badness=judged.badness if is_worse else worst,
    )  # fmt: skip
    if memory.state == State.FIRING:
        return memory, ()
    if memory.state == State.RECOVERING:
        return _moved(replace(memory, returns=memory.returns + 1), State.FIRING, Effect.RETURNED, at, reason)
    return _moved(memory, State.FIRING, _came_back(memory.state), at, reason)


def _came_back(state: State) -> Effect:
    return Effect.WORKS_AGAIN if state == State.ERROR else Effect.DATA_RETURNED


def _good(timing: Timing, memory: Memory, at: float, value: float | None, reason: str = "") -> Step:
    memory = replace(memory, value=value)
    if memory.is_open:
        return _recovers(timing, memory, at, reason)
    memory = replace(memory, active_since=None)
    if memory.state == State.PENDING:
        return _moved(memory, State.INACTIVE, Effect.FORGOTTEN, at, reason)
    if memory.state != State.INACTIVE:
        return _moved(memory, State.INACTIVE, _came_back(memory.state), at, reason)
    return replace(memory, reason=reason), ()


def _recovers(timing: Timing, memory: Memory, at: float, reason: str) -> Step:
    if memory.keep_since is None:
        if timing.keep <= 0:
            return _resolved(memory, at, reason)
        return _moved(replace(memory, keep_since=at), State.RECOVERING, Effect.RECOVERING, at, reason)
    if at - memory.keep_since >= timing.keep:
        return _resolved(memory, at, reason)
    if memory.state != State.RECOVERING:
        return _moved(memory, State.RECOVERING, _came_back(memory.state), at, reason)
    return replace(memory, reason=reason), ()


def _resolved(memory: Memory, at: float, reason: str) -> Step:
    memory = replace(memory, is_open=False, resolved_at=at, keep_since=None, active_since=None)
    return _moved(memory, State.INACTIVE, Effect.RESOLVED, at, reason)


def _thin(timing: Timing, memory: Memory, judged: Judged, at: float) -> Step:
    """Too few cases start nothing and end nothing; an alert that stays without enough of them has lost its data."""
    memory = replace(memory, value=judged.value, errors=0, silent_since=None)
    if memory.is_open:
        since = at if memory.thin_since is None else memory.thin_since
        memory = replace(memory, thin_since=since)
        if memory.state in ALERTING and at - since >= timing.no_data_after:
            return _moved(memory, State.NO_DATA, Effect.DATA_STOPPED, at, "insufficient")
        return memory, ()
    memory = replace(memory, active_since=None)
    if memory.state == State.PENDING:
        return _moved(memory, State.INACTIVE, Effect.FORGOTTEN, at, "insufficient")
    if memory.state != State.INACTIVE:
        return _moved(memory, State.INACTIVE, _came_back(memory.state), at, "insufficient")
    return memory, ()


def _silent(timing: Timing, memory: Memory, judged: Judged, at: float) -> Step:
    since = at if memory.silent_since is None else memory.silent_since
    memory = replace(memory, silent_since=since, errors=0)
    match timing.no_data:
        case Mode.BREACH:
            return _breach(timing, memory, judged, at, "no_data")
        case Mode.OK:
            return _good(timing, memory, at, None, "no_data")
        case Mode.KEEP_LAST:
            return _kept(timing, memory, judged, at, "no_data, keep_last")
    if memory.state == State.PENDING:
        memory = replace(memory, active_since=None)
    is_new = memory.state not in (State.INACTIVE, State.NO_DATA)
    if is_new or (memory.state == State.INACTIVE and at - since >= timing.no_data_after):
        return _moved(memory, State.NO_DATA, Effect.DATA_STOPPED, at, "no_data")
    return memory, ()


def _kept(timing: Timing, memory: Memory, judged: Judged, at: float, reason: str) -> Step:
    """Whatever held goes on: also the wait of a pending series, which may fire."""
    if memory.state == State.PENDING:
        return _breach(timing, memory, judged, at, reason)
    return replace(memory, reason=reason), ()


def _failed(timing: Timing, memory: Memory, judged: Judged, at: float) -> Step:
    memory = replace(memory, errors=memory.errors + 1)
    match timing.error:
        case Mode.BREACH:
            return _breach(timing, memory, judged, at, "error")
        case Mode.OK:
            return _good(timing, memory, at, None, "error")
        case Mode.KEEP_LAST:
            return _kept(timing, memory, judged, at, "error, keep_last")
    if memory.errors < timing.error_after or memory.state == State.ERROR:
        return memory, ()
    if memory.state == State.PENDING:
        memory = replace(memory, active_since=None)
    return _moved(memory, State.ERROR, Effect.FAILED, at, "error")


def miss(memory: Memory, *, at: float) -> Step:
    """Evaluate a series that is missing while others of its rule reported: the second time running it ends."""
    if memory.evaluated_at is not None and at <= memory.evaluated_at:
        return memory, ()
    memory = replace(memory, evaluated_at=at, missing=memory.missing + 1)
    return (memory, ()) if memory.missing < 2 else end(memory, at=at, reason="missing_series")


def end(memory: Memory, *, at: float, reason: str) -> Step:
    """End a series whose rule was switched off, paused, removed or edited; an open episode resolves with the reason."""
    was_open, before = memory.is_open, memory.state
    memory = replace(
        memory, is_open=False, active_since=None, keep_since=None, thin_since=None, silent_since=None, errors=0,
        needs_leave=False, resolved_at=at if was_open else memory.resolved_at,
    )  # fmt: skip
    if before == State.INACTIVE and memory.reason == reason:
        return memory, ()
    return _moved(memory, State.INACTIVE, Effect.RESOLVED if was_open else Effect.ENDED, at, reason)


def resolve_by_hand(memory: Memory, *, at: float) -> Step:
    """End the open episode because a person says so; while it was not good once, the next breach opens the same again."""
    if not memory.is_open:
        return memory, ()
    memory = replace(memory, is_open=False, needs_leave=True, resolved_at=at, active_since=None, keep_since=None)
    return _moved(memory, State.INACTIVE, Effect.RESOLVED, at, "manual")


def edited(timing: Timing, memory: Memory, *, same_condition: bool, at: float) -> Step:
    """Put a series on a new version of its rule.

    Another condition starts the machine anew. A longer wait sends what has not waited so long back to pending, and what has
    been waited counts. In both the open episode ends as `updated`.
    """
    if not same_condition:
        ended, told = end(memory, at=at, reason="updated")
        return replace(ended, fired_at=None), told
    served = memory.active_since
    if not memory.is_open or served is None or at - served >= timing.wait:
        return memory, ()
    memory = replace(memory, is_open=False, fired_at=None, resolved_at=at, keep_since=None)
    return _moved(memory, State.PENDING, Effect.RESOLVED, at, "updated")
