"""Readers of what is true now: gauges of queues, moods, sources, and the watching itself."""

from __future__ import annotations

from datetime import datetime

from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.watching import feeds
from apps.alerts.watching.seen import Params, Seen, limit_of, of_queue, rows, targets
from apps.metrics.queries import gauges_now
from apps.shared.reading import once

_MOODS = """
SELECT c.queue_id, count(*)::int, avg(m.score) FROM interactions_conversation c JOIN analysis_mood m ON m.conversation_id = c.id
WHERE c.is_open AND c.queue_id IS NOT NULL AND m.score IS NOT NULL GROUP BY c.queue_id
"""


def gauge(params: Params, at: datetime) -> list[Seen]:
    """A gauge of every queue against a limit. Where nobody waits the wait is nought, which is good."""
    promised = targets()
    found = []
    for one in once(("alerts.gauges", at), lambda: gauges_now(at=at)):
        if one.queue_id not in promised or (limit := limit_of(params, promised[one.queue_id])) is None:
            continue
        value = float({
            "queue_length": one.queue_length, "backlog": sum(one.backlog),
            "longest_wait": (one.longest_wait or 0) / 1_000_000,
        }[params["metric"]])  # fmt: skip
        found.append(of_queue(one.queue_id, limit.judge(value, n=one.queue_length), at=at, limit=limit.enter))
    return found


def mood(params: Params, at: datetime) -> list[Seen]:
    """The mean mood of the open conversations of every queue."""
    moods = {queue: (n, score) for queue, n, score in rows(_MOODS)}
    found = []
    for queue, target in targets().items():
        if (limit := limit_of(params, target)) is not None:
            n, score = moods.get(queue, (0, None))
            judged = Judged(Verdict.INSUFFICIENT, n=0) if score is None else limit.judge(score, n=n)
            found.append(of_queue(queue, judged, at=at, limit=limit.enter))
    return found


def source(params: Params, at: datetime) -> list[Seen]:
    """Sources that are late now."""
    return [
        Seen(
            {"source": one.slug},
            Judged(Verdict.BREACH, still=True, value=(at - one.since).total_seconds(), badness=1.0),
            about=one.name[:80],
        )
        for one in feeds.late(at)
    ]


_WATCHED = """
SELECT r.is_prompt, extract(epoch FROM %(at)s - max(r.evaluated_at))::float8 FROM alerts_rule r
WHERE r.is_on AND r.evaluated_at IS NOT NULL AND r.key <> 'watching' GROUP BY r.is_prompt ORDER BY 1
"""


def watching(params: Params, at: datetime) -> list[Seen]:
    """Rules that nobody evaluates any more: the prompt ones, or those of the grid."""
    return [
        Seen(
            {"rules": "prompt" if is_prompt else "grid"},
            Judged(Verdict.BREACH, still=True, value=seconds, badness=seconds / params["seconds"] - 1),
            limit=params["seconds"],
            about="Queues and conversations" if is_prompt else "Shares and counts",
        )
        for is_prompt, seconds in rows(_WATCHED, at=at)
        if seconds > params["seconds"]
    ]
