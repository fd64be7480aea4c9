"""Readers of single conversations: one series each, which begins and ends with what is wrong in it."""

from __future__ import annotations

from datetime import datetime

from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.watching.seen import Params, Seen, rows

# More than a rule may have open are never needed: the worst come first.
MOST = 60

_ASKED = """
SELECT c.id, c.queue_id, extract(epoch FROM %(at)s - m.asked_at)::float8, (
    SELECT r.message_id FROM analysis_reading r WHERE r.conversation_id = c.id AND r.part = 'asks_for_human' AND r.label = 'asked'
    ORDER BY r.sent_at, r.message_id LIMIT 1)
FROM analysis_mood m JOIN interactions_conversation c ON c.id = m.conversation_id
WHERE m.asked_at IS NOT NULL AND m.granted_at IS NULL AND c.is_open AND c.queue_id IS NOT NULL
  AND m.asked_at <= %(at)s - %(seconds)s * interval '1 second'
ORDER BY m.asked_at LIMIT %(most)s
"""
_NEGATIVE = """
SELECT c.id, c.queue_id, m.score, (
    SELECT r.message_id FROM analysis_reading r WHERE r.conversation_id = c.id AND r.part = 'sentiment'
      AND r.sent_at = m.turned_negative_at ORDER BY r.message_id LIMIT 1)
FROM interactions_conversation c JOIN analysis_mood m ON m.conversation_id = c.id
WHERE c.is_open AND c.queue_id IS NOT NULL AND m.turned_negative_at IS NOT NULL AND m.slope < 0 AND m.score < 0
ORDER BY m.score, c.id LIMIT %(most)s
"""
_OVERDUE = """
SELECT c.id, c.queue_id, extract(epoch FROM %(at)s - c.unanswered_since)::float8, (
    SELECT s.id FROM interactions_message s WHERE s.conversation_id = c.id AND s.author_kind = 'customer' AND NOT s.is_private
      AND s.sent_at >= c.started_at AND s.sent_at <= %(at)s ORDER BY s.sent_at DESC, s.sequence DESC LIMIT 1),
  %(times)s::float8 * q.reply_target_seconds
FROM interactions_conversation c JOIN interactions_queue q ON q.id = c.queue_id
JOIN agents_agent g ON g.id = c.holder_id
WHERE c.is_open AND g.kind = 'human' AND c.unanswered_since <= %(at)s - %(times)s * q.reply_target_seconds * interval '1 second'
ORDER BY c.unanswered_since LIMIT %(most)s
"""


def asked(params: Params, at: datetime) -> list[Seen]:
    """A customer asked for a person, and nobody came within some seconds."""
    found = rows(_ASKED, at=at, seconds=params["seconds"], most=MOST)
    return [_seen(*row, limit=params["seconds"], badness=row[2] / params["seconds"] - 1) for row in found]


def negative(params: Params, at: datetime) -> list[Seen]:
    """A conversation turned negative and still falls. Once it has, it is bad while its mood is below nought."""
    return [_seen(*row, limit=None, badness=-row[2]) for row in rows(_NEGATIVE, most=MOST)]


def overdue(params: Params, at: datetime) -> list[Seen]:
    """A person holds a conversation whose customer has waited for an answer for many times the promise."""
    found = rows(_OVERDUE, at=at, times=params["times_target"], most=MOST)
    return [_seen(*row[:4], limit=row[4], badness=row[2] / row[4] - 1) for row in found]


def _seen(
    conversation: object, queue: object, value: float, message: object, *, limit: float | None, badness: float
) -> Seen:
    judged = Judged(Verdict.BREACH, still=True, value=value, badness=badness)
    return Seen(
        {"conversation": str(conversation)}, judged, limit, queue=queue, conversation=conversation, message=message  # type: ignore[arg-type]  # as the database types them
    )  # fmt: skip
