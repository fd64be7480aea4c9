"""What is stored is masked again, after the mask itself has become a better one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access.masking import NOBODY
from apps.interactions import parties, projection
from apps.interactions.facts import ConversationsChanged
from apps.interactions.masked_again import mask_again
from apps.interactions.models import Conversation, Customer
from apps.interactions.seals import Seals
from apps.shared.outbox import announce

# In one transaction; those that are spoken in meanwhile wait for it.
BATCH = 100


def conversations_since(since: datetime) -> int:
    """Return how many conversations began at this moment or later."""
    return Conversation.objects.filter(started_at__gte=since).count()


def remask(*, since: datetime, at: datetime, tell: Callable[[int], object]) -> int:
    """Mask again every text of the conversations that began since a moment, oldest first; return how many of them have changed.

    In steps of `BATCH` conversations, each a transaction of its own, of which `tell` hears how many were looked at: who stops it
    loses at most one step, and doing it again changes nothing more. Whatever is derived from texts that have changed is told
    again.
    """
    changed = 0
    place: tuple[datetime, UUID] | None = None
    while True:
        wanted = Conversation.objects.filter(started_at__gte=since).order_by("started_at", "pk")
        if place is not None:
            wanted = wanted.filter(started_at__gte=place[0]).exclude(started_at=place[0], pk__lte=place[1])
        step = list(wanted.values_list("started_at", "pk", "customer_id")[:BATCH])
        if not step:
            return changed
        place = step[-1][:2]
        changed += _remask([key for _, key, _ in step], {who for *_, who in step if who}, at)
        tell(len(step))


@transaction.atomic
def _remask(talks: list[UUID], customers: set[UUID], at: datetime) -> int:
    # In the order in which a batch takes its locks: customers, then conversations by key.
    theirs = set(
        Customer.objects.select_for_update(no_key=True)
        .filter(pk__in=customers)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    locked = list(
        Conversation.objects.select_for_update(no_key=True)
        .filter(pk__in=talks)
        .order_by("pk")
        .values_list("pk", "customer_id", "queue_id", "holder_id", "started_at", "last_event_at")
    )
    if not locked:
        return 0
    whose = {key: who for key, who, *_ in locked if who}
    known = parties.known_values(customers={*theirs, *whose.values()})
    first, last = min(row[4] for row in locked), max(row[5] for row in locked)
    seals = Seals()
    changed = mask_again(
        conversations={row[0] for row in locked}, new=set(), customers=theirs, seals=seals, span=(first, last), answers=set(),
        known=lambda key: known.get(whose.get(key, key), NOBODY),
    )  # fmt: skip
    seals.write()
    if changed:
        projection.retell(conversations=changed, customers=whose, since=first)
        told = [row for row in locked if row[0] in changed]
        announce(
            ConversationsChanged(
                conversation_ids=sorted(changed),
                queue_ids=sorted({row[2] for row in told if row[2]}),
                agent_ids=sorted({row[3] for row in told if row[3]}),
                since=min(row[4] for row in told),
                at=at,
            ),
            at=at,
        )
    return len(changed)
