"""The stored past of each queue as a rule would have judged it, minute by minute.

What is worked out here with arrays is worked out one moment at a time in `watching`; tests hold both side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from apps.alerts.backtest.replaying import BREACH, OFF, OK, STILL, THIN, Codes
from apps.alerts.backtest.stored import (
    MINUTE,
    Floats,
    Ints,
    Past,
    Span,
    days_of,
    hours_stored,
    observed,
    packed,
    unpacked,
    windows_of,
)
from apps.alerts.backtest.sums import share
from apps.alerts.detectors import burn, counts, relative
from apps.alerts.engine.series import Verdict
from apps.alerts.watching import windows
from apps.alerts.watching.seen import Params, limit_of, promises, rows, targets
from apps.metrics.calendars import open_stretches
from apps.metrics.models import Baseline

MILLION = 1_000_000


_GAUGES = {
    "queue_length": "queue_length::float8",
    "longest_wait": "coalesce(longest_wait, 0) / 1000000.0",
    "backlog": "(backlog[1] + backlog[2] + backlog[3] + backlog[4] + backlog[5])::float8",
}


def gauge(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """What was sampled each minute. A minute without a sample says nothing."""
    promised = targets()
    found = rows(
        f"""SELECT queue_id, {packed("minute")}, {packed("value")} FROM (
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
        values[unpacked(minutes, ">i4")] = unpacked(taken, ">f4")
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


def percentile(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """The ninetieth percentile of the running window. Cases beyond the limit are counted; only where that leaves the
    interpolated value open is it worked out."""
    window, promised = params["minutes"], targets()
    found = observed(params, span, queues, timedelta(minutes=window))
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


def burning(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """How fast a promise was missed, in both windows that end at each minute."""
    before = timedelta(minutes=params["minutes"])
    replied = observed(params, span, queues, before, measure=windows.REPLIED)
    left = observed(params, span, queues, before, measure=windows.GONE)
    told = []
    for queue in queues:
        promise = promises().get(queue)
        pair = None if promise is None else windows.pair_of(params, promise.goal)
        if promise is None or pair is None:
            continue
        seconds, values = replied.get(queue, (np.empty(0), np.empty(0)))
        gone_at, gone = left.get(queue, (np.empty(0), np.empty(0)))
        gone_at = gone_at[gone == 1]
        missed = np.concatenate((values > promise.seconds * MILLION, np.ones(len(gone_at), dtype=bool)))
        seconds = np.concatenate((seconds, gone_at))
        order = np.argsort(seconds, kind="stable")
        seconds, total = seconds[order], np.concatenate(([0], np.cumsum(missed[order])))
        burns, n, kept = [], np.zeros(span.minutes, dtype=int), np.full(span.minutes, np.nan)
        for minutes in (int(pair.short_minutes), int(pair.long_minutes)):
            low, high = windows_of(seconds, span, minutes)
            n, misses = high - low, total[high] - total[low]
            with np.errstate(invalid="ignore", divide="ignore"):
                share_missed = misses / n
            kept = 1 - share_missed
            burns.append(np.where(n > 0, share_missed / (1 - pair.goal), 0.0))
        codes = np.where(np.minimum(*burns) > pair.burn + burn.NOUGHT, BREACH, OK)
        known = n >= max(pair.least_n, 1)
        told.append(
            Past(queue, np.where(known, codes, THIN).astype(np.int8), kept, np.full(span.minutes, promise.goal))
        )
    return told


def mean(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """A running mean against the same hour of the days before."""
    window = params["minutes"]
    found = observed(params, span, queues, timedelta(minutes=window))
    history = hours_stored(params["measure"], span, queues)
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
        for midnight, first, last in days_of(span):
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
    found = observed(params, span, queues, timedelta(minutes=window), measure=windows.ARRIVALS)
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
    "gauge": gauge, "percentile": percentile, "burn": burning, "share": share, "mean": mean, "surge": surge,
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
