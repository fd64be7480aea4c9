"""Readers of what was counted: percentiles, shares, means and arrivals of every queue, against a limit or what is usual.

All read observations and buckets with an event time up to the grid time, so that a grid time that was missed is judged later
as it would have been then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.alerts.detectors import burn, counts, relative, shares
from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.watching.seen import Params, Seen, limit_of, of_queue, promises, rows, targets
from apps.metrics.models import Baseline
from apps.shared.reading import once

MILLION = 1_000_000
HISTORY_DAYS, FEWEST_DAYS = 28, 7
# So far back a share is followed: what began earlier was found or is over.
FOLLOWED = timedelta(hours=4)
# Conversations that customers began, each once; what the baselines are learnt from.
ARRIVALS = "ai_involvement_rate"
THIN = Judged(Verdict.INSUFFICIENT, n=0)

_PERCENTILE = """
SELECT queue_id, count(*)::int, percentile_cont(0.9) WITHIN GROUP (ORDER BY value) FROM metrics_observation
WHERE measure = %(measure)s AND at > %(since)s AND at <= %(at)s AND value IS NOT NULL GROUP BY queue_id
"""
_MEAN = """
SELECT queue_id, count(*)::int, avg(value)::float8 FROM metrics_observation
WHERE measure = %(measure)s AND at > %(since)s AND at <= %(at)s AND value IS NOT NULL GROUP BY queue_id
"""
_COUNT = """
SELECT queue_id, count(*)::int FROM metrics_observation WHERE measure = %(measure)s AND at > %(since)s AND at <= %(at)s
GROUP BY queue_id
"""
_MINUTES = """
SELECT queue_id, date_trunc('minute', at), count(*)::int, sum(value)::int FROM metrics_observation
WHERE measure = %(measure)s AND at > %(since)s AND at <= %(at)s AND value IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
"""
_HOURS = """
SELECT queue_id, starts_at, sum(n)::int, sum(total)::bigint FROM metrics_queuepoint
WHERE grain = 'hour' AND measure = %(measure)s AND starts_at >= %(since)s AND starts_at < %(until)s
  AND extract(hour FROM starts_at AT TIME ZONE 'UTC')::int = ANY(%(hours)s)
  AND (%(queues)s::uuid[] IS NULL OR queue_id = ANY(%(queues)s)) GROUP BY 1, 2
"""

# Cases of a promise, and those that missed it: answered later, or gone without an answer.
_PROMISED = """
SELECT o.queue_id, count(*)::int, count(*) FILTER (WHERE x.is_missed)::int, count(*) FILTER (WHERE o.at > %(lately)s)::int,
       count(*) FILTER (WHERE o.at > %(lately)s AND x.is_missed)::int
FROM metrics_observation o JOIN interactions_queue q ON q.id = o.queue_id AND q.reply_target_seconds IS NOT NULL
CROSS JOIN LATERAL (SELECT o.measure = %(gone)s OR o.value > q.reply_target_seconds * 1000000::bigint AS is_missed) x
WHERE (o.measure = %(replied)s OR (o.measure = %(gone)s AND o.value = 1)) AND o.at > %(since)s AND o.at <= %(at)s GROUP BY o.queue_id
"""
REPLIED, GONE = "first_reply_time", "abandonment_rate"

Days = dict[date, tuple[int, int]]


def percentile(params: Params, at: datetime) -> list[Seen]:
    """The ninetieth percentile of a duration against a limit, with enough cases."""
    found = rows(_PERCENTILE, measure=params["measure"], since=at - timedelta(minutes=params["minutes"]), at=at)
    by = {queue: (n, value) for queue, n, value in found}
    told = []
    for queue, target in targets().items():
        if (limit := limit_of(params, target)) is not None:
            n, value = by.get(queue, (0, None))
            judged = THIN if value is None else limit.judge(value / MILLION, n=n)
            told.append(of_queue(queue, judged, at=at, limit=limit.enter))
    return told


def burning(params: Params, at: datetime) -> list[Seen]:
    """How many times the share of misses that a queue's goal allows was missed, in a long window and in a short one."""
    long, short = (timedelta(minutes=params[name]) for name in ("minutes", "short"))
    found = rows(_PROMISED, since=at - long, lately=at - short, at=at, replied=REPLIED, gone=GONE)
    by = {queue: counted for queue, *counted in found}
    told = []
    for queue, promise in promises().items():
        if (pair := pair_of(params, promise.goal)) is not None:
            n, missed, lately, missed_lately = by.get(queue, (0, 0, 0, 0))
            judged = burn.judge(pair, long=burn.Window(n, missed), short=burn.Window(lately, missed_lately))
            told.append(of_queue(queue, judged, at=at, limit=promise.goal))
    return told


def pair_of(params: Params, goal: float) -> burn.Pair | None:
    """The windows of a rule in a queue; None where its goal is so low that it could never be missed as often."""
    if not 0 < goal < 1 or params["burn"] >= burn.largest(goal):
        return None
    return burn.Pair(goal, params["minutes"], params["short"], params["burn"], least_n=params["least_n"])


def share(params: Params, at: datetime) -> list[Seen]:
    """A share against the usual one of each hour, as a cumulative sum over the last hours."""
    queues = targets()
    usual = _usual_by_hour(params["measure"], at)
    steps: dict[UUID, list[shares.Bucket]] = defaultdict(list)
    for queue, minute, cases, hits in rows(_MINUTES, measure=params["measure"], since=at - FOLLOWED, at=at):
        if expected := usual.get((queue, minute.astimezone(UTC).hour)):
            steps[queue].append(shares.Bucket(hits, cases, expected.rate))
    told = []
    for queue in queues:
        expected = usual.get((queue, at.astimezone(UTC).hour))
        if expected is None or expected.days < FEWEST_DAYS:
            told.append(of_queue(queue, THIN, at=at, limit=None))  # learning
            continue
        watch = watch_of(params, len(queues), expected)
        judged = shares.judge(watch, shares.follow(watch, steps[queue]))
        told.append(of_queue(queue, judged, at=at, limit=expected.rate))
    return told


def watch_of(params: Params, series: int, usual: shares.Usual) -> shares.Watch:
    """What a rule about a share looks for in so many series. A rule may say at which sum one series alone is an alert."""
    base = params.get("base", shares.BASE)
    return shares.Watch(params["shift"], series=series, base=base, dispersion=usual.dispersion)


def mean(params: Params, at: datetime) -> list[Seen]:
    """A mean against the same hour of days alike."""
    found = rows(_MEAN, measure=params["measure"], since=at - timedelta(minutes=params["minutes"]), at=at)
    by = {queue: (n, value / MILLION) for queue, n, value in found}
    change = relative.Change(params["by"], least_n=params["least_n"], least_days=FEWEST_DAYS)
    history = _hours(params["measure"], at, [at.astimezone(UTC).hour])
    told = []
    for queue in targets():
        n, value = by.get(queue, (0, None))
        same = [total / cases / MILLION for cases, total in _alike(history.get(queue, {}), at).values() if cases]
        judged = THIN if value is None else relative.judge(change, value, n=n, same_hours=same)
        limit = sorted(same)[len(same) // 2] * (1 + change.by) if same else None
        told.append(of_queue(queue, judged, at=at, limit=limit))
    return told


def surge(params: Params, at: datetime) -> list[Seen]:
    """Arrivals of some minutes against what is usual in this hour of the week."""
    window = timedelta(minutes=params["minutes"])
    came = dict(rows(_COUNT, measure=ARRIVALS, since=at - window, at=at))
    queues = targets()
    usual = once("alerts.baselines", lambda: {one.queue_id: one for one in Baseline.objects.order_by("zone")})
    told = []
    for queue in queues:
        base = usual.get(queue)
        if base is None or base.days < FEWEST_DAYS:
            told.append(of_queue(queue, THIN, at=at, limit=None))
            continue
        local = at.astimezone(ZoneInfo(base.zone))
        expected = base.expected[local.weekday() * 24 + local.hour] * params["minutes"] / 60
        # Days differ in their level, too: seen over many arrivals that is more than the scatter of chance.
        spread = base.dispersion + base.level_spread**2 * expected
        judged = counts.judge(
            counts.Surge(series=len(queues), p=params.get("p", counts.Surge().p)),
            came.get(queue, 0),
            expected=expected,
            dispersion=spread,
        )
        told.append(of_queue(queue, judged, at=at, limit=expected * (1 + counts.Surge().least_change)))
    return told


def _hours(measure: str, at: datetime, hours: list[int]) -> dict[UUID, dict[datetime, tuple[int, int]]]:
    """Cases and totals of stored hours of the last four weeks, without the running day."""
    until = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return stored_hours(measure, since=until - timedelta(days=HISTORY_DAYS), until=until, hours=hours)


def stored_hours(
    measure: str, *, since: datetime, until: datetime, hours: list[int], queues: Sequence[UUID] | None = None
) -> dict[UUID, dict[datetime, tuple[int, int]]]:
    """Cases and totals of stored hours, by queue and the moment each began. One statement."""
    asked = None if queues is None else list(queues)
    told: dict[UUID, dict[datetime, tuple[int, int]]] = defaultdict(dict)
    for queue, starts_at, n, total in rows(
        _HOURS, measure=measure, since=since, until=until, hours=hours, queues=asked
    ):  # fmt: skip
        told[queue][starts_at.astimezone(UTC)] = (n, total)
    return told


def first_observation() -> datetime | None:
    """When the first arrival that is stored came. One statement."""
    found: datetime | None = rows(
        "SELECT min(at) FROM metrics_observation WHERE measure = %(measure)s", measure=ARRIVALS
    )[0][0]
    return found


def _alike(hours: dict[datetime, tuple[int, int]], at: datetime) -> Days:
    """Sum hours up by day, of days like today: weekdays, or days of the weekend."""
    is_weekend = at.weekday() >= 5
    days: Days = {}
    for starts_at, (n, total) in hours.items():
        day = starts_at.astimezone(UTC).date()
        if (day.weekday() >= 5) == is_weekend:
            before = days.get(day, (0, 0))
            days[day] = (before[0] + n, before[1] + total)
    return days


def _usual_by_hour(measure: str, at: datetime) -> dict[tuple[UUID, int], shares.Usual]:
    """The usual share of every queue in each hour that is followed, from that hour and its neighbours."""
    here = at.astimezone(UTC)
    followed = [(here - timedelta(hours=back)).hour for back in range(int(FOLLOWED / timedelta(hours=1)) + 1)]
    wanted = sorted({(hour + by) % 24 for hour in followed for by in (-1, 0, 1)})
    told: dict[tuple[UUID, int], shares.Usual] = {}
    for queue, hours in _hours(measure, at, wanted).items():
        for hour in followed:
            near = {(hour + by) % 24 for by in (-1, 0, 1)}
            days = _alike({one: cases for one, cases in hours.items() if one.astimezone(UTC).hour in near}, at)
            if usual := shares.usual([(total, n) for n, total in days.values()]):
                told[queue, hour] = usual
    return told
