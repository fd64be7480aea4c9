"""Arrivals from stored hours: what came, and what is usual, in the hours of a zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from apps.metrics.baselines import WEEK, Usual, learn, whole_days
from apps.metrics.models import Baseline

# Conversations that customers began, at their start: every one is a case of this measure.
ARRIVALS = "ai_involvement_rate"
# So many days in a row without any arrival are quiet days; more are days that are not known.
QUIET_DAYS = 2


def is_known(since: datetime) -> bool:
    """Say whether something came before a moment, so that what came after it is not the beginning of what is known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM metrics_queuepoint WHERE grain = 'hour' AND measure = %s AND starts_at < %s AND n > 0)",
            [ARRIVALS, since],
        )
        return bool(cursor.fetchone()[0])


_BY_HOUR = """
SELECT queue_id, (starts_at AT TIME ZONE %(zone)s)::date, extract(hour FROM starts_at AT TIME ZONE %(zone)s)::int, sum(n)::int
FROM metrics_queuepoint WHERE grain = %(grain)s AND measure = %(measure)s AND starts_at >= %(since)s AND starts_at < %(until)s
GROUP BY 1, 2, 3
"""
_SINCE = """
SELECT queue_id, channel, starts_at, sum(n)::int FROM metrics_queuepoint
WHERE grain = 'hour' AND measure = %(measure)s AND starts_at >= %(since)s AND starts_at <= %(at)s
  AND (%(queues)s::uuid[] IS NULL OR queue_id = ANY(%(queues)s)) GROUP BY 1, 2, 3
"""

Counts = dict[tuple[date, int], float]


def history(*, zone: ZoneInfo, at: datetime, days: Sequence[date]) -> tuple[dict[UUID | None, Counts], list[date]]:
    """Return arrivals by queue, local day and hour, everything together under None, and which of the days are known."""
    since = datetime(days[0].year, days[0].month, days[0].day, tzinfo=zone)
    until = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    is_whole = (at.astimezone(zone).utcoffset() or timedelta(0)) % timedelta(hours=1) == timedelta(0)
    found: dict[UUID | None, Counts] = defaultdict(lambda: defaultdict(float))
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_HOUR,
            {
                "zone": zone.key, "grain": "hour" if is_whole else "minute", "measure": ARRIVALS, "since": since,
                "until": until,
            },
        )  # fmt: skip
        for queue, day, hour, n in cursor.fetchall():
            found[queue][day, hour] += n
            found[None][day, hour] += n
    return found, known(days, {day for day, _ in found[None]})


def known(days: Sequence[date], seen: set[date]) -> list[date]:
    """Return the days on which something came, and the short quiet stretches between them.

    The day on which the first thing ever came is left out: nobody knows whether it was a whole one.
    """
    first = min(seen, default=None)
    if first is not None and first != days[0]:
        seen = seen - {first}
    kept: list[date] = []
    quiet: list[date] = []
    for day in days:
        if day not in seen:
            quiet.append(day)
            continue
        if kept and len(quiet) <= QUIET_DAYS:
            kept += quiet
        quiet = []
        kept.append(day)
    return kept + quiet if kept and len(quiet) <= QUIET_DAYS else kept


def learn_all(*, zone: ZoneInfo, at: datetime) -> list[Baseline]:
    """Learn what is usual in every queue and in all together, not stored yet."""
    counts, days = history(zone=zone, at=at, days=whole_days(at=at, zone=zone))
    rows = []
    for queue, own in {None: {}, **counts}.items():
        usual = learn(own, days=days)
        rows.append(
            Baseline(
                queue_id=queue, zone=zone.key, expected=list(usual.expected), dispersion=usual.dispersion,
                level_spread=usual.level_spread, days=usual.days, learnt_at=at,
            )
        )  # fmt: skip
    return rows


def usual_of(*, queues: Sequence[UUID] | None, zone: ZoneInfo) -> tuple[Usual, datetime | None]:
    """Return what is usual in some queues, or in everything, and when it was learnt. One statement.

    Of several queues the days' levels are taken to rise together, which makes an interval too wide rather than too narrow.
    """
    stored = Baseline.objects.filter(zone=zone.key)
    rows = list(stored.filter(queue_id=None) if queues is None else stored.filter(queue_id__in=queues))
    if not rows:
        return Usual([0.0] * WEEK, 1.0, 0.0, 0), None
    weights = [sum(row.expected) for row in rows]
    whole = sum(weights) or 1.0
    expected = [sum(hours) for hours in zip(*(row.expected for row in rows), strict=True)]
    dispersion = sum(row.dispersion * weight for row, weight in zip(rows, weights, strict=True)) / whole
    spread = sum(row.level_spread * weight for row, weight in zip(rows, weights, strict=True)) / whole
    usual = Usual(expected, max(1.0, dispersion), spread, min(row.days for row in rows))
    return usual, min(row.learnt_at for row in rows)


def usual_by_queue(*, queues: Sequence[UUID], zone: ZoneInfo) -> dict[UUID, Usual]:
    """Return what is usual in each of some queues. One statement."""
    return {
        row.queue_id: Usual(row.expected, row.dispersion, row.level_spread, row.days)
        for row in Baseline.objects.filter(zone=zone.key, queue_id__in=queues)
        if row.queue_id is not None
    }


def arrived(*, queues: Sequence[UUID] | None, since: datetime, at: datetime) -> list[tuple[UUID, str, datetime, int]]:
    """Return what came by queue, channel and hour. One statement."""
    where: Mapping[str, Any] = {
        "measure": ARRIVALS, "since": since, "at": at, "queues": None if queues is None else list(queues),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, where)
        return list(cursor.fetchall())
