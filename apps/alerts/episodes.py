"""Episodes as rows: the engine's `Care` in and out, who is called, and what is written down of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from apps.access.models import User
from apps.access.roles import Permission, Role
from apps.access.viewer import Viewer, viewers_of
from apps.alerts.engine import notices, people
from apps.alerts.engine.matching import Inhibition, muted_by
from apps.alerts.engine.people import Audience, Care, Outcome, Severity, Stage
from apps.alerts.models import Call, Episode, Happening
from apps.interactions.models import Queue, QueueUserObjectPermission

# The critical alert of a queue stands for the warnings of its family.
INHIBITIONS = (
    Inhibition(
        {"severity": Severity.CRITICAL.name, "family": "promises"}, {"severity": Severity.WARNING.name, "family": "promises"},
        ("queue",),
    ),
)  # fmt: skip


def moment(seconds: float | None) -> datetime | None:
    """The moment that the engine's seconds mean."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def seconds(at: datetime | None) -> float | None:
    """A moment in the engine's seconds."""
    return None if at is None else at.timestamp()


def care_of(one: Episode) -> Care:
    """Return what the engine knows of an episode."""
    return Care(
        severity=Severity(one.severity), opened_at=one.fired_at.timestamp(), stage=Stage(one.stage), step=one.step,
        step_at=one.step_at.timestamp(), round_=one.round, by=str(one.by_id or ""), acknowledged_at=seconds(one.acknowledged_at),
        acted_at=seconds(one.acted_at), snoozed_until=seconds(one.snoozed_until), returns_at=one.returns_at,
        resolved_at=seconds(one.resolved_at), is_manual=one.is_manual, outcome=Outcome(one.outcome) if one.outcome else None,
    )  # fmt: skip


def put(one: Episode, care: Care) -> Episode:
    """Write what the engine made of it onto the row; saving is the caller's."""
    one.severity, one.stage, one.step, one.round = int(care.severity), care.stage.value, care.step, care.round_
    one.step_at = moment(care.step_at) or one.fired_at
    one.by_id = int(care.by) if care.by else None
    one.acknowledged_at, one.acted_at = moment(care.acknowledged_at), moment(care.acted_at)
    one.snoozed_until, one.returns_at = moment(care.snoozed_until), care.returns_at
    one.resolved_at, one.is_manual = moment(care.resolved_at), care.is_manual
    one.outcome = care.outcome.value if care.outcome else ""
    one.due_at = moment(people.due_at(care))
    return one


def told(one: Episode, what: str, *, at: datetime, by: User | None = None, detail: str = "") -> Happening:
    """A line of its history, not saved yet."""
    return Happening(episode=one, at=at, what=what, by=by, detail=detail[:40])


def labels_of(one: Episode) -> dict[str, str]:
    """What inhibitions look at."""
    labels = {"severity": Severity(one.severity).name, "family": one.version.family}
    return {**labels, **({"queue": str(one.queue_id)} if one.queue_id else {})}


def explained(episodes: Iterable[Episode]) -> dict[UUID, Episode]:
    """Return, of open episodes, those that another one of them explains, and which one does."""
    by_queue: dict[UUID | None, list[tuple[Episode, dict[str, str]]]] = defaultdict(list)
    for one in episodes:  # every inhibition demands the same queue
        by_queue[one.queue_id].append((one, labels_of(one)))
    found = {}
    for open_ in by_queue.values():
        for one, labels in open_:
            by = muted_by(labels, [other for _, other in open_], INHIBITIONS)
            if by is not None:
                found[one.pk] = next(other for other, its in open_ if its is by)
    return found


def call(calls: Sequence[tuple[Episode, people.Call]], *, at: datetime, muted: frozenset[UUID] = frozenset()) -> None:
    """Call who is to be told, each once an episode, round and step, whoever works it out. Few statements for all of them."""
    if not calls:
        return
    whom = _recipients({one.queue_id for one, _ in calls if one.queue_id})
    rows: dict[tuple[Any, ...], Call] = {}
    viewers = viewers_of({user for users in whom.values() for user in users})
    for one, step in calls:
        for user in _named(one, step.audience, whom):
            why = notices.held(
                notices.Checks(
                    care=people.Care(severity=Severity(one.severity), opened_at=0.0, stage=Stage(one.stage)),
                    is_inhibited=one.pk in muted,
                    was_told=one.is_again,
                    is_allowed=_may_see(viewers[user.pk], one),
                )
            )
            key = (one.pk, step.round_, step.step, user.pk)
            rows[key] = Call(episode=one, round=step.round_, step=step.step, to=user, at=at, held=why or "")
    Call.objects.bulk_create(rows.values(), ignore_conflicts=True)


def _may_see(viewer: Viewer, one: Episode) -> bool:
    """Asked when somebody is told, whatever was true when it fired; the same as `visible_to`, for one row."""
    what = Permission.VIEW_ALERTS if one.rule.is_quality else Permission.VIEW_FLOOR_ALERTS
    return viewer.allows(what) and (viewer.sees_everything or one.queue_id in viewer.granted(Queue))


def _recipients(queues: set[UUID]) -> Mapping[object, list[User]]:
    """Leads by queue; operations and admins under their role."""
    grants = QueueUserObjectPermission.objects.filter(
        content_object_id__in=queues, user__role=Role.LEAD, user__is_active=True
    )
    told: dict[object, list[User]] = {Role.OPS: [], Role.ADMIN: []}
    for grant in grants.select_related("user").order_by("user_id"):
        told.setdefault(grant.content_object_id, []).append(grant.user)
    for user in User.objects.filter(role__in=[Role.OPS, Role.ADMIN], is_active=True).order_by("pk"):
        told[Role(user.role)].append(user)
    return told


def _named(one: Episode, audience: Sequence[Audience], whom: Mapping[object, list[User]]) -> list[User]:
    """No roster says which lead is on duty, so the first step tells every lead of the queue, and there is no other lead."""
    found: dict[int, User] = {}
    for who in audience:
        if who == Audience.LEAD:
            users = whom.get(one.queue_id, []) if one.queue_id else whom[Role.ADMIN]
        elif who == Audience.OPS:
            users = whom[Role.OPS]
        elif who == Audience.ACKNOWLEDGER and one.by_id:
            users = [user for group in whom.values() for user in group if user.pk == one.by_id]
        else:
            users = []
        found |= {user.pk: user for user in users}
    return list(found.values())
