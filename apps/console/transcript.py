"""One conversation told: its messages, events, waits and hand-offs on one line. Masked text only, within the viewer's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from apps.access import audit
from apps.access.roles import Permission
from apps.access.showing import values_in
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.alerts import queries as alerts
from apps.analysis import queries as analysis
from apps.analysis.models import Mood
from apps.analysis.queries import MessageRead
from apps.coaching.models import Note
from apps.console import reading_marks
from apps.console.conversations import channel_of, title_of
from apps.console.reading_marks import HandoffCard, StepLine, Why
from apps.interactions import reading_role, showing
from apps.interactions.models import (
    BotTurn,
    Conversation,
    ConversationEvent,
    Customer,
    Message,
    Participation,
    Queue,
    QueueWait,
    Rating,
)
from apps.shared.errors import OutOfScope
from apps.shared.reading import once
from apps.ui.lines import Lane, Mark, Span, TimeLine
from apps.ui.units import duration_text


def get_conversation(*, viewer: Viewer, pk: UUID) -> Conversation:
    """Return one conversation the viewer may read.

    :raises OutOfScope: there is none, or it is not the viewer's to read.
    """
    viewer.require(Permission.VIEW_CONVERSATIONS)
    found = Conversation.objects.visible_to(viewer).select_related("queue", "holder").filter(pk=pk).first()
    if found is None:
        raise OutOfScope
    return found


REMOVED = "This message was removed at its source."
# Why an AI agent handed over, in words. A cause that the source does not know is not spoken of.
HANDED_OVER = {
    "customer_request": "the customer asked for a person", "fallback": "it did not understand",
    "low_confidence": "it was not sure", "policy": "as the policy says", "error": "an error",
}  # fmt: skip


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
    # What was read of it, each with the words that decided it.
    why: Sequence[Why] = ()
    key: UUID | None = None
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
    title: str
    channel: str
    customer: str
    items: Sequence[Said | Happened]
    line: TimeLine
    facts: Sequence[dict[str, str | None]]
    # The checklist beside it, and how its hand-offs went.
    steps: Sequence[StepLine] = ()
    handoffs: Sequence[HandoffCard] = ()
    recording: tuple[UUID, float] | None = None
    names: dict[UUID, str] = field(default_factory=dict)

    @property
    def values_shown(self) -> int:
        """How many values the policy shows in it."""
        return values_in(self.title, *(i.text if isinstance(i, Said) else i.detail for i in self.items))


def transcript(*, viewer: Viewer, pk: UUID, at: datetime) -> Transcript:
    """Messages, events, waits and hand-offs of one conversation on one line. A fixed number of statements, and one reading
    for a page and its live part."""
    key = ("transcript", viewer.user.pk, viewer.scope, pk, at)
    return once(key, lambda: _transcript(viewer=viewer, pk=pk, at=at))


def _transcript(*, viewer: Viewer, pk: UUID, at: datetime) -> Transcript:
    c = get_conversation(viewer=viewer, pk=pk)
    span = {"conversation_id": c.pk}
    ratings = list(Rating.objects.filter(**span).order_by("happened_at"))
    with reading_role.reading(viewer=viewer, conversations=[c.pk]):
        messages = list(Message.objects.filter(**span, sent_at__gte=c.started_at).order_by("sent_at", "sequence", "id"))
        events = list(
            ConversationEvent.objects.filter(**span, happened_at__gte=c.started_at).order_by(
                "happened_at", "sequence", "id"
            )
        )
        written = _written(c, messages, events, ratings)
        sealed = showing.sealed_of(written)
    turns = {t.message_id: t for t in BotTurn.objects.filter(**span)}
    waits = list(QueueWait.objects.filter(**span).order_by("n"))
    held = list(Participation.objects.filter(**span).order_by("n"))
    ids = {m.agent_id for m in messages} | {e.agent_id for e in events} | {p.agent_id for p in held}
    agents = {a.pk: a for a in Agent.objects.filter(pk__in=[i for i in ids if i])}
    queues = dict(
        Queue.objects.filter(
            pk__in={e.queue_id for e in events if e.queue_id} | {w.queue_id for w in waits}
        ).values_list("pk", "name")
    )
    known = ""
    if c.customer_id is not None:
        known = Customer.objects.filter(pk=c.customer_id).values_list("label", flat=True).first() or ""
    label = known or "Customer"
    names = {key: a.name for key, a in agents.items()}
    voice = c.channel == "voice"
    read = analysis.readings_of(viewer=viewer, conversation=c.pk)
    triggers = alerts.triggers(viewer=viewer, conversation=c.pk)
    felt = analysis.mood_of(viewer=viewer, conversation=c.pk)
    subject, *texts = showing.shown(viewer=viewer, is_counted=True, is_openable=True, texts=written, sealed=sealed)
    told, told_of = iter(texts), list(read.values())
    said, noted, rated = (list(islice(told, len(rows))) for rows in (messages, events, ratings))
    items: list[Said | Happened] = []
    for number, (m, text) in enumerate(zip(messages, said, strict=True), start=1):
        turn, reading = turns.get(m.pk), read.get(m.pk, MessageRead())
        asks = reading.asks_for_person or (turn is not None and turn.asked_for_human)
        items.append(
            Said(
                key=m.pk, number=number, who=_who(m), name=label if m.author_kind == "customer" else names.get(m.agent_id or m.pk, m.get_author_kind_display()),
                at=m.sent_at, text=text, mood=reading.mood,
                intent="" if turn is None else turn.intent.replace("_", " ") or ("not understood" if turn.is_fallback else ""),
                confidence=None if turn is None else analysis.trusted(turn), is_failed=m.delivery == "failed", is_trigger=m.pk in triggers,
                play_from=m.offset_ms / 1000 if voice and m.offset_ms is not None else None,
                tags=reading_marks.tags(reading, asks=asks),
                why=reading_marks.why(m.text, reading) if m.removed_at is None else (),
            )
        )  # fmt: skip
    items += [h for e, note in zip(events, noted, strict=True) if (h := _happened(e, note, names, queues)) is not None]
    items += [
        Happened(
            r.happened_at,
            "star",
            f"Rated {r.score:g} of {r.highest:g}",
            comment,
            "ok" if r.score >= r.highest - 1 else "warn",
        )
        for r, comment in zip(ratings, rated, strict=True)
    ]
    if felt is not None and felt.turned_negative_at is not None:
        # After the message that turned it: sorting keeps the order of what happened at one moment.
        items.append(
            Happened(felt.turned_negative_at, "trending-down", "The customer’s mood turned negative", tone="crit")
        )
    items.sort(key=lambda item: item.at)
    # What a system or a colleague noted afterwards has no place in the recording.
    seconds = max(((m.offset_ms or 0) + (m.duration_ms or 0) for m in messages), default=0) / 1000
    recording = next(((m.pk, seconds) for m in messages if m.attachments), None)
    return Transcript(
        conversation=c, title=title_of(c, known, subject=subject), channel=channel_of(c), customer=label, items=items, line=_line(c, label, waits, held, agents, queues, events, at),
        facts=[*_facts(c, waits, at), *_felt(felt, at), *reading_marks.complexity_fact(told_of)], steps=reading_marks.steps_of(c, messages, events, turns.values(), told_of),
        handoffs=reading_marks.handoff_cards(analysis.handoffs_of(viewer=viewer, conversation=c.pk, messages=messages, read=read), told_of), recording=recording if voice else None, names=names,
    )  # fmt: skip


def _written(
    c: Conversation, messages: Sequence[Message], events: Sequence[ConversationEvent], ratings: Sequence[Rating]
) -> list[showing.Text]:
    """What was written in a conversation: its subject, its messages, summaries of hand-offs and comments of ratings."""
    return [
        showing.Text(c.subject, showing.subject_owner(c, events), c.pk),
        *(showing.Text(m.text if m.removed_at is None else REMOVED, m.pk, c.pk) for m in messages),
        *(showing.Text(str((e.data.get("handoff") or {}).get("summary") or ""), e.pk, c.pk) for e in events),
        *(showing.Text(r.comment, r.pk, c.pk) for r in ratings),
    ]


def with_notes(told: Transcript, notes: Sequence[Note]) -> Transcript:
    """The transcript with what its agents were told about it, where they were told it, each leading to the message it quotes.

    Only for whom the notes were read for: a note is the business of its agent and of who leads them. Nobody marks one: it is no message.
    """
    numbers = {i.key: i.number for i in told.items if isinstance(i, Said)}
    lines = []
    for note in notes:
        number = numbers.get(note.message_id)
        text = f"{note.by} to {note.agent.name}" + ("" if number is None else f", about message {number}")
        href = "" if number is None else f"#m{number}"
        lines.append(Happened(note.sent_at, "graduation-cap", text, note.text, "note", href))
    return replace(told, items=sorted([*told.items, *lines], key=lambda item: item.at)) if lines else told


def note_read(*, viewer: Viewer, found: Transcript, at: datetime) -> None:
    """Write into the audit that a transcript was read, and how many values the policy showed in it."""
    key = found.conversation.pk
    audit.record(by=viewer, verb="transcript.viewed", subject=found.conversation, conversation_id=key, at=at)
    if found.values_shown:
        audit.record(by=viewer, verb="value.shown", about=f"{found.values_shown} values", conversation_id=key, at=at)


def _felt(mood: Mood | None, at: datetime) -> list[dict[str, str | None]]:
    """How the customer feels, and whether they asked for a person and got one; nothing while nothing was read."""
    if mood is None:
        return []
    asked = None
    if mood.asked_at is not None:
        since = duration_text(((mood.granted_at or at) - mood.asked_at).total_seconds())
        asked = f"got one after {since}" if mood.granted_at is not None else f"not granted for {since}"
    told: list[dict[str, str | None]] = [
        {"name": "Mood", "value": None if mood.score is None else f"{mood.score:+.2f}".replace("-", "−")}
    ]
    if asked is not None:
        told.append({"name": "Asked for a person", "value": asked})
    return told


def _who(m: Message) -> str:
    if m.is_private:
        return "note"
    return {"customer": "customer", "bot": "ai"}.get(m.author_kind, "agent")


def _happened(e: ConversationEvent, summary: str, names: dict[UUID, str], queues: dict[UUID, str]) -> Happened | None:
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
                why = HANDED_OVER.get(note.get("trigger") or "", "")
                return Happened(
                    e.happened_at, "forward", f"Handed over by the AI agent to {who}{why and f': {why}'}", summary, "bot",
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
                        f"{queues.get(w.queue_id, 'queue')}, {duration_text(((w.ended_at or at) - w.entered_at).total_seconds())}",
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
    reply = None if c.first_reply_at is None else duration_text((c.first_reply_at - c.started_at).total_seconds())
    return [
        {"name": "State", "value": (c.outcome or c.status or "open").replace("_", " ")},
        {"name": "Source", "value": c.source},
        {"name": "Queue", "value": None if c.queue is None else c.queue.name},
        {"name": "With", "value": None if c.holder is None else c.holder.name},
        {"name": "Waited in queues", "value": duration_text(waited) if waits else None},
        {"name": "First human reply after", "value": reply},
        {"name": "Messages", "value": f"{c.customer_messages} customer, {c.human_messages} people, {c.ai_messages} AI"},
        {"name": "Transfers", "value": str(c.transfers)},
        {"name": "Care cycles", "value": str(c.cycles)},
    ]
