"""Conversations as lists and one by one: masked text only, within the viewer's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.console.floor import rows, spoken
from apps.console.scope import linked
from apps.interactions.models import (
    BotTurn,
    Conversation,
    ConversationEvent,
    ConversationQuerySet,
    Customer,
    Message,
    Participation,
    Queue,
    QueueWait,
    Rating,
)
from apps.shared.errors import OutOfScope
from apps.ui.lines import Lane, Mark, Span, TimeLine
from apps.ui.templatetags.ui import CHANNELS
from apps.ui.writing import unmarked

PAGE = 30
STATES = {"waiting": "Waiting", "open": "Open", "closed": "Closed", "ai": "With an AI agent"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to. Search words stay out of addresses and logs: they come by POST."""

    channel: str = ""
    queue: str = ""
    agent: str = ""  # who holds it
    state: str = ""
    words: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in a list."""

    key: str
    title: str
    href: str
    channel: str
    state: str
    reference: str
    customer: str
    holder: str
    queue: str
    since: datetime | None
    since_word: str
    at: datetime | None
    mood: float | None
    line: str
    tags: Sequence[dict[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, with how many there are in all (None where more than a thousand match)."""

    rows: Sequence[Row]
    count: int | None
    has_next: bool
    facets: Sequence[dict[str, Any]] = ()


def listing(*, viewer: Viewer, wanted: Filter, at: datetime) -> Listing:
    """One page, newest first, with counts for narrowing it. A bounded number of statements."""
    viewer.require(Permission.VIEW_CONVERSATIONS)
    scope = Conversation.objects.visible_to(viewer)
    found = _narrowed(scope, wanted, at)
    start = (wanted.page - 1) * PAGE
    keys = list(found.order_by("-last_event_at", "pk").values_list("pk", flat=True)[start : start + PAGE + 1])
    count = found.values("pk")[:1001].count()
    return Listing(
        rows=rows_of(viewer=viewer, keys=keys[:PAGE]), count=count if count <= 1000 else None, has_next=len(keys) > PAGE,
        facets=_facets(scope, wanted, at),
    )  # fmt: skip


def begun_since(*, viewer: Viewer, wanted: Filter, since: datetime, at: datetime) -> int:
    """How many conversations of a list began after it was shown, up to 99. One statement."""
    viewer.require(Permission.VIEW_CONVERSATIONS)
    if since.tzinfo is None:
        return 0
    found = _narrowed(Conversation.objects.visible_to(viewer), wanted, at).filter(started_at__gt=since)
    return found.values("pk")[:99].count()


def _narrowed(scope: ConversationQuerySet, wanted: Filter, at: datetime) -> ConversationQuerySet:
    if wanted.channel:
        scope = scope.filter(channel=wanted.channel)
    if wanted.queue:
        scope = scope.filter(queue_id=UUID(wanted.queue))
    if wanted.agent:
        scope = scope.filter(holder_id=UUID(wanted.agent))
    if wanted.state == "waiting":
        scope = scope.filter(is_open=True, waiting_since__isnull=False)
    elif wanted.state == "open":
        scope = scope.filter(is_open=True)
    elif wanted.state == "closed":
        scope = scope.filter(is_open=False)
    elif wanted.state == "ai":
        scope = scope.filter(is_open=True, holder__kind="ai")
    if wanted.words:
        # Masked text of the last week: what is behind a placeholder cannot be searched for.
        said = Message.objects.filter(text__icontains=wanted.words, sent_at__gte=at - timedelta(days=7))
        scope = scope.filter(pk__in=said.values("conversation_id"))
    return scope


def _facets(scope: ConversationQuerySet, wanted: Filter, at: datetime) -> list[dict[str, Any]]:
    recent = scope.filter(last_event_at__gte=at - timedelta(days=1))
    channels = recent.values_list("channel").annotate(n=Count("pk")).order_by("channel")
    queues = (
        recent.exclude(queue=None).values_list("queue", "queue__name").annotate(n=Count("pk")).order_by("queue__name")
    )
    holders = scope.filter(is_open=True).exclude(holder=None)
    held = holders.values_list("holder", "holder__name").annotate(n=Count("pk")).order_by("holder__name")
    return [
        _group("Where it stands", "state", wanted.state, [(key, word, None) for key, word in STATES.items()]),
        _group("Channel", "channel", wanted.channel, [(c, CHANNELS.get(c, ("", c))[1], n) for c, n in channels if c]),
        _group("Queue", "queue", wanted.queue, [(str(q), name, n) for q, name, n in queues]),
        _group("Held by", "agent", wanted.agent, [(str(a), name, n) for a, name, n in held]),
    ]


def _group(legend: str, name: str, chosen: str, options: list[tuple[str, str, int | None]]) -> dict[str, Any]:
    everything = {"value": "", "label": "All", "count": None, "is_checked": not chosen}
    return {
        "legend": legend, "name": name, "type": "radio",
        "options": [everything, *({"value": v, "label": w, "count": n, "is_checked": v == chosen} for v, w, n in options)],
    }  # fmt: skip


_LAST = """
SELECT DISTINCT ON (conversation_id) conversation_id, text FROM interactions_message
WHERE conversation_id = ANY(%(ids)s) AND sent_at >= %(since)s AND NOT is_private
ORDER BY conversation_id, sent_at DESC, sequence DESC, id DESC
"""


def rows_of(*, viewer: Viewer, keys: Sequence[UUID]) -> list[Row]:
    """List rows of conversations the caller has already scoped, in the given order. Three statements."""
    found = {c.pk: c for c in Conversation.objects.filter(pk__in=keys).select_related("queue", "holder")}
    labels = dict(
        Customer.objects.filter(pk__in={c.customer_id for c in found.values() if c.customer_id}).values_list(
            "pk", "label"
        )
    )
    since = min((c.started_at for c in found.values()), default=None)
    last = dict(rows(_LAST, {"ids": list(keys), "since": since})) if since is not None else {}
    return [_row(viewer, found[k], labels, last.get(k, "")) for k in keys if k in found]


def _row(viewer: Viewer, c: Conversation, labels: dict[UUID, str], line: str) -> Row:
    tags: list[dict[str, str]] = []
    if c.transfers:
        tags.append({"label": "transferred", "state": "", "icon": ""})
    if c.handoffs:
        tags.append({"label": "from AI", "state": "bot", "icon": ""})
    if c.cycles > 1:
        tags.append({"label": f"reopened {c.cycles - 1}×", "state": "warn", "icon": ""})
    if c.outcome == "abandoned":
        tags.append({"label": "abandoned", "state": "crit", "icon": ""})
    since, word = (
        (c.waiting_since, "waiting") if c.waiting_since else (c.started_at, "open") if c.is_open else (None, "")
    )
    return Row(
        key=str(c.pk), title=c.subject or (c.tags[0].replace("_", " ").capitalize() if c.tags else "Conversation"),
        href=linked(viewer, "conversation", c.pk), channel=c.channel, state="", reference="",
        customer=labels.get(c.customer_id, "") if c.customer_id else "", holder="" if c.holder is None else c.holder.name,
        queue="" if c.queue is None else c.queue.name, since=since, since_word=word, at=c.last_event_at, mood=None,
        line=unmarked(line)[:240], tags=tags,
    )  # fmt: skip


def get_conversation(*, viewer: Viewer, pk: UUID) -> Conversation:
    """Return one conversation the viewer may read.

    :raises OutOfScope: there is none, or it is not the viewer's to read.
    """
    viewer.require(Permission.VIEW_CONVERSATIONS)
    found = Conversation.objects.visible_to(viewer).select_related("queue", "holder").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a transcript, as the component draws it."""

    number: int
    who: str
    name: str
    at: datetime
    text: str
    mood: float | None = None
    intent: str = ""
    confidence: float | None = None
    is_trigger: bool = False
    is_failed: bool = False
    play_from: float | None = None
    tags: Sequence[dict[str, str]] = ()
    is_event: bool = False
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """One event between two messages."""

    at: datetime
    icon: str
    text: str
    detail: str = ""
    tone: str = ""
    href: str = ""
    is_event: bool = True
    is_day: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation with all that happened in it."""

    conversation: Conversation
    customer: str
    items: Sequence[Said | Happened]
    line: TimeLine
    facts: Sequence[dict[str, str | None]]
    recording: tuple[UUID, float] | None = None
    names: dict[UUID, str] = field(default_factory=dict)


def transcript(*, viewer: Viewer, pk: UUID, at: datetime) -> Transcript:
    """Messages, events, waits and hand-offs of one conversation on one line. A fixed number of statements."""
    c = get_conversation(viewer=viewer, pk=pk)
    span = {"conversation_id": c.pk}
    messages = list(Message.objects.filter(**span, sent_at__gte=c.started_at).order_by("sent_at", "sequence", "id"))
    events = list(
        ConversationEvent.objects.filter(**span, happened_at__gte=c.started_at).order_by(
            "happened_at", "sequence", "id"
        )
    )
    turns = {t.message_id: t for t in BotTurn.objects.filter(**span)}
    waits = list(QueueWait.objects.filter(**span).order_by("n"))
    held = list(Participation.objects.filter(**span).order_by("n"))
    ratings = list(Rating.objects.filter(**span).order_by("happened_at"))
    ids = {m.agent_id for m in messages} | {e.agent_id for e in events} | {p.agent_id for p in held}
    agents = {a.pk: a for a in Agent.objects.filter(pk__in=[i for i in ids if i])}
    queues = dict(
        Queue.objects.filter(
            pk__in={e.queue_id for e in events if e.queue_id} | {w.queue_id for w in waits}
        ).values_list("pk", "name")
    )
    label = Customer.objects.filter(pk=c.customer_id or c.pk).values_list("label", flat=True).first() or "Customer"
    names = {key: a.name for key, a in agents.items()}
    voice = c.channel == "voice"
    items: list[Said | Happened] = []
    for number, m in enumerate(messages, start=1):
        turn = turns.get(m.pk)
        items.append(
            Said(
                number=number, who=_who(m), name=label if m.author_kind == "customer" else names.get(m.agent_id or m.pk, m.get_author_kind_display()),
                at=m.sent_at, text=m.text if m.removed_at is None else "This message was removed at its source.",
                intent="" if turn is None else turn.intent or ("not understood" if turn.is_fallback else ""),
                confidence=None if turn is None else turn.confidence, is_failed=m.delivery == "failed",
                play_from=m.offset_ms / 1000 if voice and m.offset_ms is not None else None,
                tags=[{"label": "asks for a person", "state": "warn", "icon": ""}] if turn is not None and turn.asked_for_human else [],
            )
        )  # fmt: skip
    items += [h for e in events if (h := _happened(e, names, queues)) is not None]
    items += [
        Happened(
            r.happened_at,
            "star",
            f"Rated {r.score:g} of {r.highest:g}",
            r.comment,
            "ok" if r.score >= r.highest - 1 else "warn",
        )
        for r in ratings
    ]
    items.sort(key=lambda item: item.at)
    recording = next(
        (
            (m.pk, (messages[-1].offset_ms or 0) / 1000 + (messages[-1].duration_ms or 0) / 1000)
            for m in messages
            if m.attachments
        ),
        None,
    )
    return Transcript(
        conversation=c, customer=label, items=items, line=_line(c, label, waits, held, agents, queues, events, at),
        facts=_facts(c, waits, at), recording=recording if voice else None, names=names,
    )  # fmt: skip


def _who(m: Message) -> str:
    if m.is_private:
        return "note"
    return {"customer": "customer", "bot": "ai"}.get(m.author_kind, "agent")


def _happened(e: ConversationEvent, names: dict[UUID, str], queues: dict[UUID, str]) -> Happened | None:
    who = names.get(e.agent_id, "somebody") if e.agent_id else ""
    match e.kind:
        case "queued":
            return Happened(
                e.happened_at, "inbox", f"Waits in {queues.get(e.queue_id, 'a queue') if e.queue_id else 'a queue'}"
            )
        case "assigned" if not who:
            return Happened(e.happened_at, "user-x", "Nobody has it any more")
        case "assigned":
            note = e.data.get("handoff")
            if note:
                return Happened(
                    e.happened_at, "forward", f"Handed over by the AI agent to {who}: {note['trigger'].replace('_', ' ')}",
                    note.get("summary") or "", "bot",
                )  # fmt: skip
            ai = e.data.get("to_kind") == "bot"
            verb = "transferred to" if e.data.get("reason") == "transfer" else "taken by"
            return Happened(
                e.happened_at, "bot" if ai else "user-check", f"{verb.capitalize()} {who}", tone="bot" if ai else ""
            )
        case "status" if e.data.get("outcome") == "abandoned":
            return Happened(e.happened_at, "log-out", "The customer gave up waiting", tone="crit")
        case "status":
            if e.data["to"] in ("queued", "bot"):
                return None  # the wait and the hand-over to the AI agent are lines of their own
            closed = e.data["to"] in ("resolved", "closed")
            return Happened(
                e.happened_at,
                "check" if closed else "rotate-ccw",
                f"{e.data['to'].capitalize()}" + (f" by {who}" if who else ""),
                tone="ok" if closed else "",
            )
    return None


def _line(
    c: Conversation, label: str, waits: Sequence[QueueWait], held: Sequence[Participation], agents: dict[UUID, Agent],
    queues: dict[UUID, str], events: Sequence[ConversationEvent], at: datetime,
) -> TimeLine:  # fmt: skip
    lanes: list[Lane] = []
    if waits:
        lanes.append(
            Lane(
                f"{label} waits",
                [
                    Span(
                        w.entered_at,
                        w.ended_at,
                        "wait",
                        f"{queues.get(w.queue_id, 'queue')}, {spoken(((w.ended_at or at) - w.entered_at).total_seconds())}",
                    )
                    for w in waits
                ],
            )
        )
    by_agent: dict[UUID, list[Participation]] = {}
    for one in held:
        by_agent.setdefault(one.agent_id, []).append(one)
    for key, stretches in by_agent.items():
        agent = agents.get(key)
        name = agent.name if agent is not None else "Somebody"
        kind = "bot" if agent is not None and agent.kind == "ai" else "person"
        lanes.append(Lane(name, [Span(p.joined_at, p.left_at, kind, name) for p in stretches]))
    marks = [Mark(e.happened_at, "Handed over" if e.data.get("handoff") else "Transferred") for e in events
             if e.kind == "assigned" and (e.data.get("handoff") or e.data.get("reason") == "transfer")]  # fmt: skip
    ends = at if c.is_open else max(c.last_event_at, c.started_at + timedelta(seconds=1))
    return TimeLine(c.started_at, ends, lanes, marks)


def _facts(c: Conversation, waits: Sequence[QueueWait], at: datetime) -> list[dict[str, str | None]]:
    waited = sum(((w.ended_at or at) - w.entered_at).total_seconds() for w in waits)
    reply = None if c.first_reply_at is None else spoken((c.first_reply_at - c.started_at).total_seconds())
    return [
        {"name": "State", "value": (c.outcome or c.status or "open").replace("_", " ")},
        {"name": "Queue", "value": None if c.queue is None else c.queue.name},
        {"name": "With", "value": None if c.holder is None else c.holder.name},
        {"name": "Waited in queues", "value": spoken(waited) if waits else None},
        {"name": "First human reply after", "value": reply},
        {"name": "Messages", "value": f"{c.customer_messages} customer, {c.human_messages} people, {c.ai_messages} AI"},
        {"name": "Transfers", "value": str(c.transfers)},
        {"name": "Care cycles", "value": str(c.cycles)},
    ]
