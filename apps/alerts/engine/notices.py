"""Whether, when and to whom a notice goes out: the order of checks, groups, repeats, retries, what was told before."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from enum import StrEnum

from apps.alerts.engine.people import Care, Severity, Stage

GROUP_WAIT = 30.0
GROUP_INTERVAL = 300.0
REPEATS = {Severity.CRITICAL: 900.0, Severity.WARNING: 3600.0, Severity.INFO: 3600.0}
RETRIES = (5.0, 30.0, 120.0, 600.0)
COOLDOWN = 1800.0
# A resolved alert is told again for so long, in case the first word of it was lost.
RESOLVED_RETENTION = 900.0
# An alert that nobody evaluated for so many intervals is shown as stopped, not as resolved.
MISSED_EVALUATIONS = 4


class Held(StrEnum):
    """Why a notice is not sent; the checks come in this order."""

    OFF = "off"
    INHIBITED = "inhibited"
    SILENCED = "silenced"
    SNOOZED = "snoozed"
    ACKNOWLEDGED = "acknowledged"
    OVER = "over"
    GROUPED = "grouped"
    TOLD = "told"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Checks:
    """What is known of one notice when it would be sent."""

    care: Care
    is_on: bool = True
    is_inhibited: bool = False
    is_silenced: bool = False
    is_due: bool = True
    was_told: bool = False
    is_allowed: bool = True


def held(checks: Checks) -> Held | None:
    """Return the first reason not to send a notice of an open episode, None to send it."""
    stage = checks.care.stage
    in_order = (
        (not checks.is_on, Held.OFF),
        (checks.is_inhibited, Held.INHIBITED),
        (checks.is_silenced, Held.SILENCED),
        (stage == Stage.SNOOZED, Held.SNOOZED),
        (stage == Stage.ACKNOWLEDGED, Held.ACKNOWLEDGED),
        (stage in (Stage.RESOLVED, Stage.CLOSED), Held.OVER),
        (not checks.is_due, Held.GROUPED),
        (checks.was_told, Held.TOLD),
        (not checks.is_allowed, Held.NOT_ALLOWED),
    )
    return next((reason for applies, reason in in_order if applies), None)


@dataclass(frozen=True, slots=True)
class Last:
    """What a recipient was told last of a group, and when."""

    firing: frozenset[Hashable]
    resolved: frozenset[Hashable]
    at: float


def needs_notice(
    last: Last | None, *, firing: frozenset[Hashable], resolved: frozenset[Hashable], repeat: float,
    tells_resolved: bool, at: float,
) -> bool:  # fmt: skip
    """Say whether what is true now differs from what was told last, or is due to be told again.

    True also where only the record changes: a resolve that the recipient does not want is kept, or a new firing of the same
    alert would look like the old one.
    """
    if last is None:
        return bool(firing)
    if firing - last.firing:
        return True
    if not firing:
        return bool(last.firing)
    if tells_resolved and resolved - last.resolved:
        return True
    return at - last.at > repeat


@dataclass(frozen=True, slots=True)
class Pace:
    """How a group waits, in seconds; `timeout` cuts a receiver that does not answer."""

    wait: float = GROUP_WAIT
    interval: float = GROUP_INTERVAL
    repeat: float = REPEATS[Severity.WARNING]
    retries: tuple[float, ...] = RETRIES
    timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that are told together: when they are looked at next."""

    next_at: float
    was_looked_at: bool = False

    @staticmethod
    def first(*, pace: Pace, starts: float, at: float) -> Group:
        """Begin a group: it waits for others to join, unless its first alert has waited so long already."""
        return Group(next_at=at if starts + pace.wait < at else at + pace.wait)

    def joined(self, *, pace: Pace, starts: float, at: float) -> Group:
        """Take another alert in; an old one hurries a group that was never looked at."""
        hurries = not self.was_looked_at and starts + pace.wait < at
        return replace(self, next_at=min(self.next_at, at)) if hurries else self

    def looked_at(self, *, pace: Pace) -> Group:
        """Go on to the next look."""
        return Group(next_at=self.next_at + pace.interval, was_looked_at=True)


def is_again(*, resolved_at: float | None, at: float) -> bool:
    """Say whether an episode comes so soon after the last one of its series that it is the same story, told again."""
    return resolved_at is not None and 0 <= at - resolved_at < COOLDOWN


def tells_again(*, badness: float, peak_badness: float | None) -> bool:
    """Say whether an episode that came again is worth a notice: only one that is worse than before."""
    return peak_badness is None or badness > peak_badness


def repeats_at(care: Care, *, told_at: float) -> float | None:
    """Return when an episode that nobody took on is told again."""
    return told_at + REPEATS[care.severity] if care.stage == Stage.OPEN else None


def retry_at(*, tries: int, failed_at: float, retries: tuple[float, ...] = RETRIES) -> float | None:
    """Return when a notice that could not be delivered is tried again; None: it is given up."""
    return failed_at + retries[tries - 1] if 0 < tries <= len(retries) else None


def stops_at(*, evaluated_at: float, interval: float, resend: float) -> float:
    """Return from when an alert that nobody evaluates any more counts as stopped."""
    return evaluated_at + MISSED_EVALUATIONS * max(interval, resend)
