"""One shift passes to the next lead: open alerts, running diversions and promises, with a note. Nothing is left behind unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.masking import mask
from apps.access.models import User
from apps.access.roles import GRANTED, Permission
from apps.access.viewer import Viewer, viewer_for
from apps.alerts import services as alerts
from apps.alerts.models import Episode, Silence
from apps.interventions.facts import HandoverChanged
from apps.interventions.models import Handover
from apps.routing import services as routing
from apps.routing.models import Diversion, HelpCall
from apps.shared.errors import NotAllowed, OutOfScope, Refusal
from apps.shared.outbox import announce

MOST_CHARACTERS = 600
LATELY = timedelta(days=2)
HELD = ("acknowledged", "snoozed")


class HandoverRefused(Refusal):
    """It cannot be handed over like this."""


@dataclass(frozen=True, slots=True)
class Passing:
    """What one would hand over now."""

    alerts: Sequence[Episode]
    diversions: Sequence[Diversion]
    promises: Sequence[HelpCall]
    # What nobody is told of, whoever said so: it goes on under the next lead. With what each hides.
    silences: Sequence[tuple[Silence, str]] = ()

    @property
    def is_nothing(self) -> bool:
        """There is nothing but the note."""
        return not (self.alerts or self.diversions or self.promises or self.silences)


def passing(*, viewer: Viewer, at: datetime) -> Passing:
    """What stands under the viewer's name now, and what is silent in their queues. Five statements at most.

    :raises NotAllowed: the role leads no shift.
    """
    viewer.require(Permission.REROUTE)
    held = Episode.objects.visible_to(viewer).still_open().filter(by=viewer.user, stage__in=HELD)
    calls = HelpCall.objects.standing(at).filter(answered_by=viewer.user).select_related("queue")
    return Passing(
        alerts=list(held.select_related("version", "queue").order_by("-severity", "fired_at")[:50]),
        diversions=list(Diversion.objects.running(at).filter(keeper=viewer.user).select_related("queue", "to_queue").order_by("ends_at")),
        promises=list(calls.order_by("made_at")), silences=alerts.silences_that_hold(viewer=viewer, at=at),
    )  # fmt: skip


def next_leads(*, viewer: Viewer) -> list[User]:
    """Who can take a shift: whoever may look after alerts and reroute, but oneself. One statement."""
    viewer.require(Permission.REROUTE)
    roles = [role for role, allowed in GRANTED.items() if {Permission.REROUTE, Permission.CARE_FOR_ALERTS} <= allowed]
    return list(
        User.objects.filter(role__in=roles, is_active=True)
        .exclude(pk=viewer.user.pk)
        .order_by("display_name", "username")
    )


@transaction.atomic
def hand_over(*, by: Viewer, to: int, key: UUID, text: str, at: datetime) -> Handover:
    """Pass everything on. The same key again returns what was handed over.

    Alerts outside the next lead's queues stay with whoever has them; the counts say what passed.

    :raises NotAllowed: the role leads no shift.
    :raises OutOfScope: the key is another's.
    :raises HandoverRefused: nobody who could take it, or a text that is too long.
    """
    by.require(Permission.REROUTE)
    made = Handover.objects.filter(pk=key).first()
    if made is not None:
        if made.by_id != by.user.pk:
            raise OutOfScope
        return made
    taker = next((one for one in next_leads(viewer=by) if one.pk == to), None)
    if taker is None:
        raise HandoverRefused("Choose who takes the shift: somebody who may look after alerts and reroute.")
    note = text.strip()
    if len(note) > MOST_CHARACTERS:
        raise HandoverRefused(f"Saw {len(note)} characters. Expected at most {MOST_CHARACTERS}.")
    one = Handover.objects.create(
        id=key, by=by.user, to=taker, text=mask(text=note).text, made_at=at,
        alerts=alerts.hand_over(by=by, to=viewer_for(taker), at=at),
        diversions=routing.hand_over(by=by, to=taker, at=at), promises=routing.hand_promises(by=by, to=taker, at=at),
    )  # fmt: skip
    audit.record(by=by, verb="shift.handed_over", subject=one, about=str(taker), concerns=[taker.pk], at=at)
    announce(HandoverChanged(handover_id=one.pk, user_id=taker.pk, at=at), at=at)
    return one


@transaction.atomic
def see(*, by: Viewer, pk: UUID, at: datetime) -> None:
    """Whoever took the shift has read it. A second time changes nothing.

    :raises OutOfScope: nothing that was handed to them.
    """
    by.require(Permission.REROUTE)
    one = Handover.objects.select_for_update().filter(pk=pk, to=by.user).first()
    if one is None:
        raise OutOfScope
    if one.seen_at is None:
        one.seen_at = at
        one.save(update_fields=["seen_at"])
        announce(HandoverChanged(handover_id=one.pk, user_id=by.user.pk, at=at), at=at)


def unseen(*, viewer: Viewer, at: datetime) -> list[Handover]:
    """Shifts that were handed to the viewer lately and that they have not read. One statement while there is none, else two;
    none for other roles."""
    if not viewer.allows(Permission.REROUTE):
        return []
    found = Handover.objects.filter(to=viewer.user, seen_at=None, made_at__gt=at - LATELY)
    return list(found.order_by("-made_at").prefetch_related("by")[:5])


def lately(*, viewer: Viewer, at: datetime) -> list[Handover]:
    """What the viewer gave and took lately, newest first. One statement.

    :raises NotAllowed: the role leads no shift.
    """
    if not viewer.allows(Permission.REROUTE):
        raise NotAllowed("Your role leads no shift.")
    found = Handover.objects.visible_to(viewer).filter(made_at__gt=at - LATELY).select_related("by", "to")
    return list(found.order_by("-made_at")[:20])
