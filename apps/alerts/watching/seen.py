"""What every reader returns, and what all of them ask: which queues there are, which are closed, what they promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.alerts.detectors.fixed import Compare, Threshold
from apps.alerts.engine.series import Judged, Verdict
from apps.interactions.models import Queue
from apps.metrics.calendars import open_time
from apps.shared.reading import once

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One series at one moment. `limit` is what its value is held against, in the same unit."""

    labels: Mapping[str, str]
    judged: Judged
    limit: float | None = None
    queue: UUID | None = None
    # Whose numbers it is about, or of whose people: then it is of who leads that team, wherever it stands.
    team: int | None = None
    conversation: UUID | None = None
    message: UUID | None = None
    about: str = ""


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Run one statement of this app and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def targets() -> dict[UUID, int | None]:
    """Every queue, and in how many seconds it promises a first reply. One statement a reading."""
    return once("alerts.targets", lambda: dict(Queue.objects.values_list("pk", "reply_target_seconds")))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a queue promises: within how many seconds which share of customers has a first reply."""

    seconds: int
    goal: float


def promises() -> dict[UUID, Promise]:
    """The queues that promise a share of first replies within a time. One statement a reading."""
    promised = Queue.objects.filter(reply_target_seconds__isnull=False, service_level_target__lt=1)
    return once(
        "alerts.promises",
        lambda: {
            key: Promise(seconds, goal)
            for key, seconds, goal in promised.values_list("pk", "reply_target_seconds", "service_level_target")
            if seconds is not None and goal is not None
        },
    )


_CLOSED = f"""
SELECT queue_id FROM metrics_queuecalendar k
WHERE NOT {open_time(calendar="k.calendar_id", since="%(at)s::timestamptz - interval '1 second'", until="%(at)s::timestamptz")} > 0
"""  # noqa: S608  # words of our own only


def closed(at: datetime) -> frozenset[UUID]:
    """The queues that are closed at a moment: nothing is judged there. One statement a reading."""
    return once(("alerts.closed", at), lambda: frozenset(row[0] for row in rows(_CLOSED, at=at)))


def limit_of(params: Params, target: int | None) -> Threshold | None:
    """The limit of a rule in a queue; None where it is set in multiples of a promise that the queue does not make."""
    enter = params.get("enter")
    if enter is None:
        if target is None:
            return None
        enter = params["times_target"] * target
    return Threshold(Compare(params["op"]), enter, leave=enter * params["leave"], least_n=params.get("least_n", 0))


def of_queue(queue: UUID, judged: Judged, *, at: datetime, limit: float | None) -> Seen:
    """One queue as a reader found it; a closed one is judged off."""
    told = Judged(Verdict.OFF) if queue in closed(at) else judged
    return Seen({"queue": str(queue)}, told, limit, queue=queue)
