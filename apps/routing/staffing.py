"""Who is present in a queue, with their slots, and who waits there; moves are counted as if they had come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count

from apps.interactions.models import Conversation
from apps.metrics.models import Baseline
from apps.routing.cover import Cover, Person
from apps.routing.models import Diversion, Kind, State
from apps.shared.reading import kept, once

_PRESENT = """
SELECT t.queue_id, a.id, a.name, coalesce(p.capacity, a.capacity), h.held, h.on_call
FROM interactions_queue_teams t JOIN agents_agent a ON a.team_id = t.team_id AND a.kind = 'human'
JOIN LATERAL (
    SELECT status, capacity, started_at FROM agents_presence
    WHERE agent_id = a.id AND queue = '' AND started_at <= %(at)s ORDER BY started_at DESC, sequence DESC, id DESC LIMIT 1
) p ON p.status IN ('available', 'busy', 'wrap_up') AND p.started_at > %(at)s - interval '16 hours'
CROSS JOIN LATERAL (
    SELECT count(*) AS held, coalesce(bool_or(c.channel = 'voice'), false) AS on_call
    FROM interactions_conversation c WHERE c.holder_id = a.id AND c.is_open
) h
WHERE t.queue_id = ANY(%(queues)s) ORDER BY a.name, a.id
"""


@dataclass(frozen=True, slots=True)
class Staffed:
    """One queue: who is present and how it stands."""

    people: Sequence[Person]
    cover: Cover


def staffed(*, queues: Collection[UUID], at: datetime, zone: ZoneInfo) -> dict[UUID, Staffed]:
    """How each of the queues is staffed now. Four statements, whatever the number of queues and people.

    The same counting as `interactions.queries.staffing`, person by person; who was moved counts where they are now.
    """
    asked = list(queues)
    by_queue: dict[UUID, dict[UUID, Person]] = {key: {} for key in asked}
    moves = moved(at=at)
    wanted = {*asked, *(one.queue_id for one in moves)}
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, {"queues": list(wanted), "at": at})
        everybody: dict[UUID, Person] = {}
        for queue, key, name, slots, held, on_call in cursor.fetchall():
            everybody[key] = Person(key, name, slots, 0 if on_call else max(slots - held, 0))
            if queue in by_queue:
                by_queue[queue][key] = everybody[key]
    for one in moves:
        for key in one.keys:
            by_queue.get(one.queue_id, {}).pop(key, None)
            if one.to_queue_id in by_queue and key in everybody:
                by_queue[one.to_queue_id][key] = everybody[key]
    waiting = _waiting(asked)
    usual = _usual(asked, at, zone)
    return {
        key: Staffed(list(people.values()), _cover(people.values(), waiting.get(key, 0), usual.get(key)))
        for key, people in by_queue.items()
    }


@dataclass(frozen=True, slots=True)
class Move:
    """A running move: who left which queue for which."""

    queue_id: UUID
    to_queue_id: UUID
    keys: frozenset[UUID]


def moved(*, at: datetime) -> list[Move]:
    """The moves that hold at a moment. One statement."""
    found: dict[UUID, tuple[UUID, UUID, set[UUID]]] = {}
    for key, kind, state, left, to, person in once(("diverted", at), lambda: _diverted(at)):
        if kind == Kind.MOVE and state != State.REFUSED and to is not None and person is not None:
            found.setdefault(key, (left, to, set()))[2].add(person)
    return [Move(left, to, frozenset(people)) for left, to, people in found.values()]


def nothing_runs(*, at: datetime) -> bool:
    """Whether it is known already, in the same reading, that no queue is diverted at a moment: mostly so."""
    return bool(kept(("diverted", at)) == [])


def _diverted(at: datetime) -> list[tuple[UUID, str, str, UUID, UUID | None, UUID | None]]:
    return list(Diversion.objects.running(at).values_list("pk", "kind", "state", "queue_id", "to_queue_id", "people"))


def _cover(people: Iterable[Person], waiting: int, usual: float | None) -> Cover:
    found = list(people)
    return Cover(
        people=len(found), slots=sum(one.slots for one in found), free=sum(one.free for one in found), waiting=waiting, usual=usual
    )  # fmt: skip


def _waiting(queues: Sequence[UUID]) -> Mapping[UUID, int]:
    standing = Conversation.objects.filter(is_open=True, waiting_since__isnull=False, queue__in=queues)
    found: dict[UUID, int] = defaultdict(int)
    found.update(standing.order_by().values_list("queue_id").annotate(n=Count("pk")))
    return found


def _usual(queues: Sequence[UUID], at: datetime, zone: ZoneInfo) -> Mapping[UUID, float]:
    """What usually arrives within the hour from now, where a week of it is known."""
    local = at.astimezone(zone)
    hour = local.weekday() * 24 + local.hour
    known = Baseline.objects.filter(queue_id__in=queues, zone=str(zone), days__gte=7)
    return {one.queue_id: one.expected[hour] for one in known if one.queue_id is not None}
