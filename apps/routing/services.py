"""Divert and return, call for help and answer: each checked, idempotent, in the audit, announced."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.access import audit
from apps.access.models import User
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.interactions.models import Queue
from apps.routing.facts import DiversionChanged, HelpChanged
from apps.routing.models import Diversion, HelpCall, Kind, State
from apps.routing.staffing import moved, staffed
from apps.shared.errors import OutOfScope, Refusal
from apps.shared.outbox import announce

# For how long something can be routed otherwise. There is no "for ever": what is meant to stay is set up, not diverted.
MINUTES = (15, 30, 60, 120, 240)
HELP = timedelta(minutes=30)
# Taken back within this time it never was: nothing is measured of it.
SECOND_THOUGHTS = timedelta(seconds=60)
_RANK = {State.PLANNED: 0, State.SENT: 1, State.ACCEPTED: 2, State.DONE: 3, State.REFUSED: 3}


class DiversionRefused(Refusal):
    """There can be no such diversion. `about` names the field that says so."""

    def __init__(self, about: str, sentence: str) -> None:
        super().__init__(sentence)
        self.about = about


@transaction.atomic
def move(
    *, by: Viewer, key: UUID, queue: UUID, to_queue: UUID, people: Collection[UUID], minutes: int, alert: UUID | None = None,
    at: datetime,
) -> Diversion:  # fmt: skip
    """Have people of one queue answer another for a while. The same key again returns what was made.

    :raises NotAllowed: the role moves nobody.
    :raises OutOfScope: a queue or a person is not theirs, or the key is another's.
    :raises DiversionRefused: nobody is left, somebody is not there, or no such time.
    """
    by.require(Permission.REROUTE)
    by.require(Permission.VIEW_PEOPLE)
    if (made := _made(by, key)) is not None:
        return made
    leaving, helped = get_queue(viewer=by, pk=queue), get_helped(viewer=by, pk=to_queue, at=at)
    if leaving.pk == helped.pk:
        raise DiversionRefused("queue", "People cannot be moved to the queue they are in.")
    wanted = set(people)
    if not wanted:
        raise DiversionRefused("people", "Choose at least one person.")
    if Agent.objects.visible_to(by).people().filter(pk__in=wanted).count() != len(wanted):
        raise OutOfScope
    list(
        Queue.objects.select_for_update().filter(pk__in=[leaving.pk, helped.pk]).order_by("pk")
    )  # two moves take turns
    found = staffed(queues=[leaving.pk], at=at, zone=by.zone)[leaving.pk]
    elsewhere = wanted & {one for each in moved(at=at) for one in each.keys}
    if elsewhere:
        raise DiversionRefused("people", f"{_names(elsewhere)} help another queue already.")
    absent = wanted - {one.key for one in found.people}
    if absent:
        raise DiversionRefused("people", f"{_names(absent)} are not at work in {leaving.name} now. Choose others.")
    if len(found.people) == len(wanted):
        raise DiversionRefused("people", f"This would leave nobody in {leaving.name}. Leave somebody there.")
    one = _divert(by, key, Kind.MOVE, leaving, minutes, at, to_queue=helped, alert=alert)
    one.people.set(Agent.objects.filter(pk__in=wanted))
    concerned = Agent.objects.filter(pk__in=wanted).exclude(user=None).values_list("user_id", flat=True)
    audit.record(
        by=by, verb="routing.moved", subject=one, at=at, concerns=[user for user in concerned if user is not None],
        about=f"{len(wanted)} people from {leaving.name} to {helped.name} for {minutes} minutes",
    )  # fmt: skip
    _announce(one, at)
    HelpCall.objects.filter(queue=helped, ended_at=None, answered_by=None).update(answered_by=by.user, answered_at=at)
    return one


@transaction.atomic
def divert(
    *, by: Viewer, key: UUID, kind: str, queue: UUID, minutes: int, intent: str = "", alert: UUID | None = None, at: datetime
) -> Diversion:  # fmt: skip
    """Send complex conversations to seniors, simple matters to the AI, or what the AI would take to people; for a while.

    :raises NotAllowed: the role diverts nothing.
    :raises OutOfScope: the queue is not theirs, or the key is another's.
    :raises DiversionRefused: no such kind or time, or the same runs already.
    """
    by.require(Permission.REROUTE)
    if (made := _made(by, key)) is not None:
        return made
    if kind not in {Kind.SENIORS.value, Kind.TO_AI.value, Kind.PAUSE.value}:
        raise DiversionRefused("kind", "That is none of the diversions. Choose one of those offered.")
    where = get_queue(viewer=by, pk=queue)
    Queue.objects.select_for_update().get(pk=where.pk)
    matter = "" if kind == Kind.SENIORS else intent[:200]
    if Diversion.objects.running(at).filter(kind=kind, queue=where, intent=matter).exists():
        raise DiversionRefused(
            "kind", f"{Kind(kind).label}: this runs in {where.name} already. Wait for its end, or end it first."
        )
    return_due(at=at)
    one = _divert(by, key, Kind(kind), where, minutes, at, intent=matter, alert=alert)
    audit.record(
        by=by, verb="routing.diverted", subject=one, at=at,
        about=f"{Kind(kind).label} in {where.name} for {minutes} minutes",
    )  # fmt: skip
    _announce(one, at)
    return one


def _divert(
    by: Viewer, key: UUID, kind: Kind, queue: Queue, minutes: int, at: datetime, *, to_queue: Queue | None = None,
    intent: str = "", alert: UUID | None = None,
) -> Diversion:  # fmt: skip
    if minutes not in MINUTES:
        raise DiversionRefused("minutes", f"Saw {minutes} minutes. Choose one of {', '.join(map(str, MINUTES))}.")
    return Diversion.objects.create(
        id=key, kind=kind, queue=queue, to_queue=to_queue, intent=intent, alert_id=alert, by=by.user, keeper=by.user, made_at=at,
        starts_at=at, ends_at=at + timedelta(minutes=minutes), state=State.PLANNED, state_at=at,
    )  # fmt: skip


def _made(by: Viewer, key: UUID) -> Diversion | None:
    made = Diversion.objects.filter(pk=key).first()
    if made is not None and made.by_id != by.user.pk:
        raise OutOfScope
    return made


@transaction.atomic
def take_back(*, by: Viewer, pk: UUID, at: datetime) -> Diversion:
    """Return now. Within a minute it is undone; later it ends early. A second time changes nothing.

    :raises NotAllowed: the role reroutes nothing.
    :raises OutOfScope: none of their queues.
    """
    by.require(Permission.REROUTE)
    one = (
        Diversion.objects.visible_to(by)
        .select_for_update(of=("self",))
        .select_related("queue", "to_queue")
        .filter(pk=pk)
        .first()
    )
    if one is None:
        raise OutOfScope
    if one.ended_at is not None or one.ends_at <= at:
        return one
    one.ended_at, one.ended_by, one.is_undone = at, by.user, at - one.made_at <= SECOND_THOUGHTS
    one.save(update_fields=["ended_at", "ended_by", "is_undone"])
    what = "undone" if one.is_undone else "returned"
    concerned = one.people.exclude(user=None).values_list("user_id", flat=True)
    audit.record(
        by=by, verb=f"routing.{what}", subject=one, about=f"{one.get_kind_display()} in {one.queue.name}", at=at,
        concerns=[user for user in concerned if user is not None],
    )  # fmt: skip
    _announce(one, at)
    return one


@transaction.atomic
def return_due(*, at: datetime) -> int:
    """End what is past its time; return how many were. Any number of workers may do it at once: each ends once.

    The decision never needs it: a diversion past its time holds no longer, whether or not anybody has ended it.
    """
    due = Diversion.objects.select_for_update(skip_locked=True).filter(ended_at=None, ends_at__lte=at)
    found = list(due.order_by("ends_at")[:200])
    for one in found:
        one.ended_at = one.ends_at
        _announce(one, at)
    Diversion.objects.filter(pk__in=[one.pk for one in found]).update(ended_at=F("ends_at"))
    for call in HelpCall.objects.select_for_update(skip_locked=True).filter(ended_at=None, ends_at__lte=at):
        call.ended_at = call.ends_at
        call.save(update_fields=["ended_at"])
        announce(HelpChanged(call_id=call.pk, queue_ids=[call.queue_id], at=at), at=at)
    return len(found)


@transaction.atomic
def told(*, pk: UUID, state: str, at: datetime) -> bool:
    """Write down how far the platform has followed; only forwards, so that late or repeated words change nothing.

    Return whether it changed. Nobody's permission is asked: the platform speaks, through a door that knows its source.
    """
    one = Diversion.objects.select_for_update().filter(pk=pk).first()
    if one is None or _RANK[State(state)] <= _RANK[State(one.state)]:
        return False
    one.state, one.state_at = State(state), at
    if one.state == State.REFUSED and one.ended_at is None:
        one.ended_at = at  # it never was in effect, and another one may be tried
    one.save(update_fields=["state", "state_at", "ended_at"])
    _announce(one, at)
    return True


@transaction.atomic
def call_help(*, by: Viewer, key: UUID, queue: UUID, alert: UUID | None = None, at: datetime) -> HelpCall:
    """Ask the other leads and operations to send people to a queue; a call that stands is returned as it is, and so is the call
    that was made with the same key, whether it stands or not.

    :raises NotAllowed: the role reroutes nothing.
    :raises OutOfScope: the queue is not theirs, or the key is another's.
    """
    by.require(Permission.REROUTE)
    where = get_queue(viewer=by, pk=queue)
    Queue.objects.select_for_update().get(pk=where.pk)
    made = HelpCall.objects.filter(pk=key).first()
    if made is not None:
        if made.by_id != by.user.pk or made.queue_id != where.pk:
            raise OutOfScope
        return made
    return_due(at=at)
    standing = HelpCall.objects.filter(queue=where, ended_at=None).first()
    if standing is not None:
        return standing
    one = HelpCall.objects.create(id=key, queue=where, alert_id=alert, by=by.user, made_at=at, ends_at=at + HELP)
    audit.record(by=by, verb="routing.help_called", subject=one, about=where.name, at=at)
    announce(HelpChanged(call_id=one.pk, queue_ids=[where.pk], at=at), at=at)
    return one


@transaction.atomic
def end_help(*, by: Viewer, pk: UUID, at: datetime) -> HelpCall:
    """Say that help is needed no longer. A second time changes nothing.

    :raises OutOfScope: the call is not about one of their queues.
    """
    by.require(Permission.REROUTE)
    one = HelpCall.objects.select_for_update(of=("self",)).select_related("queue").filter(pk=pk).first()
    if one is None or not Queue.objects.visible_to(by).filter(pk=one.queue_id).exists():
        raise OutOfScope
    if one.ended_at is None:
        one.ended_at = at
        one.save(update_fields=["ended_at"])
        audit.record(by=by, verb="routing.help_ended", subject=one, about=one.queue.name, at=at)
        announce(HelpChanged(call_id=one.pk, queue_ids=[one.queue_id], at=at), at=at)
    return one


@transaction.atomic
def hand_over(*, by: Viewer, to: User, at: datetime) -> int:
    """Give what one keeps running to the next lead; return how many diversions that were. The caller writes the audit."""
    by.require(Permission.REROUTE)
    return Diversion.objects.running(at).filter(keeper=by.user).update(keeper=to)


@transaction.atomic
def hand_promises(*, by: Viewer, to: User, at: datetime) -> int:
    """Give the help one has promised, or called for, to the next lead; return how many calls that were."""
    by.require(Permission.REROUTE)
    standing = HelpCall.objects.standing(at)
    promised = standing.filter(answered_by=by.user).update(answered_by=to)
    return promised + standing.filter(by=by.user, answered_by=None).update(by=to)


def get_queue(*, viewer: Viewer, pk: UUID) -> Queue:
    """Return a queue that the viewer may reroute.

    :raises OutOfScope: none of theirs.
    """
    found = Queue.objects.visible_to(viewer).filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def get_helped(*, viewer: Viewer, pk: UUID, at: datetime) -> Queue:
    """Return a queue that the viewer may send people to: one of theirs, or one that calls for help.

    :raises OutOfScope: neither.
    """
    mine = Queue.objects.visible_to(viewer).filter(pk=pk)
    calling = Queue.objects.filter(pk__in=HelpCall.objects.visible_to(viewer).standing(at).values("queue"))
    found = mine.first() or calling.filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


def _names(keys: Collection[UUID]) -> str:
    return ", ".join(Agent.objects.filter(pk__in=keys).order_by("name").values_list("name", flat=True))


def _announce(one: Diversion, at: datetime) -> None:
    queues = [one.queue_id, *([one.to_queue_id] if one.to_queue_id is not None else [])]
    announce(DiversionChanged(diversion_id=one.pk, queue_ids=queues, at=at), at=at)
