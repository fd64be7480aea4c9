"""The stored past as arrays: which minutes are played, what each queue is told to have been, and the cases and hours they are
worked out from.

Arrays, because four weeks of ten queues are four hundred thousand minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from apps.alerts.backtest.replaying import Codes
from apps.alerts.watching import windows
from apps.alerts.watching.seen import Params, rows

DAYS = 28
MINUTE = 60.0
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


def packed(expression: str) -> str:
    return f"array_send(array_agg({expression} ORDER BY at))"


def unpacked(data: bytes | memoryview, kind: str) -> npt.NDArray[Any]:
    """An array of PostgreSQL as it travels: a head of 20 bytes, then size and value of each element. Without nulls."""
    return np.frombuffer(bytes(data), dtype=[("size", ">i4"), ("value", kind)], offset=20)["value"]


_VALUES = f"""
SELECT queue_id, {packed("seconds")}, {packed("value")} FROM (
    SELECT queue_id, at, extract(epoch FROM at - %(since)s)::float8 AS seconds, value::float8 AS value
    FROM metrics_observation
    WHERE measure = %(measure)s AND at > %(from)s AND at <= %(until)s AND value IS NOT NULL AND queue_id = ANY(%(queues)s)
) x GROUP BY queue_id
"""  # noqa: S608  # words of this module only


def observed(
    params: Params, span: Span, queues: Sequence[UUID], before: timedelta, measure: str = ""
) -> dict[UUID, tuple[Floats, Floats]]:
    """The cases of a measure by queue: seconds from the first minute on (earlier ones are negative), and values."""
    found = rows(
        _VALUES, measure=measure or params["measure"], since=span.since, until=span.until, queues=list(queues),
        **{"from": span.since - before},
    )  # fmt: skip
    return {
        queue: (unpacked(seconds, ">f8").astype(float), unpacked(values, ">f8").astype(float))
        for queue, seconds, values in found
    }


def windows_of(seconds: Floats, span: Span, minutes: int) -> tuple[Ints, Ints]:
    """For each minute the first and the last case (exclusive) of the window that ends there."""
    ends = np.arange(span.minutes) * MINUTE
    return (
        np.searchsorted(seconds, ends - minutes * MINUTE, side="right"),
        np.searchsorted(seconds, ends, side="right"),
    )


def hours_stored(measure: str, span: Span, queues: Sequence[UUID]) -> dict[UUID, dict[datetime, tuple[int, int]]]:
    """Cases and totals of every stored hour that any day of the span would have been compared with."""
    first = span.since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return windows.stored_hours(
        measure,
        since=first - timedelta(days=windows.HISTORY_DAYS),
        until=span.until,
        hours=list(range(24)),
        queues=queues,
    )


def days_of(span: Span) -> list[tuple[datetime, int, int]]:
    """The days of the span in UTC: midnight, and the first and last minute (exclusive) of each."""
    told, minute = [], 0
    while minute < span.minutes:
        at = (span.since + timedelta(minutes=minute)).astimezone(UTC)
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        last = min(int((midnight + timedelta(days=1) - span.since).total_seconds() // 60), span.minutes)
        told.append((midnight, minute, max(last, minute + 1)))
        minute = told[-1][2]
    return told
