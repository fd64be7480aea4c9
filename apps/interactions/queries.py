"""Reads of the floor that several apps share, and of how the rows themselves are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.access.viewer import Viewer
from apps.interactions import partitions
from apps.interactions.models import Conversation, Customer
from apps.shared.reading import once

_PRESENT = """
WITH staff AS (
    SELECT t.team_id, coalesce(array_agg(t.queue_id) FILTER (WHERE t.queue_id = ANY(%(queues)s)), '{}') AS queues
    FROM interactions_queue_teams t
    WHERE t.queue_id = ANY(%(queues)s) OR t.team_id IN (SELECT team_id FROM agents_agent WHERE id = ANY(%(moved)s))
    GROUP BY t.team_id
)
SELECT s.queues, a.id, coalesce(p.capacity, a.capacity), h.held, h.on_call
FROM staff s LEFT JOIN (
    agents_agent a JOIN LATERAL (
        SELECT status, capacity, started_at FROM agents_presence
        WHERE agent_id = a.id AND queue = '' AND started_at <= %(at)s ORDER BY started_at DESC, sequence DESC, id DESC LIMIT 1
    ) p ON p.status IN ('available', 'busy', 'wrap_up') AND p.started_at > %(at)s - interval '16 hours'
) ON a.team_id = s.team_id AND a.kind = 'human'
LEFT JOIN LATERAL (
    SELECT count(*) AS held, coalesce(bool_or(c.channel = 'voice'), false) AS on_call
    FROM interactions_conversation c WHERE c.holder_id = a.id AND c.is_open
) h ON true
"""


_EACH_PERSON = """
SELECT a.id, coalesce(p.capacity, a.capacity), h.held, h.on_call, p.status, p.started_at,
       coalesce(p.started_at > %(at)s - interval '16 hours', false)
FROM agents_agent a LEFT JOIN LATERAL (
    SELECT status, capacity, started_at FROM agents_presence
    WHERE agent_id = a.id AND queue = '' AND started_at <= %(at)s ORDER BY started_at DESC, sequence DESC, id DESC LIMIT 1
) p ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS held, coalesce(bool_or(c.channel = 'voice'), false) AS on_call
    FROM interactions_conversation c WHERE c.holder_id = a.id AND c.is_open
) h
WHERE a.kind = 'human' AND a.team_id IN (
    SELECT team_id FROM interactions_queue_teams WHERE %(everything)s OR queue_id = ANY(%(queues)s)
) ORDER BY a.name, a.id
"""


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of the people who are on shift and not on a break, and how many of them are free."""

    total: int = 0
    free: int = 0

    def __add__(self, other: Slots) -> Slots:
        return Slots(self.total + other.total, self.free + other.free)


@dataclass(frozen=True, slots=True)
class PersonsSlots:
    """One person of the teams that answer some queues. `away`: why they have no slots now; empty: they have.

    `since` is from when they are in their state; None: no source ever told of one.
    """

    agent_id: UUID
    total: int
    held: int
    on_call: bool
    away: str
    since: datetime | None

    @property
    def free(self) -> int:
        """How many more conversations this person could take."""
        return 0 if self.away or self.on_call else max(self.total - self.held, 0)


@dataclass(frozen=True, slots=True)
class Staffing:
    """Slots by queue, and of all these queues together. A queue that no team answers is not in it."""

    by_queue: dict[UUID, Slots]
    together: Slots | None


def staffing(
    *, queues: Sequence[UUID], at: datetime, moves: Mapping[UUID, tuple[UUID, UUID]] | None = None
) -> Staffing:
    """Count the slots of present people, one statement. A person's slots serve every queue of the team, together once.

    `moves`: people who for a while left one queue for another; they are counted where they are.

    Somebody on a call has no free slot: voice takes a person whole. A break or the end of a shift takes the slots away,
    also those in which a conversation is still held.
    """
    moves, asked = moves or {}, set(queues)
    # By the queues that are answered, which are the same for nearly everybody of a team.
    answering: dict[tuple[UUID, ...], Slots] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PRESENT, {"queues": list(queues), "at": at, "moved": list(moves)})
        for served, key, total, held, on_call in cursor.fetchall():
            answered = tuple(served)
            if key in moves:
                left, joined = moves[key]
                answered = tuple(queue for queue in served if queue != left)
                if joined in asked and joined not in answered:
                    answered += (joined,)
            if not answered:
                continue  # of no queue that is asked for, or gone to another one
            # A team with nobody present is one row without a person: no slots, which is not the same as not known.
            own = Slots() if total is None else Slots(total, 0 if on_call else max(total - held, 0))
            answering[answered] = answering.get(answered, Slots()) + own
    by_queue: dict[UUID, Slots] = {}
    for answered, slots in answering.items():
        for queue in answered:
            by_queue[queue] = by_queue.get(queue, Slots()) + slots
    return Staffing(by_queue, sum(answering.values(), Slots()) if answering else None)


def slots_of_each(*, queues: Sequence[UUID] | None, at: datetime) -> list[PersonsSlots]:
    """Return everybody of the teams that answer some queues (None: any), by name, with their slots as `staffing` counts them, or with
    why they have none: "on_break" or "signed_out". One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_EACH_PERSON, {"everything": queues is None, "queues": list(queues or ()), "at": at})
        return [
            PersonsSlots(key, total, held, on_call, _away(status, is_recent=is_recent), since)
            for key, total, held, on_call, status, since, is_recent in cursor.fetchall()
        ]


def _away(status: str | None, *, is_recent: bool) -> str:
    if status is None or status == "offline" or not is_recent:
        return "signed_out"
    return "" if status in ("available", "busy", "wrap_up") else "on_break"


def is_readable(*, viewer: Viewer, conversation: UUID) -> bool:
    """Whether a conversation stands in the viewer's scope. One statement, once in a reading."""
    found = Conversation.objects.visible_to(viewer).filter(pk=conversation)
    return once(("readable", viewer.user.pk, viewer.scope, conversation), lambda: found.exists())


def partitions_ahead(*, at: datetime) -> dict[str, int]:
    """For how many days to come messages and events have a table of their own, by what they hold."""
    words = {"interactions_message": "messages", "interactions_conversationevent": "events"}
    return {words[table]: days for table, days in partitions.days_ahead(day=at.date()).items()}


def sources_of_customers() -> list[str]:
    """The sources that have named customers, by name. One statement."""
    return list(Customer.objects.order_by("source").values_list("source", flat=True).distinct())
