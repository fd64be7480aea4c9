"""Messages on their way in: masked text in the row, each value found sealed beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access.masking import Known, asked_in, figures_in, words_of_name
from apps.access.parts import as_part
from apps.access.sealed import open_value, seal
from apps.interactions.models import AuthorKind, MessageChange
from apps.interactions.questions import BEFORE, MOST_PARTS, Line, in_order, parts, standing
from apps.interactions.seals import Gone, Seals, compose_all, gone_from
from apps.shared import bulk

WIPING = frozenset({"redacted", "deleted"})
MESSAGE_COLUMNS = {
    "id": "uuid", "conversation_id": "uuid", "author_kind": "text", "agent_id": "uuid", "is_private": "bool",
    "kind": "text", "text": "text", "sent_at": "timestamptz", "sequence": "text", "language": "text",
    "offset_ms": "int", "duration_ms": "int", "attachments": "jsonb", "delivery": "text", "via": "text",
    "recorded_at": "timestamptz", "asks": "text", "answers": "text",
}  # fmt: skip
CHANGE_COLUMNS = {
    "id": "uuid", "message_id": "uuid", "conversation_id": "uuid", "change": "text", "sealed": "bytea",
    "delivery": "text", "happened_at": "timestamptz", "sequence": "text",
}  # fmt: skip

# From the earliest to the latest time at which messages of the batch's conversations were or are said: without it every
# partition of a year would be asked for each message.
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as the source gave it."""

    id: UUID
    conversation_id: UUID
    author_kind: str
    agent_id: UUID | None
    # Of an author who speaks for us, as this event says it: no personal data of a customer. Empty for everybody else.
    own_name: str
    is_private: bool
    kind: str
    text: str
    sent_at: datetime
    sequence: str
    language: str
    offset_ms: int | None
    duration_ms: int | None
    attachments: list[dict[str, Any]]
    via: str
    recorded_at: datetime

    @property
    def rank(self) -> tuple[datetime, str, str]:
        """Where several feeds tell one message under several ids, the first in this order is the message."""
        return (self.sent_at, self.sequence, self.via)


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


@dataclass(frozen=True, slots=True)
class Appended:
    """What one call of `append` stored."""

    messages: int
    # Messages of this call whose words were taken back, now or before, with their conversations: whatever else still holds
    # what was said is to let it go.
    wiped: dict[UUID, UUID]
    # Messages that were stored before and of which it is known now that they may be the answer to another question.
    answers: set[UUID]


def append(
    *,
    messages: Sequence[Said],
    changes: Sequence[Changed],
    known: Callable[[UUID], Known],
    seals: Seals,
    span: Span,
    fresh: set[UUID],
) -> Appended:
    """Store new messages and changes. A change may come before its message, an answer before its question.

    `fresh` are conversations of which nothing was stored before.
    """
    told: dict[UUID, Said] = {}
    for message in messages:
        if message.id not in told or message.rank < told[message.id].rank:
            told[message.id] = message
    stored = _ranks(list(told), span)
    new = [told[key] for key in sorted(told) if key not in stored or told[key].rank < stored[key]]
    later = [(m.id, stored[m.id][0]) for m in new if m.id in stored]
    if later:
        _take_back(later, seals)
    asks = {m.id: (figures_in if m.author_kind == AuthorKind.CUSTOMER else asked_in)(m.text) for m in new}
    answers, others = _questions(new, asks, span, fresh)
    bulk.write(
        table="interactions_message",
        columns=MESSAGE_COLUMNS,
        rows=[_row(m, known(m.conversation_id), seals, asks[m.id], answers.get(m.id, "")) for m in new],
        conflict="id, sent_at",
    )
    bulk.write(
        table="interactions_messagechange",
        columns=CHANGE_COLUMNS,
        rows=[
            (x.id, x.message_id, x.conversation_id, x.change,
             None if x.text is None else seal(x.text, context=x.message_id.bytes), x.delivery, x.at, x.sequence)
            for x in sorted(changes, key=lambda x: x.id)
        ],
        conflict="id",
    )  # fmt: skip
    touched = {m.id for m in new} | {x.message_id for x in changes}
    wiped = _apply_changes(touched=touched, known=known, seals=seals, span=span) if touched else {}
    return Appended(len(new) - len(later), wiped, others)


# Of each conversation the last lines before a moment, and all from it on. Words of systems that ask for nothing are no lines.
_LINES = """
SELECT v.id, m.* FROM unnest(%s::uuid[], %s::timestamptz[]) AS v(id, first) CROSS JOIN LATERAL (
    (SELECT id, sent_at, sequence, author_kind, asks, answers FROM interactions_message
     WHERE conversation_id = v.id AND sent_at >= %s AND sent_at < v.first AND NOT is_private AND (author_kind <> 'system' OR asks <> '')
     ORDER BY sent_at DESC, sequence COLLATE "C" DESC, id DESC LIMIT %s)
    UNION ALL
    (SELECT id, sent_at, sequence, author_kind, asks, answers FROM interactions_message
     WHERE conversation_id = v.id AND sent_at >= v.first AND sent_at <= %s AND NOT is_private AND (author_kind <> 'system' OR asks <> ''))
) m
"""


def _questions(
    new: list[Said], asks: dict[UUID, str], span: Span, fresh: set[UUID]
) -> tuple[dict[UUID, str], set[UUID]]:
    """Return which question stands at each message of these conversations from the first new one on, and those stored messages
    of customers for which that changes.

    The latter are told so in the table; their texts are still as they were.
    """
    talks: dict[UUID, list[Line]] = {}
    for m in new:
        if not m.is_private:
            line = Line(m.id, m.sent_at, m.sequence, m.author_kind, asks[m.id])
            talks.setdefault(m.conversation_id, []).append(line)
    first = {key: min(line.sent_at for line in lines) for key, lines in talks.items()}
    before: dict[UUID, list[Line]] = {}
    stored: dict[UUID, Line] = {}
    if known := sorted(talks.keys() - fresh):
        with connection.cursor() as cursor:
            cursor.execute(_LINES, [known, [first[key] for key in known], span[0], BEFORE, span[1]])
            for conversation, *told in cursor.fetchall():
                line = Line(*told)
                if line.sent_at < first[conversation]:
                    before.setdefault(conversation, []).append(line)
                else:
                    stored[line.id] = line
                    talks[conversation].append(line)
    standing_at: dict[UUID, str] = {}
    for conversation, lines in talks.items():
        earlier = in_order(before.get(conversation, ()))
        # Where nothing was said before these, all of them may change; else the first ones say of what the others are parts.
        fixed = earlier[: MOST_PARTS - 1] if len(earlier) == BEFORE else []
        free = earlier[len(fixed) :]
        stored |= {line.id: line for line in free}
        found = standing([*free, *lines], fixed[-1] if fixed else None)
        of_number = parts([*earlier, *lines])
        standing_at |= {key: as_part(asked) if key in of_number else asked for key, asked in found.items()}
    changed = [line for key, line in sorted(stored.items()) if standing_at[key] != line.answers]
    if changed:
        bulk.update(
            table="interactions_message",
            key={"id": "uuid", "sent_at": "timestamptz"},
            columns={"answers": "text"},
            rows=[(line.id, line.sent_at, standing_at[line.id]) for line in changed],
            span=("sent_at", *span),
        )
    return standing_at, {line.id for line in changed if line.is_customers}


def _ranks(keys: list[UUID], span: Span) -> dict[UUID, tuple[datetime, str, str]]:
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, sent_at, sequence, via FROM interactions_message "
            "WHERE id = ANY(%s) AND sent_at >= %s AND sent_at <= %s",
            [keys, *span],
        )
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _take_back(later: list[tuple[UUID, datetime]], seals: Seals) -> None:
    """Delete rows of messages that turn out to have been said earlier than a first feed told."""
    times = [at for _, at in later]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM interactions_message m USING unnest(%s::uuid[], %s::timestamptz[]) AS v(id, sent_at) "
            "WHERE m.id = v.id AND m.sent_at = v.sent_at AND m.sent_at >= %s AND m.sent_at <= %s",
            [[key for key, _ in later], times, min(times), max(times)],
        )
    for key, _ in later:
        seals.forget(key)


def _row(m: Said, known: Known, seals: Seals, asks: str, answers: str) -> tuple[Any, ...]:
    own = words_of_name(m.own_name)
    text = m.text and seals.mask(
        owner=m.id, conversation=m.conversation_id, text=m.text, known=known, own=own,
        asked=answers if m.author_kind == AuthorKind.CUSTOMER else "",
    )  # fmt: skip
    attachments = "[]"
    if m.attachments:
        attachments = json.dumps(mask_attachments(m.attachments, m.id, m.conversation_id, known, seals))
    return (m.id, m.conversation_id, m.author_kind, m.agent_id, m.is_private, m.kind, text, m.sent_at, m.sequence,
            m.language, m.offset_ms, m.duration_ms, attachments, "", m.via, m.recorded_at, asks, answers)  # fmt: skip


def mask_attachments(
    attachments: Any, message: UUID, conversation: UUID, known: Known, seals: Seals, gone: Gone = frozenset()
) -> Any:
    """Mask names and addresses of files, after the text of their message."""
    return [
        seals.mask_all(
            owner=message,
            conversation=conversation,
            value=one,
            known=known,
            spared=frozenset({"media_type"}),
            gone=gone,
        )
        for one in attachments
    ]


def _apply_changes(*, touched: set[UUID], known: Callable[[UUID], Known], seals: Seals, span: Span) -> dict[UUID, UUID]:
    """Bring messages to what all their changes say: wiped for ever, else the latest text; the latest delivery word.

    Return those that are wiped, with their conversations."""
    by_message: dict[UUID, list[MessageChange]] = {}
    for change in MessageChange.objects.filter(message_id__in=touched).order_by("happened_at", "sequence", "id"):
        by_message.setdefault(change.message_id, []).append(change)
    if not by_message:
        return {}
    wiped = {key: x.happened_at for key, said in by_message.items() for x in reversed(said) if x.change in WIPING}
    # The words are wiped wherever they lie, also in an edit that came before or comes after, or before their message.
    MessageChange.objects.filter(message_id__in=wiped, sealed__isnull=False).update(sealed=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, sent_at, conversation_id, text, attachments, CASE author_kind WHEN 'customer' THEN answers ELSE '' END "
            "FROM interactions_message "
            "WHERE id = ANY(%s) AND sent_at >= %s AND sent_at <= %s ORDER BY id",
            [list(by_message), *span],
        )
        found = cursor.fetchall()
    with_files = seals.stored(row[0] for row in found if row[4] != "[]")
    rows = []
    for key, sent_at, conversation, stored_text, stored_files, asked in found:
        text, files = stored_text, stored_files
        edits = [x for x in by_message[key] if x.change == "edited"]
        words = [x for x in edits if x.sealed is not None]
        delivery = [x.delivery for x in by_message[key] if x.change == "delivery"]
        if key in wiped:
            text, files = "", "[]"
            seals.forget(key)
        elif words:
            plain = open_value(bytes(words[-1].sealed or b""), context=key.bytes).decode("utf-8", "surrogatepass")
            attached = compose_all(before := json.loads(files), with_files.get(key, ()))
            gone = gone_from(before, with_files.get(key, ()))
            seals.forget(key)
            text = seals.mask(owner=key, conversation=conversation, text=plain, known=known(conversation), asked=asked)
            files = json.dumps(mask_attachments(attached, key, conversation, known(conversation), seals, gone))
        rows.append(
            (key, sent_at, text, files, edits[-1].happened_at if edits else None, wiped.get(key),
             delivery[-1] if delivery else "")
        )  # fmt: skip
    if rows:
        bulk.update(
            table="interactions_message",
            key={"id": "uuid", "sent_at": "timestamptz"},
            columns={"text": "text", "attachments": "jsonb", "edited_at": "timestamptz", "removed_at": "timestamptz",
                     "delivery": "text"},
            rows=rows,
            span=("sent_at", min(row[1] for row in rows), max(row[1] for row in rows)),
        )  # fmt: skip
    return {key: by_message[key][0].conversation_id for key in wiped}
