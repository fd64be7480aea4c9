"""The people at work: what they hold, when they may take more, breaks, wrap-up and going home."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from apps.demo.engine import Engine, Process
from apps.demo.ledger import Event, Ledger
from apps.demo.roster import Channel, Person
from apps.demo.shop import HOUR, shift_of

if TYPE_CHECKING:
    from apps.demo.floor import Floor

INTERACTIVE: tuple[Channel, ...] = ("webchat", "messaging", "voice")
# Nobody gets something new in the last minutes of a shift.
WIND_DOWN_SECONDS = 15 * 60.0
# The last ones at night stay until the written contacts of the day are answered, but not longer than this.
OVERTIME_SECONDS = 100 * 60.0


class Desk:
    """One person of the shift. Capacity is kept by `has_room`; a contact counts from the moment it is offered."""

    def __init__(self, *, person: Person, ledger: Ledger, rng: Random) -> None:
        self.person = person
        self.holds: Counter[Channel] = Counter()
        self.is_in = False
        self.away: str | None = None
        self.wraps_until = 0.0
        # Takes nothing new: a break or the end of the shift is near.
        self.winds_down = False
        self.idle_since = 0.0
        self._ledger = ledger
        self._rng = rng
        self._told: tuple[str, str | None] = ("offline", None)
        self._room: dict[Channel, int] = dict(person.capacity)

    @property
    def total(self) -> int:
        return sum(self.holds.values())

    @property
    def party(self) -> Event:
        """The person as events name them."""
        return {"kind": "agent", "id": self.person.slug, "name": self.person.name}

    def interactive(self) -> int:
        return sum(self.holds[channel] for channel in INTERACTIVE)

    def has_room(self, channel: Channel, now: float) -> bool:
        """Whether a contact of this channel may be offered now. A call needs somebody who is in no chat."""
        if not self.is_in or self.away or self.winds_down or now < self.wraps_until or self.holds["voice"]:
            return False
        if channel == "voice":
            return self.interactive() == 0
        return self.holds[channel] < self._room[channel] and self.total < self.person.slots

    def may_write(self, channel: Channel) -> bool:
        """Whether the person can answer in this channel now: is there, and not on the telephone with somebody else."""
        return self.is_in and not self.away and (channel == "voice" or not self.holds["voice"])

    def take(self, channel: Channel, now: float) -> None:
        self.holds[channel] += 1
        self.tell(now)

    def give(self, channel: Channel, now: float) -> None:
        self.holds[channel] -= 1
        self.idle_since = now
        self.tell(now)

    def tell(self, now: float) -> None:
        """Report the availability if it changed."""
        if not self.is_in:
            status: tuple[str, str | None] = ("offline", None)
        elif self.away:
            status = ("away", self.away)
        elif now < self.wraps_until and not self.holds["voice"]:
            status = ("wrap_up", None)
        elif self.holds["voice"] or self.total >= self.person.slots:
            status = ("busy", None)
        else:
            status = ("available", None)
        if status != self._told:
            self._told = status
            to, reason = status
            self._ledger.presence(
                agent=self.person.slug,
                data={"agent": self.party, "to": to, "reason": reason, "native": reason or to.replace("_", " "),
                      "capacity": self.person.slots, "load": self.total},
            )  # fmt: skip

    def work(self, *, engine: Engine, floor: Floor) -> Process:
        """Come, take breaks, go."""
        start, end = shift_of(self.person)
        yield start + self._rng.uniform(-240, 300) - engine.now
        self.is_in = True
        self.idle_since = engine.now
        self.tell(engine.now)
        floor.route()
        for reason, share, minutes in self._breaks():
            yield max(start + (end - start) * share + self._rng.uniform(-900, 900) - engine.now, 1)
            yield from self._pause(engine, floor, reason, minutes)
        yield max(end - WIND_DOWN_SECONDS - engine.now, 1)
        late = self.person.shift == "late"
        if not late:
            self.winds_down = True
        yield max(end + self._rng.uniform(-60, 240) - engine.now, 1)
        while late and floor.has_written_work(self) and engine.now < end + OVERTIME_SECONDS:
            yield 60
        self.winds_down = True
        while self.interactive() or (late and self.total and engine.now < end + OVERTIME_SECONDS):
            yield 20
        self.is_in = False
        floor.leave(self)
        self.tell(engine.now)

    def _breaks(self) -> list[tuple[str, float, float]]:
        plan = [("Break", 0.2, 15.0), ("Lunch", self._rng.uniform(0.36, 0.62), 30.0), ("Break", 0.84, 15.0)]
        if self._rng.random() < 0.25:
            plan.insert(2, (self._rng.choice(("Coaching", "Team meeting", "Training")), 0.7, 25.0))
        return plan

    def _pause(self, engine: Engine, floor: Floor, reason: str, minutes: float) -> Process:
        """Finish the chats, then go; somebody too busy to finish in time stays and works through."""
        self.winds_down = True
        patience = engine.now + minutes * 40
        while (self.interactive() or engine.now < self.wraps_until) and engine.now < patience:
            yield 15
        self.winds_down = False
        if self.interactive() == 0:
            self.away = reason
            self.tell(engine.now)
            yield minutes * 60 * self._rng.uniform(0.9, 1.25)
            self.away = None
            self.tell(engine.now)
        floor.route()

    def wrap_up(self, *, engine: Engine, floor: Floor, seconds: float) -> Process:
        """Write down what was done; nothing new is taken meanwhile."""
        self.wraps_until = max(self.wraps_until, engine.now + seconds)
        self.tell(engine.now)
        yield self.wraps_until - engine.now + 0.5
        self.tell(engine.now)
        floor.route()


def last_hour() -> float:
    """The local time after which nobody works any more."""
    return 21 * HOUR + OVERTIME_SECONDS
