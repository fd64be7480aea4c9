"""Observe conversations: the rows of some conversations in, one row a case of each measure out, in one statement.

What a measure counts is said in the dictionary; this module is its only implementation. A case belongs to the queue of its
care cycle: the queue in which a person first answered it, or in which it last stood. Waits and offers name their own queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.metrics.calendars import open_time
from apps.metrics.measures import (
    ASSUMED_AFTER_HOURS,
    LONGEST_AGENT_TURN_MINUTES,
    LONGEST_CUSTOMER_TURN_MINUTES,
    MEASURES,
    ON_BUSINESS,
    REOPEN_WITHIN_HOURS,
    REPEAT_WITHIN_DAYS,
    SHORT_ABANDON_SECONDS,
    Form,
)
from apps.metrics.models import NO_QUEUE
from apps.metrics.rows import ROWS
from apps.metrics.thanks import AFFIRMS, DOUBTS, THANKS, in_sql

# Whether the customer of t, who must be known, began another conversation after one moment and not after another.
_CAME_BACK = """EXISTS (
            SELECT 1 FROM interactions_conversation o WHERE o.customer_id = u.id AND o.id <> t.id AND o.direction <> 'outbound'
              AND o.started_at > {since} AND o.started_at <= {since} + %(repeat_within)s::interval)"""
_OF_KNOWN = """JOIN interactions_conversation t ON t.id = {of}.conversation_id
        JOIN interactions_customer u ON u.id = t.customer_id AND NOT u.is_anonymous"""

# What AI agents solved: confirmed, or assumed and not come back. Who is not known can come back in the same conversation only.
AI_SOLVED = f"""
        SELECT e.*, NOT e.is_passed_on AND (e.is_affirmed OR NOT (e.is_abandoned OR e.asks_more OR e.came_again
            OR (u.id IS NOT NULL AND {_CAME_BACK.format(since="e.at")}))) AS is_solved
        FROM ai_end e JOIN interactions_conversation t ON t.id = e.conversation_id
        LEFT JOIN interactions_customer u ON u.id = t.customer_id AND NOT u.is_anonymous"""  # noqa: S608  # words of this module only


def _felt(value: str) -> str:
    return f"""
        SELECT f.conversation_id, f.at, c.queue_id, NULL::uuid, {value}
        FROM felt f JOIN cycle c ON c.conversation_id = f.conversation_id AND f.at >= c.from_at AND f.at < c.until_at"""  # noqa: S608


def _judged(name: str) -> str:
    return f"""
        SELECT t.conversation_id, t.happened_at, c.queue_id, t.agent_id, t.judged
        FROM turn t
        JOIN cycle c ON c.conversation_id = t.conversation_id AND t.happened_at >= c.from_at AND t.happened_at < c.until_at
        WHERE t.judged_as = '{name}' AND t.judged BETWEEN 0 AND 1"""  # noqa: S608  # one of three words


# One SELECT a measure: conversation, moment, queue, agent, value. A duration's value is an interval, a share's is true or
# false, a score's a number; where only the case counts there is none.
CASES: dict[str, str] = {
    "first_reply_time": """
        SELECT r.conversation_id, r.at, c.queue_id, r.agent_id,
               r.at - CASE WHEN c.reply_clock_from <= r.at THEN c.reply_clock_from ELSE c.started_at END
        FROM reply r JOIN cycle c ON c.conversation_id = r.conversation_id AND c.n = r.cycle
        WHERE c.reply_clock_from IS NOT NULL""",
    "agent_first_reply_time": """
        SELECT h.conversation_id, min(s.at), c.queue_id, h.agent_id, min(s.at) - h.joined_at
        FROM held h
        JOIN answer s ON s.conversation_id = h.conversation_id AND s.agent_id = h.agent_id AND s.at >= h.joined_at
          AND (h.left_at IS NULL OR s.at <= h.left_at)
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
        WHERE h.kind = 'human' AND h.is_holding GROUP BY h.conversation_id, h.n, c.queue_id, h.agent_id, h.joined_at""",
    "response_time": """
        SELECT conversation_id, at, queue_id, agent_id, at - run_from FROM answer WHERE run_from IS NOT NULL""",
    "speed_of_answer": """
        SELECT w.conversation_id, w.ended_at, w.queue_id, w.agent_id, w.ended_at - w.entered_at
        FROM interactions_queuewait w JOIN agents_agent a ON a.id = w.agent_id AND a.kind = 'human'
        WHERE w.conversation_id = ANY(%(ids)s) AND w.ended_by = 'answered'""",
    "abandonment_rate": """
        SELECT w.conversation_id, w.ended_at, w.queue_id, NULL::uuid, (w.ended_by = 'abandoned')
        FROM interactions_queuewait w LEFT JOIN agents_agent a ON a.id = w.agent_id
        WHERE w.conversation_id = ANY(%(ids)s) AND w.ended_at IS NOT NULL AND w.ended_by <> 'moved'
          AND NOT (w.ended_by = 'answered' AND a.kind = 'ai')
          AND NOT (w.ended_by = 'abandoned' AND w.ended_at - w.entered_at < %(short_abandon)s::interval)""",
    "short_abandons": """
        SELECT conversation_id, ended_at, queue_id, NULL::uuid, NULL FROM interactions_queuewait
        WHERE conversation_id = ANY(%(ids)s) AND ended_by = 'abandoned'
          AND ended_at - entered_at < %(short_abandon)s::interval""",
    "missed": """
        SELECT o.conversation_id, o.happened_at, coalesce(o.queue_id, c.queue_id), o.agent_id, NULL
        FROM interactions_offer o JOIN agents_agent a ON a.id = o.agent_id AND a.kind = 'human'
        JOIN cycle c ON c.conversation_id = o.conversation_id AND o.happened_at >= c.from_at AND o.happened_at < c.until_at
        WHERE o.conversation_id = ANY(%(ids)s) AND o.outcome = 'missed'""",
    "transfer_rate": """
        SELECT s.conversation_id, s.resolved_at, s.queue_id, NULL::uuid, EXISTS (
            SELECT 1 FROM interactions_transfer t WHERE t.conversation_id = s.conversation_id
              AND t.happened_at >= s.started_at AND t.happened_at <= s.resolved_at)
        FROM solved s""",
    # A queue without a row is of the first tier. Where none is higher nothing can be an escalation, and there is no number.
    "escalation_rate": """
        SELECT s.conversation_id, s.resolved_at, s.queue_id, NULL::uuid, EXISTS (
            SELECT 1 FROM interactions_transfer t JOIN metrics_queuetier above ON above.queue_id = t.to_queue_id
            LEFT JOIN metrics_queuetier below ON below.queue_id = t.from_queue_id
            WHERE t.conversation_id = s.conversation_id AND t.happened_at >= s.started_at AND t.happened_at <= s.resolved_at
              AND above.tier > coalesce(below.tier, 1))
        FROM solved s WHERE EXISTS (SELECT 1 FROM metrics_queuetier)""",
    "assigned_time": """
        SELECT h.conversation_id, h.left_at, c.queue_id, h.agent_id, h.left_at - h.joined_at
        FROM held h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.joined_at >= c.from_at AND h.joined_at < c.until_at
        WHERE h.kind = 'human' AND h.is_holding AND h.left_at IS NOT NULL""",
    "active_handle_time": """
        SELECT b.conversation_id, b.left_at, c.queue_id, b.agent_id, b.gaps
        FROM busy b JOIN talk t ON t.id = b.conversation_id AND t.channel <> 'voice'
        JOIN cycle c ON c.conversation_id = b.conversation_id AND b.joined_at >= c.from_at AND b.joined_at < c.until_at
        WHERE b.has_written""",
    "handling": """
        SELECT w.conversation_id, max(w.left_at), (array_agg(c.queue_id ORDER BY w.left_at DESC, c.n DESC))[1], w.agent_id,
               sum(w.spent)
        FROM worked w
        JOIN cycle c ON c.conversation_id = w.conversation_id AND w.joined_at >= c.from_at AND w.joined_at < c.until_at
        GROUP BY w.conversation_id, w.agent_id""",
    "handle_time": """
        SELECT s.conversation_id, s.resolved_at, s.queue_id, NULL::uuid, w.spent
        FROM (SELECT DISTINCT ON (conversation_id) * FROM solved ORDER BY conversation_id, n DESC) s
        JOIN (SELECT conversation_id, sum(spent) AS spent FROM worked GROUP BY 1) w
          ON w.conversation_id = s.conversation_id""",
    "resolution_time": """
        SELECT conversation_id, resolved_at, queue_id, NULL::uuid, resolved_at - started_at FROM solved""",
    "requester_wait": """
        SELECT c.conversation_id, c.resolved_at, c.queue_id, NULL::uuid, c.resolved_at - c.started_at - coalesce((
            SELECT sum(least(p.until_at, c.resolved_at) - greatest(p.at, c.started_at)) FROM paused p
            WHERE p.conversation_id = c.conversation_id AND p.at < c.resolved_at AND p.until_at > c.started_at), interval '0')
        FROM cycle c WHERE c.resolved_at IS NOT NULL AND c.outcome IN ('', 'handled', 'unknown')""",
    "volume": """
        SELECT DISTINCT ON (conversation_id) conversation_id, at, queue_id, NULL::uuid, NULL FROM answer
        ORDER BY conversation_id, at, sequence, id""",
    "participation": """
        SELECT DISTINCT ON (conversation_id, agent_id) conversation_id, at, queue_id, agent_id, NULL FROM answer
        WHERE agent_id IS NOT NULL ORDER BY conversation_id, agent_id, at, sequence, id""",
    "reopen_rate": """
        SELECT f.conversation_id, f.resolved_at, f.queue_id, (
            SELECT h.agent_id FROM held h
            WHERE h.conversation_id = f.conversation_id AND h.kind = 'human' AND h.joined_at <= f.resolved_at
            ORDER BY h.is_holding DESC, h.joined_at DESC, h.n DESC LIMIT 1), coalesce(
            f.next_by = 'reopened' AND f.next_at <= f.resolved_at + %(reopen_within)s::interval AND EXISTS (
                SELECT 1 FROM said s
                WHERE s.conversation_id = f.conversation_id AND s.at = f.next_at AND s.who = 'customer'), false)
        FROM solved_first f""",
    "fcr_gross": """
        SELECT f.conversation_id, f.resolved_at, f.queue_id, NULL::uuid, (f.n = 1 AND f.next_at IS NULL AND h.people = 1)
        FROM solved_first f JOIN (
            SELECT conversation_id, count(DISTINCT agent_id) AS people FROM held WHERE kind = 'human' GROUP BY 1
        ) h ON h.conversation_id = f.conversation_id""",
    "fcr_net": f"""
        SELECT f.conversation_id, f.resolved_at, f.queue_id, NULL::uuid, (
            f.n = 1 AND f.next_at IS NULL AND h.people = 1 AND NOT {_CAME_BACK.format(since="f.resolved_at")})
        FROM solved_first f JOIN (
            SELECT conversation_id, count(DISTINCT agent_id) AS people FROM held WHERE kind = 'human' GROUP BY 1
        ) h ON h.conversation_id = f.conversation_id {_OF_KNOWN.format(of="f")}""",  # noqa: S608  # words of this module only
    "resolution_rate": """
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, e.is_resolved
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1 JOIN (
            SELECT conversation_id, bool_or(outcome IN ('', 'handled', 'unknown')) AS is_resolved FROM cycle
            WHERE resolved_at IS NOT NULL AND outcome NOT IN ('merged', 'spam') GROUP BY 1
        ) e ON e.conversation_id = t.id""",
    "csat": """
        SELECT conversation_id, happened_at, queue_id, credited_id, is_positive FROM credited
        WHERE kind = 'human'""",
    "ai_csat": """
        SELECT conversation_id, happened_at, queue_id, credited_id, is_positive FROM credited
        WHERE kind = 'ai'""",
    "csat_response_rate": """
        SELECT v.conversation_id, v.at, v.queue_id, NULL::uuid, EXISTS (
            SELECT 1 FROM rated r
            WHERE r.conversation_id = v.conversation_id AND r.cycle = v.cycle AND r.happened_at >= v.at)
        FROM survey v""",
    "sentiment": _felt("f.score"),
    "turned_negative_rate": _felt("f.has_turned"),
    "analysed_coverage": """
        SELECT f.conversation_id, f.at, c.queue_id, NULL::uuid, EXISTS (
            SELECT 1 FROM analysis_reading r
            WHERE r.conversation_id = f.conversation_id AND r.part = 'sentiment' AND r.score IS NOT NULL)
        FROM (SELECT conversation_id, min(at) AS at FROM said WHERE who = 'customer' GROUP BY 1) f
        JOIN cycle c ON c.conversation_id = f.conversation_id AND f.at >= c.from_at AND f.at < c.until_at""",
    "ai_involvement_rate": """
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, (i.conversation_id IS NOT NULL)
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1
        LEFT JOIN involved i ON i.conversation_id = t.id WHERE t.direction <> 'outbound'""",
    "handoff_rate": """
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, EXISTS (
            SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id)
        FROM involved i""",
    "asked_for_person_rate": """
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, (EXISTS (
            SELECT 1 FROM turn t WHERE t.conversation_id = i.conversation_id AND t.asked_for_human) OR EXISTS (
            SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id AND h.trigger = 'customer_request')
        ) FROM involved i""",
    "containment": f"""
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, (
            NOT EXISTS (SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id)
            AND NOT EXISTS (SELECT 1 FROM cycle c WHERE c.conversation_id = i.conversation_id AND c.outcome = 'abandoned')
            AND NOT {_CAME_BACK.format(since="i.at")})
        FROM involved i {_OF_KNOWN.format(of="i")}""",  # noqa: S608  # words of this module only
    "ai_repeat_contact_rate": f"""
        SELECT i.conversation_id, i.at, i.queue_id, i.agent_id, {_CAME_BACK.format(since="i.at")}
        FROM involved i {_OF_KNOWN.format(of="i")}
        WHERE NOT EXISTS (SELECT 1 FROM handed h WHERE h.conversation_id = i.conversation_id)""",  # noqa: S608
    "ai_resolutions_confirmed": """
        SELECT conversation_id, at, queue_id, agent_id, NULL FROM ai_end WHERE is_affirmed AND NOT is_passed_on""",
    "ai_resolutions_assumed": f"""
        SELECT conversation_id, at, queue_id, agent_id, NULL FROM ({AI_SOLVED}) e WHERE is_solved AND NOT is_affirmed""",  # noqa: S608
    "ai_resolutions_returned": f"""
        SELECT conversation_id, at, queue_id, agent_id, NULL FROM ({AI_SOLVED}) e
        WHERE NOT (is_solved OR is_passed_on OR is_abandoned OR asks_more)""",  # noqa: S608
    "ai_resolution_rate": f"""
        SELECT conversation_id, at, queue_id, agent_id, is_solved FROM ({AI_SOLVED}) e""",  # noqa: S608
    "automation_rate": f"""
        SELECT t.id, t.started_at, c.queue_id, NULL::uuid, coalesce(e.is_solved, false)
        FROM talk t JOIN cycle c ON c.conversation_id = t.id AND c.n = 1
        LEFT JOIN ({AI_SOLVED}) e ON e.conversation_id = t.id WHERE t.direction <> 'outbound'""",  # noqa: S608
    "bot_abandon_rate": """
        SELECT conversation_id, at, queue_id, agent_id, (is_abandoned AND is_asked AND NOT is_passed_on) FROM ai_end""",
    "repeat_contact_rate": f"""
        SELECT e.conversation_id, e.resolved_at, e.queue_id, NULL::uuid, {_CAME_BACK.format(since="e.resolved_at")}
        FROM (
            SELECT DISTINCT ON (conversation_id) * FROM cycle
            WHERE resolved_at IS NOT NULL AND outcome IN ('', 'handled', 'unknown') ORDER BY conversation_id, n
        ) e {_OF_KNOWN.format(of="e")}""",  # noqa: S608  # words of this module only
    "fallback_rate": """
        SELECT t.conversation_id, t.happened_at, c.queue_id, t.agent_id, t.is_fallback
        FROM turn t
        JOIN cycle c ON c.conversation_id = t.conversation_id AND t.happened_at >= c.from_at AND t.happened_at < c.until_at""",
    "ai_confidence": """
        SELECT t.conversation_id, t.happened_at, c.queue_id, t.agent_id, t.confidence
        FROM turn t
        JOIN cycle c ON c.conversation_id = t.conversation_id AND t.happened_at >= c.from_at AND t.happened_at < c.until_at
        WHERE t.confidence IS NOT NULL""",
    "ai_goal_success": _judged("goalsuccess"),
    "ai_faithfulness": _judged("faithfulness"),
    "ai_completeness": _judged("completeness"),
    "handoff_quality": """
        SELECT h.conversation_id, h.happened_at, c.queue_id, h.ai_agent_id, (h.summary <> '')
        FROM handed h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.happened_at >= c.from_at AND h.happened_at < c.until_at""",
    "handoff_reply_time": """
        SELECT h.conversation_id, h.reply_at, c.queue_id, h.ai_agent_id, h.reply_at - h.happened_at
        FROM taken_over h
        JOIN cycle c ON c.conversation_id = h.conversation_id AND h.happened_at >= c.from_at AND h.happened_at < c.until_at
        WHERE h.reply_at IS NOT NULL""",
}

# How a value is stored, by the form of its measure.
_STORED = {
    Form.COUNT: "NULL::bigint",
    Form.SHARE: "x.value::int::bigint",
    Form.DURATION: "(extract(epoch FROM x.value) * 1000000)::bigint",
    Form.SCORE: "round(x.value * 1000000)::bigint",
}
_FOUND = "\nUNION ALL\n".join(
    f"SELECT '{name}' AS measure, x.conversation_id, x.at, x.queue_id, x.agent_id, {_STORED[MEASURES[name].form]} AS value "  # noqa: S608
    f"FROM ({select}) AS x(conversation_id, at, queue_id, agent_id, value)"
    for name, select in CASES.items()
)
COLUMNS = "conversation_id, measure, n, at, queue_id, channel, agent_id, value, business"
# The observations of the conversations %(ids)s as the last of some WITH queries, named `fresh`, in the order of COLUMNS.
_BUSINESS = open_time(calendar="k.calendar_id", since="f.at - f.value * interval '1 microsecond'", until="f.at")
FRESH = f"""
{ROWS}, found AS (
{_FOUND}
), fresh AS (
    SELECT f.conversation_id, f.measure,
           row_number() OVER (PARTITION BY f.conversation_id, f.measure ORDER BY f.at, f.agent_id, f.value)::int AS n,
           f.at, coalesce(f.queue_id, %(no_queue)s) AS queue_id, t.channel, f.agent_id, f.value,
           CASE WHEN k.calendar_id IS NOT NULL THEN {_BUSINESS} END AS business
    FROM found f JOIN talk t ON t.id = f.conversation_id
    LEFT JOIN metrics_queuecalendar k ON k.queue_id = f.queue_id AND f.measure = ANY(%(on_business)s)
)"""  # noqa: S608  # words of this module only


def parameters(conversations: Sequence[UUID]) -> dict[str, Any]:
    """Return what FRESH is executed with. The time that the conversations span tells the planner which partitions to read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(started_at), max(last_event_at) FROM interactions_conversation WHERE id = ANY(%s)",
            [list(conversations)],
        )
        low, high = cursor.fetchone()
    return {
        "ids": list(conversations),
        "low": low,
        "high": high,
        "no_queue": NO_QUEUE,
        "on_business": ON_BUSINESS,
        "short_abandon": timedelta(seconds=SHORT_ABANDON_SECONDS),
        "reopen_within": timedelta(hours=REOPEN_WITHIN_HOURS),
        "repeat_within": timedelta(days=REPEAT_WITHIN_DAYS),
        "assumed_after": timedelta(hours=ASSUMED_AFTER_HOURS),
        "agent_turn": timedelta(minutes=LONGEST_AGENT_TURN_MINUTES),
        "customer_turn": timedelta(minutes=LONGEST_CUSTOMER_TURN_MINUTES),
        "affirms": in_sql(AFFIRMS),
        "thanks": in_sql(THANKS),
        "doubts": in_sql(DOUBTS),
    }
