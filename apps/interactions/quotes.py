"""Single messages quoted outside their transcript, as a viewer may see them, with their place in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions import showing
from apps.interactions.models import Conversation, Message
from apps.interactions.reading_role import reading
from apps.ui.masked import MaskedText

# The place of messages in their transcripts, as those number them. The moments leave most days' tables out.
_NUMBERS = """
SELECT m.id, (
    SELECT count(*)::int FROM interactions_message o WHERE o.conversation_id = c.id AND o.sent_at >= c.started_at
      AND o.sent_at BETWEEN %(begun)s AND %(last)s
      AND o.sent_at <= m.sent_at AND (o.sent_at, o.sequence, o.id) <= (m.sent_at, m.sequence, m.id))
FROM interactions_message m JOIN interactions_conversation c ON c.id = m.conversation_id
WHERE m.id = ANY(%(messages)s) AND m.sent_at BETWEEN %(first)s AND %(last)s
"""


@dataclass(frozen=True, slots=True)
class Quote:
    """One message. `number` is its anchor in the transcript of `conversation`."""

    text: MaskedText
    number: int
    conversation: UUID
    at: datetime


def quotes(*, viewer: Viewer, messages: Collection[UUID], most: int | None = None) -> dict[UUID, Quote]:
    """Return what of these messages may be quoted to the viewer, by key; their first `most` characters, None: all.

    Left out are those of conversations the viewer may not read, private ones, and what was removed at its source. Fourteen
    statements at most.
    """
    if not messages or not viewer.allows(Permission.VIEW_CONVERSATIONS):
        return {}
    asked = Message.objects.filter(pk__in=messages, is_private=False, removed_at=None)
    # When they were sent is read of all days, by their keys; what follows then looks into a day or two.
    sent = list(asked.order_by().values_list("conversation_id", "sent_at"))
    readable = Conversation.objects.visible_to(viewer).filter(pk__in={talk for talk, _ in sent})
    begun = dict(readable.order_by().values_list("pk", "started_at"))
    times = [at for talk, at in sent if talk in begun]
    if not times:
        return {}
    first, last = min(times), max(times)
    with reading(viewer=viewer, conversations=begun):
        said = list(asked.filter(conversation_id__in=begun, sent_at__range=(first, last)).order_by("pk"))
    if not said:
        return {}
    spans = {"first": first, "last": last, "begun": min(begun.values())}
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, {"messages": [one.pk for one in said], **spans})
        numbers = dict(cursor.fetchall())
    texts = showing.shown(
        viewer=viewer, is_counted=False, texts=[showing.Text(m.text[:most], m.pk, m.conversation_id) for m in said]
    )
    return {m.pk: Quote(text, numbers[m.pk], m.conversation_id, m.sent_at) for m, text in zip(said, texts, strict=True)}
