"""Commands to the platforms behind the sources: planned from a diversion, fetched by the platform, read back from its reports.

The platform fetches (decision 0025): it needs no open port and we keep no address and no key of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.agents.models import AgentIdentity
from apps.connectors.models import Command, Source
from apps.interactions.facts import ConversationsChanged
from apps.interactions.models import ActionResult, QueueIdentity
from apps.routing import services as routing
from apps.routing.facts import DiversionChanged
from apps.routing.models import Diversion
from apps.shared.facts import Fact

OPEN = ~Q(state__in=["done", "refused"])
# Nobody fetched it for so long: there is no use in telling the platform any more.
STALE = timedelta(hours=12)
MOST = 100
# What a platform may report, in our words. What failed or cannot be done has not been done.
TOLD = {"accepted": "accepted", "done": "done", "refused": "refused", "failed": "refused", "unsupported": "refused"}
RANK = {"planned": 0, "sent": 1, "accepted": 2, "done": 3, "refused": 3}


@dataclass(frozen=True, slots=True)
class Order:
    """One command as its source reads it: queues and people by the names the source gave them."""

    action_id: UUID
    kind: str
    what: str
    change: str
    queue: str
    to_queue: str | None
    intent: str | None
    agents: Sequence[str]
    from_at: datetime
    until: datetime


def source_of(*, token: str) -> Source | None:
    """The active source that a bearer token belongs to. One statement."""
    digest = sha256(token.encode()).hexdigest()
    return Source.objects.filter(is_active=True, token_digests__contains=[digest]).first()


def plan_commands(fact: Fact, at: datetime) -> None:
    """A diversion was made or is over: every source that knows one of its queues is to follow. Four statements.

    Whoever was never told to begin is not told to end.
    """
    changed = cast(DiversionChanged, fact)
    one = Diversion.objects.filter(pk=changed.diversion_id).first()
    if one is None:
        return
    names = QueueIdentity.objects.filter(queue__in=changed.queue_ids).values("source")
    known = list(Source.objects.filter(is_active=True, slug__in=names))
    begun = set(Command.objects.filter(diversion_id=one.pk, what="begin").values_list("source_id", flat=True))
    if one.ended_at is None:
        wanted, what = [source for source in known if source.pk not in begun], "begin"
    else:
        # What was never fetched need not be taken back.
        Command.objects.filter(diversion_id=one.pk, what="begin", state="planned").update(state="refused", told_at=at)
        reached = Command.objects.filter(diversion_id=one.pk, what="begin", sent_at__isnull=False).exclude(
            state="refused"
        )
        sources = set(reached.values_list("source_id", flat=True))
        wanted, what = [source for source in known if source.pk in sources], "end"
    Command.objects.bulk_create(
        [Command(source=source, diversion_id=one.pk, what=what, made_at=at) for source in wanted], ignore_conflicts=True
    )


@transaction.atomic
def hand_out(*, source: Source, at: datetime) -> list[Order]:
    """Return what a source is to do and has not reported as done or refused; it counts as sent from then on. Six statements.

    Asking again returns the same until the source reports on it.
    """
    found = list(
        Command.objects.select_for_update()
        .filter(OPEN, source=source, made_at__gt=at - STALE)
        .order_by("made_at", "pk")[:MOST]
    )
    diversions = {
        one.pk: one
        for one in Diversion.objects.filter(pk__in={each.diversion_id for each in found}).prefetch_related("people")
    }
    queues = _names(QueueIdentity.objects.filter(source=source.slug).values_list("queue_id", "external_id"))
    agents = _names(AgentIdentity.objects.filter(source=source.slug).values_list("agent_id", "external_id"))
    new = [one for one in found if one.sent_at is None]
    Command.objects.filter(pk__in=[one.pk for one in new]).update(sent_at=at, state="sent")
    for one in new:
        if one.what == "begin":
            _pass_on(one.diversion_id, at)
    return [
        Order(
            action_id=one.pk, kind="reassign", what=one.what, change=about.kind, queue=queues.get(about.queue_id, ""),
            to_queue=queues.get(about.to_queue_id) if about.to_queue_id is not None else None, intent=about.intent or None,
            agents=sorted(name for person in about.people.all() if (name := agents.get(person.pk))),
            from_at=about.starts_at, until=about.ended_at or about.ends_at,
        )
        for one in found
        if (about := diversions.get(one.diversion_id)) is not None
    ]  # fmt: skip


def _names(rows: object) -> dict[UUID, str]:
    return dict(cast(Sequence[tuple[UUID, str]], rows))


def read_back(fact: Fact, at: datetime) -> None:
    """Sources may have reported on commands: take over how far they are. One statement while nothing is open."""
    waiting = list(
        Command.objects.filter(OPEN, sent_at__isnull=False, made_at__gt=at - STALE).values_list("pk", "made_at")[:MOST]
    )
    if not waiting:
        return
    cast(ConversationsChanged, fact)
    since = min(made_at for _, made_at in waiting) - timedelta(minutes=5)
    told = ActionResult.objects.filter(action_id__in=[str(pk) for pk, _ in waiting], happened_at__gte=since)
    found = list(told.order_by("happened_at", "sequence").values_list("action_id", "state"))
    for action, state in found:
        _report(UUID(action), TOLD[state], at)


def _report(pk: UUID, state: str, at: datetime) -> None:
    one = Command.objects.select_for_update().filter(pk=pk).first()
    if one is None or RANK[state] <= RANK[one.state]:
        return
    one.state, one.told_at = state, at
    one.save(update_fields=["state", "told_at"])
    if one.what == "begin":
        _pass_on(one.diversion_id, at)


def _pass_on(diversion: UUID, at: datetime) -> None:
    """A diversion is as far as the slowest of its sources; refused as soon as one of them refuses."""
    states = list(Command.objects.filter(diversion_id=diversion, what="begin").values_list("state", flat=True))
    state = "refused" if "refused" in states else min(states, key=lambda one: RANK[one], default="planned")
    routing.told(pk=diversion, state=state, at=at)
