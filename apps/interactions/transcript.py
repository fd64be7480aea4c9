"""Messages on their way in: masked text in the row, each value found sealed beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access.masking import NOBODY, Found, Known, compose, mask
from apps.access.sealed import open_value, seal
from apps.interactions.models import Message, MessageChange, SealedValue
from apps.shared import bulk

WIPING = frozenset({"redacted", "deleted"})
MESSAGE_COLUMNS = {
    "id": "uuid", "conversation_id": "uuid", "author_kind": "text", "agent_id": "uuid", "is_private": "bool",
    "kind": "text", "text": "text", "sent_at": "timestamptz", "sequence": "text", "language": "text",
    "offset_ms": "int", "duration_ms": "int", "attachments": "jsonb", "delivery": "text", "via": "text",
    "recorded_at": "timestamptz",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as the source gave it."""

    id: UUID
    conversation_id: UUID
    author_kind: str
    agent_id: UUID | None
    is_private: bool
    kind: str
    text: str
    sent_at: datetime
    sequence: str
    language: str
    offset_ms: int | None
    duration_ms: int | None
    attachments: str
    via: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One later word about a message."""

    id: UUID
    message_id: UUID
    conversation_id: UUID
    change: str
    text: str | None
    delivery: str
    at: datetime
    sequence: str


@dataclass(slots=True)
class Seals:
    """The values found in one batch, sealed together and written in one statement. Owner = the message or event."""

    found: dict[UUID, tuple[UUID, tuple[Found, ...]]] = field(default_factory=dict)
    cleared: set[UUID] = field(default_factory=set)

    def mask(self, *, owner: UUID, conversation: UUID, text: str, known: Known) -> str:
        """Mask a text and keep what was found to be sealed for its owner; several texts of an owner add up."""
        masked = mask(text=text, known=known)
        if masked.found:
            before = self.found[owner][1] if owner in self.found else ()
            self.found[owner] = (conversation, before + masked.found)
        return masked.text

    def forget(self, owner: UUID) -> None:
        """Delete what was sealed for an owner before, now and in the table."""
        self.found.pop(owner, None)
        self.cleared.add(owner)

    def write(self) -> None:
        """Write the sealed values. A value that is sealed already is not sealed again."""
        if self.cleared:
            SealedValue.objects.filter(message_id__in=self.cleared).delete()
        rows: dict[tuple[UUID, str, int], tuple[Any, ...]] = {}
        for owner, (conversation, values) in self.found.items():
            for one in values:
                key = (owner, one.kind, one.number)
                rows[key] = (*key, conversation, one.hint, seal(one.value, context=owner.bytes))
        bulk.write(
            table="interactions_sealedvalue",
            columns={"message_id": "uuid", "kind": "text", "number": "int", "conversation_id": "uuid", "hint": "text",
                     "sealed": "bytea"},
            rows=[rows[key] for key in sorted(rows)],
            conflict="message_id, kind, number",
        )  # fmt: skip


def append(*, messages: list[Said], changes: list[Changed], known: Callable[[UUID], Known], seals: Seals) -> int:
    """Store new messages and changes; return the number of new messages. A change may come before its message."""
    told = {m.id: m for m in sorted(messages, key=lambda m: (m.sent_at, m.sequence), reverse=True)}
    stored = set(Message.objects.filter(pk__in=told).values_list("pk", flat=True)) if told else set()
    new = [told[key] for key in sorted(told) if key not in stored]
    bulk.write(
        table="interactions_message",
        columns=MESSAGE_COLUMNS,
        rows=[
            (m.id, m.conversation_id, m.author_kind, m.agent_id, m.is_private, m.kind,
             seals.mask(owner=m.id, conversation=m.conversation_id, text=m.text, known=known(m.conversation_id)),
             m.sent_at, m.sequence, m.language, m.offset_ms, m.duration_ms, m.attachments, "", m.via, m.recorded_at)
            for m in new
        ],
        conflict="id, sent_at",
    )  # fmt: skip
    bulk.write(
        table="interactions_messagechange",
        columns={"id": "uuid", "message_id": "uuid", "conversation_id": "uuid", "change": "text", "sealed": "bytea",
                 "delivery": "text", "happened_at": "timestamptz", "sequence": "text"},
        rows=[
            (x.id, x.message_id, x.conversation_id, x.change,
             None if x.text is None else seal(x.text, context=x.message_id.bytes), x.delivery, x.at, x.sequence)
            for x in sorted(changes, key=lambda x: x.id)
        ],
        conflict="id",
    )  # fmt: skip
    touched = {m.id for m in new} | {x.message_id for x in changes}
    if touched:
        _apply_changes(touched=touched, known=known, seals=seals)
    return len(new)


def _apply_changes(*, touched: set[UUID], known: Callable[[UUID], Known], seals: Seals) -> None:
    """Bring messages to what all their changes say: wiped for ever, else the latest text; the latest delivery word."""
    by_message: dict[UUID, list[MessageChange]] = {}
    for change in MessageChange.objects.filter(message_id__in=touched).order_by("happened_at", "sequence", "id"):
        by_message.setdefault(change.message_id, []).append(change)
    if not by_message:
        return
    for message in Message.objects.filter(pk__in=by_message):
        for change in by_message[message.pk]:
            if change.change == "delivery":
                message.delivery = change.delivery
        wiped = [x for x in by_message[message.pk] if x.change in WIPING]
        edits = [x for x in by_message[message.pk] if x.change == "edited" and x.sealed is not None]
        if wiped:
            message.removed_at, message.text, message.attachments = wiped[0].happened_at, "", []
            seals.forget(message.pk)
            # The words are wiped wherever they lie, also in an edit that came before or comes after.
            MessageChange.objects.filter(message_id=message.pk).update(sealed=None)
        elif edits:
            last = edits[-1]
            text = open_value(bytes(last.sealed or b""), context=message.pk.bytes).decode()
            seals.forget(message.pk)
            message.edited_at = last.happened_at
            message.text = seals.mask(
                owner=message.pk, conversation=message.conversation_id, text=text, known=known(message.conversation_id)
            )
        message.save(update_fields=["text", "attachments", "edited_at", "removed_at", "delivery"])


def mask_again(
    *, conversations: Iterable[UUID], known: Mapping[UUID, Known], customers: Mapping[UUID, UUID], seals: Seals
) -> None:
    """Mask stored messages again after a customer's name or address became known later than a message that has it.

    The text is composed from what is stored and sealed, so a better knowledge finds what an earlier one missed.
    """
    wanted = list(conversations)
    if not wanted:
        return
    sealed: dict[UUID, list[Found]] = {}
    for row in SealedValue.objects.filter(conversation_id__in=wanted):
        value = open_value(bytes(row.sealed), context=row.message_id.bytes).decode()
        sealed.setdefault(row.message_id, []).append(Found(row.kind, row.number, value, row.hint))
    fresh = {key: list(found) for key, (_, found) in seals.found.items()}
    changed: list[tuple[UUID, datetime, str]] = []
    for message in Message.objects.filter(conversation_id__in=wanted, removed_at=None):
        who = known.get(customers[message.conversation_id], NOBODY)
        found = sealed.get(message.pk) or fresh.get(message.pk) or []
        text = compose(message.text, tuple(found))
        again = mask(text=text, known=who)
        if again.text != message.text:
            seals.forget(message.pk)
            seals.found[message.pk] = (message.conversation_id, again.found)
            changed.append((message.pk, message.sent_at, again.text))
    if changed:
        keys, times, texts = (list(column) for column in zip(*changed, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE interactions_message m SET text = v.text FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[])"
                " AS v(id, sent_at, text) WHERE m.id = v.id AND m.sent_at = v.sent_at",
                [keys, times, texts],
            )
