"""A person's working time day by day: the mean of their days with its interval, so that two periods can be told apart from chance.

Time of one day is not a sample of cases; days are. Below ten of them nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import fmean, stdev
from zoneinfo import ZoneInfo

from apps.agents.reach import Reach
from apps.metrics import working
from apps.metrics.active_time import NOTHING, Part, Slice, Worked, worked
from apps.metrics.reading import Number
from apps.metrics.windows import Window
from apps.shared.intervals import of_mean

FEWEST_DAYS = 10


def of_days(*, person: Reach, spans: Sequence[Window], zone: ZoneInfo) -> list[dict[str, Number]]:
    """Return one person's adherence and idle time a day, of each of some periods. Four statements in all.

    Adherence is of days that were planned, idle time of days signed in.
    """
    since, until = min(one.since for one in spans), max(one.until for one in spans)
    (agent,) = person
    slices = working.spans_of(people=person, since=since, until=until)[agent]
    planned = working.plans_of(people=person, since=since, until=until).get(agent, [])
    told = []
    for span in spans:
        days = [
            worked(spans=cut(slices, begin, end), planned=planned) for begin, end in _days(span.since, span.until, zone)
        ]
        told.append({"adherence": _mean(_adherence(days), most=1.0), "idle_time": _mean(_idle(days), most=None)})
    return told


def _adherence(days: Sequence[Worked]) -> list[float]:
    return [one.adherence for one in days if one.adherence is not None]


def _idle(days: Sequence[Worked]) -> list[float]:
    return [one.parts[Part.IDLE].total_seconds() for one in days if one.signed_in > NOTHING]


def _mean(values: Sequence[float], *, most: float | None) -> Number:
    n = len(values)
    if n < FEWEST_DAYS:
        return Number(value=fmean(values) if values else None, n=n, is_enough=False)
    mean = fmean(values)
    low, high = of_mean(mean, stdev(values), n)
    return Number(
        value=mean, n=n, is_enough=True, mean=mean, low=max(0.0, low), high=high if most is None else min(most, high)
    )


def cut(spans: Sequence[Slice], since: datetime, until: datetime) -> list[Slice]:
    """The part of some spans that lies between two moments."""
    return [
        replace(one, starts_at=max(one.starts_at, since), ends_at=min(one.ends_at, until))
        for one in spans
        if one.starts_at < until and one.ends_at > since
    ]


def _days(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The whole days of a period, on the clock of a zone."""
    day = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while day + timedelta(days=1) <= until.astimezone(zone):
        if day >= since:
            yield day, day + timedelta(days=1)
        day += timedelta(days=1)
