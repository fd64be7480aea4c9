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

# An AI agent holds it still, and said as often what it had said before.
_LOOP = """
SELECT c.id, c.queue_id, x.n::float8, x.message_id FROM interactions_conversation c
JOIN agents_agent g ON g.id = c.holder_id AND g.kind = 'ai'
CROSS JOIN LATERAL (
    SELECT count(*) AS n, (array_agg(r.message_id ORDER BY r.sent_at DESC, r.message_id))[1] AS message_id FROM analysis_reading r
    WHERE r.conversation_id = c.id AND r.part = 'loop' AND r.label = 'loop' AND r.sent_at <= %(at)s
) x WHERE c.is_open AND c.queue_id IS NOT NULL AND x.n >= %(least)s ORDER BY x.n DESC, c.id LIMIT %(most)s
"""
# An AI agent holds it still, and was unsure in each of its last turns that say how sure it was.
_UNSURE = """
SELECT c.id, c.queue_id, x.mean, x.message_id FROM interactions_conversation c
JOIN agents_agent g ON g.id = c.holder_id AND g.kind = 'ai'
CROSS JOIN LATERAL (
    SELECT count(*) AS n, max(confidence) AS most, avg(confidence)::float8 AS mean,
           (array_agg(coalesce(message_id, reply_message_id) ORDER BY happened_at DESC, id DESC))[1] AS message_id
    FROM (
        SELECT t.id, t.happened_at, t.confidence, t.message_id, t.reply_message_id FROM interactions_botturn t
        WHERE t.conversation_id = c.id AND t.agent_id = c.holder_id AND t.confidence IS NOT NULL AND t.happened_at <= %(at)s
        ORDER BY t.happened_at DESC, t.id DESC LIMIT %(least)s
    ) last
) x WHERE c.is_open AND c.queue_id IS NOT NULL AND x.n = %(least)s AND x.most < %(limit)s ORDER BY x.mean, c.id LIMIT %(most)s
"""
# A reply that holds what it must not is told of for an hour, also where the conversation ended with it.
_UNSAFE = """
SELECT c.id, c.queue_id, count(*)::float8, (array_agg(r.message_id ORDER BY r.sent_at DESC, r.message_id))[1]
FROM analysis_reading r JOIN interactions_conversation c ON c.id = r.conversation_id
WHERE r.part = 'safety' AND r.label = 'flagged' AND r.sent_at > %(at)s - %(seconds)s * interval '1 second' AND r.sent_at <= %(at)s
  AND c.queue_id IS NOT NULL
GROUP BY c.id, c.queue_id ORDER BY max(r.sent_at) DESC, c.id LIMIT %(most)s
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


def loop(params: Params, at: datetime) -> list[Seen]:
    """An AI agent says the same again, as often as the rule says, in a conversation that it still holds."""
    least = params["least_n"]
    found = rows(_LOOP, at=at, least=least, most=MOST)
    return [_seen(*row, limit=None, badness=row[2] / least - 1) for row in found]


def unsure(params: Params, at: datetime) -> list[Seen]:
    """An AI agent was less sure than the limit in each of its last turns of a conversation that it still holds."""
    found = rows(_UNSURE, at=at, least=params["least_n"], limit=params["enter"], most=MOST)
    return [_seen(*row, limit=params["enter"], badness=1 - row[2] / params["enter"]) for row in found]


def unsafe(params: Params, at: datetime) -> list[Seen]:
    """A reply of ours holds words or phrases that replies must not hold."""
    found = rows(_UNSAFE, at=at, seconds=params["seconds"], most=MOST)
    return [_seen(*row, limit=None, badness=row[2]) for row in found]


def _seen(
    conversation: object, queue: object, value: float, message: object, *, limit: float | None, badness: float
) -> Seen:
    judged = Judged(Verdict.BREACH, still=True, value=value, badness=badness)
    return Seen(
        {"conversation": str(conversation)}, judged, limit, queue=queue, conversation=conversation, message=message  # type: ignore[arg-type]  # as the database types them
    )  # fmt: skip
