"""Which conversation and message stand for an alert about a queue: the one to open first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from apps.alerts.models import RuleVersion
from apps.alerts.watching.seen import rows

# A case that set off an alert about a share is at most so old.
LOOKED_BACK = timedelta(hours=4)

_LAST_WORDS = """
LEFT JOIN LATERAL (
    SELECT s.id FROM interactions_message s WHERE s.conversation_id = c.id AND s.author_kind = 'customer' AND NOT s.is_private
      AND s.removed_at IS NULL AND s.text <> '' AND s.sent_at >= c.started_at AND s.sent_at <= %(at)s
    ORDER BY s.sent_at DESC, s.sequence DESC LIMIT 1
) w ON true
"""
# Who waits longest; else who is least happy. One of them is said first by what the rule is about.
_OPEN = f"""
SELECT DISTINCT ON (c.queue_id) c.queue_id, c.id, w.id FROM interactions_conversation c
LEFT JOIN analysis_mood m ON m.conversation_id = c.id
{_LAST_WORDS}
WHERE c.is_open AND c.queue_id = ANY(%(queues)s)
ORDER BY c.queue_id, CASE WHEN %(by_mood)s THEN m.score END ASC NULLS LAST,
         coalesce(c.waiting_since, c.unanswered_since) ASC NULLS LAST, c.started_at, c.id
"""  # noqa: S608  # words of this module only
_CASE = f"""
SELECT DISTINCT ON (o.queue_id) o.queue_id, c.id, w.id FROM metrics_observation o
JOIN interactions_conversation c ON c.id = o.conversation_id
{_LAST_WORDS}
WHERE o.measure = %(measure)s AND o.at > %(since)s AND o.at <= %(at)s AND o.queue_id = ANY(%(queues)s) AND o.value = %(value)s
ORDER BY o.queue_id, o.at DESC, c.id
"""  # noqa: S608  # words of this module only

Evidence = dict[UUID, tuple[UUID, UUID | None]]


def evidence(version: RuleVersion, queues: Sequence[UUID], at: datetime) -> Evidence:
    """Return the conversation and its customer's last message for each queue that has one. One statement."""
    if not queues:
        return {}
    if version.reader == "share":
        value = int(version.params["shift"] > 0)
        since = at - LOOKED_BACK
        found = rows(_CASE, measure=version.params["measure"], since=since, at=at, queues=list(queues), value=value)
    else:
        found = rows(_OPEN, queues=list(queues), at=at, by_mood=version.family in ("ai", "mood", "quality"))
    return {queue: (conversation, message) for queue, conversation, message in found}


_WORST = """
SELECT c.id FROM interactions_conversation c LEFT JOIN analysis_mood m ON m.conversation_id = c.id
WHERE c.is_open AND c.queue_id = %(queue)s AND c.last_event_at > %(at)s - interval '3 days'
ORDER BY CASE WHEN %(by_mood)s THEN m.score END ASC NULLS LAST,
         coalesce(c.waiting_since, c.unanswered_since) ASC NULLS LAST, c.started_at, c.id LIMIT %(most)s
"""
_WORST_CASES = """
SELECT x.id FROM (
    SELECT DISTINCT ON (c.id) c.id, o.at FROM metrics_observation o JOIN interactions_conversation c ON c.id = o.conversation_id
    WHERE o.measure = %(measure)s AND o.at > %(since)s AND o.at <= %(at)s AND o.queue_id = %(queue)s AND o.value = %(value)s
    ORDER BY c.id, o.at DESC
) x ORDER BY x.at DESC, x.id LIMIT %(most)s
"""


def worst(version: RuleVersion, queue: UUID, at: datetime, *, most: int = 5) -> list[UUID]:
    """Return the conversations of a queue that an alert is about most, the worst first. One statement.

    Of a share those that last went the wrong way; else those open now, by mood or by how long the customer waits.
    """
    if version.reader == "share":
        found = rows(
            _WORST_CASES, measure=version.params["measure"], since=at - LOOKED_BACK, at=at, queue=queue,
            value=int(version.params["shift"] > 0), most=most,
        )  # fmt: skip
    else:
        found = rows(_WORST, queue=queue, at=at, by_mood=version.family in ("ai", "mood", "quality"), most=most)
    return [key for (key,) in found]
