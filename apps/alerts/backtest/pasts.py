"""The stored past of each queue as a rule would have judged it, minute by minute.

Arrays, because four weeks of ten queues are four hundred thousand minutes. What is worked out here with arrays is worked out
one moment at a time in `watching`; tests hold both side by side.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from apps.alerts.backtest.replaying import BREACH, OFF, OK, STILL, THIN, Codes
from apps.alerts.detectors import counts, relative, shares
from apps.alerts.engine.series import Verdict
from apps.alerts.watching import windows
from apps.alerts.watching.seen import Params, limit_of, rows, targets
from apps.metrics.calendars import open_stretches
from apps.metrics.models import Baseline

DAYS = 28
MINUTE = 60.0
MILLION = 1_000_000
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """One queue: a verdict for each minute, what was measured there (nan: nothing), and the limit it was held against."""

    queue: UUID
    codes: Codes
    values: Floats
    limits: Floats


@dataclass(frozen=True, slots=True)
class Span:
    """The minutes that are played: the first of them, and how many."""

    since: datetime
    minutes: int

    @property
    def start(self) -> float:
        """The first minute in seconds."""
        return self.since.timestamp()

    @property
    def until(self) -> datetime:
        """The last minute that is played."""
        return self.since + timedelta(minutes=self.minutes - 1)


def span_until(at: datetime, *, days: int = DAYS) -> Span:
    """So many days up to the last full minute."""
    last = at.replace(second=0, microsecond=0)
    return Span(last - timedelta(minutes=days * 1440 - 1), days * 1440)


def _packed(expression: str) -> str:
    return f"array_send(array_agg({expression} ORDER BY at))"


def _unpacked(data: bytes | memoryview, kind: str) -> npt.NDArray[Any]:
    """An array of PostgreSQL as it travels: a head of 20 bytes, then size and value of each element. Without nulls."""
    return np.frombuffer(bytes(data), dtype=[("size", ">i4"), ("value", kind)], offset=20)["value"]


_GAUGES = {
    "queue_length": "queue_length::float8",
    "longest_wait": "coalesce(longest_wait, 0) / 1000000.0",
    "backlog": "(backlog[1] + backlog[2] + backlog[3] + backlog[4] + backlog[5])::float8",
}


def gauge(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """What was sampled each minute. A minute without a sample says nothing."""
    promised = targets()
    found = rows(
        f"""SELECT queue_id, {_packed("minute")}, {_packed("value")} FROM (
            SELECT queue_id, taken_at AS at, (extract(epoch FROM taken_at - %(since)s) / 60)::int4 AS minute,
                   ({_GAUGES[params["metric"]]})::float4 AS value
            FROM metrics_sample WHERE taken_at >= %(since)s AND taken_at <= %(until)s AND queue_id = ANY(%(queues)s)
        ) x GROUP BY queue_id""",  # noqa: S608  # words of this module only
        since=span.since, until=span.until, queues=list(queues),
    )  # fmt: skip
    told = []
    for queue, minutes, taken in found:
        if (limit := limit_of(params, promised[queue])) is None:
            continue
        values = np.full(span.minutes, np.nan)
        values[_unpacked(minutes, ">i4")] = _unpacked(taken, ">f4")
        told.append(held(queue, values, limit.enter, limit.leave, params["op"], ~np.isnan(values)))
    return told


def held(
    queue: UUID, values: Floats, enter: float, leave: float | None, op: str, is_known: npt.NDArray[np.bool_]
) -> Past:  # fmt: skip
    """Hold values against a fixed limit; comparisons are strict, and nan is never beyond it."""
    leave = enter if leave is None else leave
    with np.errstate(invalid="ignore"):
        bad, still = (values > enter, values > leave) if op == ">" else (values < enter, values < leave)
    codes = np.where(bad, BREACH, np.where(still, STILL, OK))
    return Past(
        queue, np.where(is_known, codes, THIN).astype(np.int8), values, np.full(len(values), enter)
    )  # fmt: skip


_VALUES = f"""
SELECT queue_id, {_packed("seconds")}, {_packed("value")} FROM (
    SELECT queue_id, at, extract(epoch FROM at - %(since)s)::float8 AS seconds, value::float8 AS value
    FROM metrics_observation
    WHERE measure = %(measure)s AND at > %(from)s AND at <= %(until)s AND value IS NOT NULL AND queue_id = ANY(%(queues)s)
) x GROUP BY queue_id
"""  # noqa: S608  # words of this module only


def _observed(
    params: Params, span: Span, queues: Sequence[UUID], before: timedelta, measure: str = ""
) -> dict[UUID, tuple[Floats, Floats]]:
    """The cases of a measure by queue: seconds from the first minute on (earlier ones are negative), and values."""
    found = rows(
        _VALUES, measure=measure or params["measure"], since=span.since, until=span.until, queues=list(queues),
        **{"from": span.since - before},
    )  # fmt: skip
    return {
        queue: (_unpacked(seconds, ">f8").astype(float), _unpacked(values, ">f8").astype(float))
        for queue, seconds, values in found
    }


def windows_of(seconds: Floats, span: Span, minutes: int) -> tuple[Ints, Ints]:
    """For each minute the first and the last case (exclusive) of the window that ends there."""
    ends = np.arange(span.minutes) * MINUTE
    return (
        np.searchsorted(seconds, ends - minutes * MINUTE, side="right"),
        np.searchsorted(seconds, ends, side="right"),
    )


def percentile(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """The ninetieth percentile of the running window. Cases beyond the limit are counted; only where that leaves the
    interpolated value open is it worked out."""
    window, promised = params["minutes"], targets()
    found = _observed(params, span, queues, timedelta(minutes=window))
    told = []
    for queue in queues:
        limit = limit_of(params, promised[queue])
        if limit is None:
            continue
        seconds, values = found.get(queue, (np.empty(0), np.empty(0)))
        values = values / MILLION
        low, high = windows_of(seconds, span, window)
        n = high - low
        marks = {mark: _beyond(values, low, high, mark) for mark in {limit.enter, limit.leave or limit.enter}}
        known = n >= max(limit.least_n, 1)
        codes = np.where(marks[limit.enter], BREACH, np.where(marks[limit.leave or limit.enter], STILL, OK))
        told.append(
            Past(queue, np.where(known, codes, THIN).astype(np.int8), _drawn(values, low, high), np.full(span.minutes, limit.enter))
        )  # fmt: skip
    return told


def _beyond(values: Floats, low: Ints, high: Ints, limit: float) -> npt.NDArray[np.bool_]:
    """Whether the interpolated 90th percentile of values[low:high] is over a limit, for every window."""
    over = np.concatenate(([0], np.cumsum(values > limit)))
    n, beyond = high - low, over[high] - over[low]
    place = np.floor(0.9 * (n - 1)).astype(int)
    told: npt.NDArray[np.bool_] = (n > 0) & (beyond >= n - place)
    # The limit lies between the two values that the percentile is interpolated from.
    listed, last, was = values.tolist(), (-1, -1), False
    for index in np.flatnonzero((n > 0) & (beyond == n - place - 1) & (beyond > 0)).tolist():
        window = (int(low[index]), int(high[index]))
        if window != last:
            last, was = window, _ninetieth(listed[window[0] : window[1]]) > limit
        told[index] = was
    return told


def _ninetieth(values: list[float]) -> float:
    """The interpolated 90th percentile, as PostgreSQL's percentile_cont has it."""
    ordered = sorted(values)
    place = 0.9 * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _drawn(values: Floats, low: Ints, high: Ints) -> Floats:
    """The percentile itself twice an hour, for the drawing."""
    told, listed = np.full(len(low), np.nan), values.tolist()
    for index in range(0, len(low), 30):
        if high[index] > low[index]:
            told[index] = _ninetieth(listed[low[index] : high[index]])
    return told


def _hours(measure: str, span: Span, queues: Sequence[UUID]) -> dict[UUID, dict[datetime, tuple[int, int]]]:
    """Cases and totals of every stored hour that any day of the span would have been compared with."""
    first = span.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return windows.stored_hours(
        measure,
        since=first - timedelta(days=windows.HISTORY_DAYS),
        until=span.until,
        hours=list(range(24)),
        queues=queues,
    )


def _days(span: Span) -> list[tuple[datetime, int, int]]:
    """The days of the span in UTC: midnight, and the first and last minute (exclusive) of each."""
    told, minute = [], 0
    while minute < span.minutes:
        at = (span.since + timedelta(minutes=minute)).astimezone(UTC)
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        last = min(int((midnight + timedelta(days=1) - span.since).total_seconds() // 60), span.minutes)
        told.append((midnight, minute, max(last, minute + 1)))
        minute = told[-1][2]
    return told


def share(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """A share against what was usual on that day, by the cumulative sum of the four hours before each minute."""
    history = _hours(params["measure"], span, queues)
    found = _observed(params, span, queues, windows.FOLLOWED)
    told = []
    for queue in queues:
        usual = usual_of(history.get(queue, {}), span)
        seconds, values = found.get(queue, (np.empty(0), np.empty(0)))
        told.append(summed(params, span, queue, len(targets()), usual, seconds, values))
    return told


def usual_of(hours: Mapping[datetime, tuple[int, int]], span: Span) -> dict[tuple[datetime, int], shares.Usual]:
    """The usual share of every hour of every day of the span, from the days before it."""
    by_day: dict[datetime, dict[int, tuple[int, int]]] = defaultdict(dict)
    for at, counted in hours.items():
        here = at.astimezone(UTC)
        by_day[here.replace(hour=0, minute=0, second=0, microsecond=0)][here.hour] = counted
    near = {day: _near_hours(of) for day, of in by_day.items()}
    told = {}
    for midnight, _, _ in _days(span):
        since = midnight - timedelta(days=windows.HISTORY_DAYS)
        alike = [
            of for day, of in near.items() if since <= day < midnight and (day.weekday() >= 5) == (midnight.weekday() >= 5)
        ]  # fmt: skip
        for hour in range(24):
            if usual := shares.usual([of[hour] for of in alike]):
                told[midnight, hour] = usual
    return told


def _near_hours(of: Mapping[int, tuple[int, int]]) -> list[tuple[int, int]]:
    """Hits and cases about each hour of a day: the hour itself and those beside it."""
    cases, hits = ([of.get(hour, (0, 0))[part] for hour in range(24)] for part in (0, 1))
    return [
        (hits[hour - 1] + hits[hour] + hits[(hour + 1) % 24], cases[hour - 1] + cases[hour] + cases[(hour + 1) % 24])
        for hour in range(24)
    ]


def summed(
    params: Params, span: Span, queue: UUID, series: int, usual: Mapping[tuple[datetime, int], shares.Usual], seconds: Floats,
    values: Floats,
) -> Past:  # fmt: skip
    """The sum at each minute, of the four hours before it."""
    back = int(windows.FOLLOWED.total_seconds() // MINUTE)
    minute = np.floor(seconds / MINUTE).astype(int) + back
    size = span.minutes + back + 1
    cases = np.bincount(minute, minlength=size)
    hits = np.bincount(minute, weights=values, minlength=size).astype(int)
    known = np.flatnonzero(cases)
    hour_of = ((span.start + (known - back) * MINUTE) % 86400 // 3600).astype(int)
    codes = np.full(span.minutes, THIN, dtype=np.int8)
    drawn, limits = np.full(span.minutes, np.nan), np.full(span.minutes, np.nan)
    for midnight, first, last in _days(span):
        # Also the hours of the evening before are judged by what is usual on the day that looks back at them.
        weights, is_known = np.zeros((3, 24)), np.zeros(24, dtype=bool)
        for hour in range(24):
            if (one := usual.get((midnight, hour))) is not None:
                weights[:, hour] = (*shares.weights(one.rate, params["shift"]), shares.kept_off_ends(one.rate))
                is_known[hour] = True
        near = (known >= first) & (known < last + back) & is_known[hour_of]
        places, hours = known[near], hour_of[near]
        n, h = cases[places], hits[places]
        hit, miss, rate = weights[:, hours]
        steps = _Steps(
            places.tolist(), (h * hit + (n - h) * miss).tolist(), h.tolist(), n.tolist(), (n * rate).tolist()
        )
        for hour, start, end in _hours_of(span, first, last):
            expected = usual.get((midnight, hour))
            if expected is not None and expected.days >= windows.FEWEST_DAYS:
                limits[start:end] = expected.rate
                watch = windows.watch_of(params, series, expected)
                _judge_hour(watch, steps, start, end, back, codes, drawn)
    return Past(queue, codes, drawn, limits)


class _Steps(NamedTuple):
    """Minutes with cases: the place of each, the logarithm it adds, hits, cases, usual hits."""

    places: list[int]
    gains: list[float]
    hits: list[int]
    cases: list[int]
    expected: list[float]


def _hours_of(span: Span, first: int, last: int) -> list[tuple[int, int, int]]:
    """The hours in UTC of a stretch of minutes: which, from where, to where (exclusive)."""
    told, minute = [], first
    while minute < last:
        at = (span.since + timedelta(minutes=minute)).astimezone(UTC)
        told.append((at.hour, minute, min(minute + 60 - at.minute, last)))
        minute = told[-1][2]
    return told


def _judge_hour(
    watch: shares.Watch, steps: _Steps, first: int, last: int, back: int, codes: Codes, drawn: Floats
) -> None:  # fmt: skip
    """Judge the minutes of one hour, in which the same is usual: `shares.follow`, carried on where that gives the same.

    The live rule sums its four hours up anew each time. A sum that stood at nought since they began is the same as one that
    went on; only when the first case since then leaves the window it is summed up again.
    """
    ceiling, scatter = shares.CEILING * watch.limit, max(watch.dispersion, 1.0)
    places, gains, more_hits, more_cases, more_usual = steps
    place = bisect_left(places, first)
    score, hits, cases, usual, began, now = 0.0, 0, 0, 0.0, -1, first
    while now < last:
        if 0 <= began < now:
            place = bisect_left(places, now)
            score, hits, cases, usual, began = 0.0, 0, 0, 0.0, -1
        while place < len(places) and places[place] < now + back:
            score += gains[place] / scatter
            if score <= 0:
                score, hits, cases, usual, began = 0.0, 0, 0, 0.0, -1
            else:
                began = places[place] if began < 0 else began
                score, hits, cases = min(score, ceiling), hits + more_hits[place], cases + more_cases[place]
                usual += more_usual[place]
            place += 1
        # Nothing changes until the next case comes or the first one leaves.
        until = last if place >= len(places) else min(last, places[place] - back + 1)
        until = until if began < 0 else min(until, began + 1)
        is_beyond, is_still = shares.stands(watch, score, hits, usual)
        codes[now:until] = BREACH if is_beyond else STILL if is_still else OK
        drawn[now:until] = hits / cases if cases else np.nan
        now = until


def mean(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """A running mean against the same hour of the days before."""
    window = params["minutes"]
    found = _observed(params, span, queues, timedelta(minutes=window))
    history = _hours(params["measure"], span, queues)
    change = relative.Change(params["by"], least_n=params["least_n"], least_days=windows.FEWEST_DAYS)
    told = []
    for queue in queues:
        seconds, values = found.get(queue, (np.empty(0), np.empty(0)))
        low, high = windows_of(seconds, span, window)
        total = np.concatenate(([0.0], np.cumsum(values / MILLION)))
        n = high - low
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (total[high] - total[low]) / n
        codes, limits = np.full(span.minutes, THIN, dtype=np.int8), np.full(span.minutes, np.nan)
        for midnight, first, last in _days(span):
            _against_days(
                change, history.get(queue, {}), midnight, span, slice(first, last), means, n, codes, limits
            )  # fmt: skip
        told.append(Past(queue, codes, means, limits))
    return told


def _against_days(
    change: relative.Change, hours: Mapping[datetime, tuple[int, int]], midnight: datetime, span: Span, day: slice, means: Floats,
    n: Ints, codes: Codes, limits: Floats,
) -> None:  # fmt: skip
    since = midnight - timedelta(days=windows.HISTORY_DAYS)
    at = np.arange(day.start, day.stop)
    hour_of = ((at * MINUTE + span.start) % 86400 // 3600).astype(int)
    for hour in np.unique(hour_of):
        same = [
            total / cases / MILLION
            for starts_at, (cases, total) in hours.items()
            if since <= starts_at < midnight and starts_at.hour == hour and cases
            and (starts_at.weekday() >= 5) == (midnight.weekday() >= 5)
        ]  # fmt: skip
        if len(same) < change.least_days or (usual := float(np.median(same))) == 0:
            continue
        places = at[hour_of == hour]
        moved = (means[places] / usual - 1) / change.by
        known = n[places] >= change.least_n
        codes[places] = np.where(
            known, np.where(moved >= 1, BREACH, np.where(moved >= change.leave, STILL, OK)), THIN
        )  # fmt: skip
        limits[places] = sorted(same)[len(same) // 2] * (1 + change.by)


def surge(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """Arrivals of the running window against what is usual today in that hour of the week: what was usual then is not kept."""
    window = params["minutes"]
    usual = {one.queue_id: one for one in Baseline.objects.order_by("zone")}
    found = _observed(params, span, queues, timedelta(minutes=window), measure=windows.ARRIVALS)
    told = []
    for queue in queues:
        base = usual.get(queue)
        nothing = np.full(span.minutes, np.nan)
        if base is None or base.days < windows.FEWEST_DAYS:
            told.append(Past(queue, np.full(span.minutes, THIN, dtype=np.int8), nothing, nothing))
            continue
        seconds, _ = found.get(queue, (np.empty(0), np.empty(0)))
        low, high = windows_of(seconds, span, window)
        expected = np.array(base.expected)[_hours_of_week(span, base.zone)] * window / 60
        watch = counts.Surge(series=len(targets()), p=params.get("p", counts.Surge().p))
        told.append(counted(queue, high - low, expected, base, watch))
    return told


def _hours_of_week(span: Span, zone: str) -> Ints:
    """The hour of the week of each minute, on the clock of a zone."""
    local, told = ZoneInfo(zone), np.empty(span.minutes, dtype=int)
    for start in range(0, span.minutes, 15):  # every zone changes its hour at a quarter
        at = (span.since + timedelta(minutes=start)).astimezone(local)
        left = 15 - at.minute % 15
        told[start : start + left] = at.weekday() * 24 + at.hour
        after = at + timedelta(minutes=left)
        told[start + left : start + 15] = after.weekday() * 24 + after.hour
    return told


def counted(queue: UUID, came: Ints, expected: Floats, base: Baseline, watch: counts.Surge) -> Past:
    spread = base.dispersion + base.level_spread**2 * expected
    codes = np.full(len(came), OK, dtype=np.int8)
    # What lies within two deviations is no surge by any of the limits: the exact tail is asked for the rest, each pair once.
    far = (came > expected + 2 * np.sqrt(spread * expected)) & (came >= expected * (1 + watch.least_change))
    judged: dict[tuple[int, float, float], int] = {}
    for index in np.flatnonzero(far):
        pair = (int(came[index]), float(expected[index]), float(spread[index]))
        if pair not in judged:
            one = counts.judge(watch, pair[0], expected=pair[1], dispersion=pair[2])
            judged[pair] = BREACH if one.verdict == Verdict.BREACH else STILL if one.still else OK
        codes[index] = judged[pair]
    return Past(queue, codes, came.astype(float), expected * (1 + watch.least_change))


PASTS: Mapping[str, Callable[[Params, Span, Sequence[UUID]], list[Past]]] = {
    "gauge": gauge, "percentile": percentile, "share": share, "mean": mean, "surge": surge,
}  # fmt: skip


def with_hours(pasts: Sequence[Past], span: Span) -> list[Past]:
    """The same with the minutes in which a queue was closed marked as such. One statement."""
    stretches = open_stretches(since=span.since, until=span.until)
    told = []
    for one in pasts:
        if one.queue not in stretches:
            told.append(one)
            continue
        is_open = np.zeros(span.minutes, dtype=bool)
        for opens, closes in stretches[one.queue]:
            # A minute is open when the second before it was, as the live rule asks.
            first = int((opens - span.since).total_seconds() // MINUTE) + 1
            last = int((closes - span.since).total_seconds() // MINUTE)
            is_open[max(first, 0) : max(last + 1, 0)] = True
        told.append(Past(one.queue, np.where(is_open, one.codes, OFF).astype(np.int8), one.values, one.limits))
    return told
