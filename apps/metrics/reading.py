"""Read numbers from observations or from merged buckets. Who may read what is asked in `queries.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.agents.reach import held_to
from apps.metrics import histograms
from apps.metrics.counting import AGENTS, HOUR, QUEUES
from apps.metrics.definitions.definition import Kind
from apps.metrics.measures import MILLION, Form, Measure, Reading
from apps.metrics.windows import Window, hours_within
from apps.shared.intervals import wilson

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Number:
    """One number with what it rests on; None where nothing was measured, never 0.

    `hits` of `n` for a share, with its Wilson interval. Mean, median and p90 in seconds for a duration. `business` is the mean
    on the clock of business hours over the `business_n` cases whose queue has a calendar; null where none has one.
    """

    value: float | None
    n: int
    is_enough: bool
    hits: int | None = None
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    # The 95 % interval of the median, where it was read from buckets and there are cases enough.
    p50_low: float | None = None
    p50_high: float | None = None
    business: float | None = None
    business_n: int = 0
    revision: int = 0
    corrected: int = 0

    @classmethod
    def nothing(cls) -> Number:
        """The number of no case at all."""
        return cls(value=None, n=0, is_enough=False)


def error_of(found: Reading, span: Window) -> float:
    """Return how far a percentile of this window may be off: nothing when it comes from rows."""
    return 0.0 if span.is_exact or found.measure.form != Form.DURATION else histograms.ERROR


def progress(*, at: datetime, span: Window | None = None) -> tuple[datetime, bool]:
    """Return until when everything recorded is counted, and whether nothing waits.

    Of a window that is merged from buckets the hours in it count too: they follow the finer ones within seconds.
    """
    first, last = (at, at) if span is None or span.is_exact else hours_within(span.since, span.until)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT least((SELECT marked_at FROM metrics_mark ORDER BY id LIMIT 1), (
                SELECT announced_at FROM shared_outbox WHERE dispatched_at IS NULL AND fact IN ('ConversationsChanged', 'MessagesRead')
                ORDER BY id LIMIT 1), (
                SELECT min(since) FROM metrics_hourdue WHERE starts_at >= %s AND starts_at < %s))
            """,
            [first, last],
        )
        oldest: datetime | None = cursor.fetchone()[0]
    return (at, True) if oldest is None else (min(oldest, at), False)


def _share(found: Reading, hits: int, n: int, **more: Any) -> Number:
    if n == 0:
        return Number(value=None, n=0, is_enough=False, **more)
    low, high = wilson(hits, n)
    enough = n >= found.metric.minimum_n
    return Number(value=hits / n, n=n, is_enough=enough, hits=hits, low=low, high=high, **more)


def number(
    found: Reading,
    kept: Measure,
    *,
    n: int,
    total: int,
    p50: float | None,
    p90: float | None,
    business: tuple[int, int] = (0, 0),
    **more: Any,
) -> Number:
    """Make the number of a metric from the sums of its cases; p50 and p90 in microseconds.

    `business` is the sum on the clock of business hours, in microseconds, and how many cases have one.
    """
    if n == 0:
        return Number(value=None, n=0, is_enough=False, **more)
    enough = n >= found.metric.minimum_n
    if kept.form == Form.SHARE:
        return _share(found, n - total if found.is_complement else total, n, **more)
    if kept.form == Form.COUNT:
        return Number(value=float(n), n=n, is_enough=enough, **more)
    mean = total / n / MILLION
    if kept.form == Form.SCORE:
        return Number(value=mean, n=n, is_enough=enough, mean=mean, **more)
    spent, counted = business
    if counted:
        more |= {"business": spent / counted / MILLION, "business_n": counted}
    half, most = (None if one is None else one / MILLION for one in (p50, p90))
    value = mean if found.metric.kind == Kind.MEAN else half
    return Number(value=value, n=n, is_enough=enough, mean=mean, p50=half, p90=most, **more)


_DAY = "to_char(o.starts_at AT TIME ZONE %(zone)s, 'YYYY-MM-DD')"
_WEEK = "to_char(date_trunc('week', o.starts_at AT TIME ZONE %(zone)s), 'YYYY-MM-DD')"
# Places of an answer. Days and weeks are those of a zone, and known to buckets only.
_PLACES = {
    "": "''", "queue": "o.queue_id::text", "channel": "o.channel", "agent": "o.agent_id::text", "day": _DAY, "week": _WEEK,
    # The team that somebody is in now; empty: in none.
    "team": "coalesce((SELECT a.team_id::text FROM agents_agent a WHERE a.id = o.agent_id), '')",
    "agent day": f"o.agent_id::text || ' ' || {_DAY}", "agent week": f"o.agent_id::text || ' ' || {_WEEK}",
}  # fmt: skip


def _place(by: str) -> str:
    return _PLACES[by]


def _within(allowed: Sequence[UUID] | None, *, of_agents: bool, at: str) -> str:
    """The condition on whose row it is; of agents also on its moment, which the column `at` holds."""
    if allowed is None:
        return ""
    return f"AND {held_to(allowed).condition('o', at=at)}" if of_agents else "AND o.queue_id = ANY(%(allowed)s)"


def _values(allowed: Sequence[UUID] | None, *, of_agents: bool) -> dict[str, Any]:
    """The values of `_within()`."""
    if allowed is None:
        return {}
    return held_to(allowed).values() if of_agents else {"allowed": list(allowed)}


def _rows(statement: str, where: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, where)
        return list(cursor.fetchall())


def exact(
    found: Reading, kept: Measure, span: Window, allowed: Sequence[UUID] | None, by: str, *, of_agents: bool
) -> dict[str, Number]:
    """Read a metric from observations, by place."""
    percentiles = "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY value)"
    statement = f"""
        SELECT {_place(by)} AS place, count(*)::int, coalesce(sum(value), 0)::bigint, coalesce(sum(business), 0)::bigint,
               count(business)::int, {percentiles if kept.form == Form.DURATION else "NULL"}
        FROM metrics_observation o
        WHERE measure = %(measure)s AND at > %(since)s AND at <= %(until)s {_within(allowed, of_agents=of_agents, at="at")}
        GROUP BY place"""  # noqa: S608  # words of this module only
    where = {"measure": kept.name, "since": span.since, "until": span.until, **_values(allowed, of_agents=of_agents)}
    corrections = _corrections(kept, span, allowed, by, of_agents=of_agents)
    told = {}
    for place, n, total, spent, counted, found_percentiles in _rows(statement, where):
        p50, p90 = found_percentiles or (None, None)
        revision, corrected = corrections.get(place, (0, 0))
        told[place] = number(
            found,
            kept,
            n=n,
            total=total,
            p50=p50,
            p90=p90,
            business=(spent, counted),
            revision=revision,
            corrected=corrected,
        )
    return told


def _corrections(
    kept: Measure, span: Window, allowed: Sequence[UUID] | None, by: str, *, of_agents: bool
) -> dict[str, tuple[int, int]]:
    scope = AGENTS if of_agents else QUEUES
    statement = f"""
        SELECT {_place(by)} AS place, sum(revision)::int, count(*)::int FROM {scope.table} o
        WHERE grain = '{scope.finest}' AND measure = %(measure)s AND starts_at > %(since)s - interval '15 minutes'
          AND starts_at <= %(until)s AND revision > 0 {_within(allowed, of_agents=of_agents, at="starts_at")}
        GROUP BY place"""  # noqa: S608  # words of this module only
    where = {"measure": kept.name, "since": span.since, "until": span.until, **_values(allowed, of_agents=of_agents)}
    return {place: (revision, corrected) for place, revision, corrected in _rows(statement, where)}


def merged(
    found: Reading, kept: Measure, span: Window, allowed: Sequence[UUID] | None, by: str, *, of_agents: bool,
    zone: str = "UTC",
) -> dict[str, Number]:  # fmt: skip
    """Read a metric from buckets, by place: full hours from hours, the edges from the finest buckets.

    `by` may also be "day" or "week" of a zone, alone or behind "agent ": the place is the first day, behind the agent's key.
    """
    return merged_all([(found, kept)], span, allowed, by, of_agents=of_agents, zone=zone)[found.metric.key]


def merged_all(
    asked: Sequence[tuple[Reading, Measure]], span: Window, allowed: Sequence[UUID] | None, by: str, *, of_agents: bool,
    zone: str = "UTC",
) -> dict[str, dict[str, Number]]:  # fmt: skip
    """Read several metrics as `merged` reads one, by metric and place. One statement, however many."""
    scope = AGENTS if of_agents else QUEUES
    part = f"""
        SELECT measure, {_place(by)} AS place, n, total, business_n, business_total, keys, counts, revision FROM {scope.table} o
        WHERE measure = ANY(%(measures)s) {_within(allowed, of_agents=of_agents, at="starts_at")}"""  # noqa: S608  # words of this module only
    statement = f"""
        WITH seen AS MATERIALIZED (
            {part} AND grain = '{scope.finest}' AND starts_at >= %(since)s AND starts_at < %(first)s AND starts_at <= %(until)s
            UNION ALL {part} AND grain = '{HOUR}' AND starts_at >= %(first)s AND starts_at < %(last)s
            UNION ALL {part} AND grain = '{scope.finest}' AND starts_at >= %(last)s AND starts_at <= %(until)s
        ), bars AS (
            SELECT measure, place, bar, sum(count)::int AS count FROM seen, unnest(keys, counts) AS u(bar, count)
            GROUP BY measure, place, bar
        ), histogram AS (
            SELECT measure, place, array_agg(bar ORDER BY bar) AS keys, array_agg(count ORDER BY bar) AS counts FROM bars
            GROUP BY measure, place
        ), sums AS (
            SELECT measure, place, sum(n)::int AS n, sum(total)::bigint AS total, sum(business_n)::int AS business_n,
                   sum(business_total)::bigint AS business_total, sum(revision)::int AS revision,
                   count(*) FILTER (WHERE revision > 0)::int AS corrected
            FROM seen GROUP BY measure, place
        )
        SELECT measure, place, n, total, business_total, business_n, revision, corrected, keys, counts
        FROM sums LEFT JOIN histogram USING (measure, place)
        """  # noqa: S608  # words of this module only
    first, last = hours_within(span.since, span.until)
    where = {
        "measures": sorted({kept.name for _, kept in asked}), "since": span.since, "until": span.until, "first": first, "last": last,
        "zone": zone, **_values(allowed, of_agents=of_agents),
    }  # fmt: skip
    rows = _rows(statement, where)
    return {
        found.metric.key: {place: _merged(found, kept, told) for measure, place, *told in rows if measure == kept.name}
        for found, kept in asked
    }


def _merged(found: Reading, kept: Measure, told: list[Any]) -> Number:
    n, total, spent, counted, revision, corrected, keys, counts = told
    bars = list(zip(keys or [], counts or [], strict=True))
    around = histograms.median_interval(bars) if kept.form == Form.DURATION else None
    more = {} if around is None else {"p50_low": around[0] / MILLION, "p50_high": around[1] / MILLION}
    return number(
        found, kept, n=n, total=total, p50=histograms.percentile(bars, 0.5), p90=histograms.percentile(bars, 0.9),
        business=(spent, counted), revision=revision, corrected=corrected, **more,
    )  # fmt: skip


def against_promise(found: Reading, span: Window, allowed: Sequence[UUID] | None, by: str) -> dict[str, Number]:
    """Read a service level: cases within the promise that their queue has now. From observations over any window, because
    a promise may change and no bucket keeps which values lie within another one.
    """
    assert found.misses is not None  # noqa: S101  # said by whoever calls this
    statement = f"""
        SELECT {_place(by)} AS place,
               count(*) FILTER (WHERE o.measure = %(measure)s AND o.value <= q.reply_target_seconds * {MILLION}::bigint)::int,
               count(*)::int
        FROM metrics_observation o JOIN interactions_queue q ON q.id = o.queue_id AND q.reply_target_seconds IS NOT NULL
        WHERE (o.measure = %(measure)s OR (o.measure = %(misses)s AND o.value = 1))
          AND o.at > %(since)s AND o.at <= %(until)s {_within(allowed, of_agents=False, at="at")}
        GROUP BY place"""  # noqa: S608  # words of this module only
    where = {
        "measure": found.measure.name, "misses": found.misses.name, "until": span.until, **_values(allowed, of_agents=False),
        "since": span.since if span.is_exact else span.since - INSTANT,
    }  # fmt: skip
    return {place: _share(found, hits, n) for place, hits, n in _rows(statement, where)}
