"""The machine of an episode: who took it on, who is told next, when it is over, and what it was worth.

Every event is a function from what was (`Care`) to what is, and whom to call. An event that no longer fits changes nothing.
Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

MINUTE = 60.0


class Severity(IntEnum):
    """How bad; more is worse."""

    INFO = 1
    WARNING = 2
    CRITICAL = 3


class Stage(StrEnum):
    """Where an episode stands with people."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What an alert was worth, as somebody judged it afterwards."""

    HELPED = "helped"
    NO_EFFECT = "no_effect"
    NOT_NEEDED = "not_needed"
    FALSE_ALARM = "false_alarm"
    DUPLICATE = "duplicate"
    UNJUDGED = "unjudged"


class Audience(StrEnum):
    """Whom a step calls."""

    LEAD = "lead"
    OTHER_LEAD = "other_lead"
    OPS = "ops"
    ACKNOWLEDGER = "acknowledger"


LADDER = (Audience.LEAD, Audience.OTHER_LEAD, Audience.OPS)
# Unacknowledged for so long, the next step is called.
ESCALATES_AFTER = {Severity.CRITICAL: 5 * MINUTE, Severity.WARNING: 15 * MINUTE}
# Acknowledged, still bad and nothing done for so long, it is open again.
ACKNOWLEDGED_FOR = 30 * MINUTE
SNOOZE_LEAST, SNOOZE_MOST = 5 * MINUTE, 120 * MINUTE
JUDGED_WITHIN = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Care:
    """An episode as people have it. `round_` counts how often it was called from step 1."""

    severity: Severity
    opened_at: float
    stage: Stage = Stage.OPEN
    step: int = 1
    step_at: float = 0.0
    round_: int = 1
    by: str = ""
    acknowledged_at: float | None = None
    acted_at: float | None = None
    snoozed_until: float | None = None
    # Snoozed until worse: the badness from which on it returns.
    returns_at: float | None = None
    resolved_at: float | None = None
    is_manual: bool = False
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody is to be told. A round and a step are told once, whoever works it out."""

    audience: tuple[Audience, ...]
    step: int
    round_: int


Told = tuple[Care, tuple[Call, ...]]

_ACTIVE = frozenset({Stage.OPEN, Stage.ACKNOWLEDGED, Stage.SNOOZED})


def opened(*, severity: Severity, at: float) -> Told:
    """Return a new episode and its first call."""
    return Care(severity=severity, opened_at=at, step_at=at), (Call((Audience.LEAD,), 1, 1),)


def acknowledge(care: Care, *, by: str, at: float) -> Told:
    """Take it on; stops the escalation. On one that is taken on, or over, nothing changes."""
    if care.stage not in (Stage.OPEN, Stage.SNOOZED):
        return care, ()
    return replace(care, stage=Stage.ACKNOWLEDGED, by=by, acknowledged_at=at, snoozed_until=None, returns_at=None), ()


def acted(care: Care, *, at: float) -> Told:
    """Something was done about it: whoever took it on is not asked again."""
    return (replace(care, acted_at=at), ()) if care.stage in _ACTIVE else (care, ())


def snooze(care: Care, *, by: str, seconds: float, at: float, until_badness: float | None = None) -> Told:
    """Put it aside for 5 to 120 minutes, or until it is worse, which is looked for as long.

    :raises ValueError: shorter or longer.
    """
    if not SNOOZE_LEAST <= seconds <= SNOOZE_MOST:
        raise ValueError(f"Saw a snooze of {seconds:.0f} s. Expected 5 to 120 minutes.")
    if care.stage not in (Stage.OPEN, Stage.ACKNOWLEDGED):
        return care, ()
    return replace(care, stage=Stage.SNOOZED, by=by, snoozed_until=at + seconds, returns_at=until_badness), ()


def worsened(care: Care, *, severity: Severity, badness: float, at: float) -> Told:
    """It got worse: a higher severity is never hidden, and what was snoozed until worse returns."""
    if care.stage not in _ACTIVE:
        return care, ()
    if severity > care.severity:
        return _again(replace(care, severity=severity), (Audience.LEAD,), at)
    if care.stage == Stage.SNOOZED and care.returns_at is not None and badness >= care.returns_at:
        return _again(care, (Audience.LEAD,), at)
    return care, ()


def shift_ended(care: Care, *, at: float) -> Told:
    """A snooze does not outlive the shift of who set it."""
    return _again(care, (Audience.LEAD,), at) if care.stage == Stage.SNOOZED else (care, ())


def over(care: Care, *, at: float) -> Told:
    """The condition is over: it resolves, also out of a snooze."""
    return _resolve(care, at, is_manual=False)


def resolve(care: Care, *, at: float) -> Told:
    """Somebody says it is over."""
    return _resolve(care, at, is_manual=True)


def reopened(care: Care, *, at: float) -> Told:
    """The same breach is there again after somebody resolved it by hand."""
    if care.stage not in (Stage.RESOLVED, Stage.CLOSED):
        return care, ()
    return _again(replace(care, resolved_at=None, is_manual=False, outcome=None), (Audience.LEAD,), at)


def judge(care: Care, *, outcome: Outcome) -> Told:
    """Say what it was worth. One that is not over cannot be judged; a judgement may be changed."""
    if care.stage not in (Stage.RESOLVED, Stage.CLOSED):
        return care, ()
    return replace(care, stage=Stage.CLOSED, outcome=outcome), ()


def tick(care: Care, *, at: float, is_breaching: bool) -> Told:
    """Let time pass: escalate, ask again who took it on, wake from a snooze, close unjudged."""
    match care.stage:
        case Stage.OPEN:
            return _escalate(care, at)
        case Stage.ACKNOWLEDGED:
            return _ask_again(care, at) if is_breaching else (care, ())
        case Stage.SNOOZED:
            return _wake(care, at, is_breaching=is_breaching)
        case Stage.RESOLVED if care.resolved_at is not None and at - care.resolved_at >= JUDGED_WITHIN:
            return replace(care, stage=Stage.CLOSED, outcome=Outcome.UNJUDGED), ()
    return care, ()


def due_at(care: Care) -> float | None:
    """Return when time alone changes the episode next; None: never."""
    match care.stage:
        case Stage.OPEN:
            after = ESCALATES_AFTER.get(care.severity)
            return None if after is None or care.step >= len(LADDER) else care.step_at + after
        case Stage.ACKNOWLEDGED:
            began = max(care.acknowledged_at or care.opened_at, care.acted_at or 0.0)
            return began + ACKNOWLEDGED_FOR
        case Stage.SNOOZED:
            return care.snoozed_until
        case Stage.RESOLVED:
            return None if care.resolved_at is None else care.resolved_at + JUDGED_WITHIN
    return None


def _resolve(care: Care, at: float, *, is_manual: bool) -> Told:
    if care.stage not in _ACTIVE:
        return care, ()
    return (
        replace(
            care, stage=Stage.RESOLVED, resolved_at=at, is_manual=is_manual, snoozed_until=None, returns_at=None
        ),
        (),
    )  # fmt: skip


def _again(care: Care, audience: tuple[Audience, ...], at: float) -> Told:
    round_ = care.round_ + 1
    opened = replace(
        care, stage=Stage.OPEN, step=1, step_at=at, round_=round_, snoozed_until=None, returns_at=None,
        acknowledged_at=None,
    )  # fmt: skip
    return opened, (Call(audience, 1, round_),)


def _escalate(care: Care, at: float) -> Told:
    """One step up for each wait that passed, so that a late look calls nobody twice and leaves nobody out."""
    after = ESCALATES_AFTER.get(care.severity)
    calls: list[Call] = []
    while after is not None and care.step < len(LADDER) and at - care.step_at >= after:
        care = replace(care, step=care.step + 1, step_at=care.step_at + after)
        calls.append(Call((LADDER[care.step - 1],), care.step, care.round_))
    return care, tuple(calls)


def _ask_again(care: Care, at: float) -> Told:
    due = due_at(care)
    if due is None or at < due:
        return care, ()
    return _again(care, (Audience.ACKNOWLEDGER, Audience.LEAD), at)


def _wake(care: Care, at: float, *, is_breaching: bool) -> Told:
    if care.snoozed_until is None or at < care.snoozed_until:
        return care, ()
    woken, calls = _again(care, (Audience.LEAD,), at)
    return woken, calls if is_breaching else ()
