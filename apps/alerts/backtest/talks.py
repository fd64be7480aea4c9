"""The past of rules about single conversations, from what is still known of each conversation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from apps.alerts.backtest.replaying import Firing
from apps.alerts.backtest.stored import Span
from apps.alerts.watching.seen import Params, rows

_ASKED = """
SELECT * FROM (
    SELECT c.queue_id, m.asked_at + %(seconds)s * interval '1 second' AS begins,
           least(m.granted_at, CASE WHEN NOT c.is_open THEN coalesce(c.resolved_at, c.last_event_at) END) AS ends
    FROM analysis_mood m JOIN interactions_conversation c ON c.id = m.conversation_id
    WHERE m.asked_at > %(since)s AND m.asked_at <= %(until)s AND c.queue_id = ANY(%(queues)s)
) x WHERE begins <= %(until)s AND (ends IS NULL OR begins < ends) ORDER BY begins
"""
_NEGATIVE = """
SELECT c.queue_id, m.turned_negative_at, CASE WHEN NOT c.is_open THEN coalesce(c.resolved_at, c.last_event_at) END
FROM analysis_mood m JOIN interactions_conversation c ON c.id = m.conversation_id
WHERE m.turned_negative_at > %(since)s AND m.turned_negative_at <= %(until)s AND c.queue_id = ANY(%(queues)s) ORDER BY 2
"""
_OVERDUE = """
SELECT o.queue_id, o.at - (o.value / 1000000.0 - %(times)s * q.reply_target_seconds) * interval '1 second', o.at
FROM metrics_observation o JOIN interactions_queue q ON q.id = o.queue_id
WHERE o.measure = 'response_time' AND o.at > %(since)s AND o.at <= %(until)s AND o.queue_id = ANY(%(queues)s)
  AND o.value > %(times)s * q.reply_target_seconds * 1000000.0 ORDER BY 2
"""
# Until a person came or it was over; when an AI agent gave it back to itself is not kept.
_HELD = """
SELECT x.queue_id, x.begins, least(
    (SELECT min(p.joined_at) FROM interactions_participation p JOIN agents_agent g ON g.id = p.agent_id AND g.kind = 'human'
     WHERE p.conversation_id = x.id AND p.joined_at >= x.begins),
    CASE WHEN NOT x.is_open THEN coalesce(x.resolved_at, x.last_event_at) END)
FROM ({found}) x WHERE x.begins > %(since)s AND x.begins <= %(until)s ORDER BY x.begins
"""
_LOOP = _HELD.format(
    found="""
    SELECT c.id, c.queue_id, c.is_open, c.resolved_at, c.last_event_at, (array_agg(r.sent_at ORDER BY r.sent_at))[%(least)s] AS begins
    FROM analysis_reading r JOIN interactions_conversation c ON c.id = r.conversation_id
    WHERE r.part = 'loop' AND r.label = 'loop' AND r.sent_at > %(since)s - interval '1 day' AND r.sent_at <= %(until)s
      AND c.queue_id = ANY(%(queues)s) GROUP BY c.id
"""
)
_UNSURE = _HELD.format(
    found="""
    SELECT c.id, c.queue_id, c.is_open, c.resolved_at, c.last_event_at, min(t.happened_at) AS begins FROM (
        SELECT conversation_id, happened_at,
               count(*) FILTER (WHERE confidence < %(limit)s) OVER w = %(least)s AS is_low
        FROM interactions_botturn
        WHERE confidence IS NOT NULL AND happened_at > %(since)s - interval '1 day' AND happened_at <= %(until)s
        WINDOW w AS (PARTITION BY conversation_id, agent_id ORDER BY happened_at, id ROWS BETWEEN %(least)s - 1 PRECEDING AND CURRENT ROW)
    ) t JOIN interactions_conversation c ON c.id = t.conversation_id
    WHERE t.is_low AND c.queue_id = ANY(%(queues)s) GROUP BY c.id
"""
)
_UNSAFE = """
SELECT c.queue_id, min(r.sent_at), max(r.sent_at) + %(seconds)s * interval '1 second'
FROM analysis_reading r JOIN interactions_conversation c ON c.id = r.conversation_id
WHERE r.part = 'safety' AND r.label = 'flagged' AND r.sent_at > %(since)s AND r.sent_at <= %(until)s AND c.queue_id = ANY(%(queues)s)
GROUP BY c.id, c.queue_id ORDER BY 2
"""
STATEMENTS = {
    "asked": _ASKED, "negative": _NEGATIVE, "overdue": _OVERDUE, "loop": _LOOP, "unsure": _UNSURE, "unsafe": _UNSAFE,
}  # fmt: skip


def fired(reader: str, params: Params, span: Span, queues: Sequence[UUID]) -> dict[UUID, list[Firing]]:
    """When conversations would have been alerts, by queue. One statement.

    Of one that turned negative it is known when, and not whether it still fell when it was looked at: at most so many.
    """
    found = rows(
        STATEMENTS[reader], since=span.since, until=span.until, queues=list(queues), seconds=params.get("seconds", 0),
        times=params.get("times_target", 0), least=params.get("least_n", 1), limit=params.get("enter", 0),
    )  # fmt: skip
    told: dict[UUID, list[Firing]] = defaultdict(list)
    for queue, begins, ends in found:
        told[queue].append(Firing(begins.timestamp(), None if ends is None else ends.timestamp()))
    return told
