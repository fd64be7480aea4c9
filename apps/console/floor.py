"""The floor in numbers, straight from rows: windows of an hour or less are exact.

Where a number has a metric's name it is that metric over the last hour, and opens its rows: what one counts, the other does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, F, FloatField, Value
from django.db.models.functions import Coalesce, Extract

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.console.scope import behind, linked
from apps.interactions.models import Conversation, Queue
from apps.interactions.queries import Slots, staffing
from apps.shared.reading import once

WINDOW = timedelta(hours=1)
STEP = timedelta(minutes=5)
STEPS = int(WINDOW / STEP) + 1
# No state is shown for a rate over fewer cases than this: one slow reply is not a slow queue.
FEWEST = 5
SHORT_ABANDON_SECONDS = 10


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One queue now and in the last hour. None = nothing to measure."""

    key: str
    name: str
    href: str
    channel: str
    waiting: int
    oldest_since: datetime | None
    active: int
    # Of the people present in the teams that answer it; None: no team does.
    slots: int | None
    free: int | None
    replies: int
    first_reply_seconds: float | None
    first_reply_target_seconds: int | None
    within_target: float | None
    within_target_goal: float | None
    ai_share: float | None
    mood: float | None
    trend: tuple[float, ...]
    state: str = "ok"
    why: str = ""
    risk: float = 0.0
    # Its source is late: the figures are from then.
    late_since: datetime | None = None
    # The rows behind the first replies, and behind the share within the target.
    replies_href: str = ""
    within_href: str = ""


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


def rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement of this app and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def queue_ids(viewer: Viewer) -> list[UUID]:
    """The queues in the viewer's scope, in the order of their keys."""
    viewer.require(Permission.VIEW_FLOOR)
    found = Queue.objects.visible_to(viewer).order_by("pk").values_list("pk", flat=True)
    return once(("queue ids", viewer.user.pk, viewer.scope), lambda: list(found))


_QUEUES = """
WITH open AS (
    SELECT c.queue_id, count(*) FILTER (WHERE c.waiting_since IS NOT NULL) AS waiting, min(c.waiting_since) AS oldest,
           count(*) FILTER (WHERE a.kind = 'human') AS active, avg(m.score) AS mood
    FROM interactions_conversation c LEFT JOIN agents_agent a ON a.id = c.holder_id
    LEFT JOIN analysis_mood m ON m.conversation_id = c.id
    WHERE c.is_open AND c.queue_id = ANY(%(queues)s) GROUP BY c.queue_id
), reply AS (
    SELECT y.queue_id, count(*) AS n,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY y.first_reply_seconds) AS p90,
           count(*) FILTER (WHERE y.first_reply_seconds <= q.reply_target_seconds) AS kept
    FROM interactions_carecycle y JOIN interactions_queue q ON q.id = y.queue_id
    WHERE y.queue_id = ANY(%(queues)s) AND y.first_reply_at > %(since)s AND y.first_reply_at <= %(at)s
      AND y.first_reply_seconds IS NOT NULL GROUP BY y.queue_id
), gone AS (
    SELECT queue_id, count(*) AS n FROM interactions_queuewait
    WHERE queue_id = ANY(%(queues)s) AND ended_at > %(since)s AND ended_at <= %(at)s AND ended_by = 'abandoned'
      AND ended_at - entered_at >= %(short)s * interval '1 second' GROUP BY queue_id
), begun AS (
    SELECT queue_id, avg((human_messages = 0 AND ai_messages > 0)::int) AS ai_share
    FROM interactions_conversation
    WHERE started_at > %(since)s AND started_at <= %(at)s AND queue_id = ANY(%(queues)s) GROUP BY queue_id
)
SELECT q.id, q.name, q.channel, q.reply_target_seconds, q.service_level_target, coalesce(o.waiting, 0), o.oldest,
       coalesce(o.active, 0), coalesce(r.n, 0), r.p90,
       CASE WHEN q.reply_target_seconds IS NOT NULL
            THEN coalesce(r.kept, 0)::float8 / nullif(coalesce(r.n, 0) + coalesce(g.n, 0), 0) END,
       b.ai_share::float8, o.mood
FROM interactions_queue q LEFT JOIN open o ON o.queue_id = q.id LEFT JOIN reply r ON r.queue_id = q.id
LEFT JOIN gone g ON g.queue_id = q.id LEFT JOIN begun b ON b.queue_id = q.id WHERE q.id = ANY(%(queues)s) ORDER BY q.name
"""
# Which of the steps of five minutes see a wait: from the first at or after its beginning to the last before its end.
_STANDING = """
SELECT queue_id, greatest(ceil(extract(epoch FROM entered_at - %(since)s) / 300), 0)::int AS first,
       CASE WHEN ended_at <= %(at)s THEN ceil(extract(epoch FROM ended_at - %(since)s) / 300)::int END AS past, count(*)
FROM interactions_queuewait
WHERE queue_id = ANY(%(queues)s) AND entered_at <= %(at)s AND (ended_at > %(since)s OR ended_at IS NULL)
  AND entered_at > %(at)s - interval '2 days' GROUP BY 1, 2, 3
"""


def _seen(spans: Iterable[tuple[int, int | None, int]]) -> tuple[float, ...]:
    """How many of the spans each step sees, from (first step, first step no more, how many of them)."""
    seen = [0] * STEPS
    for first, past, count in spans:
        for step in range(first, STEPS if past is None else past):
            seen[step] += count
    return tuple(float(count) for count in seen)


def queues(*, viewer: Viewer, at: datetime) -> list[QueueLine]:
    """Every queue in scope, the one at most risk first. Four statements whatever the number of queues."""
    return _board(viewer, at)[0]


Board = tuple[list[QueueLine], Slots | None]


def _board(viewer: Viewer, at: datetime) -> Board:
    """The queues, and the slots of all of them together. Parts that are rendered together share one reading."""
    return once(("board", viewer.user.pk, viewer.scope, at), lambda: _read_board(viewer, at))


def _read_board(viewer: Viewer, at: datetime) -> Board:
    ids = queue_ids(viewer)
    where = {"queues": ids, "since": at - WINDOW, "at": at, "short": SHORT_ABANDON_SECONDS}
    standing: dict[UUID, list[tuple[int, int | None, int]]] = {}
    for queue, *span in rows(_STANDING, where):
        standing.setdefault(queue, []).append(tuple(span))
    staffed = staffing(queues=ids, at=at)
    found = []
    for key, name, channel, target, goal, waiting, oldest, active, n, p90, within, ai, mood in rows(_QUEUES, where):
        own = staffed.by_queue.get(key)
        line = QueueLine(
            key=str(key), name=name, href=linked(viewer, "queue", key), channel=channel, waiting=waiting,
            oldest_since=oldest, active=active, slots=None if own is None else own.total, free=None if own is None else own.free, replies=n, first_reply_seconds=p90,
            first_reply_target_seconds=target, within_target=within, within_target_goal=goal, ai_share=ai, mood=mood,
            trend=_seen(standing.get(key, ())),
            replies_href=behind(viewer, "first_reply_time", queue=key), within_href=behind(viewer, "service_level", queue=key),
        )  # fmt: skip
        found.append(judged(line, at=at))
    return sorted(found, key=lambda line: (-line.risk, line.name)), staffed.together


def longest_waiting(*, viewer: Viewer, at: datetime, most: int = 6) -> list[UUID]:
    """Keys of the conversations that wait longest, measured by their queue's promise; without one, by the clock."""
    viewer.require(Permission.VIEW_FLOOR)
    waiting = Conversation.objects.visible_to(viewer).filter(is_open=True, waiting_since__isnull=False)
    seconds = Extract(Value(at, output_field=DateTimeField()) - F("waiting_since"), "epoch")
    against = Coalesce(F("queue__reply_target_seconds"), 86_400, output_field=FloatField())
    return list(waiting.order_by((seconds / against).desc(), "pk").values_list("pk", flat=True)[:most])


def judged(line: QueueLine, *, at: datetime) -> QueueLine:
    """Say how a queue stands against its promise, and why in words.

    Over: the oldest customer has waited longer than the target and the last hour missed it too. Near: one of the two.
    """
    target = line.first_reply_target_seconds
    if not target:
        return line
    waited = 0.0 if line.oldest_since is None else (at - line.oldest_since).total_seconds()
    enough = line.replies >= FEWEST
    slow = enough and line.first_reply_seconds is not None and line.first_reply_seconds > target
    below = (
        enough
        and None not in (line.within_target, line.within_target_goal)
        and ((line.within_target or 0) < (line.within_target_goal or 0))
    )
    late = waited > target
    risk = max(waited, (line.first_reply_seconds or 0) if enough else 0) / target
    if late and (slow or below):
        return replace(line, state="crit", why=f"{line.waiting} waiting, over the target", risk=2 + risk)
    if late:
        return replace(line, state="warn", why="oldest over the target", risk=1 + risk)
    if below:
        return replace(line, state="warn", why="below the service level", risk=1 + risk)
    return replace(line, risk=min(risk, 1))


def spoken(seconds: float) -> str:
    """A duration in a sentence."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def verdict(*, lines: Sequence[QueueLine], at: datetime) -> tuple[str, str]:
    """The page's title is the answer: is the shift all right, where is it not."""
    if not lines:
        return "No queue is in your scope", "Ask an admin for access to a team's queues."
    over = [line for line in lines if line.state == "crit"]
    near = [line for line in lines if line.state == "warn"]
    words = [
        f"{line.name} keeps people waiting for {_waited(line, at)} against {spoken(line.first_reply_target_seconds or 0)}"
        for line in over
    ]
    words += [f"{line.name}: {line.why}" for line in near]
    detail = ". ".join(words[:3]) + ("." if words else "")
    if over:
        return ("One queue needs you now" if len(over) == 1 else f"{len(over)} queues need you now"), detail
    if near:
        return (
            "One queue is close to its limit" if len(near) == 1 else f"{len(near)} queues are close to their limits"
        ), detail
    waiting = sum(line.waiting for line in lines)
    bare = [line for line in lines if not line.first_reply_target_seconds]
    if len(bare) == len(lines):
        oldest = min((line.oldest_since for line in lines if line.oldest_since is not None), default=None)
        told = "Nobody is waiting" if oldest is None else f"{waiting} waiting, the longest for {_since(oldest, at)}"
        return (
            "No queue has a target yet",
            f"{told}. Until a queue has a reply target, nothing here can be called late.",
        )
    # A queue that promises nothing is neither inside nor outside of anything: it is named.
    without = "" if not bare else f" Without a target: {_named([line.name for line in bare])}."
    inside = "Nobody is waiting." if not waiting else f"{waiting} waiting, none for longer than promised."
    return ("Every queue with a target is inside it" if bare else "The shift is inside its targets"), inside + without


def _named(names: Sequence[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _waited(line: QueueLine, at: datetime) -> str:
    return spoken(0) if line.oldest_since is None else _since(line.oldest_since, at)


def _since(moment: datetime, at: datetime) -> str:
    return spoken((at - moment).total_seconds())


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
_CONFIDENCE = """
SELECT least(floor(extract(epoch FROM happened_at - %(since)s) / 300)::int, 11) AS n, count(*), sum(confidence)
FROM interactions_botturn t WHERE happened_at > %(since)s AND happened_at <= %(at)s AND confidence IS NOT NULL
  AND (%(everywhere)s OR (
      SELECT y.queue_id FROM interactions_carecycle y WHERE y.conversation_id = t.conversation_id
        AND (y.n = 1 OR y.started_at <= t.happened_at) ORDER BY y.n DESC LIMIT 1
  ) = ANY(%(queues)s)) GROUP BY n
"""


_REPLIES = """
SELECT floor(extract(epoch FROM first_reply_at - %(since)s) / 300)::int AS n,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY first_reply_seconds)
FROM interactions_carecycle
WHERE queue_id = %(queue)s AND first_reply_at > %(since)s AND first_reply_at <= %(at)s AND first_reply_seconds IS NOT NULL
GROUP BY 1 ORDER BY 1
"""


def figures(*, viewer: Viewer, at: datetime) -> list[Figure]:
    """The six leading figures of the last hour, each with its n. Eight statements, nine where a reply was measured."""
    lines, slots = _board(viewer, at)
    ids = {
        "queues": [UUID(line.key) for line in lines], "since": at - WINDOW, "at": at, "short": SHORT_ABANDON_SECONDS,
        "everywhere": viewer.sees_everything,
    }  # fmt: skip
    flow = rows(_FLOW, ids)
    waits, handled = ([(hits, cases) for _, is_wait, hits, cases in flow if is_wait is kind] for kind in (True, False))
    confidence = {n: (count, total) for n, count, total in rows(_CONFIDENCE, ids)}
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
            target="nobody" if oldest is None else f"oldest {spoken((at - oldest).total_seconds())}",
            state="crit" if any(x.state == "crit" for x in lines) else "warn" if any(x.state == "warn" for x in lines) else "",
        ),
        _open_now(
            _seen(rows(_OPEN, ids)),
            held=sum(x.active for x in lines),
            slots=slots,
        ),
        _rate("transfer", "Transfer rate", handled, limit=0.12,
              href=behind(viewer, "transfer_rate")),
        _rate("abandon", "Abandoned", waits, limit=0.05,
              href=behind(viewer, "abandonment_rate")),
        _confidence([confidence.get(n, (0, 0.0)) for n in range(12)], href=behind(viewer, "ai_confidence")),
    ]  # fmt: skip


def _first_reply(worst: QueueLine | None, *, at: datetime, has_target: bool) -> Figure:
    if worst is None:
        why = f"under {FEWEST} replies in the last hour" if has_target else "no queue has a target"
        return Figure("reply", "First reply p90", "", face="empty", target=why)
    seconds, target = worst.first_reply_seconds or 0, worst.first_reply_target_seconds or 0
    trend = [float(p90) for _, p90 in rows(_REPLIES, {"queue": UUID(worst.key), "since": at - WINDOW, "at": at})]
    return Figure(
        "reply", f"First reply p90, {worst.name}", spoken(seconds), state="crit" if seconds > target else "",
        target=f"target {spoken(target)}, n {worst.replies}", trend=trend, trend_target=float(target),
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


def _rate(key: str, label: str, parts: Sequence[tuple[int, int]], *, limit: float, href: str) -> Figure:
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
    state = "" if cases < FEWEST or share <= limit else "warn"
    return Figure(
        key, label, f"{share:.1%}", state=state, target=f"limit {limit:.0%}, {hits} of {cases}", trend=trend,
        trend_target=limit, href=href,
    )  # fmt: skip


def _confidence(parts: Sequence[tuple[int, float]], *, href: str) -> Figure:
    n = sum(count for count, _ in parts)
    if not n:
        return Figure("confidence", "AI confidence", "", face="empty", target="no AI turn in the last hour")
    mean = sum(float(total or 0) for _, total in parts) / n
    trend = [float(total) / count for count, total in parts if count]
    return Figure(
        "confidence", "AI confidence", f"{mean:.2f}", state="warn" if mean < 0.65 and n >= FEWEST else "",
        target=f"floor 0.65, n {n}", trend=trend, trend_target=0.65, href=href,
    )  # fmt: skip
