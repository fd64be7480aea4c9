"""What a move of people leaves behind, and what it brings: slots and those who wait, in both queues. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is present, with their slots; voice takes a person whole, so a call leaves none free."""

    key: UUID
    name: str
    slots: int
    free: int


@dataclass(frozen=True, slots=True)
class Cover:
    """How a queue is staffed: people present, slots, those free, customers waiting, and what usually arrives in the next hour.

    `usual` is None while nothing is known of it.
    """

    people: int
    slots: int
    free: int
    waiting: int
    usual: float | None = None

    @property
    def is_short(self) -> bool:
        """More wait than there are free slots."""
        return self.waiting > self.free

    @property
    def share_free(self) -> float | None:
        """Free slots as a share of all; None without any slot."""
        return None if self.slots == 0 else self.free / self.slots


def without(cover: Cover, people: Sequence[Person], gone: Collection[UUID]) -> Cover:
    """The cover that is left when some of the people go. What they hold they finish; only their slots go."""
    leaving = [one for one in people if one.key in gone]
    return Cover(
        people=cover.people - len(leaving), slots=cover.slots - sum(one.slots for one in leaving),
        free=cover.free - sum(one.free for one in leaving), waiting=cover.waiting, usual=cover.usual,
    )  # fmt: skip


def with_more(cover: Cover, people: Sequence[Person], come: Collection[UUID]) -> Cover:
    """The cover once some people have come."""
    coming = [one for one in people if one.key in come]
    return Cover(
        people=cover.people + len(coming), slots=cover.slots + sum(one.slots for one in coming),
        free=cover.free + sum(one.free for one in coming), waiting=cover.waiting, usual=cover.usual,
    )  # fmt: skip


def offered(people: Sequence[Person], left: Cover, *, wanted: int) -> list[UUID]:
    """Whom to offer to move: those with most free slots, so many that free slots cover `wanted`, and the queue left keeps
    more free slots than wait, and somebody who is there. Nobody where no such move exists."""
    chosen: list[UUID] = []
    for one in sorted(people, key=lambda person: (-person.free, person.name, person.key)):
        if wanted <= 0 or one.free == 0:
            break
        after = without(left, people, [*chosen, one.key])
        if after.people < 1 or after.is_short:
            continue
        chosen.append(one.key)
        wanted -= one.free
    return chosen
