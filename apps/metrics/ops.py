"""What an operations leader looks at: volume against what is usual, the promises of the next hours, and where it comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access.roles import Permission
from apps.access.viewer import Viewer
from apps.interactions.models import Queue
from apps.metrics import queries, risk, volume, wording
from apps.metrics.baselines import FEWEST_DAYS, Usual
from apps.metrics.definitions.definition import Definition
from apps.metrics.forecast import HOUR, Forecast, HourAhead, forecast
from apps.metrics.measures import MILLION
from apps.metrics.reading import Number
from apps.metrics.risk import Line

AHEAD_HOURS = 4
BEGINS, LASTS = 7, 13
# Learnt from as many days: how long people hold what comes.
HELD_DAYS = 7


@dataclass(frozen=True, slots=True)
class Ahead:
    """The shift's volume: hours that passed and hours to come. `days` is what the usual was learnt from."""

    told: Forecast
    until: datetime
    arrived: int
    usual_so_far: float
    days: int
    is_learning: bool
    learnt_at: datetime | None


@dataclass(frozen=True, slots=True)
class RiskHour:
    """One hour of a queue: the share answered in time if as many come as expected, and if many come. None: not known.

    `arrivals` and `most_arrivals` are how many that is, in what is left of the hour.
    """

    starts_at: datetime
    expected: float | None
    at_most: float | None
    arrivals: float | None = None
    most_arrivals: float | None = None


@dataclass(frozen=True, slots=True)
class QueueRisk:
    """One queue's next hours, and in words what threatens its promise."""

    key: str
    name: str
    channel: str
    target_seconds: int
    goal: float | None
    hours: Sequence[RiskHour]
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Share:
    """One channel today beside the last 28 days."""

    channel: str
    count: int
    share: float
    usual_share: float | None


def _scope(viewer: Viewer) -> list[UUID] | None:
    viewer.require(Permission.VIEW_FLOOR)
    return None if viewer.sees_everything else list(Queue.objects.visible_to(viewer).values_list("pk", flat=True))


def shift_of(viewer: Viewer, at: datetime) -> tuple[datetime, datetime]:
    """The running shift in full hours: 7 to 20 in the viewer's zone, at night the last eight hours and the next five."""
    local = at.astimezone(viewer.zone)
    begins = local.replace(hour=BEGINS, minute=0, second=0, microsecond=0)
    if not BEGINS <= local.hour < BEGINS + LASTS:
        begins = local - timedelta(hours=8)
    since = begins.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return since, since + LASTS * HOUR


def ahead(*, viewer: Viewer, at: datetime) -> Ahead:
    """Return the shift's arrivals beside what is usual, and a forecast of the rest. Three statements at most."""
    queues = _scope(viewer)
    since, until = shift_of(viewer, at)
    usual, learnt_at = volume.usual_of(queues=queues, zone=viewer.zone)
    arrived: dict[datetime, int] = defaultdict(int)
    for _, _, hour, n in volume.arrived(queues=queues, since=since, at=at):
        arrived[hour] += n
    told = forecast(usual=usual, zone=viewer.zone, arrived=arrived, since=since, at=at, until=until)
    if usual.is_learning:  # what came is shown, what is usual is not known
        hours = [HourAhead(one.starts_at, one.arrived, 0.0) for one in told.hours]
        told = Forecast(hours, 0.0, 0, 0, 1.0)
    so_far = sum(
        usual.at(h.starts_at, viewer.zone) * min(1.0, (at - h.starts_at) / HOUR)
        for h in told.hours
        if h.starts_at <= at
    )
    return Ahead(told, until, sum(arrived.values()), so_far, usual.days, usual.is_learning, learnt_at)


_HELD = """
SELECT queue_id, coalesce(sum(n) FILTER (WHERE measure = %(arrivals)s), 0)::int, coalesce(sum(n) FILTER (WHERE measure = 'assigned_time'), 0)::int,
       coalesce(sum(total) FILTER (WHERE measure = 'assigned_time'), 0)::bigint
FROM metrics_queuepoint WHERE grain = 'hour' AND measure IN (%(arrivals)s, 'assigned_time') AND starts_at >= %(since)s
  AND starts_at <= %(at)s GROUP BY queue_id
"""
_PLANNED = """
SELECT a.team_id, a.capacity, s.starts_at, s.ends_at FROM agents_shift s
JOIN agents_agent a ON a.id = s.agent_id AND a.kind = 'human' AND a.team_id IS NOT NULL
WHERE s.ends_at > %(at)s AND s.starts_at < %(until)s
"""
_ANSWERED = "SELECT queue_id, array_agg(team_id) FROM interactions_queue_teams GROUP BY queue_id"


def _rows(statement: str, where: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, where)
        return list(cursor.fetchall())


def risks(*, viewer: Viewer, at: datetime) -> list[QueueRisk]:
    """Return the next four hours of every queue with a promise, the one at most risk first. Seven statements at most."""
    scope = _scope(viewer)
    promised = Queue.objects.exclude(reply_target_seconds=None)
    shown = [one for one in promised if scope is None or one.pk in set(scope)]
    since, until = shift_of(viewer, at)[0], at.replace(minute=0, second=0, microsecond=0) + (AHEAD_HOURS + 1) * HOUR
    lines, usual = (
        _lines(at),
        volume.usual_by_queue(queues=list(Queue.objects.values_list("pk", flat=True)), zone=viewer.zone),
    )
    came: dict[UUID, dict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for place, _, hour, n in volume.arrived(queues=None, since=since, at=at):
        came[place][hour] += n
    told = {
        key: forecast(
            usual=one, zone=viewer.zone, arrived=came[key], since=since, at=at, until=max(until, since + HOUR)
        )
        for key, one in usual.items()
    }
    starts = [at.replace(minute=0, second=0, microsecond=0) + n * HOUR for n in range(AHEAD_HOURS)]
    planned = _planned(starts, at)
    found = []
    for queue in shown:
        line = next((one for one in lines if one.queue_id == queue.pk), None)
        found.append(_judged(queue, _hours(line, lines, told, planned, at), line, usual.get(queue.pk)))
    return sorted(found, key=lambda one: ({"crit": 0, "warn": 1, "ok": 2}.get(one.state, 3), one.name))


def _lines(at: datetime) -> list[Line]:
    held = {
        row[0]: row[1:]
        for row in _rows(_HELD, {"arrivals": volume.ARRIVALS, "since": at - timedelta(days=HELD_DAYS), "at": at})
    }
    teams = {queue: frozenset(of) for queue, of in _rows(_ANSWERED, {})}
    found = []
    for key, channel, target, capacity in _queues():
        arrivals, n, total = held.get(key, (0, 0, 0))
        if not arrivals or not n:
            continue
        # A call takes a person whole: all the slots they have.
        whole = capacity if channel == "voice" else 1.0
        found.append(
            Line(key, teams.get(key, frozenset()), target, total / MILLION / arrivals * whole, total / MILLION / n)
        )
    return found


def _queues() -> list[tuple[UUID, str, int | None, float]]:
    statement = """
        SELECT q.id, q.channel, q.reply_target_seconds, coalesce((
            SELECT avg(a.capacity)::float8 FROM agents_agent a JOIN interactions_queue_teams t ON t.team_id = a.team_id
            WHERE t.queue_id = q.id AND a.kind = 'human'), 1)
        FROM interactions_queue q"""
    return _rows(statement, {})


def _planned(starts: Sequence[datetime], at: datetime) -> dict[datetime, dict[int, float]]:
    """Slots by team in each hour, in proportion to the part of it that is planned."""
    found: dict[datetime, dict[int, float]] = {start: defaultdict(float) for start in starts}
    for team, capacity, begins, ends in _rows(_PLANNED, {"at": at, "until": starts[-1] + HOUR}):
        for start in starts:
            first = max(start, at)
            part = (min(ends, start + HOUR) - max(begins, first)) / (start + HOUR - first)
            if part > 0:
                found[start][team] += capacity * part
    return found


def _hours(
    line: Line | None, lines: Sequence[Line], told: dict[UUID, Forecast], planned: dict[datetime, dict[int, float]], at: datetime
) -> list[RiskHour]:  # fmt: skip
    """The hours of one queue, each going on from the wait in which the one before it ended."""
    found = []
    waits = [0.0, 0.0]
    for start, slots in planned.items():
        if line is None or line.queue_id not in told:
            found.append(RiskHour(start, None, None))
            continue
        arrivals, most = _rates(line, told, start, at)
        expected, waits[0] = risk.answered_in_time(
            line=line, lines=lines, arrivals=arrivals, slots=slots, waiting_seconds=waits[0]
        )
        many, waits[1] = risk.answered_in_time(
            line=line, lines=lines, arrivals={**arrivals, line.queue_id: most}, slots=slots, waiting_seconds=waits[1]
        )
        come, left = arrivals.get(line.queue_id), _left(start, at)
        found.append(RiskHour(start, expected, many, *((None, None) if come is None else (come * left, most * left))))
    return found


def _left(start: datetime, at: datetime) -> float:
    """Which part of an hour is left."""
    return (start + HOUR - max(start, at)) / HOUR


def _rates(line: Line, told: dict[UUID, Forecast], start: datetime, at: datetime) -> tuple[dict[UUID, float], float]:
    """Arrivals an hour by queue in what is left of an hour, and those of the queue itself if many come."""
    left = _left(start, at)
    arrivals, most = {}, 0.0
    for key, one in told.items():
        hour = next((h for h in one.hours if h.starts_at == start), None)
        if hour is None or hour.expected is None or hour.high is None or left <= 0:
            continue
        so_far = hour.arrived or 0
        arrivals[key] = (hour.expected - so_far) / left
        if key == line.queue_id:
            most = (hour.high - so_far) / left
    return arrivals, most


def _judged(queue: Queue, hours: Sequence[RiskHour], line: Line | None, usual: Usual | None) -> QueueRisk:
    goal = queue.service_level_target
    known = [hour for hour in hours if hour.expected is not None]
    state, why = "ok", ""
    if usual is None or usual.is_learning:
        state, why = "", f"learning: {0 if usual is None else usual.days} of {FEWEST_DAYS} days known"
        hours = [RiskHour(hour.starts_at, None, None) for hour in hours]
    elif line is None:
        state, why = "", "nobody held one in 7 days"
    elif not known:
        state, why = "", "no shift is planned"
    elif goal is not None:
        below = [hour for hour in known if (hour.expected or 0) < goal]
        near = [hour for hour in known if (hour.at_most or 0) < goal]
        if below:
            state, why = "crit", "below its goal as expected"
        elif near:
            state, why = "warn", "below its goal if many come"
        elif len(known) < len(hours):
            why = "not planned to the end"
    return QueueRisk(str(queue.pk), queue.name, queue.channel, queue.reply_target_seconds or 0, goal, hours, state, why)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two numbers that are only shown together, with its definition."""

    metric: Definition
    number: Number
    value: str
    interval: str
    is_provisional: bool
    as_of: datetime


def ai(*, viewer: Viewer, at: datetime) -> list[Side]:
    """Return what AI agents contained in the last 7 days, beside how many customers came back. Ten statements at most."""
    found = []
    for key in ("containment", "repeat_contact_rate"):
        answer = queries.measure(viewer=viewer, key=key, scope=queries.Scope(), window="7d", at=at)
        number = answer.groups[0].number
        value = wording.told(number.value, answer.metric.unit)
        found.append(Side(answer.metric, number, value, wording.interval(number), answer.is_provisional, answer.as_of))
    return found


_MIX = """
SELECT channel, coalesce(sum(n) FILTER (WHERE starts_at >= %(midnight)s), 0)::int, sum(n)::int FROM metrics_queuepoint
WHERE grain = 'hour' AND measure = %(measure)s AND starts_at >= %(since)s AND starts_at <= %(at)s
  AND (%(queues)s::uuid[] IS NULL OR queue_id = ANY(%(queues)s)) GROUP BY channel
"""


def mix(*, viewer: Viewer, at: datetime) -> list[Share]:
    """Return where today's arrivals came from, most first, beside the last 28 days. Two statements at most."""
    queues = _scope(viewer)
    midnight = at.astimezone(viewer.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows: list[tuple[str, int, int]] = _rows(
        _MIX,
        {
            "measure": volume.ARRIVALS, "midnight": midnight, "since": midnight - timedelta(days=28), "at": at,
            "queues": queues,
        },
    )  # fmt: skip
    today, before = sum(row[1] for row in rows), sum(row[2] - row[1] for row in rows)
    found = [
        Share(channel, count, count / today if today else 0.0, (whole - count) / before if before else None)
        for channel, count, whole in rows
        if count or (whole - count) * 1000 > before
    ]
    return sorted(found, key=lambda one: (-one.count, one.channel)) if today else []
