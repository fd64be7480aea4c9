"""Load the stored moments of conversations, tell their courses, and write what has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.interactions.lifecycle import Course, Moment, tell
from apps.shared import bulk

_MOMENTS = """
WITH bound AS (
    SELECT least(min(started_at), %(since)s::timestamptz) AS low FROM interactions_conversation WHERE id = ANY(%(ids)s)
)
SELECT e.conversation_id, e.happened_at, e.sequence, e.id, e.kind, e.agent_id, e.queue_id,
       coalesce(e.data->>'to_kind', ''), false, e.data
FROM interactions_conversationevent e
WHERE e.conversation_id = ANY(%(ids)s) AND e.happened_at >= (SELECT low FROM bound)
UNION ALL
SELECT m.conversation_id, m.sent_at, m.sequence, m.id, 'message', m.agent_id, NULL, m.author_kind, m.is_private, NULL
FROM interactions_message m
WHERE m.conversation_id = ANY(%(ids)s) AND m.sent_at >= (SELECT low FROM bound)
"""

CONVERSATION = {
    "id": "uuid", "source": "text", "external_id": "text", "channel": "text", "direction": "text",
    "customer_id": "uuid", "subject": "text", "language": "text", "priority": "text", "tags": "jsonb",
    "status": "text", "outcome": "text", "queue_id": "uuid", "holder_id": "uuid", "started_at": "timestamptz",
    "last_event_at": "timestamptz", "last_message_at": "timestamptz", "waiting_since": "timestamptz",
    "unanswered_since": "timestamptz", "first_reply_at": "timestamptz", "resolved_at": "timestamptz",
    "is_open": "bool", "customer_messages": "int", "human_messages": "int", "ai_messages": "int", "cycles": "int",
    "transfers": "int", "handoffs": "int",
}  # fmt: skip
PARTS: dict[str, dict[str, str]] = {
    "interactions_carecycle": {
        "started_at": "timestamptz", "started_by": "text", "queue_id": "uuid", "reply_clock_from": "timestamptz",
        "first_reply_at": "timestamptz", "first_reply_seconds": "float8", "first_reply_agent_id": "uuid",
        "resolved_at": "timestamptz", "outcome": "text",
    },
    "interactions_participation": {
        "agent_id": "uuid", "joined_at": "timestamptz", "left_at": "timestamptz", "first_message_at": "timestamptz",
        "messages": "int",
    },
    "interactions_queuewait": {
        "queue_id": "uuid", "entered_at": "timestamptz", "ended_at": "timestamptz", "ended_by": "text",
        "agent_id": "uuid",
    },
    "interactions_handoff": {
        "ai_agent_id": "uuid", "agent_id": "uuid", "trigger": "text", "summary": "text", "slots_passed": "int",
        "happened_at": "timestamptz",
    },
    "interactions_transfer": {
        "from_agent_id": "uuid", "to_agent_id": "uuid", "from_queue_id": "uuid", "to_queue_id": "uuid",
        "happened_at": "timestamptz",
    },
}  # fmt: skip


def retell(*, conversations: set[UUID], customers: Mapping[UUID, UUID], since: datetime) -> None:
    """Tell the courses of locked conversations from all of their stored rows and write the difference.

    `since` is the time of the earliest event that is new; with the starts of the conversations it bounds which
    partitions are read.
    """
    if not conversations:
        return
    keys = sorted(conversations)
    moments: dict[UUID, list[Moment]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, source, external_id FROM interactions_conversation WHERE id = ANY(%s)", [keys])
        names = {key: (source, external_id) for key, source, external_id in cursor.fetchall()}
        cursor.execute(_MOMENTS, {"ids": keys, "since": since})
        for key, at, sequence, id_, kind, agent, queue, author, private, data in cursor.fetchall():
            loaded = json.loads(data) if isinstance(data, str) else data
            moments.setdefault(key, []).append(
                Moment(at, sequence, id_, kind, agent, queue, author, private, loaded or {})
            )
    told = [(key, tell(moments[key])) for key in keys if key in moments]
    bulk.write(
        table="interactions_conversation",
        columns=CONVERSATION,
        rows=[_conversation(key, *names[key], course, customers.get(key)) for key, course in told],
        conflict="id",
        update=[name for name in CONVERSATION if name not in ("id", "source", "external_id")],
    )
    for table, columns in PARTS.items():
        rows = [(key, n, *row) for key, course in told for n, row in enumerate(_parts(table, course), start=1)]
        bulk.write(
            table=table,
            columns={"conversation_id": "uuid", "n": "int", **columns},
            rows=rows,
            conflict="conversation_id, n",
            update=list(columns),
        )
        counts = [sum(1 for _ in _parts(table, course)) for _, course in told]
        with connection.cursor() as cursor:
            # A late event can make fewer of them; the table names are constants of this module.
            cursor.execute(
                f"DELETE FROM {table} t USING unnest(%s::uuid[], %s::int[]) AS v(id, last) "  # noqa: S608
                "WHERE t.conversation_id = v.id AND t.n > v.last",
                [[key for key, _ in told], counts],
            )


def _conversation(key: UUID, source: str, name: str, course: Course, customer: UUID | None) -> tuple[Any, ...]:
    facts = course.facts
    cycle = course.cycles[-1]
    wait = course.wait
    holder = course.holder
    return (
        key, source, name, facts.get("channel", ""), facts.get("direction", ""),
        UUID(facts["customer"]) if "customer" in facts else customer, facts.get("subject", ""),
        facts.get("language", ""), facts.get("priority", ""), json.dumps(facts.get("tags", [])), course.status,
        course.outcome, course.queue_id, None if holder is None else holder.agent_id, course.started_at,
        course.last_event_at, course.last_message_at, None if wait is None else wait.entered_at,
        course.unanswered_since, cycle.first_reply_at, cycle.resolved_at, course.is_open, course.customer_messages,
        course.human_messages, course.ai_messages, len(course.cycles), len(course.transfers), len(course.handoffs),
    )  # fmt: skip


def _parts(table: str, course: Course) -> list[tuple[Any, ...]]:
    match table:
        case "interactions_carecycle":
            return [
                (x.started_at, x.started_by, x.queue_id, x.reply_clock_from, x.first_reply_at, x.first_reply_seconds,
                 x.first_reply_agent_id, x.resolved_at, x.outcome)
                for x in course.cycles
            ]  # fmt: skip
        case "interactions_participation":
            return [(x.agent_id, x.joined_at, x.left_at, x.first_message_at, x.messages) for x in course.stretches]
        case "interactions_queuewait":
            return [(x.queue_id, x.entered_at, x.ended_at, x.ended_by, x.agent_id) for x in course.waits]
        case "interactions_handoff":
            return [(x.ai_agent_id, x.agent_id, x.trigger, x.summary, x.slots_passed, x.at) for x in course.handoffs]
        case _:
            return [(x.from_agent_id, x.to_agent_id, x.from_queue_id, x.to_queue_id, x.at) for x in course.transfers]
