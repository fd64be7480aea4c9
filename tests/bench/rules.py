"""Rules: what a back-test of four weeks costs, what a look at a hundred rules costs, and how soon an event is an alert."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.alerts import evaluating, services
from apps.alerts.backtest.trying import try_out
from apps.alerts.engine.evaluation import evaluate
from apps.alerts.engine.series import Judged, Timing, Verdict
from apps.alerts.models import Rule, RuleVersion
from apps.alerts.watching import windows
from apps.interactions.models import Queue
from apps.shared.reading import one_reading
from tests.bench import world
from tests.bench.figures import Figure

SERIES, DAYS, A_DAY = 10, 28, 600
RULES, WIDE = 100, 50

_SAMPLES = """
INSERT INTO metrics_sample (taken_at, queue_id, queue_length, unattended, backlog)
SELECT %(at)s - n * interval '1 minute', q.id,
       greatest(0, 5 + 4 * sin(n * 6.2832 / 1440) + 3 * sin(n / 47.0 + q.k) + random() * 2)::int, 0, ARRAY[20, 0, 0, 0, 0]
FROM generate_series(0, %(minutes)s) n CROSS JOIN unnest(%(queues)s::uuid[]) WITH ORDINALITY q(id, k)
"""
_OBSERVED = """
INSERT INTO metrics_observation (conversation_id, measure, n, at, queue_id, channel, value)
SELECT gen_random_uuid(), %(measure)s, 1, %(at)s - random() * %(days)s * interval '1 day', q.id, '', {value}
FROM generate_series(1, %(cases)s) n CROSS JOIN unnest(%(queues)s::uuid[]) q(id)
"""
_HOURS = """
INSERT INTO metrics_queuepoint (grain, measure, starts_at, queue_id, channel, n, total, keys, counts, business_n, business_total, revision, counted_at)
SELECT 'hour', %(measure)s, h, q.id, '', 20 + (random() * 10)::int, 12 + (random() * 8)::int, '{{}}', '{{}}', 0, 0, 0, %(at)s
FROM generate_series(date_trunc('hour', %(at)s::timestamptz) - interval '56 days', %(at)s, '1 hour') h
CROSS JOIN unnest(%(queues)s::uuid[]) q(id)
"""


def run(seconds: float | None) -> list[Figure]:
    """Back-tests of each kind of rule on stored weeks, then looks at many rules."""
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    keys = world.queues(WIDE)
    few = keys[:SERIES]
    days = DAYS if seconds is None or seconds >= 10 else 4
    _store(at, few, days)
    found = [_tried(at, few, days)]
    found += [_looked(at, is_prompt=True), _looked(at, is_prompt=False)]
    return found


def _store(at: datetime, keys: list[str], days: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLES, {"at": at, "minutes": days * 1440, "queues": keys})
        for measure, value in (
            ("first_reply_time", "(random() * random() * 120)::bigint * 1000000"),
            ("containment", "(random() < 0.6)::int"),
            (windows.ARRIVALS, "1"),  # from the first one on the past says something
        ):
            cursor.execute(
                _OBSERVED.format(value=value),
                {"measure": measure, "at": at, "days": days, "cases": days * A_DAY, "queues": keys},
            )
        cursor.execute(_HOURS.format(), {"measure": "containment", "at": at, "queues": keys})
        cursor.execute("ANALYZE metrics_sample, metrics_observation, metrics_queuepoint")


KINDS: dict[str, dict[str, Any]] = {
    "gauge": {"metric": "queue_length", "op": ">", "enter": 12.0, "leave": 0.8, "unit": "waiting"},
    "percentile": {"measure": "first_reply_time", "op": ">", "enter": 100.0, "leave": 0.8, "least_n": 10, "minutes": 30, "unit": "seconds"},
    "share": {"measure": "containment", "shift": -0.4, "unit": "share"},
}  # fmt: skip


def _rule(
    key: str, reader: str, params: dict[str, Any], at: datetime, *, is_prompt: bool = True, wait: int = 60
) -> RuleVersion:
    made = Rule.objects.create(key=key, is_prompt=is_prompt)
    return RuleVersion.objects.create(
        rule=made, n=1, name=key, reader=reader, params=params, severity=2, family="none", action="open_queue", made_at=at,
        wait_seconds=wait, keep_seconds=900,
    )  # fmt: skip


def _best(work: Callable[[], object], times: int = 5) -> float:
    """The median of some runs."""
    told = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        told.append(time.perf_counter() - began)
    return sorted(told)[len(told) // 2]


def _tried(at: datetime, keys: list[str], days: int) -> Figure:
    Queue.objects.exclude(pk__in=keys).update(is_listed=False)
    told = {}
    for reader, params in KINDS.items():
        version = _rule(f"try-{reader}", reader, params, at)
        rule = version.rule
        rule.is_on = False
        rule.save()

        def once(version: RuleVersion = version) -> None:
            with one_reading():
                tried = try_out(
                    rule=version.rule, version=version, timing=evaluating.timing_of(version), at=at, days=days
                )
            assert tried.days > days - 1

        told[reader] = _best(once)
        began = time.process_time()
        once()
        told[f"{reader} cpu"] = time.process_time() - began

    def scanned() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(queue_length), max(longest_wait) FROM metrics_sample")
            cursor.fetchall()

    worst = max(KINDS, key=lambda reader: told[reader])
    return Figure(
        name=f"back-test, {days} days x 1 min x {SERIES} series", unit="s", value=told[worst], target=1.0, n=5, word="median",
        limit_name="reading the samples once", limit=_best(scanned), detail=told, note=f"The slowest kind is a {worst}.",
    )  # fmt: skip


def _looked(at: datetime, *, is_prompt: bool) -> Figure:
    """A hundred rules over fifty queues, looked at again and again; the first look writes every memory."""
    Rule.objects.all().update(is_on=False)
    kind = "gauge" if is_prompt else "percentile"
    for n in range(RULES):
        params = {**KINDS[kind], "enter": 100.0 + n}
        _rule(f"{kind}-{n}", kind, params, at, is_prompt=is_prompt)
    work = services.watch if is_prompt else services.evaluate
    began = time.perf_counter()
    work(at=at)
    first = time.perf_counter() - began
    told, moment = [], at
    for _ in range(5):
        moment += evaluating.GRID
        with CaptureQueriesContext(connection) as seen:
            began, spent = time.perf_counter(), time.process_time()
            work(at=moment)
            told.append(time.perf_counter() - began)
            spent = time.process_time() - spent
    fresh = [({"queue": str(n)}, Judged(Verdict.OK, value=1.0)) for n in range(WIDE)]

    def engine() -> None:
        for _ in range(RULES):
            evaluate(Timing(), {}, fresh, at=moment.timestamp() + timedelta(days=1).total_seconds())

    return Figure(
        name=f"{RULES} {'prompt rules' if is_prompt else 'rules of the grid'} x {WIDE} series evaluated", unit="s",
        value=sorted(told)[2], target=1.0, n=5, word="median", limit_name="the engine alone", limit=_best(engine),
        detail={"first look": first, "cpu": spent, "statements": float(len(seen))},
    )  # fmt: skip
