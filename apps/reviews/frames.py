"""The sampling frame: every part of a person in a closed conversation of a period that a plan could draw, read in one statement."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from apps.analysis import queries as analysis
from apps.reviews.plans import Risk, Stratum
from apps.reviews.sampling import Candidate
from apps.reviews.spec import Family

# Up to six messages is short, up to twenty is middling.
SHORT, MIDDLING = 6, 20
# More messages than these are a reason to look.
VERY_LONG = 40
# Ratings in the lower half of their scale are low.
LOW = 0.5
NEGATIVE = -0.2

# Who did how much in which conversation. People hold and write; AI agents take turns.
_PARTS = {
    Family.PEOPLE: """
        SELECT p.conversation_id, p.agent_id, sum(p.messages) AS messages FROM interactions_participation p
        JOIN over_by o ON o.id = p.conversation_id GROUP BY 1, 2
    """,
    Family.AI: """
        SELECT conversation_id, agent_id, max(messages) AS messages FROM (
            SELECT t.conversation_id, t.agent_id, count(*) AS messages FROM interactions_botturn t
            JOIN over_by o ON o.id = t.conversation_id GROUP BY 1, 2
            UNION ALL
            SELECT p.conversation_id, p.agent_id, sum(p.messages) FROM interactions_participation p
            JOIN over_by o ON o.id = p.conversation_id GROUP BY 1, 2
        ) AS both_ways GROUP BY 1, 2
    """,
}  # fmt: skip
_FRAME = """
WITH over_by AS MATERIALIZED (
    SELECT c.id, c.last_event_at, c.channel, c.queue_id, c.tags, c.customer_messages, c.human_messages, c.ai_messages, c.cycles,
           c.transfers FROM interactions_conversation c
    WHERE c.last_event_at >= %(from)s AND c.last_event_at < %(until)s AND NOT c.is_open
      AND (%(queues)s::uuid[] = '{{}}' OR c.queue_id = ANY(%(queues)s))
), rated AS (
    SELECT DISTINCT ON (r.conversation_id) r.conversation_id, (r.score - r.lowest) / nullif(r.highest - r.lowest, 0) AS share
    FROM interactions_rating r JOIN over_by o ON o.id = r.conversation_id ORDER BY r.conversation_id, r.happened_at DESC
), topics AS (
    SELECT DISTINCT ON (a.conversation_id) a.conversation_id, a.label FROM interactions_reportedanalysis a
    JOIN over_by o ON o.id = a.conversation_id WHERE a.kind IN ('category', 'issue') AND a.label <> ''
    ORDER BY a.conversation_id, a.kind, a.happened_at DESC
), rough AS (
    SELECT r.conversation_id, m.agent_id, max(r.roughness) AS most FROM analysis_reading r JOIN over_by o ON o.id = r.conversation_id
    JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
    WHERE %(rough)s AND r.roughness >= %(floor)s AND m.removed_at IS NULL GROUP BY 1, 2
), parts AS ({parts})
SELECT o.id, parts.agent_id, o.last_event_at, o.channel, coalesce(o.queue_id::text, ''),
       coalesce(topics.label, o.tags->>0, ''), o.customer_messages + o.human_messages + o.ai_messages,
       rated.share, o.ai_messages > 0, o.cycles > 1, o.transfers >= 2,
       EXISTS (SELECT FROM reviews_flag f WHERE f.conversation_id = o.id AND f.kind = 'alert'),
       mood.score, coalesce(mood.asked > 0 AND mood.granted_at IS NULL, false), rough.most
FROM parts JOIN over_by o ON o.id = parts.conversation_id JOIN agents_agent ag ON ag.id = parts.agent_id
LEFT JOIN rated ON rated.conversation_id = o.id LEFT JOIN topics ON topics.conversation_id = o.id
LEFT JOIN analysis_mood mood ON mood.conversation_id = o.id
LEFT JOIN rough ON rough.conversation_id = o.id AND rough.agent_id = parts.agent_id
WHERE parts.messages >= %(fewest)s AND ag.kind = %(kind)s AND (%(teams)s::bigint[] = '{{}}' OR ag.team_id = ANY(%(teams)s))
  AND NOT EXISTS (SELECT FROM reviews_assignment d WHERE d.conversation_id = o.id AND d.agent_id = parts.agent_id)
  AND NOT EXISTS (SELECT FROM reviews_review v WHERE v.conversation_id = o.id AND v.agent_id = parts.agent_id)
"""


class Criteria(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan asks of a conversation, as a draw keeps it. Empty teams or queues are all of them."""

    family: str
    chance_n: int
    risk_n: int
    strata: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    fewest_messages: int = 1
    teams: tuple[int, ...] = ()
    queues: tuple[UUID, ...] = ()
    due_days: int = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of one part of a person in a conversation."""

    conversation: UUID
    agent: UUID
    at: datetime
    channel: str
    queue: str
    topic: str
    messages: int
    rating: float | None
    has_ai: bool
    is_reopened: bool
    is_moved: bool
    is_flagged: bool
    mood: float | None
    is_unheard: bool
    # Of the person's own replies that look rough the roughest; None: none does, or the plan does not ask.
    roughness: float | None

    def value(self, stratum: str) -> str:
        """In which class of a property it lies."""
        match stratum:
            case Stratum.CHANNEL:
                return self.channel
            case Stratum.QUEUE:
                return self.queue
            case Stratum.TOPIC:
                return self.topic
            case Stratum.LENGTH:
                return "short" if self.messages <= SHORT else "middling" if self.messages <= MIDDLING else "long"
            case Stratum.CSAT:
                return "none" if self.rating is None else "low" if self.rating < LOW else "high"
            case Stratum.ALERT:
                return "alert" if self.is_flagged else ""
            case _:
                return "ai" if self.has_ai else ""

    def has(self, risk: str) -> bool:
        """Whether there is this reason to look at it."""
        match risk:
            case Risk.CSAT:
                return self.rating is not None and self.rating < LOW
            case Risk.ALERT:
                return self.is_flagged
            case Risk.MOOD:
                return self.mood is not None and self.mood <= NEGATIVE
            case Risk.ASKED:
                return self.is_unheard
            case Risk.REOPENED:
                return self.is_reopened
            case Risk.MOVED:
                return self.is_moved
            case Risk.ROUGH:
                return self.roughness is not None
            case _:
                return self.messages > VERY_LONG


def read(*, criteria: Criteria, from_at: datetime, until_at: datetime) -> list[Candidate]:
    """Return everything that may be drawn from a period: closed then, enough of the person's own messages, not reviewed and
    not given to anybody yet. One statement."""
    statement = _FRAME.format(parts=_PARTS[Family(criteria.family)])
    values: dict[str, Any] = {
        "from": from_at, "until": until_at, "queues": list(criteria.queues), "teams": list(criteria.teams),
        "fewest": criteria.fewest_messages, "kind": "ai" if criteria.family == Family.AI else "human",
        "rough": Risk.ROUGH in criteria.risks, "floor": analysis.ROUGH,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return [_candidate(Found(*row), criteria) for row in rows]


def _candidate(found: Found, criteria: Criteria) -> Candidate:
    return Candidate(
        found.conversation, found.agent, found.at.astimezone(UTC), tuple([found.value(one) for one in criteria.strata]),
        tuple([risk for risk in criteria.risks if found.has(risk)]), found.roughness or 0.0,
    )  # fmt: skip


class _Packed(msgspec.Struct, array_like=True):
    agents: list[bytes]
    strata: list[tuple[str, ...]]
    risks: list[tuple[str, ...]]
    rows: list[tuple[bytes, int, int, int, int]]
    # By the place among `rows`; frames that were packed before there was such a reason end before it.
    roughness: dict[int, float] = {}


def pack(frame: Sequence[Candidate]) -> bytes:
    """Return a frame as few bytes: keys and classes, no word of anybody."""
    agents: dict[UUID, int] = {}
    strata: dict[tuple[str, ...], int] = {}
    risks: dict[tuple[str, ...], int] = {}
    rows = [
        (
            one.conversation.bytes, agents.setdefault(one.agent, len(agents)), _micros(one.at),
            strata.setdefault(one.stratum, len(strata)), risks.setdefault(one.risks, len(risks)),
        )
        for one in frame
    ]  # fmt: skip
    rough = {place: one.roughness for place, one in enumerate(frame) if one.roughness}
    packed = _Packed([agent.bytes for agent in agents], list(strata), list(risks), rows, rough)
    return zlib.compress(msgspec.msgpack.encode(packed), level=1)


def unpack(stored: bytes) -> list[Candidate]:
    """Return the frame that was packed."""
    packed = msgspec.msgpack.decode(zlib.decompress(stored), type=_Packed)
    agents = [UUID(bytes=agent) for agent in packed.agents]
    return [
        Candidate(
            UUID(bytes=key),
            agents[agent],
            _moment(at),
            packed.strata[stratum],
            packed.risks[risk],
            packed.roughness.get(place, 0.0),
        )
        for place, (key, agent, at, stratum, risk) in enumerate(packed.rows)
    ]


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def _moment(micros: int) -> datetime:
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
