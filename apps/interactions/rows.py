"""What one event becomes: a row of its table, with every text in it masked. One maker a type of event."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from apps.interactions import canonical as c
from apps.interactions import parties
from apps.shared import bulk

if TYPE_CHECKING:
    from apps.interactions.batch import Batch

Row = tuple[Any, ...]

EVENT_COLUMNS = {
    "id": "uuid", "conversation_id": "uuid", "kind": "text", "happened_at": "timestamptz", "sequence": "text",
    "agent_id": "uuid", "queue_id": "uuid", "data": "jsonb", "via": "text", "recorded_at": "timestamptz",
}  # fmt: skip
# Places in an event's data where words of the canonical event stand, in which no customer is named.
OUR_WORDS = frozenset({
    "channel", "direction", "language", "priority", "customer", "to", "outcome", "until", "by", "reason", "to_kind",
    "handoff.from_kind", "handoff.trigger",
})  # fmt: skip
SPOKEN = {"id": "uuid", "conversation_id": "uuid", "happened_at": "timestamptz", "sequence": "text", "event_id": "uuid"}
# What a source says again with other content: the latest word stays, whatever the order of arrival.
LATEST = "(excluded.happened_at, excluded.sequence, excluded.event_id) > (old.happened_at, old.sequence, old.event_id)"

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
# Columns of texts that are masked, in the order in which their values are numbered.
TEXTS: dict[str, tuple[str, ...]] = {
    "interactions_conversationevent": ("data",),
    "interactions_rating": ("comment",),
    "interactions_botturn": ("intent", "knowledge", "details"),
    "interactions_reportedanalysis": ("label", "text"),
    "interactions_actionresult": ("message",),
    "interactions_customer": ("segment", "attributes"),
}


def row_key(batch: Batch, event: c.CanonicalEvent) -> UUID:
    """The key of the row that an event writes: its own, or that of the thing it speaks about, perhaps again."""
    match event.data:
        case c.RatingReceived(conversation_id=talk, rating_id=name):
            return batch.key("rating", f"{talk}\x1f{name}")
        case c.BotTurned(conversation_id=talk, turn_id=name):
            return batch.key("turn", f"{talk}\x1f{name}")
        case c.AnalysisReported(conversation_id=talk, analysis_id=name):
            return batch.key("analysis", f"{talk}\x1f{name}")
        case c.ActionReported(action_id=name):
            return batch.key("action", name)
        case c.CustomerUpdated(customer=customer):
            return batch.customer(customer, None)
    return batch.key("event", event.id)


def write(batch: Batch, events: Iterable[c.CanonicalEvent]) -> None:
    """Write the rows of events that are no messages. What is said twice is reduced to its latest word first."""
    said: dict[type, dict[UUID, c.CanonicalEvent]] = {}
    for event in events:
        last = said.setdefault(type(event.data), {})
        key = row_key(batch, event)
        if key not in last or _order(batch, event) > _order(batch, last[key]):
            last[key] = event
    courses: list[Row] = []
    for kind, maker in COURSES.items():
        courses += (maker(batch, key, event, event.data) for key, event in said.get(kind, {}).items())
    bulk.write(
        table="interactions_conversationevent",
        columns=EVENT_COLUMNS,
        rows=sorted(courses, key=lambda row: row[0]),
        conflict="id, happened_at",
    )
    for kind, (table, columns, replaces) in TABLES.items():
        told = said.get(kind, {})
        written = bulk.write(
            table=table,
            columns=columns,
            rows=[MAKERS[kind](batch, key, told[key], told[key].data) for key in sorted(told)],
            conflict="id",
            update=[n for n in columns if n not in ("id", "source", "label", "is_anonymous")] if replaces else [],
            only_if=replaces,
            returning="id" if replaces else "",
        )
        if replaces:
            # What an older word held is sealed no longer, and what came too late is not sealed at all.
            kept = {row[0] for row in written}
            for key in told:
                batch.seals.replace(key) if key in kept else batch.seals.drop(key)


def _order(batch: Batch, event: c.CanonicalEvent) -> tuple[Any, ...]:
    return (event.time, event.sequence, batch.key("event", event.id))


def _text(batch: Batch, owner: UUID, event: c.CanonicalEvent, value: Any, spared: frozenset[str] = frozenset()) -> Any:
    return batch.seals.mask_all(
        owner=owner, conversation=batch.scope_of(event, owner), value=value, known=batch.known_in(event, owner),
        spared=spared,
    )  # fmt: skip


def _course(
    batch: Batch, key: UUID, event: c.CanonicalEvent, kind: str, agent: UUID | None, queue: UUID | None,
    data: dict[str, Any],
) -> Row:  # fmt: skip
    masked = json.dumps(_text(batch, key, event, data, OUR_WORDS))
    return (key, batch.conversation(event.data), kind, event.time, event.sequence, agent, queue, masked, event.via,
            batch.at)  # fmt: skip


def _given(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}


def _started(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.ConversationStarted) -> Row:
    customer = None if d.customer is None else str(batch.customer(d.customer, d.conversation_id))
    data = {
        "channel": d.channel, "direction": d.direction, "subject": d.subject, "language": d.language,
        "priority": d.priority, "tags": d.tags, "customer": customer,
    }  # fmt: skip
    return _course(batch, key, event, "started", None, batch.queue(d.queue), _given(data))


def _updated(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.ConversationUpdated) -> Row:
    # A value of null stays: it says that the field was emptied.
    data = {f"custom:{x.name}" if x.field == "custom" else x.field: x.to for x in d.changes}
    return _course(batch, key, event, "updated", batch.agent(d.by), None, data)


def _status(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.StatusChanged) -> Row:
    until = None if d.until is None else d.until.isoformat()
    data = {"to": d.to, "outcome": d.outcome, "native": d.native, "until": until, "by": d.by and d.by.kind}
    return _course(batch, key, event, "status", batch.agent(d.by), None, _given(data))


def _queued(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.Queued) -> Row:
    data = {"reason": d.reason, "position": d.position}
    return _course(batch, key, event, "queued", None, batch.queue(d.queue), _given(data))


def _assigned(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.Assigned) -> Row:
    note = None
    if d.handoff is not None:
        note = {
            "from_kind": d.handoff.from_kind, "trigger": d.handoff.trigger, "summary": d.handoff.summary,
            "slots_passed": d.handoff.slots_passed,
        }  # fmt: skip
    data = {"to_kind": None if d.to is None else d.to.kind, "reason": d.reason, "handoff": note}
    return _course(batch, key, event, "assigned", batch.agent(d.to), batch.queue(d.queue), _given(data))


def _offered(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.Offered) -> Row:
    return (key, batch.conversation(d), batch.agent(d.agent), batch.queue(d.queue), d.outcome, d.ring_ms, event.time)


def _spoken(batch: Batch, key: UUID, event: c.CanonicalEvent) -> Row:
    return (key, batch.conversation(event.data), event.time, event.sequence, batch.key("event", event.id))


def _rating(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.RatingReceived) -> Row:
    return (*_spoken(batch, key, event), d.score, d.min, d.max, d.scale or "",
            _text(batch, key, event, d.comment or ""), batch.agent(d.agent))  # fmt: skip


def _turn(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.BotTurned) -> Row:
    details = {
        "alternatives": [msgspec.to_builtins(a) for a in d.alternatives or []], "action": d.action,
        "tool_calls": d.tool_calls, "input_tokens": d.input_tokens, "output_tokens": d.output_tokens,
        "trace_id": d.trace_id, "score": None if d.score is None else msgspec.to_builtins(d.score),
    }  # fmt: skip
    said = {name: value for name, value in details.items() if value not in (None, [])}
    intent, knowledge, said = (
        _text(batch, key, event, value) for value in ((d.intent or "")[:200], d.sources or [], said)
    )
    return (*_spoken(batch, key, event), batch.agent(d.bot) or batch.key("agent", d.bot.id),
            d.message_id and batch.message(d.conversation_id, d.message_id),
            d.reply_message_id and batch.message(d.conversation_id, d.reply_message_id), intent[:200], d.confidence,
            bool(d.fallback), bool(d.asked_for_human), json.dumps(knowledge), (d.model or "")[:120],
            (d.prompt_version or "")[:120], d.latency_ms, json.dumps(said))  # fmt: skip


def _analysis(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.AnalysisReported) -> Row:
    label, text = (_text(batch, key, event, value) for value in ((d.label or "")[:200], d.text or ""))
    return (*_spoken(batch, key, event), d.kind, d.message_id and batch.message(d.conversation_id, d.message_id),
            label[:200], d.value, text, (d.vendor or "")[:120])  # fmt: skip


def _action(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.ActionReported) -> Row:
    conversation = None if d.conversation_id is None else batch.conversation(d)
    return (key, conversation, event.time, event.sequence, batch.key("event", event.id), d.action_id, d.kind, d.state,
            _text(batch, key, event, d.message or ""))  # fmt: skip


def _snapshot(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.QueueSnapshotTaken) -> Row:
    details = {
        "longest_wait_ms": d.longest_wait_ms, "agents_available": d.agents_available, "agents_busy": d.agents_busy,
        "agents_away": d.agents_away, "conversations": d.conversations,
    }  # fmt: skip
    return (key, batch.queue(d.queue), event.time, d.waiting, json.dumps(_given(details)))


def _customer(batch: Batch, key: UUID, event: c.CanonicalEvent, d: c.CustomerUpdated) -> Row:
    segment, attributes = (_text(batch, key, event, value) for value in ((d.segment or "")[:60], d.attributes or {}))
    return (key, batch.source, parties.label(key), d.customer.identity == "anonymous", segment[:60],
            json.dumps(attributes), event.time, event.time if d.deleted else None)  # fmt: skip


def presences(batch: Batch) -> list[Row]:
    """Rows of the status events, in the order of `presence.COLUMNS`. No customer is known who could be named in them."""
    rows = []
    for event in batch.events:
        d = event.data
        if isinstance(d, c.AgentStatusChanged) and (agent := batch.agent(d.agent)) is not None:
            key = batch.key("event", event.id)
            native, reason = (_text(batch, key, event, value or "") for value in (d.native, d.reason))
            rows.append((key, agent, (d.queue or "")[:255], d.to, native[:120], reason[:200], d.capacity, event.time,
                         event.sequence))  # fmt: skip
    return rows


COURSES: dict[type, Any] = {
    c.ConversationStarted: _started,
    c.ConversationUpdated: _updated,
    c.StatusChanged: _status,
    c.Queued: _queued,
    c.Assigned: _assigned,
}
MAKERS: dict[type, Any] = {
    c.Offered: _offered,
    c.RatingReceived: _rating,
    c.BotTurned: _turn,
    c.AnalysisReported: _analysis,
    c.ActionReported: _action,
    c.QueueSnapshotTaken: _snapshot,
    c.CustomerUpdated: _customer,
}
