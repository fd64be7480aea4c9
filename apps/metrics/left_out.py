"""What a number leaves out, and why: the candidates of each measure that are no case of it, each with a reason in words.

For each measure there is a universe: all waits, all care cycles, all our messages, whatever somebody might expect in the
number. Together with the cases of the measure, what is selected here is that universe, each candidate once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.agents.reach import held_to
from apps.metrics.models import NO_QUEUE
from apps.metrics.observations import AI_SOLVED, parameters
from apps.metrics.rows import ROWS

# The newest conversations of a window that are looked through; a page says when there are more.
MOST_LOOKED_AT = 2000

_ASIDE = """, aside AS MATERIALIZED (
    -- What we wrote that is no public word of anybody.
    SELECT m.conversation_id, m.sent_at AS at, c.n AS cycle, c.queue_id, m.agent_id,
           CASE WHEN m.is_private THEN 'private_note' WHEN m.kind IN ('survey_prompt', 'closing') THEN 'survey_or_closing'
                ELSE 'said_by_system' END AS reason
    FROM interactions_message m
    JOIN cycle c ON c.conversation_id = m.conversation_id AND m.sent_at >= c.from_at AND m.sent_at < c.until_at
    WHERE m.conversation_id = ANY(%(ids)s) AND m.sent_at >= %(low)s AND m.sent_at <= %(high)s
      AND m.author_kind <> 'customer'
      AND (m.is_private OR m.author_kind = 'system' OR m.kind IN ('survey_prompt', 'closing'))
), silent AS MATERIALIZED (
    -- Care cycles without a reply of a person.
    SELECT c.*, CASE
        WHEN EXISTS (SELECT 1 FROM answer s WHERE s.conversation_id = c.conversation_id AND s.cycle = c.n) THEN 'said_after_end'
        WHEN EXISTS (SELECT 1 FROM said s WHERE s.conversation_id = c.conversation_id AND s.cycle = c.n AND s.who = 'ai')
            THEN 'ai_only'
        WHEN EXISTS (SELECT 1 FROM aside s WHERE s.conversation_id = c.conversation_id AND s.cycle = c.n
                       AND s.reason = 'private_note') THEN 'notes_only'
        WHEN c.resolved_at IS NULL THEN 'not_answered_yet' ELSE 'never_answered' END AS reason
    FROM cycle c WHERE NOT EXISTS (SELECT 1 FROM reply r WHERE r.conversation_id = c.conversation_id AND r.cycle = c.n)
), waited AS MATERIALIZED (
    SELECT w.*, a.kind, coalesce(w.ended_at, w.entered_at) AS at, w.ended_at IS NULL AS is_open,
           w.ended_by = 'abandoned' AND w.ended_at - w.entered_at < %(short_abandon)s::interval AS is_short
    FROM interactions_queuewait w LEFT JOIN agents_agent a ON a.id = w.agent_id WHERE w.conversation_id = ANY(%(ids)s)
), ended AS MATERIALIZED (
    SELECT DISTINCT ON (conversation_id) * FROM cycle
    WHERE resolved_at IS NOT NULL AND outcome IN ('', 'handled', 'unknown') ORDER BY conversation_id, n
), unsolved AS MATERIALIZED (
    -- Care cycles that no person resolved.
    SELECT c.*, CASE WHEN c.resolved_at IS NULL THEN 'not_resolved_yet'
        WHEN NOT EXISTS (SELECT 1 FROM reply r WHERE r.conversation_id = c.conversation_id AND r.cycle = c.n)
            THEN 'resolved_without_person' ELSE 'other_end' END AS reason
    FROM cycle c WHERE NOT EXISTS (SELECT 1 FROM solved s WHERE s.conversation_id = c.conversation_id AND s.n = c.n)
)
"""

_SILENT = """
    SELECT conversation_id, coalesce(resolved_at, started_at), queue_id, NULL::uuid,
           CASE WHEN reply_clock_from IS NULL THEN 'started_by_us' ELSE reason END, resolved_at IS NULL
    FROM silent"""
_BY_US = """
    SELECT r.conversation_id, r.at, c.queue_id, r.agent_id, 'started_by_us', false
    FROM reply r JOIN cycle c ON c.conversation_id = r.conversation_id AND c.n = r.cycle WHERE c.reply_clock_from IS NULL"""
_UNSOLVED = """
    SELECT conversation_id, coalesce(resolved_at, started_at), queue_id, NULL::uuid, reason, resolved_at IS NULL FROM unsolved"""
_NEVER_SOLVED = """
    SELECT DISTINCT ON (u.conversation_id) u.conversation_id, coalesce(u.resolved_at, u.started_at), u.queue_id, NULL::uuid,
           u.reason, u.resolved_at IS NULL
    FROM unsolved u WHERE NOT EXISTS (SELECT 1 FROM solved_first f WHERE f.conversation_id = u.conversation_id)
    ORDER BY u.conversation_id, u.n DESC"""
_NOT_INVOLVED = """
    SELECT t.id, t.started_at, c.queue_id, NULL::uuid, CASE WHEN EXISTS (
        SELECT 1 FROM said s WHERE s.conversation_id = t.id AND s.who = 'ai') THEN 'ai_greeted_only' ELSE 'no_ai' END, false
    FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1
    WHERE NOT EXISTS (SELECT 1 FROM involved i WHERE i.conversation_id = t.id)"""
_NOT_FELT = """
    SELECT t.id, t.started_at, c.queue_id, NULL::uuid, 'one_message_read', false
    FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1
    WHERE NOT EXISTS (SELECT 1 FROM felt f WHERE f.conversation_id = t.id)"""

_NOT_KNOWN = """JOIN interactions_conversation t ON t.id = {of}.conversation_id
        LEFT JOIN interactions_customer u ON u.id = t.customer_id WHERE u.is_anonymous IS NOT false"""


def _ratings(of: str) -> str:
    return f"""
    SELECT r.conversation_id, r.happened_at, c.queue_id, coalesce(k.credited_id, r.agent_id), CASE
        WHEN r.scale NOT IN ('', 'csat', 'thumb') OR r.highest <= r.lowest THEN 'other_scale'
        WHEN EXISTS (
            SELECT 1 FROM rated o WHERE o.conversation_id = r.conversation_id AND o.cycle = c.n
              AND (o.happened_at, o.sequence, o.event_id) > (r.happened_at, r.sequence, r.event_id)) THEN 'rated_again'
        WHEN k.kind IS NULL THEN 'rates_nobody' WHEN k.kind = 'ai' THEN 'rates_ai' ELSE 'rates_person' END, false
    FROM interactions_rating r
    JOIN cycle c ON c.conversation_id = r.conversation_id AND r.happened_at >= c.from_at AND r.happened_at < c.until_at
    LEFT JOIN credited k ON k.conversation_id = r.conversation_id AND k.event_id = r.event_id
    WHERE r.conversation_id = ANY(%(ids)s) AND k.kind IS DISTINCT FROM '{of}'"""  # noqa: S608  # one of two words


def _judged(name: str) -> str:
    return f"""
    SELECT t.conversation_id, t.happened_at, c.queue_id, t.agent_id,
           CASE WHEN t.judged IS NULL THEN 'no_value' ELSE 'outside_scale' END, false FROM turn t
    JOIN cycle c ON c.conversation_id = t.conversation_id AND t.happened_at >= c.from_at AND t.happened_at < c.until_at
    WHERE t.judged_as = '{name}' AND t.judged BETWEEN 0 AND 1 IS NOT true"""  # noqa: S608  # one of three words


# One SELECT a measure: conversation, moment, queue, agent, reason, and whether nothing is decided yet. An empty one: every
# candidate is a case. The key "service_level" is a metric's: it is read from two measures and the queue's promise.
CANDIDATES: dict[str, str] = {
    "first_reply_time": f"{_SILENT} UNION ALL {_BY_US}",
    "agent_first_reply_time": """
        SELECT h.conversation_id, coalesce(h.left_at, h.joined_at), c.queue_id, h.agent_id, CASE
            WHEN h.kind <> 'human' THEN 'held_by_ai' WHEN NOT h.is_holding THEN 'not_held'
            WHEN h.left_at IS NULL THEN 'no_word_yet' ELSE 'left_without_word' END, h.left_at IS NULL
        FROM held h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
        WHERE NOT (h.kind = 'human' AND h.is_holding AND EXISTS (
            SELECT 1 FROM answer s WHERE s.conversation_id = h.conversation_id AND s.agent_id = h.agent_id
              AND s.at >= h.joined_at AND (h.left_at IS NULL OR s.at <= h.left_at)))""",
    "response_time": """
        SELECT conversation_id, at, queue_id, agent_id, 'answers_nothing', false FROM answer WHERE run_from IS NULL
        UNION ALL SELECT conversation_id, at, queue_id, agent_id, 'said_by_ai', false FROM said WHERE who = 'ai'
        UNION ALL SELECT conversation_id, at, queue_id, agent_id, reason, false FROM aside""",
    "speed_of_answer": """
        SELECT conversation_id, at, queue_id, agent_id, CASE
            WHEN is_open THEN 'still_waiting' WHEN ended_by = 'moved' THEN 'moved_on' WHEN ended_by = 'abandoned' THEN 'gave_up'
            WHEN ended_by = 'answered' AND kind = 'ai' THEN 'taken_by_ai' WHEN ended_by = 'answered' THEN 'taken_by_unknown'
            ELSE 'ended_otherwise' END, is_open
        FROM waited WHERE NOT (NOT is_open AND ended_by = 'answered' AND kind IS NOT DISTINCT FROM 'human')""",
    "abandonment_rate": """
        SELECT conversation_id, at, queue_id, NULL::uuid, CASE
            WHEN is_open THEN 'still_waiting' WHEN ended_by = 'moved' THEN 'moved_on' WHEN is_short THEN 'short_abandon'
            ELSE 'taken_by_ai' END, is_open
        FROM waited
        WHERE is_open OR ended_by = 'moved' OR is_short OR (ended_by = 'answered' AND kind IS NOT DISTINCT FROM 'ai')""",
    "short_abandons": """
        SELECT conversation_id, at, queue_id, NULL::uuid, 'not_short', false
        FROM waited WHERE NOT is_open AND ended_by = 'abandoned' AND NOT is_short""",
    "missed": """
        SELECT o.conversation_id, o.happened_at, coalesce(o.queue_id, c.queue_id), o.agent_id,
               CASE WHEN o.outcome <> 'missed' THEN 'not_missed' WHEN a.kind = 'ai' THEN 'offered_to_ai' ELSE 'nobody_named' END,
               false
        FROM interactions_offer o LEFT JOIN agents_agent a ON a.id = o.agent_id
        JOIN cycle c ON c.conversation_id = o.conversation_id AND o.happened_at >= c.from_at AND o.happened_at < c.until_at
        WHERE o.conversation_id = ANY(%(ids)s) AND NOT (o.outcome = 'missed' AND a.kind IS NOT DISTINCT FROM 'human')""",
    "transfer_rate": _UNSOLVED,
    "escalation_rate": f"""{_UNSOLVED}
        UNION ALL SELECT conversation_id, resolved_at, queue_id, NULL::uuid, 'no_tiers', false FROM solved
        WHERE NOT EXISTS (SELECT 1 FROM metrics_queuetier)""",  # noqa: S608  # our own words
    "resolution_time": _UNSOLVED,
    "requester_wait": """
        SELECT conversation_id, coalesce(resolved_at, started_at), queue_id, NULL::uuid, CASE
            WHEN resolved_at IS NULL THEN 'not_resolved_yet' ELSE 'other_end' END, resolved_at IS NULL
        FROM cycle WHERE resolved_at IS NULL OR outcome NOT IN ('', 'handled', 'unknown')""",
    "assigned_time": """
        SELECT h.conversation_id, coalesce(h.left_at, h.joined_at), c.queue_id, h.agent_id, CASE
            WHEN h.kind <> 'human' THEN 'held_by_ai' WHEN NOT h.is_holding THEN 'not_held' ELSE 'still_held' END,
            h.left_at IS NULL
        FROM held h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
        WHERE h.kind <> 'human' OR NOT h.is_holding OR h.left_at IS NULL""",
    "active_handle_time": """
        SELECT h.conversation_id, coalesce(h.left_at, h.joined_at), c.queue_id, h.agent_id, CASE
            WHEN h.kind <> 'human' THEN 'held_by_ai' WHEN NOT h.is_holding THEN 'not_held' WHEN h.left_at IS NULL THEN 'still_held'
            WHEN t.channel = 'voice' THEN 'by_telephone' ELSE 'left_without_word' END, h.left_at IS NULL
        FROM held h JOIN talk t ON t.id = h.conversation_id
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
        WHERE t.channel = 'voice' OR NOT EXISTS (
            SELECT 1 FROM busy b WHERE b.conversation_id = h.conversation_id AND b.n = h.n AND b.has_written)""",
    "handle_time": f"""
        SELECT s.conversation_id, s.resolved_at, s.queue_id, NULL::uuid, 'nobody_worked', false
        FROM (SELECT DISTINCT ON (conversation_id) * FROM solved ORDER BY conversation_id, n DESC) s
        WHERE NOT EXISTS (SELECT 1 FROM worked w WHERE w.conversation_id = s.conversation_id)
        UNION ALL SELECT * FROM ({_NEVER_SOLVED}) never""",  # noqa: S608  # our own words
    "handling": """
        SELECT DISTINCT ON (h.conversation_id, h.agent_id) h.conversation_id, coalesce(h.left_at, h.joined_at), c.queue_id,
               h.agent_id, CASE WHEN h.left_at IS NULL THEN 'still_held' ELSE 'left_without_word' END, h.left_at IS NULL
        FROM held h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
        WHERE h.kind = 'human' AND h.is_holding AND NOT EXISTS (
            SELECT 1 FROM worked w WHERE w.conversation_id = h.conversation_id AND w.agent_id = h.agent_id)
        ORDER BY h.conversation_id, h.agent_id, h.left_at IS NULL DESC, h.joined_at""",
    "volume": """
        SELECT DISTINCT ON (u.conversation_id) u.conversation_id, u.started_at, u.queue_id, NULL::uuid, u.reason, false
        FROM silent u WHERE NOT EXISTS (SELECT 1 FROM answer a WHERE a.conversation_id = u.conversation_id)
        ORDER BY u.conversation_id, u.n""",
    "participation": """
        SELECT DISTINCT ON (x.conversation_id, x.agent_id) x.* FROM (
            SELECT h.conversation_id, h.joined_at AS at, c.queue_id, h.agent_id,
                   CASE WHEN h.is_holding THEN 'left_without_word' ELSE 'notes_only' END, false
            FROM held h
            JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
            WHERE h.kind = 'human'
            UNION ALL SELECT s.conversation_id, s.at, s.queue_id, s.agent_id, 'notes_only', false
            FROM aside s JOIN agents_agent a ON a.id = s.agent_id AND a.kind = 'human' WHERE s.reason = 'private_note'
        ) x WHERE NOT EXISTS (
            SELECT 1 FROM answer w WHERE w.conversation_id = x.conversation_id AND w.agent_id = x.agent_id
        ) ORDER BY x.conversation_id, x.agent_id, x.at""",
    "reopen_rate": _NEVER_SOLVED,
    "fcr_gross": f"""
        SELECT f.conversation_id, f.resolved_at, f.queue_id, NULL::uuid, 'nobody_named', false FROM solved_first f
        WHERE NOT EXISTS (SELECT 1 FROM held h WHERE h.conversation_id = f.conversation_id AND h.kind = 'human')
        UNION ALL SELECT * FROM ({_NEVER_SOLVED}) never""",  # noqa: S608  # our own words
    "fcr_net": f"""
        SELECT f.conversation_id, f.resolved_at, f.queue_id, NULL::uuid, CASE WHEN NOT EXISTS (
            SELECT 1 FROM held h WHERE h.conversation_id = f.conversation_id AND h.kind = 'human')
            THEN 'nobody_named' ELSE 'not_known' END, false
        FROM solved_first f JOIN interactions_conversation t ON t.id = f.conversation_id
        LEFT JOIN interactions_customer u ON u.id = t.customer_id
        WHERE u.is_anonymous IS NOT false OR NOT EXISTS (
            SELECT 1 FROM held h WHERE h.conversation_id = f.conversation_id AND h.kind = 'human')
        UNION ALL SELECT * FROM ({_NEVER_SOLVED}) never""",  # noqa: S608  # our own words
    "resolution_rate": """
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, CASE WHEN EXISTS (
            SELECT 1 FROM cycle y WHERE y.conversation_id = t.id AND y.resolved_at IS NOT NULL)
            THEN 'merged_or_spam' ELSE 'not_ended_yet' END, false
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1 WHERE NOT EXISTS (
            SELECT 1 FROM cycle y WHERE y.conversation_id = t.id AND y.resolved_at IS NOT NULL
              AND y.outcome NOT IN ('merged', 'spam'))""",
    "csat": _ratings("human"),
    "ai_csat": _ratings("ai"),
    "csat_response_rate": """
        SELECT c.conversation_id, coalesce(c.resolved_at, c.started_at), c.queue_id, NULL::uuid, 'no_survey', c.resolved_at IS NULL
        FROM cycle c WHERE NOT EXISTS (
            SELECT 1 FROM survey v WHERE v.conversation_id = c.conversation_id AND v.cycle = c.n)""",
    "sentiment": _NOT_FELT,
    "turned_negative_rate": _NOT_FELT,
    "analysed_coverage": """
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, 'customer_silent', false
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1
        WHERE NOT EXISTS (SELECT 1 FROM said s WHERE s.conversation_id = t.id AND s.who = 'customer')""",
    "ai_involvement_rate": """
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, 'started_by_us', false
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1 WHERE t.direction = 'outbound'""",
    "handoff_rate": _NOT_INVOLVED,
    "asked_for_person_rate": _NOT_INVOLVED,
    "containment": f"""
        SELECT * FROM ({_NOT_INVOLVED}) none UNION ALL
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, 'not_known', false FROM involved i {_NOT_KNOWN.format(of="i")}""",  # noqa: S608
    "ai_resolutions_confirmed": f"""
        SELECT * FROM ({_NOT_INVOLVED}) none UNION ALL
        SELECT conversation_id, at, queue_id, agent_id, CASE WHEN is_passed_on THEN 'passed_on' ELSE 'not_affirmed' END, false
        FROM ai_end WHERE is_passed_on OR NOT is_affirmed""",  # noqa: S608  # our own words
    "ai_resolutions_assumed": f"""
        SELECT * FROM ({_NOT_INVOLVED}) none UNION ALL
        SELECT conversation_id, at, queue_id, agent_id, CASE
            WHEN is_passed_on THEN 'passed_on' WHEN is_affirmed THEN 'affirmed' WHEN is_abandoned THEN 'gave_up_on_ai'
            WHEN asks_more THEN 'asked_more' ELSE 'returned' END, false
        FROM ({AI_SOLVED}) e WHERE is_affirmed OR NOT is_solved""",  # noqa: S608  # our own words
    "ai_resolutions_returned": f"""
        SELECT * FROM ({_NOT_INVOLVED}) none UNION ALL
        SELECT conversation_id, at, queue_id, agent_id, CASE
            WHEN is_passed_on THEN 'passed_on' WHEN is_affirmed THEN 'affirmed' WHEN is_abandoned THEN 'gave_up_on_ai'
            WHEN asks_more THEN 'asked_more' ELSE 'not_returned' END, false
        FROM ({AI_SOLVED}) e WHERE is_solved OR is_passed_on OR is_abandoned OR asks_more""",  # noqa: S608  # our own words
    "ai_resolution_rate": _NOT_INVOLVED,
    "ai_repeat_contact_rate": f"""
        SELECT * FROM ({_NOT_INVOLVED}) none UNION ALL
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, 'handed_over', false FROM involved i
        WHERE EXISTS (SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id) UNION ALL
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, 'not_known', false FROM involved i {_NOT_KNOWN.format(of="i")}
          AND NOT EXISTS (SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id)""",  # noqa: S608  # our own words
    "bot_abandon_rate": _NOT_INVOLVED,
    "automation_rate": """
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, 'started_by_us', false
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1 WHERE t.direction = 'outbound'""",
    "repeat_contact_rate": f"""
        SELECT c.conversation_id, coalesce(c.resolved_at, c.started_at), c.queue_id, NULL::uuid,
               CASE WHEN c.resolved_at IS NULL THEN 'not_resolved_yet' ELSE 'other_end' END, c.resolved_at IS NULL
        FROM (SELECT DISTINCT ON (conversation_id) * FROM cycle ORDER BY conversation_id, n DESC) c
        WHERE NOT EXISTS (SELECT 1 FROM ended e WHERE e.conversation_id = c.conversation_id)
        UNION ALL SELECT e.conversation_id, e.resolved_at, e.queue_id, NULL, 'not_known', false FROM ended e
        {_NOT_KNOWN.format(of="e")}""",  # noqa: S608  # our own words
    "fallback_rate": "",
    "ai_confidence": """
        SELECT t.conversation_id, t.happened_at, c.queue_id, t.agent_id,
               CASE WHEN t.is_fallback THEN 'fell_back' ELSE 'no_score' END, false FROM turn t
        JOIN cycle c ON c.conversation_id = t.conversation_id AND t.happened_at >= c.from_at AND t.happened_at < c.until_at
        WHERE t.confidence IS NULL""",
    "ai_goal_success": _judged("goalsuccess"),
    "ai_faithfulness": _judged("faithfulness"),
    "ai_completeness": _judged("completeness"),
    "handoff_quality": "",
    "handoff_reply_time": """
        SELECT h.conversation_id, h.happened_at, c.queue_id, h.ai_agent_id,
               CASE WHEN c.resolved_at IS NULL THEN 'not_answered_yet' ELSE 'never_answered' END, c.resolved_at IS NULL
        FROM taken_over h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.happened_at >= c.from_at AND h.happened_at < c.until_at
        WHERE h.reply_at IS NULL""",
    "service_level": f"""
        SELECT s.* FROM ({_SILENT}) s(conversation_id, at, queue_id, agent_id, reason, is_open) WHERE NOT EXISTS (
            -- Who gave up is a case, or is named below.
            SELECT 1 FROM waited w WHERE w.conversation_id = s.conversation_id AND w.ended_by = 'abandoned' AND w.at = s.at)
        UNION ALL {_BY_US}
        UNION ALL SELECT r.conversation_id, r.at, c.queue_id, r.agent_id, 'no_promise', false
        FROM reply r JOIN cycle c ON c.conversation_id = r.conversation_id AND c.n = r.cycle
        LEFT JOIN interactions_queue q ON q.id = c.queue_id
        WHERE c.reply_clock_from IS NOT NULL AND q.reply_target_seconds IS NULL
        UNION ALL SELECT w.conversation_id, w.at, w.queue_id, NULL,
               CASE WHEN w.is_short THEN 'short_abandon' ELSE 'no_promise' END, false
        FROM waited w LEFT JOIN interactions_queue q ON q.id = w.queue_id
        WHERE w.ended_by = 'abandoned' AND (w.is_short OR q.reply_target_seconds IS NULL)""",  # noqa: S608  # our own words
}

_NEAR = """
SELECT c.id FROM interactions_conversation c WHERE c.started_at <= %(until)s AND c.last_event_at >= %(since)s {scope}
ORDER BY c.last_event_at DESC, c.id LIMIT %(most)s
"""
_OF_QUEUES = """AND (
    EXISTS (SELECT 1 FROM interactions_carecycle y WHERE y.conversation_id = c.id AND y.queue_id = ANY(%(allowed)s))
    OR EXISTS (SELECT 1 FROM interactions_queuewait w WHERE w.conversation_id = c.id AND w.queue_id = ANY(%(allowed)s)))"""
_OF_AGENTS = """AND (
    EXISTS (SELECT 1 FROM interactions_participation p WHERE p.conversation_id = c.id AND p.agent_id = ANY(%(allowed)s))
    OR EXISTS (SELECT 1 FROM interactions_offer o WHERE o.conversation_id = c.id AND o.agent_id = ANY(%(allowed)s))
    OR EXISTS (SELECT 1 FROM interactions_rating r WHERE r.conversation_id = c.id AND r.agent_id = ANY(%(allowed)s))
    OR EXISTS (SELECT 1 FROM interactions_botturn t WHERE t.conversation_id = c.id AND t.agent_id = ANY(%(allowed)s))
    OR EXISTS (SELECT 1 FROM interactions_message m WHERE m.conversation_id = c.id AND m.agent_id = ANY(%(allowed)s)
                 AND m.sent_at >= %(since)s AND m.sent_at <= %(until)s))"""
_NOTHING = "SELECT NULL::uuid, NULL::timestamptz, NULL::uuid, NULL::uuid, NULL::text, false WHERE false"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One candidate that is no case, with the key of its reason in REASONS."""

    conversation_id: UUID
    at: datetime
    queue_id: UUID | None
    channel: str
    agent_id: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a number was counted: moments from `first` to `last`, both of them inside."""

    first: datetime
    last: datetime
    # Queues or agents; None for everything.
    allowed: Sequence[UUID] | None
    of_agents: bool
    # Empty for conversations whose channel is not known; None for every channel.
    channel: str | None = None

    def conditions(self) -> str:
        """The condition on a row x, for a statement that is given `where()`."""
        held = "" if self.allowed is None else "AND x.queue_id = ANY(%(allowed)s)"
        if self.allowed is not None and self.of_agents:
            held = f"AND {held_to(self.allowed).condition('x', at='at')}"
        return f"{held} {'' if self.channel is None else 'AND x.channel = %(channel)s'}"

    def where(self) -> dict[str, Any]:
        """The values of `conditions()`."""
        allowed = None if self.allowed is None else list(self.allowed)
        found = {"since": self.first, "until": self.last, "allowed": allowed, "channel": self.channel}
        return found | (held_to(self.allowed).values() if self.allowed is not None and self.of_agents else {})


def left_out(*, key: str, measures: Sequence[str], place: Place) -> tuple[list[LeftOut], bool]:
    """Return what a number leaves out, newest first, and whether all conversations of the window were looked through.

    `key` names the universe in CANDIDATES; of `measures`, cases outside the window are named when their conversation went on
    inside it. Three statements.
    """
    where = {**place.where(), "most": MOST_LOOKED_AT + 1}
    scope = "" if place.allowed is None else _OF_AGENTS if place.of_agents else _OF_QUEUES
    with connection.cursor() as cursor:
        cursor.execute(_NEAR.format(scope=scope), where)
        ids = [row[0] for row in cursor.fetchall()]
    is_whole, ids = len(ids) <= MOST_LOOKED_AT, ids[:MOST_LOOKED_AT]
    if not ids:
        return [], True
    statement = f"""
        WITH {ROWS.strip()} {_ASIDE}, candidate AS (
            {CANDIDATES.get(key) or _NOTHING}
        ), x AS (
            SELECT k.conversation_id, k.at, coalesce(k.queue_id, %(no_queue)s) AS queue_id, t.channel, k.agent_id, k.reason
            FROM candidate AS k(conversation_id, at, queue_id, agent_id, reason, is_open) JOIN talk t ON t.id = k.conversation_id
            WHERE k.at <= %(until)s AND (k.at >= %(since)s OR k.is_open)
            UNION ALL
            SELECT o.conversation_id, o.at, o.queue_id, o.channel, o.agent_id,
                   CASE WHEN o.at < %(since)s THEN 'before_window' ELSE 'after_window' END
            FROM metrics_observation o
            WHERE o.conversation_id = ANY(%(ids)s) AND o.measure = ANY(%(measures)s) AND NOT o.at BETWEEN %(since)s AND %(until)s
        )
        SELECT x.conversation_id, x.at, x.queue_id, x.channel, x.agent_id, x.reason FROM x WHERE true {place.conditions()}
        ORDER BY x.at DESC, x.conversation_id, x.reason, x.agent_id"""  # noqa: S608  # our own words
    with connection.cursor() as cursor:
        cursor.execute(statement, {**where, **parameters(ids), "measures": list(measures)})
        found = [
            LeftOut(talk, at, None if queue == NO_QUEUE else queue, channel, agent, reason)
            for talk, at, queue, channel, agent, reason in cursor.fetchall()
        ]
    return found, is_whole
