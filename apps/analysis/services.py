"""Mark conversations in which there may be something to read, read it, and tell how their customers feel."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction

from apps.access import persons, retention
from apps.analysis import in_context, meanings, phrases, second_tier, sentiment
from apps.analysis.course import Course, Line, Opening, unread
from apps.analysis.facts import MessagesRead
from apps.analysis.models import Reading
from apps.analysis.reading import Read
from apps.analysis.running import running
from apps.interactions.facts import ConversationsChanged, CustomerErased
from apps.shared import bulk
from apps.shared.facts import Fact
from apps.shared.outbox import announce

# How many marks one transaction takes.
MOST_MARKS = 1000
# How many a tick of the worker takes: some hundred conversations a second are more than any floor begins, and while a flood
# is taken in, what arrives must be stored before it is read.
MARKS_A_TICK = 250
# Rows that one statement of the retention deletes.
MOST_FORGOTTEN = 10_000

_ONE_HAND = "SELECT pg_try_advisory_xact_lock(hashtext('midshift.analysis.read'))"
_TAKE = """
DELETE FROM analysis_unread WHERE id IN (SELECT id FROM analysis_unread ORDER BY id LIMIT %s) RETURNING conversation_id
"""
# What customers wrote and what we answered, with what was read of it before. The times that the conversations span tell which
# partitions to ask.
_SAID = """
WITH talk AS MATERIALIZED (
    SELECT id, started_at, last_event_at FROM interactions_conversation WHERE id = ANY(%(ids)s)
), span AS (SELECT min(started_at) AS low, max(last_event_at) AS high FROM talk)
SELECT m.conversation_id, m.id, m.sent_at, m.text, CASE m.author_kind WHEN 'customer' THEN '' ELSE coalesce(m.agent_id::text, m.author_kind) END,
       m.author_kind = 'bot', r.text_checksum, r.version, r.score, r.roughness_version
FROM interactions_message m
LEFT JOIN analysis_reading r
    ON r.message_id = m.id AND r.part = CASE m.author_kind WHEN 'customer' THEN 'sentiment' ELSE 'safety' END
WHERE m.conversation_id = ANY(%(ids)s) AND m.sent_at >= (SELECT low FROM span) AND m.sent_at <= (SELECT high FROM span)
  AND m.author_kind IN ('customer', 'agent', 'bot') AND NOT m.is_private AND m.removed_at IS NULL AND m.text <> ''
ORDER BY m.conversation_id, m.sent_at, m.sequence, m.id
"""
# What is known of the openings besides their words: which messages an AI agent did not understand, and whose customer was here
# within a week before.
_OPENINGS = """
SELECT c.id, ARRAY(SELECT t.message_id FROM interactions_botturn t WHERE t.conversation_id = c.id AND t.is_fallback AND t.message_id IS NOT NULL),
       c.customer_id IS NOT NULL AND EXISTS (
           SELECT 1 FROM interactions_conversation p WHERE p.customer_id = c.customer_id AND p.id <> c.id
           AND p.started_at < c.started_at AND p.started_at > c.started_at - interval '7 days')
FROM interactions_conversation c WHERE c.id = ANY(%(ids)s)
"""
# Who asked for a person and got one: somebody had the conversation then, or took it or wrote in it later.
_ASKED = """
WITH ask AS (
    SELECT conversation_id, count(*) AS n, min(sent_at) AS at FROM analysis_reading
    WHERE conversation_id = ANY(%(ids)s) AND part = 'asks_for_human' AND label = 'asked' GROUP BY conversation_id
)
SELECT a.conversation_id, a.n, a.at, (
    SELECT min(greatest(p.joined_at, a.at)) FROM interactions_participation p JOIN agents_agent g ON g.id = p.agent_id
    WHERE p.conversation_id = a.conversation_id AND g.kind = 'human' AND (p.left_at IS NULL OR p.left_at > a.at)
) FROM ask a
"""
READING = {
    "message_id": "uuid", "part": "text", "conversation_id": "uuid", "sent_at": "timestamptz", "label": "text", "score": "float8",
    "confidence": "float8", "clues": "jsonb", "model": "text", "version": "int2", "text_checksum": "int8", "read_at": "timestamptz",
    "intent": "text", "roughness": "float8", "roughness_version": "int2",
}  # fmt: skip
MOOD = {
    "conversation_id": "uuid", "messages": "int", "score": "float8", "slope": "float8", "turned_negative_at": "timestamptz",
    "asked": "int", "asked_at": "timestamptz", "granted_at": "timestamptz", "told_at": "timestamptz",
}  # fmt: skip


def mark_unread(fact: Fact, at: datetime) -> None:
    """Mark the conversations that a recorded batch changed. One insert, whatever their number."""
    _mark(cast(ConversationsChanged, fact).conversation_ids, at=at)


def _mark(conversations: Sequence[UUID], *, at: datetime) -> None:
    if conversations:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO analysis_unread (conversation_id, marked_at) SELECT id, %s FROM unnest(%s::uuid[]) AS t(id)",
                [at, list(conversations)],
            )


def mark_since(*, since: datetime, at: datetime) -> int:
    """Mark every conversation in which something happened since a moment, oldest first; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO analysis_unread (conversation_id, marked_at) SELECT id, %s FROM interactions_conversation "
            "WHERE last_event_at >= %s ORDER BY started_at",
            [at, since],
        )
        return int(cursor.rowcount)


def forget_readings(*, since: datetime) -> int:
    """Forget what was read of messages since a moment, so that it is read again; return how many readings went."""
    return Reading.objects.filter(sent_at__gte=since).delete()[0]


@transaction.atomic
def read(*, at: datetime, most_marks: int = MOST_MARKS, is_patient: bool = True) -> int:
    """Take the oldest marks, read what their customers wrote and nobody has read in this version, and tell their moods.

    Who is not patient has moods in time rather than by both tiers.
    Return how many marks were taken; 0 also while another worker reads. Everything is one transaction: who is killed leaves
    the marks where they were, and reading twice gives the same rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ONE_HAND)
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE, [most_marks])
        taken = [row[0] for row in cursor.fetchall()]
    if not taken:
        return 0
    ids = sorted(set(taken))
    moods = _read_messages(ids, at, is_patient=is_patient)
    changed = _tell(ids, moods, at)
    _tell_tier(at)
    if changed:
        announce(MessagesRead(conversation_ids=changed, at=at), at=at)
    return len(taken)


def read_all(*, at: datetime, tell: Callable[[int], None] = lambda read: None) -> None:
    """Read until nothing is marked, telling after each step how many marks it took."""
    while taken := read(at=at):
        tell(taken)


def read_a_tick(*, at: datetime) -> int:
    """Read as much as one tick may; what is left waits for the next one. Return how many marks were taken."""
    return read(at=at, most_marks=MARKS_A_TICK, is_patient=False)


def _read_messages(ids: list[UUID], at: datetime, *, is_patient: bool) -> dict[UUID, list[tuple[datetime, float]]]:
    """Read what is new or was edited, and return the moods of every conversation in the order of its messages."""
    with connection.cursor() as cursor:
        cursor.execute(_OPENINGS, {"ids": ids})
        openings = {key: Opening(frozenset(lost), is_again) for key, lost, is_again in cursor.fetchall()}
        cursor.execute(_SAID, {"ids": ids})
        said = {key: [Line(*rest) for _, *rest in told] for key, told in groupby(cursor.fetchall(), key=itemgetter(0))}
    found = _read_moods([*said.values()], at, is_patient=is_patient)
    book = phrases.current()
    rows: list[tuple[Any, ...]] = []
    moods: dict[UUID, list[tuple[datetime, float]]] = {}
    for conversation, lines in said.items():
        course = Course(found, lists=book.lists, version=book.version, opening=openings.get(conversation, Opening()))
        for line, checksum, one in course.readings(lines):
            rows.append(_row(one, line.message, conversation, line.at, checksum, at))
        moods[conversation] = course.moods
    rows += [
        _row(more.read, more.message, more.conversation, more.at, more.checksum, at, more.intent)
        for more in in_context.readings(said, at=at, is_patient=is_patient)
    ]
    bulk.write(
        table="analysis_reading", columns=READING, rows=sorted(rows, key=lambda row: (row[0], row[1])),
        conflict="message_id, part", update=[name for name in READING if name not in ("message_id", "part", "read_at")],
    )  # fmt: skip
    return moods


def _read_moods(talks: Sequence[Sequence[Line]], at: datetime, *, is_patient: bool) -> dict[UUID, Read]:
    """Read the moods of all messages at once, by both tiers where the second one can."""
    second = second_tier.HERE
    both = [one for lines in talks for one in unread(lines, sentiment.VERSION_OF_BOTH)] if second.is_on(at=at) else []
    if both and not is_patient and len(both) > second_tier.MOST_A_TICK:
        second.fell_behind(waiting=len(both))
        both = []
    if both:
        moods = sentiment.read_many(
            [(line.text, before) for line, before in both],
            lambda texts: second.heard(texts, at=at, is_patient=is_patient),
        )
        return {line.message: mood for (line, _), mood in zip(both, moods, strict=True)}
    asked = [one for lines in talks for one in unread(lines, sentiment.VERSION)]
    moods = sentiment.read_many([(line.text, before) for line, before in asked])
    return {line.message: mood for (line, _), mood in zip(asked, moods, strict=True)}


def _tell_tier(at: datetime) -> None:
    """Write down whether the second tiers read, when that changed or a minute has passed. One statement."""
    bulk.write(
        table="analysis_tiertold", columns={"tier": "text", "why": "text", "told_at": "timestamptz"},
        rows=[
            (meanings.NAME, meanings.HERE.why[:200], at), (second_tier.NAME, second_tier.HERE.why[:200], at),
            (persons.NAME, persons.HERE.why_not()[:200], at),
        ], conflict="tier", update=("why", "told_at"),
        only_if="(old.why <> excluded.why OR old.told_at < excluded.told_at - interval '1 minute')",
    )  # fmt: skip


def _row(
    one: Read, message: UUID, conversation: UUID, sent_at: datetime, checksum: int, at: datetime, named: str = ""
) -> tuple[Any, ...]:
    clues = json.dumps([[c.start, c.end, c.weight, *([c.name] if c.name else [])] for c in one.clues])
    return (
        message, one.part, conversation, sent_at, one.label, one.score, one.confidence, clues, one.model, one.version,
        checksum, at, named, one.roughness, one.roughness_version,
    )  # fmt: skip


def _tell(ids: list[UUID], moods: dict[UUID, list[tuple[datetime, float]]], at: datetime) -> list[UUID]:
    """Write the mood of each conversation; return those whose mood is another one than before."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED, {"ids": ids})
        asked = {conversation: tuple(rest) for conversation, *rest in cursor.fetchall()}
    rows = []
    for conversation in ids:
        felt = running(moods.get(conversation, ()))
        if felt.messages or conversation in asked:
            rows.append(
                (conversation, felt.messages, felt.score, felt.slope, felt.turned_negative_at,
                 *asked.get(conversation, (0, None, None)), at)
            )  # fmt: skip
    written = bulk.write(
        table="analysis_mood", columns=MOOD, rows=rows, conflict="conversation_id",
        update=[name for name in MOOD if name not in ("conversation_id", "told_at")], returning="conversation_id",
    )  # fmt: skip
    return sorted(row[0] for row in written)


def forget(*, at: datetime) -> None:
    """Delete readings of messages past their retention, a bounded number at a time; then moods that nothing is left of."""
    before = at - retention.kept("messages")
    with connection.cursor() as cursor:
        gone = 1
        while gone:
            with transaction.atomic():
                cursor.execute(
                    "DELETE FROM analysis_reading WHERE (message_id, part) IN ("
                    "SELECT message_id, part FROM analysis_reading WHERE sent_at < %s LIMIT %s)",
                    [before, MOST_FORGOTTEN],
                )
                gone = cursor.rowcount
        cursor.execute(
            "DELETE FROM analysis_mood m WHERE NOT EXISTS ("
            "SELECT 1 FROM interactions_conversation c WHERE c.id = m.conversation_id)"
        )


def forget_customer(fact: Fact, at: datetime) -> None:
    """The step after an erasure: what was read of the customer's messages goes, and how they felt."""
    forget_conversations(conversations=cast(CustomerErased, fact).conversation_ids)


def forget_conversations(*, conversations: Sequence[UUID]) -> None:
    """Delete everything that was read of these conversations. Three statements."""
    with connection.cursor() as cursor:
        for table in ("analysis_reading", "analysis_mood", "analysis_unread"):
            # The names are constants of this function.
            cursor.execute(f"DELETE FROM {table} WHERE conversation_id = ANY(%s)", [list(conversations)])  # noqa: S608
