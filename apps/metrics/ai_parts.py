"""What an AI agent's numbers are made of beside the dictionary's: matters, versions, knowledge, reasons of hand-offs, facts asked
again, replies that hold what they must not, and what reviewers verified. Each with the conversations behind it.

Shares are of conversations, each once, with Wilson's interval; below `FEWEST` there is a count and no share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.agents.models import Agent
from apps.analysis.queries import CIRCLES, CONTRADICTION, FLAGGED, LOOP, SAFETY, Circles, circles_of, trusted_in_sql
from apps.interactions.models import Conversation
from apps.metrics import reading
from apps.metrics.windows import Window
from apps.shared.errors import OutOfScope
from apps.shared.intervals import wilson

FEWEST = 20
MOST_ROWS, MOST_LISTED = 40, 50
# Why an AI agent hands over, by the word that sources send.
TRIGGERS = {
    "customer_request": "The customer asked for a person", "fallback": "It did not understand", "low_confidence": "It was not sure",
    "policy": "A rule keeps it for people", "error": "Something broke", "unknown": "The source gave no reason",
}  # fmt: skip
# What can be opened, and what the conversations behind it are.
KINDS = {
    "intent": "Conversations with a turn of this matter", "version": "Conversations answered by this version",
    "knowledge": "Conversations in which this was used", "reason": "Conversations handed over for this reason",
    "again": "Conversations in which a fact was asked for again", "held": "Conversations with a reply that holds what it must not",
    "loop": "Conversations in which it turned in circles", "contradiction": "Conversations in which it contradicted itself",
    "verified": "Conversations of which a reviewer judged whether it understood",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the 95 % interval; below the fewest cases there is none."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share, None with too few cases to say it."""
        return self.hits / self.n if self.n >= FEWEST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where it likely lies."""
        return wilson(self.hits, self.n) if self.n >= FEWEST else None


@dataclass(frozen=True, slots=True)
class Slice:
    """One matter, version or piece of knowledge. `confidence` is None where turns of several models would be mixed."""

    kind: str
    key: str
    label: str
    talks: int
    turns: int
    fallbacks: Share
    handed: Share
    solved: Share
    asked: Share
    confidence: float | None

    @property
    def shares(self) -> tuple[Share, ...]:
        """Its shares in the order of a table's columns: not understood, resolved, handed over, asked for a person."""
        return self.fallbacks, self.solved, self.handed, self.asked


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it handed over, in how many hand-offs of all, and how many of these came with a summary."""

    key: str
    label: str
    count: Share
    with_summary: int


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything beside the dictionary's numbers."""

    intents: Sequence[Slice]
    versions: Sequence[Slice]
    knowledge: Sequence[Slice]
    reasons: Sequence[Reason]
    again: Share
    held: Share
    loops: Share
    contradictions: Share


_TURNS = f"""
WITH turn AS MATERIALIZED (
    SELECT t.conversation_id, t.intent, t.model, t.prompt_version, t.knowledge, t.is_fallback, t.asked_for_human, {trusted_in_sql("t")} AS confidence,
           h.value = 1 AS is_handed, s.value AS solved
    FROM interactions_botturn t
    LEFT JOIN metrics_observation h ON h.conversation_id = t.conversation_id AND h.measure = 'handoff_rate' AND h.n = 1
    LEFT JOIN metrics_observation s ON s.conversation_id = t.conversation_id AND s.measure = 'ai_resolution_rate' AND s.n = 1
    WHERE t.agent_id = %(agent)s AND t.happened_at >= %(since)s AND t.happened_at <= %(until)s
), grouped AS (
    SELECT 'intent' AS kind, intent AS key, turn.* FROM turn
    UNION ALL SELECT 'version', concat_ws(' on ', nullif(prompt_version, ''), nullif(model, '')), turn.* FROM turn
    UNION ALL SELECT DISTINCT 'knowledge', k.key, turn.* FROM turn CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(knowledge) = 'array' THEN knowledge ELSE '[]' END) k(key)
)
SELECT * FROM (
    SELECT kind, key, count(DISTINCT conversation_id) AS talks, count(*) AS turns, count(*) FILTER (WHERE is_fallback),
           count(DISTINCT conversation_id) FILTER (WHERE is_handed),
           count(DISTINCT conversation_id) FILTER (WHERE solved = 1), count(DISTINCT conversation_id) FILTER (WHERE solved IS NOT NULL),
           count(DISTINCT conversation_id) FILTER (WHERE asked_for_human),
           CASE WHEN count(DISTINCT model) = 1 THEN avg(confidence) END,
           row_number() OVER (PARTITION BY kind ORDER BY count(DISTINCT conversation_id) DESC, key) AS place
    FROM grouped GROUP BY kind, key
) x WHERE place <= %(most)s ORDER BY kind, place
"""  # noqa: S608  # a fixed piece
_REASONS = """
SELECT trigger, count(*), count(*) FILTER (WHERE summary <> '') FROM interactions_handoff
WHERE ai_agent_id = %(agent)s AND happened_at >= %(since)s AND happened_at <= %(until)s GROUP BY 1 ORDER BY 2 DESC, 1
"""
# A fact is a value that was masked, known again by its keyed mark: no text is compared and nothing is opened.
_FACTS = """
WITH passed AS (
    SELECT * FROM (
        SELECT conversation_id, ai_agent_id, happened_at,
               coalesce(lead(happened_at) OVER (PARTITION BY conversation_id ORDER BY n), 'infinity') AS until_at
        FROM interactions_handoff WHERE conversation_id IN (
            SELECT conversation_id FROM interactions_handoff
            WHERE ai_agent_id = %(agent)s AND happened_at >= %(since)s AND happened_at <= %(until)s)
    ) h WHERE ai_agent_id = %(agent)s AND happened_at >= %(since)s AND happened_at <= %(until)s
), fact AS (
    SELECT p.conversation_id, p.happened_at, bool_or(m.sent_at <= p.happened_at) AS is_before,
           bool_or(m.sent_at > p.happened_at AND m.sent_at <= p.until_at) AS is_after
    FROM passed p JOIN interactions_message m ON m.conversation_id = p.conversation_id AND m.author_kind = 'customer'
      AND NOT m.is_private AND m.sent_at >= %(since)s - interval '2 days'
    JOIN interactions_sealedvalue v ON v.message_id = m.id AND v.mark IS NOT NULL
    GROUP BY p.conversation_id, p.happened_at, v.mark
)
"""
_AGAIN = f"{_FACTS} SELECT count(*) FILTER (WHERE is_before AND is_after), count(*) FILTER (WHERE is_before) FROM fact"  # noqa: S608
_HELD = """
FROM analysis_reading r JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
WHERE r.part = %(safety)s AND m.agent_id = %(agent)s AND r.sent_at >= %(since)s AND r.sent_at <= %(until)s
"""
_CIRCLED = """
FROM analysis_reading r JOIN interactions_message m ON m.id = r.message_id AND m.sent_at = r.sent_at
WHERE r.part = %(circles)s AND m.agent_id = %(agent)s AND r.sent_at >= %(since)s AND r.sent_at <= %(until)s
"""
_BEHIND = {
    "intent": """SELECT conversation_id, max(happened_at) FROM interactions_botturn WHERE agent_id = %(agent)s
        AND happened_at >= %(since)s AND happened_at <= %(until)s AND intent = %(key)s GROUP BY 1""",
    "version": """SELECT conversation_id, max(happened_at) FROM interactions_botturn WHERE agent_id = %(agent)s
        AND happened_at >= %(since)s AND happened_at <= %(until)s
        AND concat_ws(' on ', nullif(prompt_version, ''), nullif(model, '')) = %(key)s GROUP BY 1""",
    "knowledge": """SELECT conversation_id, max(happened_at) FROM interactions_botturn WHERE agent_id = %(agent)s
        AND happened_at >= %(since)s AND happened_at <= %(until)s AND knowledge @> to_jsonb(%(key)s::text) GROUP BY 1""",
    "reason": """SELECT conversation_id, max(happened_at) FROM interactions_handoff WHERE ai_agent_id = %(agent)s
        AND happened_at >= %(since)s AND happened_at <= %(until)s AND trigger = %(key)s GROUP BY 1""",
    "again": f"{_FACTS} SELECT conversation_id, max(happened_at) FROM fact WHERE is_before AND is_after GROUP BY 1",  # noqa: S608
    "held": f"SELECT r.conversation_id, max(r.sent_at) {_HELD} AND r.label = %(flagged)s GROUP BY 1",
    "loop": f"SELECT r.conversation_id, max(r.sent_at) {_CIRCLED} AND r.label = %(loop)s GROUP BY 1",
    "contradiction": f"SELECT r.conversation_id, max(r.sent_at) {_CIRCLED} AND r.label = %(contradiction)s GROUP BY 1",
    "verified": """SELECT conversation_id, max(submitted_at) FROM reviews_review WHERE agent_id = %(agent)s AND pick = 'random'
        AND score IS NOT NULL AND submitted_at >= %(since)s AND submitted_at <= %(until)s GROUP BY 1""",
}


def _where(agent: Agent, span: Window, key: str = "") -> dict[str, Any]:
    return {
        "agent": agent.pk, "since": span.since, "until": span.until, "key": key, "most": MOST_ROWS, "safety": SAFETY,
        "flagged": FLAGGED, "circles": CIRCLES, "loop": LOOP, "contradiction": CONTRADICTION,
    }  # fmt: skip


def parts_of(*, agent: Agent, span: Window) -> Parts:
    """Read everything over a window; whoever asks has asked whether they may. Five statements."""
    where = _where(agent, span)
    slices: dict[str, list[Slice]] = {"intent": [], "version": [], "knowledge": []}
    with connection.cursor() as cursor:
        cursor.execute(_TURNS, where)
        for kind, key, talks, turns, fallbacks, handed, solved, judged, asked, confidence, _ in cursor.fetchall():
            slices[kind].append(
                Slice(
                    kind, key, _label(kind, key), talks, turns, Share(fallbacks, turns), Share(handed, talks), Share(solved, judged),
                    Share(asked, talks), confidence,
                )
            )  # fmt: skip
        cursor.execute(_REASONS, where)
        told = cursor.fetchall()
        cursor.execute(_AGAIN, where)
        again = Share(*cursor.fetchone())
        cursor.execute(f"SELECT count(*) FILTER (WHERE r.label = %(flagged)s), count(*) {_HELD}", where)
        held = Share(*cursor.fetchone())
    circled = circles_of(agents=[agent.pk], since=span.since, until=span.until + reading.INSTANT).get(
        agent.pk, Circles(0, 0, 0)
    )
    whole = sum(n for _, n, _ in told)
    return Parts(
        intents=slices["intent"], versions=slices["version"], knowledge=slices["knowledge"],
        reasons=[Reason(key, TRIGGERS.get(key, key), Share(n, whole), summed) for key, n, summed in told], again=again, held=held,
        loops=Share(circled.in_loops, circled.conversations), contradictions=Share(circled.contradicting, circled.conversations),
    )  # fmt: skip


def _label(kind: str, key: str) -> str:
    if kind == "intent":
        return key.replace("_", " ") or "no matter named"
    return key or "no version named"


@dataclass(frozen=True, slots=True)
class Behind:
    """The conversations behind one of these numbers: the newest that the viewer may read, how many there are, and how many of
    them the viewer may not read."""

    title: str
    label: str
    keys: Sequence[UUID]
    count: int
    hidden: int


def behind(*, viewer: Viewer, agent: Agent, kind: str, key: str, span: Window) -> Behind:
    """Return what is behind a number of an AI agent; two statements.

    :raises NotAllowed: the role does not see such numbers. :raises OutOfScope: there is no such kind.
    """
    viewer.require(Permission.VIEW_FLOOR)
    if kind not in KINDS:
        raise OutOfScope
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND[kind], _where(agent, span, key))
        found: list[tuple[UUID, datetime]] = cursor.fetchall()
    may: set[UUID] = set()
    if viewer.allows(Permission.VIEW_CONVERSATIONS):
        may = set(
            Conversation.objects.visible_to(viewer)
            .filter(pk__in=[talk for talk, _ in found])
            .values_list("pk", flat=True)
        )
    newest = sorted((row for row in found if row[0] in may), key=lambda row: (row[1], str(row[0])), reverse=True)
    label = TRIGGERS.get(key, key) if kind == "reason" else _label(kind, key) if key else ""
    return Behind(KINDS[kind], label, [talk for talk, _ in newest[:MOST_LISTED]], len(found), len(found) - len(may))
