"""Tiers of queues: how far up each stands among those that a conversation is passed up. An escalation goes to a higher one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.access import audit
from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.metrics.models import QueueTier
from apps.metrics.services import mark_everything
from apps.shared.errors import OutOfScope, Refusal

FIRST, HIGHEST = 1, 4


def tiers(*, viewer: Viewer) -> list[tuple[Queue, int]]:
    """Return every queue with its tier, by name. Two statements.

    :raises NotAllowed: the role does not change queues.
    """
    viewer.require(Permission.MANAGE_SETUP)
    kept = dict(QueueTier.objects.values_list("queue_id", "tier"))
    return [(queue, kept.get(queue.pk, FIRST)) for queue in Queue.objects.visible_to(viewer)]


@transaction.atomic
def set_tiers(*, by: Viewer, wanted: Mapping[UUID, int], at: datetime) -> None:
    """Let queues be of other tiers; those that are not named stay what they are.

    Every conversation is counted again, also those of the past: a number is always what the tiers of today make of it. Saving
    what is so already changes nothing.

    :raises NotAllowed: the role does not change queues.
    :raises OutOfScope: there is no such queue.
    :raises Refusal: there is no such tier.
    """
    by.require(Permission.MANAGE_SETUP)
    names = dict(Queue.objects.visible_to(by).select_for_update().filter(pk__in=wanted).values_list("pk", "name"))
    if len(names) != len(wanted):
        raise OutOfScope
    if wrong := [tier for tier in wanted.values() if not FIRST <= tier <= HIGHEST]:
        raise Refusal(f"Saw the tier {wrong[0]}. Expected one from {FIRST} to {HIGHEST}.")
    kept = dict(QueueTier.objects.values_list("queue_id", "tier"))
    changed = {key: tier for key, tier in wanted.items() if tier != kept.get(key, FIRST)}
    if not changed:
        return
    QueueTier.objects.filter(queue__in=changed).delete()
    QueueTier.objects.bulk_create(QueueTier(queue_id=key, tier=tier) for key, tier in changed.items() if tier > FIRST)
    mark_everything(at=at)
    about = ", ".join(sorted(f"{names[key]}: {tier}" for key, tier in changed.items()))
    audit.record(by=by, verb="tiers.changed", about=about[:200], at=at)
