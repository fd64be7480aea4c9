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
STATEMENTS = {"asked": _ASKED, "negative": _NEGATIVE, "overdue": _OVERDUE}


def fired(reader: str, params: Params, span: Span, queues: Sequence[UUID]) -> dict[UUID, list[Firing]]:
    """When conversations would have been alerts, by queue. One statement.

    Of one that turned negative it is known when, and not whether it still fell when it was looked at: at most so many.
    """
    found = rows(
        STATEMENTS[reader], since=span.since, until=span.until, queues=list(queues), seconds=params.get("seconds", 0),
        times=params.get("times_target", 0),
    )  # fmt: skip
    told: dict[UUID, list[Firing]] = defaultdict(list)
    for queue, begins, ends in found:
        told[queue].append(Firing(begins.timestamp(), None if ends is None else ends.timestamp()))
    return told
