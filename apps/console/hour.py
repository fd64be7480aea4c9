"""The last hour of one queue in steps of five minutes: what its chart draws and its table says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.console.floor import STEP, WINDOW, rows
from apps.interactions.models import Queue
from apps.shared.errors import OutOfScope

_HOUR = """
SELECT t.at, (
    SELECT count(*) FROM interactions_queuewait w
    WHERE w.queue_id = %(queue)s AND w.entered_at <= t.at AND w.entered_at > %(at)s - interval '2 days'
      AND (w.ended_at > t.at OR w.ended_at IS NULL)
), r.n, r.p90
FROM generate_series(%(since)s::timestamptz + interval '5 minutes', %(at)s, interval '5 minutes') AS t(at)
LEFT JOIN LATERAL (
    SELECT count(*) AS n, percentile_cont(0.9) WITHIN GROUP (ORDER BY first_reply_seconds) AS p90
    FROM interactions_carecycle
    WHERE queue_id = %(queue)s AND first_reply_at > t.at - interval '5 minutes' AND first_reply_at <= t.at
      AND first_reply_seconds IS NOT NULL
) r ON true ORDER BY t.at
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Five minutes of a queue: who stood in it at their end, and how fast the first replies in them were."""

    starts_at: datetime
    ends_at: datetime
    waiting: int
    replies: int
    first_reply_seconds: float | None


def hour(*, viewer: Viewer, queue: UUID, at: datetime) -> tuple[Queue, list[Step]]:
    """Return a queue in scope with its last hour, oldest step first. Two statements.

    :raises OutOfScope: there is no such queue in the viewer's scope.
    """
    viewer.require(Permission.VIEW_FLOOR)
    found = Queue.objects.visible_to(viewer).filter(pk=queue).first()
    if found is None:
        raise OutOfScope
    told = rows(_HOUR, {"queue": queue, "since": at - WINDOW, "at": at})
    return found, [Step(ends - STEP, ends, waiting, n, p90) for ends, waiting, n, p90 in told]
