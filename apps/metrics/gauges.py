"""Gauges: what is true of the queues at one moment. They move without an event, so now is read from rows, and the past was sampled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import connection

from apps.access import retention
from apps.interactions.models import Queue
from apps.interactions.queries import staffing
from apps.metrics.calendars import open_time
from apps.metrics.measures import MILLION
from apps.metrics.models import NO_QUEUE, Sample
from apps.metrics.reading import Number
from apps.metrics.windows import Window

# Ages of open conversations: key, and the age at which it ends.
BANDS: tuple[tuple[str, timedelta | None], ...] = (
    ("under 1 h", timedelta(hours=1)), ("1 to 4 h", timedelta(hours=4)), ("4 to 24 h", timedelta(days=1)),
    ("1 to 3 days", timedelta(days=3)), ("over 3 days", None),
)  # fmt: skip
# A series has at most about 300 points; a longer window is told in wider steps.
STEPS = {"5min": 1, "15min": 1, "60min": 1, "today": 5, "shift": 5, "7d": 60, "28d": 240}

# Open for people: an AI agent, the customer or the calendar does not hold it.
_OURS = "(a.kind IS DISTINCT FROM 'ai' AND c.status NOT IN ('bot', 'pending', 'snoozed'))"
_AGES = [f"interval '{int(end.total_seconds())} s'" for _, end in BANDS if end is not None]
_EDGES = ["interval '0 s'", *_AGES, "interval '100 years'"]
_BANDS = ", ".join(
    f"count(*) FILTER (WHERE {_OURS} AND y.age >= {low} AND y.age < {high})::int" for low, high in pairwise(_EDGES)
)
_NOW = f"""
SELECT coalesce(c.queue_id, %(no_queue)s), k.calendar_id,
       count(*) FILTER (WHERE c.waiting_since IS NOT NULL OR ({_OURS} AND a.kind = 'human' AND y.first_reply_at IS NULL))::int,
       count(*) FILTER (WHERE {_OURS} AND y.first_reply_at IS NULL)::int,
       ARRAY[{_BANDS}],
       min(c.waiting_since),
       max(CASE WHEN c.waiting_since IS NOT NULL AND k.calendar_id IS NOT NULL THEN
           {open_time(calendar="k.calendar_id", since="c.waiting_since", until="%(at)s::timestamptz")} END)
FROM interactions_conversation c
LEFT JOIN agents_agent a ON a.id = c.holder_id
LEFT JOIN metrics_queuecalendar k ON k.queue_id = c.queue_id
LEFT JOIN LATERAL (
    SELECT greatest(%(at)s - started_at, interval '0') AS age, first_reply_at FROM interactions_carecycle
    WHERE conversation_id = c.id ORDER BY n DESC LIMIT 1
) y ON true
WHERE c.is_open AND (%(everything)s OR c.queue_id = ANY(%(queues)s))
GROUP BY 1, 2
"""  # noqa: S608  # words of this app only


# The same conversations one by one: what is in a gauge and what is not is said by `standing`.
_EACH = f"""
SELECT c.id, c.queue_id, c.channel, c.holder_id, y.started_at, c.waiting_since, {_OURS}, a.kind = 'ai', y.first_reply_at IS NOT NULL,
       a.kind = 'human', y.age
FROM interactions_conversation c
LEFT JOIN agents_agent a ON a.id = c.holder_id
LEFT JOIN LATERAL (
    SELECT greatest(%(at)s - started_at, interval '0') AS age, started_at, first_reply_at FROM interactions_carecycle
    WHERE conversation_id = c.id ORDER BY n DESC LIMIT 1
) y ON true
WHERE c.is_open AND (%(everything)s OR c.queue_id = ANY(%(queues)s))
"""  # noqa: S608  # words of this app only
# Why an open conversation is not in a gauge.
REASONS: dict[str, str] = {
    "ai_has_it": "With an AI agent: counted apart.",
    "waits_for_customer": "Pending or snoozed: we wait for the customer.",
    "answered_in_cycle": "A person has answered since it began or was opened again.",
    "served": "A person has it and has answered.",
    "waits_for_nobody": "It stands in no queue to be taken from.",
    # And why a person's slots are not counted.
    "on_break": "On a break: a break takes the slots away.",
    "signed_out": "Signed out, or no state was told for sixteen hours.",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One open conversation in a gauge now, or why it is not in it."""

    conversation_id: UUID
    queue_id: UUID | None
    channel: str
    holder_id: UUID | None
    # Since when it waits, or since when its care cycle is open.
    since: datetime
    band: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One queue now. Waits in microseconds; None where nobody waits, no calendar is kept, or no team answers."""

    queue_id: UUID
    queue_length: int
    unattended: int
    backlog: tuple[int, ...]
    longest_wait: int | None
    longest_business_wait: int | None
    free_slots: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of a series: the mean of its samples (of a longest wait the longest), the extremes, and how many there are."""

    at: datetime
    value: float
    lowest: float
    highest: float
    samples: int


_EMPTY = (0, 0, [0] * len(BANDS), None, None)


def now(*, queues: Sequence[UUID] | None, at: datetime) -> list[Reading]:
    """Read every queue asked for, also an empty one; None: all of them, and what stands in none. Three statements."""
    ids = list(Queue.objects.values_list("pk", flat=True)) if queues is None else list(queues)
    with connection.cursor() as cursor:
        cursor.execute(_NOW, {"everything": queues is None, "queues": ids, "no_queue": NO_QUEUE, "at": at})
        found = {row[0]: row[2:] for row in cursor.fetchall()}
    slots = staffing(queues=ids, at=at).by_queue
    told = []
    for key in [*ids, *(key for key in found if key not in set(ids))]:
        length, unattended, backlog, since, business = found.get(key, _EMPTY)
        wait = None if since is None else max((at - since) // timedelta(microseconds=1), 0)
        free = slots[key].free if key in slots else None
        told.append(Reading(key, length, unattended, tuple(backlog), wait, business, free))
    return told


def standing(*, key: str, queues: Sequence[UUID] | None, at: datetime) -> list[Standing]:
    """Return every open conversation of some queues, longest first, with why it is not in a gauge of conversations. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_EACH, {"everything": queues is None, "queues": list(queues or ()), "at": at})
        found = [_standing(key, at, row) for row in cursor.fetchall()]
    return sorted(found, key=lambda one: (one.since, one.conversation_id))


def _standing(key: str, at: datetime, row: Sequence[Any]) -> Standing:
    talk, queue, channel, holder, started, waiting, is_ours, has_ai, is_answered, has_person, age = row
    apart = "ai_has_it" if has_ai else "waits_for_customer"
    if key == "longest_wait":
        reason = "" if waiting is not None else "waits_for_nobody"
    elif key == "queue_length":
        is_in = waiting is not None or (is_ours and has_person and not is_answered)
        reason = "" if is_in else apart if not is_ours else "served" if has_person else "waits_for_nobody"
    elif key == "unattended":
        reason = "" if is_ours and not is_answered else apart if not is_ours else "answered_in_cycle"
    else:
        reason = "" if is_ours else apart
    since = waiting if key in ("longest_wait", "queue_length") and waiting is not None else started
    old = age or timedelta(0)
    band = next(name for name, end in BANDS if end is None or old < end)
    return Standing(talk, queue, channel, holder, since or at, band, reason)


def sample(*, at: datetime) -> int:
    """Keep what every queue looks like now, once a minute however often it is asked; return how many rows were new."""
    minute = at.replace(second=0, microsecond=0)
    if Sample.objects.filter(taken_at=minute).exists():
        return 0
    made = Sample.objects.bulk_create(
        (
            Sample(
                taken_at=minute, queue_id=one.queue_id, queue_length=one.queue_length, unattended=one.unattended,
                backlog=list(one.backlog), longest_wait=one.longest_wait,
                longest_business_wait=one.longest_business_wait, free_slots=one.free_slots,
            )
            for one in now(queues=None, at=at)
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    return len(made)


def forget(*, at: datetime) -> int:
    """Delete samples past their retention; return how many."""
    kept_from = at - retention.kept("samples")
    return Sample.objects.filter(taken_at__lt=kept_from).delete()[0]


def _seconds(value: int | None) -> float | None:
    return None if value is None else value / MILLION


def _longest(found: Sequence[Reading]) -> Number:
    waits = [one.longest_wait for one in found if one.longest_wait is not None]
    open_waits = [one.longest_business_wait for one in found if one.longest_business_wait is not None]
    if not waits:
        return Number.nothing()
    return Number(
        value=_seconds(max(waits)), n=sum(one.queue_length for one in found), is_enough=True,
        business=_seconds(max(open_waits, default=None)), business_n=len(open_waits),
    )  # fmt: skip


def _count(read: Callable[[Reading], int]) -> Callable[[Sequence[Reading]], Number]:
    def counted(found: Sequence[Reading]) -> Number:
        whole = sum(read(one) for one in found)
        return Number(value=float(whole), n=whole, is_enough=True)

    return counted


# How each gauge is read from some queues, and what its samples are in SQL.
READERS: dict[str, Callable[[Sequence[Reading]], Number]] = {
    "queue_length": _count(lambda one: one.queue_length),
    "unattended": _count(lambda one: one.unattended),
    "backlog": _count(lambda one: sum(one.backlog)),
    "longest_wait": _longest,
}
_SAMPLED = {
    "queue_length": "sum(queue_length)", "unattended": "sum(unattended)", "free_slots": "sum(free_slots)",
    "backlog": "sum((SELECT sum(x) FROM unnest(backlog) AS x))", "longest_wait": "max(longest_wait)",
}  # fmt: skip
KEYS = frozenset(_SAMPLED)
# The others are gauges of conversations; free slots are what people's slots leave.
OF_PEOPLE = "free_slots"


def numbers(*, key: str, queues: Sequence[UUID] | None, by: str, at: datetime) -> dict[str, Number]:
    """Read one gauge now: as a whole, by queue, or (the backlog) by age."""
    found = now(queues=queues, at=at)
    if key == OF_PEOPLE:
        if by == "queue":
            return {str(one.queue_id): _free(one.free_slots) for one in found if one.queue_id != NO_QUEUE}
        # A team's slots serve all its queues: people count once.
        together = staffing(queues=[one.queue_id for one in found], at=at).together
        return {"": _free(None if together is None else together.free)}
    if by == "age":
        return {
            name: Number(value=float(n), n=n, is_enough=True)
            for place, (name, _) in enumerate(BANDS)
            for n in [sum(one.backlog[place] for one in found)]
        }
    if by == "queue":
        return {str(one.queue_id): READERS[key]([one]) for one in found}
    return {"": READERS[key](found)}


def _free(slots: int | None) -> Number:
    return Number.nothing() if slots is None else Number(value=float(slots), n=slots, is_enough=True)


def series(*, key: str, queues: Sequence[UUID] | None, by: str, span: Window, at: datetime) -> dict[str, list[Moment]]:
    """Return the sampled past of a gauge over a window, by place. A minute nobody looked is missing, not nought."""
    step = timedelta(minutes=STEPS[span.name])
    place = "queue_id::text" if by == "queue" else "''"
    across = "max" if key == "longest_wait" else "avg"
    statement = f"""
        WITH looked AS (
            SELECT {place} AS place, taken_at, {_SAMPLED[key]}::float8 AS value FROM metrics_sample
            WHERE taken_at >= %(since)s AND taken_at <= %(at)s AND (%(everything)s OR queue_id = ANY(%(queues)s))
            GROUP BY 1, 2
        )
        SELECT place, date_bin(%(step)s, taken_at, '2000-01-01 00:00:00+00'), {across}(value), min(value), max(value), count(*)
        FROM looked WHERE value IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608  # words of this module only
    where: dict[str, Any] = {
        "since": span.since, "at": at, "step": step, "everything": queues is None, "queues": list(queues or ()),
    }  # fmt: skip
    told: dict[str, list[Moment]] = {}
    scale = MILLION if key == "longest_wait" else 1
    with connection.cursor() as cursor:
        cursor.execute(statement, where)
        for where_, starts_at, value, lowest, highest, samples in cursor.fetchall():
            told.setdefault(where_, []).append(
                Moment(starts_at, value / scale, lowest / scale, highest / scale, samples)
            )
    return told
