"""The floor of one day: queues, who takes what, and the day itself as a list of events."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from random import Random
from typing import Any

from apps.demo.arrivals import arrivals, returning, slow_arrivals_of_evening
from apps.demo.case import Case
from apps.demo.desks import Desk, last_hour
from apps.demo.engine import PARK, Engine, Process
from apps.demo.ledger import Ledger, Sent
from apps.demo.roster import PEOPLE, QUEUES, QueuePlan
from apps.demo.shop import DAY_SECONDS, HOUR, OPENS, Shop, incidents_of, is_working
from apps.demo.talk import Talk

SNAPSHOT_SECONDS = 150.0
# The evening before belongs to the day for written contacts.
FIRST_SECOND = -7 * HOUR
# What was begun before midnight comes to its end.
LAST_SECOND = DAY_SECONDS + 4 * HOUR
# How long somebody waits for an answer before leaving: median and least, seconds. Written contacts stay.
PATIENCE: dict[str, tuple[float, float]] = {"webchat": (420, 30), "voice": (110, 12), "messaging": (2100, 120)}
MISSES_OFFER = 0.035


@dataclass(slots=True)
class Waiting:
    """A conversation that stands in a queue."""

    case: Case
    since: float
    process: Process
    is_over: bool = False


@dataclass(slots=True)
class Floor:
    """Who waits and who works. Everything random comes from `rng`, so the same day is the same again."""

    shop: Shop
    on: date
    engine: Engine
    ledger: Ledger
    rng: Random
    desks: list[Desk] = field(default_factory=list)
    waiting: dict[str, list[Waiting]] = field(default_factory=lambda: {queue.slug: [] for queue in QUEUES})
    # Who was offered it last and did not take it.
    _missed: dict[str, Desk] = field(default_factory=dict)

    def able(self, case: Case) -> list[Desk]:
        """Who may be offered this conversation now."""
        now, channel = self.engine.now, case.queue.channel
        return [d for d in self.desks if case.queue.slug in d.person.queues and d.has_room(channel, now)]

    def route(self) -> None:
        """Let whoever is free take the longest-waiting conversations they can serve."""
        standing = sorted((w for queue in self.waiting.values() for w in queue), key=lambda w: w.since)
        full: set[str] = set()
        for one in standing:
            if one.case.queue.slug in full:
                continue
            able = self.able(one.case)
            if not able:
                full.add(one.case.queue.slug)
                continue
            self._give(one, min(able, key=lambda desk: self._rank(desk, one.case)))

    def _rank(self, desk: Desk, case: Case) -> tuple[bool, bool, bool, int, float, float, str]:
        return (
            self._missed.get(case.arrival.conversation) is desk,
            case.last_desk is not None and case.last_desk is not desk,
            case.arrival.topic.language not in desk.person.languages,
            desk.person.queues.index(case.queue.slug),
            desk.total / desk.person.slots,
            desk.idle_since,
            desk.person.slug,
        )

    def _give(self, one: Waiting, desk: Desk) -> None:
        one.is_over = True
        self.waiting[one.case.queue.slug].remove(one)
        desk.take(one.case.queue.channel, self.engine.now)
        self.engine.start(one.process, value=desk)

    def wait(self, case: Case, *, reason: str, **more: Any) -> Generator[Any, Any, Desk | None]:
        """Stand in the case's queue until somebody accepts; None when the customer leaves before."""
        since = self.engine.now
        slug = case.queue.slug
        patience = self._patience(case.queue)
        case.tell(
            "conversation.queued", queue=slug, queue_name=case.queue.name, reason=reason,
            position=len(self.waiting[slug]) + 1, size=len(self.waiting[slug]) + 1, **more,
        )  # fmt: skip
        while True:
            one = Waiting(case, since, self.engine.running)
            self.waiting[slug].append(one)
            if patience is not None:
                self.engine.start(self._leaves(one), after=since + patience - self.engine.now)
            self.engine.start(self._routes())
            desk: Desk | None = yield PARK
            case.waited = self.engine.now - since
            if desk is None:
                return None
            if self.rng.random() >= MISSES_OFFER:
                ring = self.rng.uniform(1.5, 9) if case.queue.channel != "email" else self.rng.uniform(5, 60)
                yield ring
                case.waited = self.engine.now - since
                case.tell(
                    "conversation.offered", agent=desk.party, queue=slug, outcome="accepted", ring_ms=int(ring * 1000)
                )
                return desk
            ring = self.rng.uniform(20, 30)
            yield ring
            case.tell("conversation.offered", agent=desk.party, queue=slug, outcome="missed", ring_ms=int(ring * 1000))
            self._missed[case.arrival.conversation] = desk
            desk.give(case.queue.channel, self.engine.now)

    def _routes(self) -> Process:
        self.route()
        yield from ()

    def _patience(self, queue: QueuePlan) -> float | None:
        if queue.channel not in PATIENCE:
            return None
        median, least = PATIENCE[queue.channel]
        return least + self.rng.lognormvariate(0, 0.75) * (median - least)

    def _leaves(self, one: Waiting) -> Process:
        self._ends_wait(one)
        yield from ()

    def _ends_wait(self, one: Waiting) -> None:
        if not one.is_over:
            one.is_over = True
            self.waiting[one.case.queue.slug].remove(one)
            self.engine.start(one.process, value=None)

    def closes(self) -> Process:
        """At night end what nobody took any more, so that no day leaves a contact standing for ever."""
        yield last_hour() + 60 - self.engine.now
        for standing in self.waiting.values():
            for one in [*standing]:
                self._ends_wait(one)

    def has_written_work(self, desk: Desk) -> bool:
        """Whether written contacts wait that this person could answer."""
        return any(self.waiting[slug] for slug in desk.person.queues if slug in {"email-general", "social"})

    def leave(self, desk: Desk) -> None:
        """Take what somebody still holds out of their hands; the conversations notice it themselves."""
        desk.holds.clear()

    def snapshots(self) -> Process:
        """Let the sources say now and then how their queues look."""
        yield OPENS * HOUR - self.engine.now
        while self.engine.now < last_hour():
            for queue in QUEUES:
                standing = self.waiting[queue.slug]
                mine = [desk for desk in self.desks if queue.slug in desk.person.queues and desk.is_in]
                away = sum(desk.away is not None for desk in mine)
                free = sum(desk.has_room(queue.channel, self.engine.now) for desk in mine)
                early = slow_arrivals_of_evening(shop=self.shop, on=self.on, queue=queue.slug, until=self.engine.now)
                oldest = min((one.since for one in standing), default=None)
                self.ledger.snapshot(
                    channel=queue.channel, queue=queue.slug,
                    data={
                        "queue": queue.slug, "queue_name": queue.name, "waiting": len(standing) + early,
                        "longest_wait_ms": None if oldest is None else int((self.engine.now - oldest) * 1000),
                        "agents_available": free, "agents_away": away, "agents_busy": len(mine) - away - free,
                    },
                )  # fmt: skip
            yield SNAPSHOT_SECONDS


# Today and, in the evening, tomorrow: a full day is a hundred megabytes of events.
@lru_cache(maxsize=2)
def day(*, shop: Shop, on: date, share: float = 1.0, share_before: float | None = None) -> tuple[Sent, ...]:
    """Return the events of one local day in the order in which they are sent.

    The whole day is simulated; of the conversations those of a share of the customers are written down, so that waits,
    rates and moods of a thinned day are those of a full one. Presence is always complete; snapshots of queues are only
    in a full day, because a count that the rows cannot bear out would look like a fault. `share_before` is the share of
    the day before, whose conversations may go on; the same when it is not given.
    """
    incidents = incidents_of(shop=shop, on=on)
    engine = Engine(starts=FIRST_SECOND)
    rng = Random(f"{shop.seed}:floor:{on}")
    ledger = Ledger(shop=shop, on=on, incidents=incidents, engine=engine)
    floor = Floor(shop, on, engine, ledger, rng)
    for person in PEOPLE:
        if is_working(person=person, on=on, struggles=incidents.has("new_policy")):
            desk = Desk(person=person, ledger=ledger, rng=rng)
            floor.desks.append(desk)
            engine.start(desk.work(engine=engine, floor=floor))
    talk = Talk(floor=floor, incidents=incidents)
    engine.start(floor.closes())
    for arrival in arrivals(shop=shop, on=on):
        case = Case(arrival, engine, ledger, on, is_told=arrival.is_in_share(share))
        engine.start(talk.begins(case), after=arrival.seconds - engine.now)
    before = share if share_before is None else share_before
    for arrival in returning(shop=shop, on=on):
        case = Case(arrival, engine, ledger, on, is_told=arrival.is_in_share(before), goes_on=True)
        engine.start(talk.goes_on(case), after=rng.uniform(7.2, 15.5) * HOUR - engine.now)
    if share == 1.0:
        engine.start(floor.snapshots())
    engine.run(until=LAST_SECOND)
    return tuple(sorted(ledger.sent, key=lambda sent: sent.due))
