"""What was read, for whoever may read the messages it was read from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access import persons
from apps.access.viewer import Viewer
from apps.analysis import (
    asks_for_human,
    checklists,
    complexity,
    handoff,
    intent,
    loops,
    meanings,
    phrases,
    repeat,
    roughness,
    safety,
    second_tier,
    sentiment,
    tone,
)
from apps.analysis.models import Lesson, Mood, Reading, TierTold
from apps.analysis.opinions import Part, Said
from apps.analysis.reading import NOT_ANALYSED
from apps.interactions.models import BotTurn, Conversation, Handoff, Message, SealedValue
from apps.interactions.queries import is_readable

# The model of a message that holds nothing to read, which is no other language.
NO_WORDS = "no words"
# How a reply of ours that holds what it must not stands among the readings.
SAFETY, FLAGGED = safety.PART, safety.FLAGGED
# From which roughness on a reply is worth a look when people look for rough ones; below it are what honest replies have.
ROUGH = roughness.FLOOR
# And how an answer of an AI agent stands that was given again, or contradicts an earlier one.
CIRCLES, LOOP, CONTRADICTION = loops.PART, loops.LOOP, loops.CONTRADICTION


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of a masked text that decided a reading: where they stand and what they are a mark of."""

    start: int
    end: int
    name: str
    is_against: bool = False


@dataclass(frozen=True, slots=True)
class MessageRead:
    """What was read of one message: a customer's mood from -1 to 1 (None: not analysed) and whether it asks for a person; of a
    reply of ours, what it must not hold and how it sounds."""

    mood: float | None = None
    is_analysed: bool = False
    asks_for_person: bool = False
    # It was read, and its language is none that is known.
    is_other_language: bool = False
    # The words that decided it, in the masked text, by place.
    marks: Sequence[Mark] = ()
    # Of a reply: the lists of which it holds a phrase, and its tone where that is not plain.
    held: Sequence[str] = ()
    tone: str = ""
    # Of an AI agent's answer: whether it was given before or contradicts one, and how many of its answers back that one is.
    circle: str = ""
    back: int = 0
    # Of one of the customer's first messages after a hand-off: whether it says again what they said before; None where it was not read.
    is_repeat: bool | None = None
    # Of the customer's first message: the probability that what it opens becomes one of the long ones.
    complexity: float | None = None

    @property
    def is_cold(self) -> bool:
        """True for a reply against which a mark of tone speaks."""
        return self.tone == tone.COLD


def readings_of(*, viewer: Viewer, conversation: UUID) -> dict[UUID, MessageRead]:
    """Return what was read of the messages of one conversation; nothing of one outside the viewer's scope. Two statements."""
    if not is_readable(viewer=viewer, conversation=conversation):
        return {}
    parts: dict[UUID, dict[str, Reading]] = {}
    for one in Reading.objects.filter(conversation_id=conversation):
        parts.setdefault(one.message_id, {})[one.part] = one
    return {message: _read_of(by) for message, by in parts.items()}


def _read_of(by: dict[str, Reading]) -> MessageRead:
    mood, asks = by.get(sentiment.PART), by.get(asks_for_human.PART)
    kept, sounds = by.get(safety.PART), by.get(tone.PART)
    circle, opens, again = by.get(loops.PART), by.get(complexity.PART), by.get(repeat.PART)
    in_circles = circle is not None and circle.label != loops.STRAIGHT
    is_asked = asks is not None and asks.label == asks_for_human.ASKED
    marks = [*_marks(mood, "" if mood is None else f"speaks for {mood.label}")]
    marks += _marks(asks if is_asked else None, "asks for a person")
    is_repeat = None if again is None else again.label == repeat.REPEATED
    marks += _marks(again if is_repeat else None, "says again what was said before the hand-off")
    marks += [*_marks(kept, "", is_against=True), *_marks(sounds, "")]
    return MessageRead(
        mood=None if mood is None else mood.score, is_analysed=mood is not None and mood.label != NOT_ANALYSED,
        asks_for_person=is_asked, is_other_language=mood is not None and mood.label == NOT_ANALYSED and mood.model != NO_WORDS,
        marks=sorted(marks, key=lambda one: (one.start, -one.end)), held=sorted({one.name for one in _marks(kept, "")}),
        tone=sounds.label if sounds is not None and sounds.label != tone.PLAIN else "",
        circle=circle.label if circle is not None and in_circles else "",
        back=int(circle.score or 0) if circle is not None and in_circles else 0, is_repeat=is_repeat, complexity=None if opens is None else opens.score,
    )  # fmt: skip


def _marks(reading: Reading | None, name: str, *, is_against: bool = False) -> Iterator[Mark]:
    for start, end, weight, *rest in () if reading is None else reading.clues:
        yield Mark(start, end, rest[0] if rest else name, is_against or weight < 0)


def mood_of(*, viewer: Viewer, conversation: UUID) -> Mood | None:
    """Return how the customer of a conversation feels, None while nothing is known or outside the viewer's scope."""
    if not is_readable(viewer=viewer, conversation=conversation):
        return None
    return Mood.objects.filter(conversation_id=conversation).first()


def moods_of(*, viewer: Viewer, conversations: Sequence[UUID]) -> dict[UUID, float]:
    """Return the running moods of conversations in the viewer's scope that have one. One statement."""
    scope = Conversation.objects.visible_to(viewer).filter(pk__in=list(conversations))
    found = Mood.objects.filter(conversation_id__in=scope.values("pk"), score__isnull=False)
    return {key: score for key, score in found.values_list("conversation_id", "score") if score is not None}


@dataclass(frozen=True, slots=True)
class HandoffRead:
    """How one hand-off from an AI agent went, when it was, and what was read of the AI agent's answers since the one before."""

    happened_at: datetime
    quality: handoff.Quality
    loops: int = 0
    contradictions: int = 0


# The kinds of values that answer a question for each kind (`masking.asked_in`).
ANSWERED_BY = {
    "ID": ("account", "order"), "PHONE": ("phone",), "CARD": ("card",), "SSN": ("id",), "EMAIL": ("email",), "NAME": ("name",),
    "ADDRESS": ("address",),
}  # fmt: skip
# What one reads where two kinds answer the same question.
CALLED = {"ID": "account or order number"}


def handoffs_of(
    *,
    viewer: Viewer,
    conversation: UUID,
    messages: Sequence[Message],
    read: Mapping[UUID, MessageRead] = MappingProxyType({}),
) -> list[HandoffRead]:
    """Score the hand-offs of a conversation in the viewer's scope; `messages` are its masked messages, by time, and `read`
    what was read of them (`readings_of`).

    Three statements, however many there were: which values were given again is told by their keyed marks. Two where there was none.
    """
    if not is_readable(viewer=viewer, conversation=conversation):
        return []
    found = list(Handoff.objects.filter(conversation_id=conversation).order_by("n"))
    if not found:
        return []
    said = [m for m in messages if m.author_kind == "customer" and not m.is_private]
    marks: dict[UUID, set[tuple[int | None, str]]] = {}
    for message, mark, kind in SealedValue.objects.filter(
        message_id__in=[m.pk for m in said], mark__isnull=False, conversation_id=conversation
    ).values_list("message_id", "mark", "kind"):
        marks.setdefault(message, set()).add((mark, kind))
    out = []
    for number, one in enumerate(found):
        until = found[number + 1].happened_at if number + 1 < len(found) else None
        before = [m for m in said if m.sent_at <= one.happened_at]
        after = [m for m in said if m.sent_at > one.happened_at and (until is None or m.sent_at <= until)]
        given = set().union(*(marks.get(m.pk, set()) for m in before))
        again = given & set().union(*(marks.get(m.pk, set()) for m in after))
        answered = next(
            (
                m.sent_at
                for m in messages
                if m.author_kind == "agent" and not m.is_private and m.sent_at > one.happened_at
            ),
            None,
        )
        kinds = {kind for _, kind in given}
        asked = {
            m.asks for m in messages
            if m.author_kind == "agent" and m.sent_at > one.happened_at and (until is None or m.sent_at <= until)
            and kinds.intersection(ANSWERED_BY.get(m.asks, ()))
        }  # fmt: skip
        since = found[number - 1].happened_at if number else None
        circles = [
            read[m.pk].circle for m in messages
            if m.pk in read and m.sent_at <= one.happened_at and (since is None or m.sent_at > since)
        ]  # fmt: skip
        about = handoff.About(
            asked_again=sorted({CALLED.get(kind) or ANSWERED_BY[kind][0] for kind in asked}), said_before=[m.text for m in before], said_after=[m.text for m in after], given_again=sorted({kind for _, kind in again}),
            repeats=[read[m.pk].is_repeat if m.pk in read else None for m in after], has_context=bool(one.summary) or bool(one.slots_passed),
            reply_seconds=None if answered is None else (answered - one.happened_at).total_seconds(),
        )  # fmt: skip
        quality = handoff.quality_of(about)
        out.append(HandoffRead(one.happened_at, quality, circles.count(loops.LOOP), circles.count(loops.CONTRADICTION)))
    return out


@dataclass(frozen=True, slots=True)
class SecondTierNow:
    """Whether a second reader reads, why not, and how many of the latest messages both readers read.

    `why` is None while no worker has said; `by_both` of `latest` messages that were analysed, by when they were read.
    """

    why: str | None
    by_both: int
    latest: int


# By when they were sent: the index of the retention gives the latest ones without a look at the others.
_LATEST_MOODS = """
SELECT count(*) FILTER (WHERE model = %s), count(*) FROM (
    SELECT model FROM analysis_reading WHERE part = %s AND label <> %s ORDER BY sent_at DESC LIMIT %s) latest
"""
LATEST = 1000


def second_tiers_now() -> tuple[SecondTierNow, SecondTierNow, SecondTierNow]:
    """Say who reads moods here now, who repeats and intents, which are too few to be counted, and who names: numbers of the
    whole installation, which tell of nobody. Two statements."""
    told = dict(TierTold.objects.values_list("tier", "why"))
    with connection.cursor() as cursor:
        cursor.execute(_LATEST_MOODS, [sentiment.MODEL_OF_BOTH, sentiment.PART, NOT_ANALYSED, LATEST])
        moods = SecondTierNow(told.get(second_tier.NAME), *cursor.fetchone())
    return moods, SecondTierNow(told.get(meanings.NAME), 0, 0), SecondTierNow(told.get(persons.NAME), 0, 0)


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """How far one AI agent and the second opinion learnt of it name the same: `agreed` of `sure` messages, of which it was sure
    enough to say, among `read` ones."""

    read: int
    sure: int
    agreed: int
    # How many of `read` were read by words and by meaning, where the second tier is there.
    by_both: int = 0
    # What it was learnt from, None while nothing was.
    examples: int | None = None
    intents: int = 0
    learnt_at: datetime | None = None
    # The pairs that differ most often: what the agent named, what the second opinion did, how often.
    differs: Sequence[tuple[str, str, int]] = ()


_SECOND = """
SELECT t.intent, r.intent, count(*), count(*) FILTER (WHERE r.model = %(both)s) FROM interactions_botturn t JOIN analysis_reading r ON r.message_id = t.message_id AND r.part = 'intent'
WHERE t.agent_id = %(agent)s AND t.happened_at >= %(since)s AND t.happened_at < %(until)s AND NOT t.is_fallback AND t.intent <> ''
  AND (%(everywhere)s OR EXISTS (SELECT 1 FROM interactions_conversation c WHERE c.id = t.conversation_id AND c.queue_id = ANY(%(queues)s)))
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
MOST_DIFFER = 5


def second_opinion(*, agent: UUID, since: datetime, until: datetime, queues: Sequence[UUID] | None) -> SecondOpinion:
    """Return how far an AI agent and its second opinion agree in these queues (None: everywhere). Two statements.

    The caller has asked whether the viewer may see this agent's numbers.
    """
    values: dict[str, Any] = {
        "agent": agent,
        "since": since,
        "until": until,
        "queues": queues or [],
        "everywhere": queues is None,
        "both": intent.MODEL_OF_BOTH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SECOND, values)
        found: list[tuple[str, str, int, int]] = cursor.fetchall()
    told = [row[:3] for row in found]
    lesson = Lesson.objects.defer("weights").filter(agent_id=agent, intents__gt=0).first()
    sure = [row for row in told if row[1]]
    return SecondOpinion(
        read=sum(n for *_, n in told), by_both=sum(both for *_, both in found), sure=sum(n for *_, n in sure), agreed=sum(n for own, ours, n in sure if own == ours),
        examples=None if lesson is None else lesson.examples, intents=0 if lesson is None else lesson.intents,
        learnt_at=None if lesson is None else lesson.learnt_at, differs=[row for row in sure if row[0] != row[1]][:MOST_DIFFER],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Circles:
    """In how many of the conversations that one AI agent answered in it turned in circles, and in how many it contradicted itself."""

    conversations: int
    in_loops: int
    contradicting: int


_CIRCLES = """
SELECT m.agent_id, count(DISTINCT r.conversation_id), count(DISTINCT r.conversation_id) FILTER (WHERE r.label = %(loop)s),
       count(DISTINCT r.conversation_id) FILTER (WHERE r.label = %(contradiction)s)
FROM analysis_reading r JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
WHERE r.part = %(part)s AND r.sent_at >= %(since)s AND r.sent_at < %(until)s
  AND m.sent_at >= %(since)s AND m.sent_at < %(until)s AND m.agent_id = ANY(%(agents)s)
  AND (%(everywhere)s OR EXISTS (
    SELECT 1 FROM interactions_conversation c WHERE c.id = r.conversation_id AND c.queue_id = ANY(%(queues)s)))
GROUP BY m.agent_id
"""


def circles_of(
    *, agents: Sequence[UUID], since: datetime, until: datetime, queues: Sequence[UUID] | None = None
) -> dict[UUID, Circles]:
    """Count the conversations in which AI agents gave an answer again or contradicted one, by answers in [since, until).

    `queues` narrows it to conversations of these queues. The caller has asked whether the viewer may see these numbers; an agent
    without a read answer is left out. One statement.
    """
    asked: dict[str, Any] = {
        "part": loops.PART, "loop": loops.LOOP, "contradiction": loops.CONTRADICTION, "since": since, "until": until,
        "agents": list(agents), "everywhere": queues is None, "queues": list(queues or ()),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CIRCLES, asked)
        return {agent: Circles(*counts) for agent, *counts in cursor.fetchall()}


def parts_of(*, parts: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Part]:
    """Return the parts of agents in conversations as opinions are formed of them, by (conversation, agent).

    Without a viewer: for what is counted, or for a conversation that the caller has asked about. Replies are held against the
    floor's own checklist and lists, once there are any. Six statements, however many.
    """
    talks = {
        c.pk: c for c in Conversation.objects.select_related("queue").filter(pk__in={conversation for conversation, _ in parts})
    }  # fmt: skip
    if not talks:
        return {}
    written, held = checklists.current(), phrases.current()
    # The span tells which partitions to ask.
    low, high = min(c.started_at for c in talks.values()), max(c.last_event_at for c in talks.values())
    said: dict[UUID, list[Said]] = {key: [] for key in talks}
    labels: dict[UUID, dict[str, str]] = {}
    read_by: dict[UUID, dict[str, tuple[str, int]]] = {}
    moods: dict[UUID, float | None] = {}
    unknown: set[UUID] = set()
    for one in Reading.objects.filter(conversation_id__in=talks).defer("clues"):
        labels.setdefault(one.message_id, {})[one.part] = one.label
        read_by.setdefault(one.message_id, {})[one.part] = (one.model, one.version)
        if one.part == sentiment.PART:
            moods[one.message_id] = one.score
            if one.label == NOT_ANALYSED and one.model != NO_WORDS:
                unknown.add(one.conversation_id)
    found = Message.objects.filter(
        conversation_id__in=talks, sent_at__gte=low, sent_at__lte=high, is_private=False, removed_at=None,
        author_kind__in=["customer", "agent", "bot"],
    ).exclude(text="")  # fmt: skip
    for m in found.order_by("sent_at", "sequence", "pk"):
        by = None if m.author_kind == "customer" else m.agent_id
        if by is not None or m.author_kind == "customer":
            kept = labels.get(m.pk, {}), moods.get(m.pk), read_by.get(m.pk, {})
            said[m.conversation_id].append(Said(m.pk, m.sent_at, m.text, by, *kept))
    handed: dict[tuple[UUID, UUID], datetime] = {}
    for conversation, ai, agent, at in (
        Handoff.objects.filter(conversation_id__in=talks)
        .order_by("n").values_list("conversation_id", "ai_agent_id", "agent_id", "happened_at")
    ):  # fmt: skip
        for who in filter(None, (ai, agent)):
            handed.setdefault((conversation, who), at)
    return {
        (conversation, agent): Part(
            agent, said[conversation], talks[conversation].started_at, not talks[conversation].is_open, handed.get((conversation, agent)),
            conversation not in unknown, written.steps if written.n else None, _about(talks[conversation]), held.lists,
        )
        for conversation, agent in parts if conversation in talks
    }  # fmt: skip


def _about(talk: Conversation) -> dict[str, list[str]]:
    """By what a step of a checklist is meant for a conversation; its intents are no part of what is counted."""
    queue = [talk.queue.name] if talk.queue else []
    return {"queue": queue, "channel": [talk.channel], "tag": [str(tag) for tag in talk.tags], "intent": []}


def rules_in_force() -> str:
    """Which versions of the floor's checklist and lists opinions are formed by. Two statements."""
    return f"k{checklists.current().n} p{phrases.current().n}"


def trusted(turn: BotTurn) -> float | None:
    """The confidence that a turn may be judged by; of a fallback that of its best real intent, None where it names none."""
    others = turn.details.get("alternatives") or []
    ranking = [
        (str(one.get("intent", "")), float(one["confidence"])) for one in others if one.get("confidence") is not None
    ]
    return intent.confidence_of(confidence=turn.confidence, is_fallback=turn.is_fallback, ranking=ranking)


def trusted_in_sql(turn: str) -> str:
    """Write `trusted` as an expression on a row of turns, for numbers over many of them; null where none is to be trusted."""
    return f"""CASE WHEN NOT {turn}.is_fallback THEN {turn}.confidence ELSE (
        SELECT (other ->> 'confidence')::float8 FROM jsonb_array_elements(
            CASE jsonb_typeof({turn}.details -> 'alternatives') WHEN 'array' THEN {turn}.details -> 'alternatives' ELSE '[]' END
        ) WITH ORDINALITY AS ranking(other, place)
        WHERE jsonb_typeof(other -> 'confidence') = 'number' AND position('fallback' IN lower(coalesce(other ->> 'intent', ''))) = 0
        ORDER BY place LIMIT 1) END"""  # noqa: S608  # a name of our own statements
