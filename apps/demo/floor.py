"""The floor of one day: queues, who takes what, and the day itself as a list of events."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import date
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
        mine = [d for d in self.desks if case.queue.slug in d.person.queues and d is not case.passed_on_by]
        return [d for d in mine if d.has_room(channel, now)]

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
        # At night what nobody took any more is ended, so that no day leaves a contact standing for ever.
        patience = min(self._patience(case.queue), max(last_hour() + 60 - since, 1.0))
        case.tell(
            "conversation.queued", queue=slug, queue_name=case.queue.name, reason=reason,
            position=len(self.waiting[slug]) + 1, size=len(self.waiting[slug]) + 1, **more,
        )  # fmt: skip
        while True:
            one = Waiting(case, since, self.engine.running)
            self.waiting[slug].append(one)
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

    def _patience(self, queue: QueuePlan) -> float:
        if queue.channel not in PATIENCE:
            return math.inf
        median, least = PATIENCE[queue.channel]
        return least + self.rng.lognormvariate(0, 0.75) * (median - least)

    def _leaves(self, one: Waiting) -> Process:
        if not one.is_over:
            one.is_over = True
            self.waiting[one.case.queue.slug].remove(one)
            self.engine.start(one.process, value=None)
        yield from ()

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


class Day:
    """One local day while it is simulated, given out piece by piece, so that the present need not wait for the evening.

    Pieces of any size are together the same events. Of the conversations of the day before those that go on are told,
    unless nothing was told of that day (`is_first`).
    """

    def __init__(self, *, shop: Shop, on: date, is_first: bool = False) -> None:
        incidents = incidents_of(shop=shop, on=on)
        self._starts = shop.starts_at(on).timestamp()
        self._engine = engine = Engine(starts=FIRST_SECOND)
        self._held: list[Sent] = []
        self._ledger = ledger = Ledger(shop=shop, on=on, incidents=incidents, engine=engine)
        rng = Random(f"{shop.seed}:floor:{on}")
        floor = Floor(shop, on, engine, ledger, rng)
        for person in PEOPLE:
            if is_working(person=person, on=on, struggles=incidents.has("new_policy")):
                desk = Desk(person=person, ledger=ledger, rng=rng)
                floor.desks.append(desk)
                engine.start(desk.work(engine=engine, floor=floor))
        talk = Talk(floor=floor, incidents=incidents)
        for arrival in arrivals(shop=shop, on=on):
            case = Case(arrival, engine, ledger, on)
            engine.start(talk.begins(case), after=arrival.seconds - engine.now)
        for arrival in returning(shop=shop, on=on):
            case = Case(arrival, engine, ledger, on, is_told=not is_first, goes_on=True)
            engine.start(talk.goes_on(case), after=rng.uniform(7.2, 15.5) * HOUR - engine.now)
        engine.start(floor.snapshots())

    def until(self, due: float) -> list[Sent]:
        """Return what leaves its source up to a moment (seconds since 1970) and was not returned before, in order."""
        self._engine.run(until=min(due - self._starts, LAST_SECOND))
        self._held += self._ledger.sent
        self._ledger.sent.clear()
        self._held.sort(key=lambda sent: sent.due)
        cut = bisect_right(self._held, due, key=lambda sent: sent.due)
        leaving, self._held = self._held[:cut], self._held[cut:]
        return leaving


def day(*, shop: Shop, on: date, is_first: bool = False) -> tuple[Sent, ...]:
    """Return the events of one whole day in the order in which they are sent."""
    return tuple(Day(shop=shop, on=on, is_first=is_first).until(math.inf))
