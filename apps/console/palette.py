"""What the command palette finds: queues, people and conversations of the scope, by name or by id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.console.conversations import channel_of, title_of
from apps.console.scope import linked
from apps.interactions.keys import key
from apps.interactions.models import Conversation, Customer, Queue, QueueIdentity
from apps.interactions.showing import subjects
from apps.ui.navigation import PaletteEntry, PaletteGroup
from apps.ui.templatetags.ui import CHANNELS

MOST = 5
# Nothing typed yet: the queues are what one jumps to from anywhere.
MOST_QUEUES_AT_FIRST = 10
RECENT = timedelta(days=1)


def find(*, viewer: Viewer, words: str, at: datetime) -> list[PaletteGroup]:
    """Groups of what matches, best guess first; only what the viewer may open. At most eight statements."""
    given = words.split()[:6]
    groups = (
        PaletteGroup("Queues", _queues(viewer, given)),
        PaletteGroup("People", _people(viewer, given)),
        PaletteGroup("Conversations", _conversations(viewer, words.strip(), at)),
    )
    return [group for group in groups if group.entries]


def _queues(viewer: Viewer, words: Sequence[str]) -> tuple[PaletteEntry, ...]:
    if not viewer.allows(Permission.VIEW_FLOOR):
        return ()
    found = Queue.objects.visible_to(viewer).filter(*(Q(name__icontains=word) for word in words)).order_by("name")
    return tuple(
        PaletteEntry(one.name, linked(viewer, "queue", one.pk), *_channel(one.channel))
        for one in found[: MOST if words else MOST_QUEUES_AT_FIRST]
    )


def _channel(channel: str) -> tuple[str, str]:
    return CHANNELS.get(channel, ("inbox", channel.capitalize()))


def _people(viewer: Viewer, words: Sequence[str]) -> tuple[PaletteEntry, ...]:
    if not words or not viewer.allows(Permission.VIEW_PEOPLE):
        return ()
    found = Agent.objects.visible_to(viewer).people().filter(*(Q(name__icontains=word) for word in words))
    return tuple(
        PaletteEntry(one.name, linked(viewer, "person", one.pk), "user", "" if one.team is None else one.team.name)
        for one in found.select_related("team").order_by("name")[:MOST]
    )


def _conversations(viewer: Viewer, text: str, at: datetime) -> tuple[PaletteEntry, ...]:
    """Conversations by their id, here or at the source, of any age; by subject or customer of the last day."""
    if len(text) < 2 or not viewer.allows(Permission.VIEW_CONVERSATIONS):
        return ()
    scope = Conversation.objects.visible_to(viewer).select_related("queue")
    found = list(scope.filter(pk__in=_keys(text)))
    if not found:
        recent = scope.filter(last_event_at__gte=at - RECENT)
        named = Customer.objects.filter(pk=OuterRef("customer_id"), label__endswith=text)
        is_tail = text.isascii() and text.isalnum() and len(text) == 4
        wanted = Q(subject__icontains=text) | Q(Exists(named)) if is_tail else Q(subject__icontains=text)
        found = list(recent.filter(wanted).order_by("-last_event_at")[:MOST])
    labels = dict(Customer.objects.filter(pk__in=[c.customer_id for c in found]).values_list("pk", "label"))
    told = subjects(viewer=viewer, conversations=found)
    entries = []
    for one in found:
        customer = labels.get(one.customer_id or one.pk, "")
        title = title_of(one, customer, subject=told[one.pk])
        known = (one.queue.name if one.queue else "", "" if customer and customer in title else customer)
        entries.append(
            PaletteEntry(
                title, linked(viewer, "conversation", one.pk), _channel(channel_of(one))[0],
                ", ".join(part for part in known if part),
            )
        )  # fmt: skip
    return tuple(entries)


def _keys(text: str) -> list[UUID]:
    """The keys a conversation of this id would have: its own, or one at each source that names a queue."""
    try:
        return [UUID(text)]
    except ValueError:
        sources = QueueIdentity.objects.values_list("source", flat=True).distinct()
        return [key(source, "conversation", text.removeprefix("#")) for source in sources]
