"""The canonical event: a CloudEvent with typed data, checked by msgspec at wire speed.

The structs say the same as the published JSON Schema (`canonical-event.schema.json`, version 1); a test holds them
against each other. Unknown fields are refused everywhere.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=255)]
# The largest number that the columns hold: a longer one is refused at the door and not found out while recording.
Count = Annotated[int, Meta(ge=0, le=2_147_483_647)]
Language = Annotated[str, Meta(max_length=35)]
Share = Annotated[float, Meta(ge=0, le=1)]
Time = Annotated[datetime, Meta(tz=True)]
Channel = Literal["webchat", "messaging", "email", "voice", "video", "social", "sms", "form", "api"]
Priority = Literal["low", "normal", "high", "urgent"]
Status = Literal["queued", "bot", "open", "pending", "snoozed", "resolved", "closed"]
Outcome = Literal[
    "handled", "abandoned", "queue_timeout", "left_by_key", "withdrawn", "queue_emptied",
    "transferred_out", "merged", "spam", "failed", "unknown",
]  # fmt: skip


class Strict(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every part of an event."""


class Party(Strict, frozen=True):
    """A person or program that takes part."""

    kind: Literal["customer", "agent", "supervisor", "bot", "system"]
    id: Id
    name: Annotated[str, Meta(max_length=200)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    identity: Literal["known", "anonymous"] | None = None
    aliases: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=20)] | None = None


class Attachment(Strict, frozen=True):
    media_type: str
    id: Id | None = None
    name: str | None = None
    size_bytes: Count | None = None
    url: str | None = None


class HandoffNote(Strict, frozen=True):
    from_kind: Literal["bot", "agent"]
    trigger: Literal["customer_request", "fallback", "low_confidence", "policy", "error", "unknown"]
    summary: str | None = None
    slots_passed: Count | None = None


class Change(Strict, frozen=True):
    field: Literal["priority", "subject", "language", "tags", "team", "custom"]
    to: Any
    name: str | None = None
    from_: Any = msgspec.field(default=None, name="from")


class Link(Strict, frozen=True):
    source: str
    conversation_id: Id


class ConversationStarted(Strict, frozen=True):
    conversation_id: Id
    channel: Channel
    direction: Literal["inbound", "outbound"]
    customer: Party | None = None
    initiator: Party | None = None
    queue: Id | None = None
    queue_name: str | None = None
    subject: Annotated[str, Meta(max_length=500)] | None = None
    language: Language | None = None
    priority: Priority | None = None
    tags: list[str] | None = None
    parent_id: str | None = None
    links: list[Link] | None = None
    url: str | None = None


class ConversationUpdated(Strict, frozen=True):
    conversation_id: Id
    changes: Annotated[list[Change], Meta(min_length=1)]
    by: Party | None = None


class StatusChanged(Strict, frozen=True):
    conversation_id: Id
    to: Status
    from_: Status | None = msgspec.field(default=None, name="from")
    native: str | None = None
    outcome: Outcome | None = None
    by: Party | None = None
    until: Time | None = None
    wait_ms: Count | None = None
    key: str | None = None


class Queued(Strict, frozen=True):
    conversation_id: Id
    queue: Id
    queue_name: str | None = None
    position: Count | None = None
    size: Count | None = None
    previous_queue: Id | None = None
    reason: Literal["new", "overflow", "transfer", "supervisor", "return", "unknown"] | None = None
    by: Party | None = None


class Offered(Strict, frozen=True):
    conversation_id: Id
    agent: Party
    outcome: Literal["offered", "accepted", "missed", "declined", "canceled"]
    queue: Id | None = None
    ring_ms: Count | None = None


class Assigned(Strict, frozen=True):
    conversation_id: Id
    to: Party | None
    from_: Party | None = msgspec.field(default=None, name="from")
    queue: Id | None = None
    team: str | None = None
    reason: Literal["routing", "manual", "transfer", "handoff", "supervisor", "unassigned", "unknown"] | None = None
    by: Party | None = None
    wait_ms: Count | None = None
    total_wait_ms: Count | None = None
    handoff: HandoffNote | None = None


class MessageCreated(Strict, frozen=True):
    conversation_id: Id
    message_id: Id
    author: Party
    visibility: Literal["public", "private"]
    text: Annotated[str, Meta(max_length=65536)] | None = None
    html: bool | None = None
    media_type: str | None = None
    kind: Literal["text", "survey_prompt", "template", "closing", "voice_turn", "card", "form"] | None = None
    attachments: list[Attachment] | None = None
    in_reply_to: Id | None = None
    offset_ms: Count | None = None
    duration_ms: Count | None = None
    transcript_confidence: Share | None = None
    language: Language | None = None
    sent_by_midshift: bool | None = None


class MessageUpdated(Strict, frozen=True):
    conversation_id: Id
    message_id: Id
    change: Literal["edited", "redacted", "deleted", "delivery"]
    text: Annotated[str, Meta(max_length=65536)] | None = None
    delivery: Literal["sent", "delivered", "read", "failed"] | None = None


class Alternative(Strict, frozen=True):
    intent: str
    confidence: Share


class Score(Strict, frozen=True):
    name: str
    value: float | None = None
    label: str | None = None


class BotTurned(Strict, frozen=True):
    conversation_id: Id
    turn_id: Id
    bot: Party
    message_id: Id | None = None
    reply_message_id: Id | None = None
    intent: str | None = None
    confidence: Share | None = None
    alternatives: Annotated[list[Alternative], Meta(max_length=10)] | None = None
    fallback: bool | None = None
    asked_for_human: bool | None = None
    action: str | None = None
    tool_calls: Count | None = None
    sources: list[str] | None = None
    model: str | None = None
    prompt_version: str | None = None
    latency_ms: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    trace_id: str | None = None
    score: Score | None = None


class RatingReceived(Strict, frozen=True):
    conversation_id: Id
    rating_id: Id
    score: float
    min: float
    max: float
    scale: Literal["csat", "ces", "nps", "thumb", "other"] | None = None
    comment: Annotated[str, Meta(max_length=10000)] | None = None
    agent: Party | None = None


class AgentStatusChanged(Strict, frozen=True):
    agent: Party
    to: Literal["available", "busy", "wrap_up", "away", "offline", "unknown"]
    native: str | None = None
    reason: str | None = None
    queue: str | None = None
    capacity: Count | None = None
    load: Count | None = None


class AnalysisReported(Strict, frozen=True):
    conversation_id: Id
    analysis_id: Id
    kind: Literal[
        "sentiment", "category", "issue", "outcome", "action_item", "summary",
        "talk_time", "silence", "interruption", "toxicity", "other",
    ]  # fmt: skip
    about: Party | None = None
    message_id: Id | None = None
    label: str | None = None
    value: float | None = None
    text: str | None = None
    vendor: str | None = None
    offset_ms: Count | None = None
    duration_ms: Count | None = None


class QueueSnapshotTaken(Strict, frozen=True):
    queue: Id
    waiting: Count
    queue_name: str | None = None
    longest_wait_ms: Count | None = None
    agents_available: Count | None = None
    agents_busy: Count | None = None
    agents_away: Count | None = None
    conversations: list[Id] | None = None


class CustomerUpdated(Strict, frozen=True):
    customer: Party
    segment: str | None = None
    owner: Party | None = None
    attributes: Annotated[dict[str, str | int | float | bool | None], Meta(max_length=50)] | None = None
    deleted: bool | None = None


class ActionReported(Strict, frozen=True):
    action_id: Id
    kind: Literal["send_private_note", "reassign", "set_priority", "push_kb_article", "push_prompt"]
    state: Literal["accepted", "done", "refused", "failed", "unsupported"]
    conversation_id: Id | None = None
    native_ref: str | None = None
    code: str | None = None
    message: Annotated[str, Meta(max_length=2000)] | None = None
    attempts: Count | None = None


Data = (
    ConversationStarted | ConversationUpdated | StatusChanged | Queued | Offered | Assigned | MessageCreated
    | MessageUpdated | BotTurned | RatingReceived | AgentStatusChanged | AnalysisReported | QueueSnapshotTaken
    | CustomerUpdated | ActionReported
)  # fmt: skip

TYPES: dict[str, type[Strict]] = {
    "midshift.conversation.started.v1": ConversationStarted,
    "midshift.conversation.updated.v1": ConversationUpdated,
    "midshift.conversation.status_changed.v1": StatusChanged,
    "midshift.conversation.queued.v1": Queued,
    "midshift.conversation.offered.v1": Offered,
    "midshift.conversation.assigned.v1": Assigned,
    "midshift.message.created.v1": MessageCreated,
    "midshift.message.updated.v1": MessageUpdated,
    "midshift.bot.turn.v1": BotTurned,
    "midshift.rating.received.v1": RatingReceived,
    "midshift.agent.status_changed.v1": AgentStatusChanged,
    "midshift.analysis.reported.v1": AnalysisReported,
    "midshift.queue.snapshot.v1": QueueSnapshotTaken,
    "midshift.customer.updated.v1": CustomerUpdated,
    "midshift.action.result.v1": ActionReported,
}


class Envelope(Strict, frozen=True):
    """The CloudEvent around the data, before the data is read by its type."""

    specversion: Literal["1.0"]
    id: Id
    source: Id
    type: str
    time: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")]
    data: msgspec.Raw
    subject: Annotated[str, Meta(max_length=300)] | None = None
    datacontenttype: Literal["application/json"] | None = None
    dataschema: str | None = None
    partitionkey: Annotated[str, Meta(max_length=255)] | None = None
    sequence: Annotated[str, Meta(pattern=r"^[0-9]{1,20}$")] | None = None
    recordedtime: str | None = None
    timeprecision: Literal["s", "ms", "us"] | None = None
    via: Literal["push", "poll", "import", "replay", "action"] | None = None
    nativetype: Annotated[str, Meta(max_length=120)] | None = None


class CanonicalEvent(Struct, frozen=True, kw_only=True):
    """One fact from a source, checked and ready to be recorded. Order inside a scope is (time, sequence, id)."""

    id: str
    source: str
    type: str
    time: datetime
    data: Data
    sequence: str = ""
    via: str = "push"
