"""A share of the past as its rule would have judged it: the cumulative sum of the four hours before each minute, carried from case to
case. `detectors.shares` works the same out one moment at a time; tests hold both side by side.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np

from apps.alerts.backtest.replaying import BREACH, OK, STILL, THIN
from apps.alerts.backtest.stored import MINUTE, Floats, Past, Span, days_of, hours_stored, observed
from apps.alerts.detectors import shares
from apps.alerts.watching import windows
from apps.alerts.watching.seen import Params, targets


def share(params: Params, span: Span, queues: Sequence[UUID]) -> list[Past]:
    """A share against what was usual on that day, by the cumulative sum of the four hours before each minute."""
    history = hours_stored(params["measure"], span, queues)
    found = observed(params, span, queues, windows.FOLLOWED)
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
    for midnight, _, _ in days_of(span):
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
    told, limits = _Told([], [], []), np.full(span.minutes, np.nan)
    for midnight, first, last in days_of(span):
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
                _judge_hour(watch, steps, start, end, back, told)
            else:
                told.say(end - start, THIN, np.nan)
    codes = np.repeat(np.array(told.codes, dtype=np.int8), told.lengths)
    return Past(queue, codes, np.repeat(np.array(told.values), told.lengths), limits)


class _Told(NamedTuple):
    """What a queue was, one stretch of minutes after the other: how long each is, its verdict, and the value that is drawn."""

    lengths: list[int]
    codes: list[int]
    values: list[float]

    def say(self, length: int, code: int, value: float) -> None:
        """Go on with another stretch."""
        self.lengths.append(length)
        self.codes.append(code)
        self.values.append(value)


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
    watch: shares.Watch, steps: _Steps, first: int, last: int, back: int, told: _Told
) -> None:  # fmt: skip
    """Judge the minutes of one hour, in which the same is usual: `shares.follow`, carried on where that gives the same.

    The live rule sums its four hours up anew each time. A sum that stood at nought since they began is the same as one that
    went on; only when the first case since then leaves the window it is summed up again.
    """
    marks, ceiling, scatter = watch.marks, shares.CEILING * watch.limit, max(watch.dispersion, 1.0)
    places, gains, more_hits, more_cases, more_usual = steps
    place, size = bisect_left(places, first), len(places)
    score, hits, cases, usual, began, now = 0.0, 0, 0, 0.0, -1, first
    while now < last:
        if 0 <= began < now:
            place = bisect_left(places, now)
            score, hits, cases, usual, began = 0.0, 0, 0, 0.0, -1
        while place < size and places[place] < now + back:
            score += gains[place] / scatter
            if score <= 0:
                score, hits, cases, usual, began = 0.0, 0, 0, 0.0, -1
            else:
                began = places[place] if began < 0 else began
                score, hits, cases = min(score, ceiling), hits + more_hits[place], cases + more_cases[place]
                usual += more_usual[place]
            place += 1
        # Nothing changes until the next case comes or the first one leaves.
        until = last
        if place < size and places[place] - back + 1 < until:
            until = places[place] - back + 1
        if 0 <= began < until:
            until = began + 1
        is_beyond, is_still = shares.stands(marks, score, hits, usual)
        told.say(until - now, BREACH if is_beyond else STILL if is_still else OK, hits / cases if cases else np.nan)
        now = until
