"""One batch of canonical events of one source on its way into the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from apps.access.masking import NOBODY, Known
from apps.interactions import canonical as c
from apps.interactions import parties, transcript
from apps.interactions.models import Conversation
from apps.interactions.transcript import Seals
from apps.shared import bulk

COURSE = (c.ConversationStarted, c.ConversationUpdated, c.StatusChanged, c.Queued, c.Assigned, c.MessageCreated)
EVENT_COLUMNS = {
    "id": "uuid", "conversation_id": "uuid", "kind": "text", "happened_at": "timestamptz", "sequence": "text",
    "agent_id": "uuid", "queue_id": "uuid", "data": "jsonb", "via": "text", "recorded_at": "timestamptz",
}  # fmt: skip
SPOKEN = {"id": "uuid", "conversation_id": "uuid", "happened_at": "timestamptz", "sequence": "text", "event_id": "uuid"}
# What a source says again with other content: the latest word stays, whatever the order of arrival.
LATEST = "(excluded.happened_at, excluded.sequence, excluded.event_id) > (old.happened_at, old.sequence, old.event_id)"


def _parties(data: Any) -> Iterator[c.Party]:
    for name in ("customer", "initiator", "author", "to", "from_", "by", "agent", "bot", "about", "owner"):
        value = getattr(data, name, None)
        if isinstance(value, c.Party):
            yield value


class Batch:
    """The events of one call of `record`, with everything they refer to resolved in a few statements."""

    def __init__(self, *, events: Sequence[c.CanonicalEvent], source: str, at: datetime) -> None:
        self.source = source
        self.at = at
        # The first of several with one id stays, as in the ledger at the door.
        self.events = list({event.id: event for event in reversed(events)}.values())[::-1]
        self.agents: dict[str, UUID] = {}
        self.queues: dict[str, UUID] = {}
        self.customer_of: dict[UUID, UUID] = {}
        self.known: dict[UUID, Known] = {}
        self.renamed: set[UUID] = set()
        self._key_of: dict[str, UUID] = {}
        self.conversations = {self.conversation(e.data) for e in self.events if isinstance(e.data, COURSE)}

    def conversation(self, data: Any) -> UUID:
        """The key of the conversation an event speaks about."""
        name = data.conversation_id
        if name not in self._key_of:
            self._key_of[name] = c.conversation_key(self.source, name)
        return self._key_of[name]

    def _key(self, kind: str, external_id: str) -> UUID:
        return c.key(self.source, kind, external_id)

    def _event_key(self, event: c.CanonicalEvent) -> UUID:
        return c.key(self.source, "event", event.id)

    def _optional_key(self, kind: str, external_id: str | None) -> UUID | None:
        return None if external_id is None else c.key(self.source, kind, external_id)

    def _agent(self, party: c.Party | None) -> UUID | None:
        return None if party is None else self.agents.get(party.id) if party.kind in parties.STAFF else None

    def _queue(self, external_id: str | None) -> UUID | None:
        return None if external_id is None else self.queues[external_id]

    def resolve_parties(self) -> None:
        """Find or make the agents and queues that the batch names."""
        people: list[c.Party] = []
        named: dict[str, str | None] = {}
        channel_of: dict[str, str] = {}
        for event in self.events:
            data = event.data
            people.extend(_parties(data))
            for queue in (getattr(data, "queue", None), getattr(data, "previous_queue", None)):
                if queue and not isinstance(data, c.AgentStatusChanged):
                    named[queue] = getattr(data, "queue_name", None) or named.get(queue)
                    if isinstance(data, c.ConversationStarted):
                        channel_of[queue] = data.channel
        self.agents = parties.agents(source=self.source, parties=people)
        self.queues = parties.queues(source=self.source, named=named, channel_of=channel_of)

    def presences(self) -> list[tuple[Any, ...]]:
        """Rows of the status events, in the order of `presence.COLUMNS`."""
        rows = []
        for event in self.events:
            d = event.data
            if isinstance(d, c.AgentStatusChanged) and (agent := self._agent(d.agent)) is not None:
                rows.append(
                    (self._event_key(event), agent, d.queue or "", d.to, d.native or "", (d.reason or "")[:200],
                     d.capacity, event.time, event.sequence)
                )  # fmt: skip
        return rows

    def lock_conversations(self) -> None:
        """Make the rows of new conversations, then lock all of them in key order."""
        first: dict[UUID, tuple[str, datetime]] = {}
        for event in self.events:
            if isinstance(event.data, COURSE):
                key = self.conversation(event.data)
                if key not in first or event.time < first[key][1]:
                    first[key] = (event.data.conversation_id, event.time)
        bulk.write(
            table="interactions_conversation",
            columns=CONVERSATION_SKELETON,
            rows=[
                (key, self.source, name, "", "", "", "", "", "[]", "", "", time, time, True, 0, 0, 0, 1, 0, 0)
                for key, (name, time) in sorted(first.items())
            ],
            conflict="id",
        )
        locked = (
            Conversation.objects.select_for_update(no_key=True)
            .filter(pk__in=self.conversations)
            .order_by("pk")
            .values_list("pk", "customer_id")
        )
        self.customer_of = {key: customer for key, customer in locked if customer is not None}

    def _customer(self, party: c.Party, conversation: str | None) -> UUID:
        # An anonymous customer is nobody but this conversation: two of them are never one person.
        if party.identity == "anonymous" and conversation is not None:
            return self._key("anonymous", conversation)
        return self._key("customer", party.id)

    def remember_customers(self) -> None:
        """Keep who the customers are, sealed, and learn by which values each is known so that they can be masked."""
        seen: dict[UUID, bool] = {}
        values: dict[UUID, set[tuple[str, str]]] = {}
        for event in self.events:
            name = getattr(event.data, "conversation_id", None)
            for party in _parties(event.data):
                if party.kind != "customer":
                    continue
                customer = self._customer(party, name)
                seen[customer] = party.identity == "anonymous"
                if isinstance(event.data, COURSE):
                    key = self.conversation(event.data)
                    if isinstance(event.data, c.ConversationStarted) or key not in self.customer_of:
                        self.customer_of[key] = customer
                for kind in ("name", "email", "phone"):
                    if value := getattr(party, kind):
                        values.setdefault(customer, set()).add((kind, value.replace("\x00", "")))
        bulk.write(
            table="interactions_customer",
            columns={"id": "uuid", "source": "text", "label": "text", "is_anonymous": "bool", "segment": "text",
                     "attributes": "jsonb"},
            rows=[(k, self.source, parties.label(k), anonymous, "", "{}") for k, anonymous in sorted(seen.items())],
            conflict="id",
        )  # fmt: skip
        self.renamed = parties.remember(known=values)
        self.known = parties.known_values(customers=set(self.customer_of.values()) | set(seen))

    def _known(self, data: Any) -> Known:
        name = getattr(data, "conversation_id", None)
        customer = self.customer_of.get(self.conversation(data)) if name is not None else None
        return self.known.get(customer, NOBODY) if customer is not None else NOBODY

    def append(self) -> int:
        """Append what the batch says to the tables and return the number of new messages."""
        seals = Seals()
        rows: dict[type, list[tuple[Any, ...]]] = {}
        messages: list[transcript.Said] = []
        changes: list[transcript.Changed] = []
        for event in self.events:
            d = event.data
            if isinstance(d, c.MessageCreated):
                messages.append(self._said(event, d))
            elif isinstance(d, c.MessageUpdated):
                changes.append(
                    transcript.Changed(
                        id=self._event_key(event), message_id=self._message_key(d), change=d.change, text=d.text,
                        conversation_id=self.conversation(d), delivery=d.delivery or "", at=event.time,
                        sequence=event.sequence,
                    )
                )  # fmt: skip
            elif maker := MAKERS.get(type(d)):
                rows.setdefault(type(d), []).append(maker(self, event, d, seals))
        events = [row for kind in COURSE for row in rows.pop(kind, [])]
        bulk.write(
            table="interactions_conversationevent",
            columns=EVENT_COLUMNS,
            rows=sorted(events, key=lambda row: row[0]),
            conflict="id, happened_at",
        )
        for kind, table in TABLES.items():
            _latest(table, rows.get(kind, []))
        count = transcript.append(
            messages=messages,
            changes=changes,
            known=lambda conversation: self.known.get(self.customer_of.get(conversation, conversation), NOBODY),
            seals=seals,
        )
        renamed = {conversation for conversation, who in self.customer_of.items() if who in self.renamed}
        transcript.mask_again(conversations=renamed, known=self.known, customers=self.customer_of, seals=seals)
        seals.write()
        return count

    def _message_key(self, data: Any) -> UUID:
        # Some sources number their messages inside a conversation.
        return self._key("message", f"{data.conversation_id}\x1f{data.message_id}")

    def _said(self, event: c.CanonicalEvent, d: c.MessageCreated) -> transcript.Said:
        return transcript.Said(
            id=self._message_key(d), conversation_id=self.conversation(d), author_kind=d.author.kind,
            agent_id=self._agent(d.author), is_private=d.visibility == "private", kind=d.kind or "text",
            text=d.text or "", sent_at=event.time, sequence=event.sequence, language=d.language or "",
            offset_ms=d.offset_ms, duration_ms=d.duration_ms,
            attachments=json.dumps([msgspec.to_builtins(a) for a in d.attachments or []]),
            via=event.via, recorded_at=self.at,
        )  # fmt: skip

    # One maker a type of event: a row of its table.

    def _event_row(
        self, event: c.CanonicalEvent, kind: str, agent: UUID | None, queue: UUID | None, data: dict[str, Any]
    ) -> tuple[Any, ...]:
        said = {name: value for name, value in data.items() if value is not None}
        return (self._event_key(event), self.conversation(event.data), kind, event.time, event.sequence, agent, queue,
                json.dumps(said), event.via, self.at)  # fmt: skip

    def _masked(self, event: c.CanonicalEvent, text: str | None, seals: Seals) -> str | None:
        if text is None:
            return None
        name = getattr(event.data, "conversation_id", None)
        conversation = self.conversation(event.data) if name is not None else self._event_key(event)
        return seals.mask(
            owner=self._event_key(event), conversation=conversation, text=text, known=self._known(event.data)
        )

    def started(self, event: c.CanonicalEvent, d: c.ConversationStarted, seals: Seals) -> tuple[Any, ...]:
        customer = None if d.customer is None else str(self._customer(d.customer, d.conversation_id))
        data = {
            "channel": d.channel, "direction": d.direction, "subject": self._masked(event, d.subject, seals),
            "language": d.language, "priority": d.priority, "tags": d.tags, "customer": customer,
        }  # fmt: skip
        return self._event_row(event, "started", None, self._queue(d.queue), data)

    def updated(self, event: c.CanonicalEvent, d: c.ConversationUpdated, seals: Seals) -> tuple[Any, ...]:
        data: dict[str, Any] = {}
        for change in d.changes:
            name = f"custom:{change.name}" if change.field == "custom" else change.field
            data[name] = self._masked(event, change.to, seals) if isinstance(change.to, str) else change.to
        return self._event_row(event, "updated", self._agent(d.by), None, data)

    def status(self, event: c.CanonicalEvent, d: c.StatusChanged, seals: Seals) -> tuple[Any, ...]:
        until = None if d.until is None else d.until.isoformat()
        data = {"to": d.to, "outcome": d.outcome, "native": d.native, "until": until, "by": d.by and d.by.kind}
        return self._event_row(event, "status", self._agent(d.by), None, data)

    def queued(self, event: c.CanonicalEvent, d: c.Queued, seals: Seals) -> tuple[Any, ...]:
        return self._event_row(
            event, "queued", None, self._queue(d.queue), {"reason": d.reason, "position": d.position}
        )

    def assigned(self, event: c.CanonicalEvent, d: c.Assigned, seals: Seals) -> tuple[Any, ...]:
        note = None
        if d.handoff is not None:
            note = {
                "from_kind": d.handoff.from_kind, "trigger": d.handoff.trigger,
                "summary": self._masked(event, d.handoff.summary, seals), "slots_passed": d.handoff.slots_passed,
            }  # fmt: skip
        data = {"to_kind": None if d.to is None else d.to.kind, "reason": d.reason, "handoff": note}
        return self._event_row(event, "assigned", self._agent(d.to), self._queue(d.queue), data)

    def offered(self, event: c.CanonicalEvent, d: c.Offered, seals: Seals) -> tuple[Any, ...]:
        return (self._event_key(event), self.conversation(d), self._agent(d.agent), self._queue(d.queue), d.outcome,
                d.ring_ms, event.time)  # fmt: skip

    def _spoken(self, event: c.CanonicalEvent, kind: str, name: str) -> tuple[Any, ...]:
        return (
            self._key(kind, name),
            self.conversation(event.data),
            event.time,
            event.sequence,
            self._event_key(event),
        )

    def rating(self, event: c.CanonicalEvent, d: c.RatingReceived, seals: Seals) -> tuple[Any, ...]:
        return (*self._spoken(event, "rating", d.rating_id), d.score, d.min, d.max, d.scale or "",
                self._masked(event, d.comment, seals) or "", self._agent(d.agent))  # fmt: skip

    def turn(self, event: c.CanonicalEvent, d: c.BotTurned, seals: Seals) -> tuple[Any, ...]:
        details = {
            "alternatives": [msgspec.to_builtins(a) for a in d.alternatives or []], "action": d.action,
            "tool_calls": d.tool_calls, "input_tokens": d.input_tokens, "output_tokens": d.output_tokens,
            "trace_id": d.trace_id, "score": None if d.score is None else msgspec.to_builtins(d.score),
        }  # fmt: skip
        said = {name: value for name, value in details.items() if value not in (None, [])}
        in_message = self._optional_key("message", d.message_id and f"{d.conversation_id}\x1f{d.message_id}")
        in_reply = self._optional_key("message", d.reply_message_id and f"{d.conversation_id}\x1f{d.reply_message_id}")
        return (*self._spoken(event, "turn", d.turn_id), self._agent(d.bot) or self._key("agent", d.bot.id), in_message,
                in_reply, (d.intent or "")[:200], d.confidence, bool(d.fallback), bool(d.asked_for_human),
                json.dumps(d.sources or []), (d.model or "")[:120], (d.prompt_version or "")[:120], d.latency_ms,
                json.dumps(said))  # fmt: skip

    def analysis(self, event: c.CanonicalEvent, d: c.AnalysisReported, seals: Seals) -> tuple[Any, ...]:
        message = self._optional_key("message", d.message_id and f"{d.conversation_id}\x1f{d.message_id}")
        return (*self._spoken(event, "analysis", d.analysis_id), d.kind, message, (d.label or "")[:200], d.value,
                self._masked(event, d.text, seals) or "", (d.vendor or "")[:120])  # fmt: skip

    def action(self, event: c.CanonicalEvent, d: c.ActionReported, seals: Seals) -> tuple[Any, ...]:
        conversation = None if d.conversation_id is None else self.conversation(d)
        text = seals.mask(
            owner=self._event_key(event), conversation=conversation or self._event_key(event), text=d.message or "",
            known=NOBODY,
        )  # fmt: skip
        return (self._key("action", d.action_id), conversation, event.time, event.sequence, self._event_key(event),
                d.action_id, d.kind, d.state, text)  # fmt: skip

    def snapshot(self, event: c.CanonicalEvent, d: c.QueueSnapshotTaken, seals: Seals) -> tuple[Any, ...]:
        details = {
            "longest_wait_ms": d.longest_wait_ms, "agents_available": d.agents_available, "agents_busy": d.agents_busy,
            "agents_away": d.agents_away, "conversations": d.conversations,
        }  # fmt: skip
        said = {name: value for name, value in details.items() if value is not None}
        return (self._event_key(event), self._queue(d.queue), event.time, d.waiting, json.dumps(said))

    def customer(self, event: c.CanonicalEvent, d: c.CustomerUpdated, seals: Seals) -> tuple[Any, ...]:
        key = self._customer(d.customer, None)
        known = self.known.get(key, NOBODY)
        attributes = {
            name: seals.mask(owner=self._event_key(event), conversation=key, text=value, known=known)
            if isinstance(value, str) else value
            for name, value in (d.attributes or {}).items()
        }  # fmt: skip
        return (key, self.source, parties.label(key), d.customer.identity == "anonymous", (d.segment or "")[:60],
                json.dumps(attributes), event.time, event.time if d.deleted else None)  # fmt: skip


MAKERS: dict[type, Any] = {
    c.ConversationStarted: Batch.started,
    c.ConversationUpdated: Batch.updated,
    c.StatusChanged: Batch.status,
    c.Queued: Batch.queued,
    c.Assigned: Batch.assigned,
    c.Offered: Batch.offered,
    c.RatingReceived: Batch.rating,
    c.BotTurned: Batch.turn,
    c.AnalysisReported: Batch.analysis,
    c.ActionReported: Batch.action,
    c.QueueSnapshotTaken: Batch.snapshot,
    c.CustomerUpdated: Batch.customer,
}

CONVERSATION_SKELETON = {
    "id": "uuid", "source": "text", "external_id": "text", "channel": "text", "direction": "text", "subject": "text",
    "language": "text", "priority": "text", "tags": "jsonb", "status": "text", "outcome": "text",
    "started_at": "timestamptz", "last_event_at": "timestamptz", "is_open": "bool", "customer_messages": "int",
    "human_messages": "int", "ai_messages": "int", "cycles": "int", "transfers": "int", "handoffs": "int",
}  # fmt: skip

# Table, columns, and the condition under which a row that is said again replaces the old one ("" = it never does).
TABLES: dict[type, tuple[str, dict[str, str], str]] = {
    c.Offered: (
        "interactions_offer",
        {"id": "uuid", "conversation_id": "uuid", "agent_id": "uuid", "queue_id": "uuid", "outcome": "text",
         "ring_ms": "int", "happened_at": "timestamptz"},
        "",
    ),
    c.RatingReceived: (
        "interactions_rating",
        {**SPOKEN, "score": "float8", "lowest": "float8", "highest": "float8", "scale": "text", "comment": "text",
         "agent_id": "uuid"},
        LATEST,
    ),
    c.BotTurned: (
        "interactions_botturn",
        {**SPOKEN, "agent_id": "uuid", "message_id": "uuid", "reply_message_id": "uuid", "intent": "text",
         "confidence": "float8", "is_fallback": "bool", "asked_for_human": "bool", "knowledge": "jsonb",
         "model": "text", "prompt_version": "text", "latency_ms": "int", "details": "jsonb"},
        LATEST,
    ),
    c.AnalysisReported: (
        "interactions_reportedanalysis",
        {**SPOKEN, "kind": "text", "message_id": "uuid", "label": "text", "value": "float8", "text": "text",
         "vendor": "text"},
        LATEST,
    ),
    c.ActionReported: (
        "interactions_actionresult",
        {**SPOKEN, "action_id": "text", "kind": "text", "state": "text", "message": "text"},
        LATEST,
    ),
    c.QueueSnapshotTaken: (
        "interactions_queuesnapshot",
        {"id": "uuid", "queue_id": "uuid", "taken_at": "timestamptz", "waiting": "int", "details": "jsonb"},
        "",
    ),
    c.CustomerUpdated: (
        "interactions_customer",
        {"id": "uuid", "source": "text", "label": "text", "is_anonymous": "bool", "segment": "text",
         "attributes": "jsonb", "updated_at": "timestamptz", "deleted_at": "timestamptz"},
        "(old.updated_at IS NULL OR excluded.updated_at > old.updated_at)",
    ),
}  # fmt: skip


def _latest(table: tuple[str, dict[str, str], str], rows: Iterable[tuple[Any, ...]]) -> None:
    name, columns, replaces = table
    names = list(columns)
    when = names.index(
        "updated_at" if "updated_at" in columns else "taken_at" if "taken_at" in columns else "happened_at"
    )
    # Within the batch the same rule holds as in the table: the latest word stays.
    told: dict[UUID, tuple[Any, ...]] = {}
    for row in sorted(
        rows, key=lambda row: (row[when], row[when + 1 : when + 3]) if replaces == LATEST else (row[when],)
    ):
        told[row[0]] = row
    update = [n for n in names if n not in ("id", "source", "label", "is_anonymous")] if replaces else []
    bulk.write(
        table=name,
        columns=columns,
        rows=[told[k] for k in sorted(told)],
        conflict="id",
        update=update,
        only_if=replaces,
    )
