"""The leading figures of the floor: six numbers of the last hour, each with what it rests on and the rows behind it.

Shares are held against the goals an admin set for every queue together; without one they have no limit and no colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access.viewer import Viewer
from apps.analysis.queries import trusted_in_sql
from apps.console.floor import FEWEST, SHORT_ABANDON_SECONDS, STEPS, WINDOW, QueueLine, board, rows, seen_by_step
from apps.console.scope import behind
from apps.interactions.queries import Slots
from apps.metrics import floor_goals
from apps.metrics.models import Goal
from apps.ui.units import duration_text


@dataclass(frozen=True, slots=True)
class Figure:
    """One leading figure as the components draw it."""

    key: str
    label: str
    value: str
    state: str = ""
    target: str = ""
    change: str = ""
    change_note: str = ""
    trend: Sequence[float] = ()
    trend_target: float | str = ""
    href: str = ""
    face: str = "filled"
    as_of: datetime | None = None


# By step of five minutes: cases and hits among the waits that ended, and among the cycles that were resolved.
_FLOW = """
SELECT ceil(extract(epoch FROM w.ended_at - %(since)s) / 300)::int - 1 AS n, true AS is_wait,
       count(*) FILTER (WHERE w.ended_by = 'abandoned') AS hits, count(*) AS cases
FROM interactions_queuewait w LEFT JOIN agents_agent a ON a.id = w.agent_id
WHERE w.queue_id = ANY(%(queues)s) AND w.ended_at > %(since)s AND w.ended_at <= %(at)s AND w.ended_by <> 'moved'
  AND NOT (w.ended_by = 'answered' AND a.kind IS NOT DISTINCT FROM 'ai')
  AND NOT (w.ended_by = 'abandoned' AND w.ended_at - w.entered_at < %(short)s * interval '1 second')
GROUP BY 1
UNION ALL
SELECT ceil(extract(epoch FROM y.resolved_at - %(since)s) / 300)::int - 1 AS n, false AS is_wait,
       count(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM interactions_transfer t WHERE t.conversation_id = y.conversation_id
             AND t.happened_at >= y.started_at AND t.happened_at <= y.resolved_at)) AS hits, count(*) AS cases
FROM interactions_carecycle y
WHERE y.queue_id = ANY(%(queues)s) AND y.resolved_at > %(since)s AND y.resolved_at <= %(at)s
  AND y.first_reply_at IS NOT NULL AND y.outcome IN ('', 'handled', 'unknown')
GROUP BY 1 ORDER BY 1
"""
# As `_STANDING`. Two reads by the index of the resolutions: asked for in one, it would read every cycle there is.
_OPEN = """
WITH lately AS (
    SELECT started_at, resolved_at FROM interactions_carecycle
    WHERE resolved_at IS NULL AND queue_id = ANY(%(queues)s) AND started_at <= %(at)s
    UNION ALL
    SELECT started_at, resolved_at FROM interactions_carecycle
    WHERE resolved_at > %(since)s AND queue_id = ANY(%(queues)s) AND started_at <= %(at)s
)
SELECT greatest(ceil(extract(epoch FROM started_at - %(since)s) / 300), 0)::int AS first,
       CASE WHEN resolved_at <= %(at)s THEN ceil(extract(epoch FROM resolved_at - %(since)s) / 300)::int END AS past, count(*)
FROM lately GROUP BY 1, 2
"""
_CONFIDENCE = f"""
SELECT least(floor(extract(epoch FROM happened_at - %(since)s) / 300)::int, 11) AS n, count(*), sum({trusted_in_sql("t")})
FROM interactions_botturn t WHERE happened_at > %(since)s AND happened_at <= %(at)s AND {trusted_in_sql("t")} IS NOT NULL
  AND (%(everywhere)s OR (
      SELECT y.queue_id FROM interactions_carecycle y WHERE y.conversation_id = t.conversation_id
        AND (y.n = 1 OR y.started_at <= t.happened_at) ORDER BY y.n DESC LIMIT 1
  ) = ANY(%(queues)s)) GROUP BY n
"""  # noqa: S608  # a fixed piece


_REPLIES = """
SELECT floor(extract(epoch FROM first_reply_at - %(since)s) / 300)::int AS n,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY first_reply_seconds)
FROM interactions_carecycle
WHERE queue_id = %(queue)s AND first_reply_at > %(since)s AND first_reply_at <= %(at)s AND first_reply_seconds IS NOT NULL
GROUP BY 1 ORDER BY 1
"""


def figures(*, viewer: Viewer, at: datetime) -> list[Figure]:
    """The six leading figures of the last hour, each with its n. Nine statements, ten where a reply was measured."""
    lines, slots = board(viewer=viewer, at=at)
    ids = {
        "queues": [UUID(line.key) for line in lines], "since": at - WINDOW, "at": at, "short": SHORT_ABANDON_SECONDS,
        "everywhere": viewer.sees_everything,
    }  # fmt: skip
    flow = rows(_FLOW, ids)
    waits, handled = ([(hits, cases) for _, is_wait, hits, cases in flow if is_wait is kind] for kind in (True, False))
    confidence = {n: (count, total) for n, count, total in rows(_CONFIDENCE, ids)}
    aims = floor_goals.of_floor(viewer=viewer, at=at)
    waiting = sum(line.waiting for line in lines)
    oldest = min((line.oldest_since for line in lines if line.oldest_since is not None), default=None)
    trend = [sum(line.trend[n] for line in lines) for n in range(STEPS)] if lines else []
    worst = max(
        (x for x in lines if x.first_reply_seconds is not None and x.first_reply_target_seconds and x.replies >= FEWEST),
        key=lambda x: (x.first_reply_seconds or 0) / (x.first_reply_target_seconds or 1), default=None,
    )  # fmt: skip
    return [
        _first_reply(worst, at=at, has_target=any(x.first_reply_target_seconds for x in lines)),
        Figure(
            "waiting", "Waiting now", str(waiting), trend=trend, change=_change(trend), change_note="in 30 min",
            target="nobody" if oldest is None else f"oldest {duration_text((at - oldest).total_seconds())}",
            state="crit" if any(x.state == "crit" for x in lines) else "warn" if any(x.state == "warn" for x in lines) else "",
        ),
        _open_now(
            seen_by_step(rows(_OPEN, ids)),
            held=sum(x.active for x in lines),
            slots=slots,
        ),
        _rate("transfer", "Transfer rate", handled, goal=aims.get("transfer_rate"), href=behind(viewer, "transfer_rate")),
        _rate("abandon", "Abandoned", waits, goal=aims.get("abandonment_rate"), href=behind(viewer, "abandonment_rate")),
        _confidence(
            [confidence.get(n, (0, 0.0)) for n in range(12)], goal=aims.get("ai_confidence"),
            href=behind(viewer, "ai_confidence"),
        ),
    ]  # fmt: skip


def _first_reply(worst: QueueLine | None, *, at: datetime, has_target: bool) -> Figure:
    if worst is None:
        why = f"under {FEWEST} replies in the last hour" if has_target else "no queue has a target"
        return Figure("reply", "First reply p90", "", face="empty", target=why)
    seconds, target = worst.first_reply_seconds or 0, worst.first_reply_target_seconds or 0
    trend = [float(p90) for _, p90 in rows(_REPLIES, {"queue": UUID(worst.key), "since": at - WINDOW, "at": at})]
    return Figure(
        "reply", f"First reply p90, {worst.name}", duration_text(seconds), state="crit" if seconds > target else "",
        target=f"target {duration_text(target)}, n {worst.replies}", trend=trend, trend_target=float(target),
        href=worst.replies_href,
    )  # fmt: skip


def _open_now(trend: Sequence[float], *, held: int, slots: Slots | None) -> Figure:
    # People hold conversations of other queues as well: what is free says more than what these queues hold.
    target = f"{held} held by people" if slots is None else f"{slots.free}/{slots.total} slots free"
    return Figure(
        "open", "Open conversations", str(int(trend[-1])) if trend else "0", target=target, trend=trend,
        change=_change(trend), change_note="in 30 min",
    )  # fmt: skip


def _change(trend: Sequence[float]) -> str:
    if len(trend) < 7:
        return ""
    moved = trend[-1] - trend[-7]
    return "±0" if moved == 0 else f"{moved:+.0f}".replace("-", "−")


def _rate(key: str, label: str, parts: Sequence[tuple[int, int]], *, goal: Goal | None, href: str) -> Figure:
    hits, cases = sum(p[0] for p in parts), sum(p[1] for p in parts)
    if not cases:
        return Figure(key, label, "", face="empty", target="no case in the last hour")
    share = hits / cases
    # A five-minute step with few cases says nothing alone: the line shows the share since the start of the hour.
    trend, a, b = [], 0, 0
    for one, of in parts:
        a, b = a + one, b + of
        if b:
            trend.append(a / b)
    aim = None if goal is None else goal.target
    return Figure(
        key, label, f"{share:.1%}", state=floor_goals.held_against(goal, share, n=cases),
        target=f"{'no goal' if aim is None else f'goal {100 * aim:.3g}%'}, {hits} of {cases}",
        trend=trend, trend_target="" if aim is None else aim, href=href,
    )  # fmt: skip


def _confidence(parts: Sequence[tuple[int, float]], *, goal: Goal | None, href: str) -> Figure:
    n = sum(count for count, _ in parts)
    if not n:
        return Figure("confidence", "AI confidence", "", face="empty", target="no AI turn in the last hour")
    mean = sum(float(total or 0) for _, total in parts) / n
    trend = [float(total) / count for count, total in parts if count]
    aim = None if goal is None else goal.target
    return Figure(
        "confidence", "AI confidence", f"{mean:.2f}", state=floor_goals.held_against(goal, mean, n=n),
        target=f"{'no goal' if aim is None else f'goal {aim:.2f}'}, n {n}", trend=trend,
        trend_target="" if aim is None else aim, href=href,
    )  # fmt: skip
