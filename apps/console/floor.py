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
from apps.routing.queries import people_moved
from apps.shared.lookups import array
from apps.shared.reading import once
from apps.ui.units import duration_text

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
    # First replies and abandoned waits, of which the share within the target is; and the conversations begun, of which the AI's.
    promised: int
    ai_share: float | None
    begun: int
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


def rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement of this app and return its rows."""
    keys = {name: array(tuple(one)) for name, one in parameters.items() if name in ("queues", "people")}
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | keys)
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
    SELECT queue_id, avg((human_messages = 0 AND ai_messages > 0)::int) AS ai_share, count(*) AS n
    FROM interactions_conversation
    WHERE started_at > %(since)s AND started_at <= %(at)s AND queue_id = ANY(%(queues)s) GROUP BY queue_id
)
SELECT q.id, q.name, q.channel, q.reply_target_seconds, q.service_level_target, coalesce(o.waiting, 0), o.oldest,
       coalesce(o.active, 0), coalesce(r.n, 0), r.p90,
       CASE WHEN q.reply_target_seconds IS NOT NULL
            THEN coalesce(r.kept, 0)::float8 / nullif(coalesce(r.n, 0) + coalesce(g.n, 0), 0) END,
       coalesce(r.n, 0) + coalesce(g.n, 0), b.ai_share::float8, b.n, o.mood
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


def seen_by_step(spans: Iterable[tuple[int, int | None, int]]) -> tuple[float, ...]:
    """How many of the spans each step sees, from (first step, first step no more, how many of them)."""
    seen = [0] * STEPS
    for first, past, count in spans:
        for step in range(first, STEPS if past is None else past):
            seen[step] += count
    return tuple(float(count) for count in seen)


def queues(*, viewer: Viewer, at: datetime) -> list[QueueLine]:
    """Every queue in scope, the one at most risk first. Four statements whatever the number of queues."""
    return board(viewer=viewer, at=at)[0]


Board = tuple[list[QueueLine], Slots | None]


def board(*, viewer: Viewer, at: datetime) -> Board:
    """The queues, and the slots of all of them together. Parts that are rendered together share one reading."""
    return once(("board", viewer.user.pk, viewer.scope, at), lambda: _read(viewer, at))


def _read(viewer: Viewer, at: datetime) -> Board:
    ids = queue_ids(viewer)
    where = {"queues": ids, "since": at - WINDOW, "at": at, "short": SHORT_ABANDON_SECONDS}
    standing: dict[UUID, list[tuple[int, int | None, int]]] = {}
    for queue, *span in rows(_STANDING, where):
        standing.setdefault(queue, []).append(tuple(span))
    staffed = staffing(queues=ids, at=at, moves=people_moved(at=at))
    found = []
    for key, name, channel, target, goal, waiting, oldest, active, n, p90, within, promised, ai, begun, mood in rows(
        _QUEUES, where
    ):
        own = staffed.by_queue.get(key)
        line = QueueLine(
            key=str(key), name=name, href=linked(viewer, "queue", key), channel=channel, waiting=waiting,
            oldest_since=oldest, active=active, slots=None if own is None else own.total, free=None if own is None else own.free, replies=n, first_reply_seconds=p90,
            first_reply_target_seconds=target, within_target=within, within_target_goal=goal, promised=promised, ai_share=ai, begun=begun or 0, mood=mood,
            trend=seen_by_step(standing.get(key, ())),
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


def verdict(*, lines: Sequence[QueueLine], at: datetime) -> tuple[str, str]:
    """The page's title is the answer: is the shift all right, where is it not."""
    if not lines:
        return "No queue is in your scope", "Ask an admin for access to a team's queues."
    over = [line for line in lines if line.state == "crit"]
    near = [line for line in lines if line.state == "warn"]
    words = [
        f"{line.name} keeps people waiting for {_waited(line, at)} against {duration_text(line.first_reply_target_seconds or 0)}"
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
    return duration_text(0) if line.oldest_since is None else _since(line.oldest_since, at)


def _since(moment: datetime, at: datetime) -> str:
    return duration_text((at - moment).total_seconds())
