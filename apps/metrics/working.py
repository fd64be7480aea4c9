"""Read what people's time went into, straight from rows: late and shuffled words about presence need no recount."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.agents.reach import Reach
from apps.metrics.active_time import (
    LONGEST_STATE,
    Hold,
    Part,
    Planned,
    Slice,
    State,
    Stretch,
    Worked,
    Wrap,
    after_contact,
    laid_out,
    slices,
    worked,
)
from apps.metrics.definitions import DICTIONARY
from apps.metrics.definitions.definition import Kind
from apps.metrics.reading import Number
from apps.metrics.spent import PLANNED_KEYS, Spent, stretches, wrapped

# Metrics of working time: how each is read from one person's, or from several people's time as one.
READERS: dict[str, Callable[[Worked], float | None]] = {
    "active_time": lambda one: one.on_contact.total_seconds(),
    "idle_time": lambda one: one.parts[Part.IDLE].total_seconds(),
    "concurrency": lambda one: one.concurrency,
    "occupancy": lambda one: one.occupancy,
    "slot_utilisation": lambda one: one.slot_utilisation,
    "adherence": lambda one: one.adherence,
    "conformance": lambda one: one.conformance,
    "utilisation": lambda one: one.utilisation,
    "shrinkage": lambda one: one.shrinkage,
}
# Time that is told of each conversation that a person held, and not of the person's day.
AFTER_CONTACT = "after_contact_work"
KEYS = frozenset({*READERS, AFTER_CONTACT})

# A status of the source for all queues; each stretch ends at the person's next one. The one before the window reaches into it.
_STATES = """
SELECT p.agent_id, p.started_at, p.ended_at, p.status, coalesce(p.capacity, a.capacity)
FROM agents_presence p JOIN agents_agent a ON a.id = p.agent_id
WHERE p.agent_id = ANY(%(people)s) AND p.queue = '' AND p.started_at < %(until)s AND p.started_at > %(since)s - %(longest)s
ORDER BY p.started_at, p.sequence, p.id
"""
# Who wrote without holding it has no stretch: left is joined.
_HOLDS = """
SELECT p.agent_id, p.joined_at, p.left_at, coalesce(c.channel, ''), p.conversation_id
FROM interactions_participation p JOIN interactions_conversation c ON c.id = p.conversation_id
WHERE p.agent_id = ANY(%(people)s) AND p.joined_at < %(until)s AND (p.left_at IS NULL OR p.left_at > greatest(p.joined_at, %(since)s))
"""
# An offer is told when it ends; it has rung until then.
_RINGS = """
SELECT agent_id, happened_at - ring_ms * interval '1 millisecond', happened_at FROM interactions_offer
WHERE agent_id = ANY(%(people)s) AND ring_ms > 0
  AND happened_at > %(since)s AND happened_at < %(until)s + interval '10 minutes'
"""
_SHIFTS = """
SELECT s.agent_id, s.starts_at, s.ends_at, array_agg(a.kind ORDER BY a.id) FILTER (WHERE a.id IS NOT NULL),
       array_agg(a.starts_at ORDER BY a.id) FILTER (WHERE a.id IS NOT NULL), array_agg(a.ends_at ORDER BY a.id) FILTER (WHERE a.id IS NOT NULL)
FROM agents_shift s LEFT JOIN agents_activity a ON a.shift_id = s.id
WHERE s.agent_id = ANY(%(people)s) AND s.starts_at < %(until)s AND s.ends_at > %(since)s GROUP BY s.id
"""


def _by_person(statement: str, where: dict[str, Any], make: Callable[..., Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(statement, where)
        for person, *row in cursor.fetchall():
            found.setdefault(person, []).append(make(*row))
    return found


def spans_of(*, people: Reach, since: datetime, until: datetime) -> dict[UUID, list[Slice]]:
    """Return the spans of each person's window, of the time that counts; three statements, whatever the number of people."""
    where = {"people": list(people), "since": since, "until": until, "longest": LONGEST_STATE}
    states, holds, rings = (
        _by_person(statement, where, make) for statement, make in ((_STATES, State), (_HOLDS, Hold), (_RINGS, Stretch))
    )
    return {
        person: [
            one
            for begin, end in people.stretches(person)
            for one in slices(
                states=states.get(person, ()),
                holds=holds.get(person, ()),
                rings=rings.get(person, ()),
                since=since if begin is None else min(max(since, begin), until),
                until=until if end is None else max(min(until, end), since),
            )
        ]
        for person in people
    }


def time_of(*, people: Reach, since: datetime, until: datetime) -> dict[UUID, Worked]:
    """Return each person's window in sums; four statements."""
    planned = plans_of(people=people, since=since, until=until)
    found = spans_of(people=people, since=since, until=until)
    return {person: worked(spans=spans, planned=planned.get(person, ())) for person, spans in found.items()}


def wraps_of(*, people: Reach, since: datetime, until: datetime) -> dict[UUID, list[Wrap]]:
    """Return what followed each conversation of each person: wrap-ups that ended in the window, those that last, and what ended
    in the window without one. Two statements, whatever the number of people.
    """
    # What ended before the window may be wrapped up in it, and no longer than a state is believed.
    where = {"people": list(people), "since": since - LONGEST_STATE, "until": until, "longest": LONGEST_STATE}
    states, holds = (_by_person(statement, where, make) for statement, make in ((_STATES, State), (_HOLDS, Hold)))
    found = {}
    for person, held in holds.items():
        wraps = after_contact(states=states.get(person, ()), holds=held, until=until)
        bounds = people.stretches(person)
        found[person] = [one for one in wraps if any(_is_within(one, since, *both) for both in bounds)]
    return found


def _is_within(wrap: Wrap, since: datetime, begin: datetime | None, before: datetime | None) -> bool:
    """Whether it counts in a window, and in the time that counts for whoever asks: at its end, else at the conversation's."""
    at = wrap.ready_at if wrap.ready_at is not None else wrap.hold.ends_at
    if at is None or (begin is not None and at < begin) or (before is not None and at >= before):
        return False
    return at > since or (wrap.is_told and wrap.ready_at is None)


def plans_of(*, people: Reach, since: datetime, until: datetime) -> dict[UUID, list[Planned]]:
    """Return what is planned for each person, laid out in stretches; who has no shift there is left out. One statement."""
    shifts = _by_person(_SHIFTS, {"people": list(people), "since": since, "until": until}, _laid_out)
    return {person: [one for shift in mine for one in shift] for person, mine in shifts.items()}


def _laid_out(
    starts_at: datetime,
    ends_at: datetime,
    kinds: list[str] | None,
    begins: list[datetime] | None,
    ends: list[datetime] | None,
) -> list[Planned]:
    inside = [Planned(begin, end, kind) for kind, begin, end in zip(kinds or (), begins or (), ends or (), strict=True)]
    return laid_out(Stretch(starts_at, ends_at), inside)


def behind(*, key: str, people: Reach, since: datetime, until: datetime) -> list[Spent]:
    """Return the stretches that a metric of these people is made of, and what it leaves out. Four statements at most."""
    if key == AFTER_CONTACT:
        wraps = wraps_of(people=people, since=since, until=until)
        return [one for person, mine in wraps.items() for one in wrapped(person=person, wraps=mine)]
    planned = plans_of(people=people, since=since, until=until) if key in PLANNED_KEYS else {}
    spans = spans_of(people=people, since=since, until=until)
    return [
        one
        for person, mine in spans.items()
        for one in stretches(key=key, person=person, spans=mine, planned=planned.get(person, ()))
    ]


def numbers(*, key: str, people: Reach, since: datetime, until: datetime, by_agent: bool) -> dict[str, Number]:
    """Read one metric of working time over people who were signed in or planned at all, together or one by one.

    `n` is the number of these people. A time is a mean over them; a ratio is of their times as one. After-contact work is a mean
    over conversations, and so is its `n`.
    """
    if key == AFTER_CONTACT:
        return _after_contact(people=people, since=since, until=until, by_agent=by_agent)
    metric, read = DICTIONARY[key], READERS[key]
    there = {
        person: one
        for person, one in time_of(people=people, since=since, until=until).items()
        if one.signed_in > timedelta(0) or one.planned > timedelta(0)
    }
    if by_agent:
        return {str(person): _number(read(one), n=1, enough=metric.minimum_n <= 1) for person, one in there.items()}
    if not there:
        return {}
    value = read(sum(there.values(), Worked()))
    is_mean = metric.kind == Kind.MEAN and key in ("active_time", "idle_time")
    if is_mean and value is not None:
        value /= len(there)
    return {"": _number(value, n=len(there), enough=len(there) >= metric.minimum_n)}


def _after_contact(*, people: Reach, since: datetime, until: datetime, by_agent: bool) -> dict[str, Number]:
    spent: dict[str, list[float]] = {}
    for person, wraps in wraps_of(people=people, since=since, until=until).items():
        told = [one.spent.total_seconds() for one in wraps if one.spent is not None]
        if told:
            spent.setdefault(str(person) if by_agent else "", []).extend(told)
    least = DICTIONARY[AFTER_CONTACT].minimum_n
    return {who: _number(sum(one) / len(one), n=len(one), enough=len(one) >= least) for who, one in spent.items()}


def _number(value: float | None, *, n: int, enough: bool) -> Number:
    return Number(value=value, n=n, is_enough=enough and value is not None)
