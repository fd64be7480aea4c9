"""Plays the shop: the present as it happens, and behind it the weeks before, newest day first."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from itertools import pairwise
from pathlib import Path
from threading import Lock

from apps.demo.closing import closing
from apps.demo.door import BATCH, CONNECTIONS, Door
from apps.demo.floor import Day, day
from apps.demo.ledger import Sent
from apps.demo.shop import Shop

# The history is sent only while the portal has no more than so many events left to record, about a second of its work:
# what happens now stands behind them.
MOST_AHEAD = 2000
LOOK_SECONDS = 0.1
# After a longer stop the day that was interrupted is told to its end and the days between become history.
LONGEST_GAP = timedelta(hours=16)
# What was sent last is sent again after a restart; the door knows it by its ids.
OVERLAP_SECONDS = 90.0
PLAN_SECONDS = 600.0
TICK_SECONDS = 0.25
NOTE_SECONDS = 5.0
TELL_EVERY_DAYS = 7


@dataclass
class Progress:
    """What was sent so far, kept in a file so that a restart goes on from there."""

    path: Path
    shop: Shop | None = None
    # Up to when the present was sent, seconds since 1970.
    until: float | None = None
    # Days that are or were the present, and days that were sent as history.
    full: set[date] = field(default_factory=set)
    filled: set[date] = field(default_factory=set)
    # The present and the history both write.
    _writing: Lock = field(default_factory=Lock)

    @classmethod
    def read(cls, path: Path) -> Progress:
        """Read the file; without one nothing was sent."""
        found = cls(path)
        if path.is_file():
            stored = json.loads(path.read_text(encoding="utf-8"))
            seed, offset, opened = stored["shop"]
            found.shop = Shop(seed, offset, date.fromisoformat(opened))
            found.until = stored["until"]
            found.full = {date.fromisoformat(one) for one in stored["full"]}
            found.filled = {date.fromisoformat(one) for one in stored["filled"]}
        return found

    def write(self) -> None:
        """Keep it; a stop in the middle leaves the file as it was before."""
        if self.shop is None:
            return
        with self._writing:
            stored = {
                "shop": [self.shop.seed, self.shop.offset_hours, str(self.shop.opened_on)],
                "until": self.until,
                "full": sorted(map(str, [*self.full])),
                "filled": sorted(map(str, [*self.filled])),
            }
            temporary = self.path.with_suffix(".new")
            temporary.write_text(json.dumps(stored), encoding="utf-8")
            temporary.replace(self.path)


class Player:
    """Plays one shop through the door."""

    def __init__(
        self,
        *,
        shop: Shop,
        door: Door,
        progress: Progress,
        days: int,
        say: Callable[[str], None],
        waiting: Callable[[], int] = lambda: 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.shop = shop
        self.door = door
        self.progress = progress
        self.days = days
        self.say = say
        # How many events the portal has taken and not recorded yet.
        self.waiting = waiting
        self.sleep = sleep
        # The days of the present, with what was given out of them: a hundred megabytes a day.
        self._playing: dict[tuple[Shop, date], tuple[Day, list[Sent]]] = {}

    def stream(self, shop: Shop, *, since: float, until: float) -> list[Sent]:
        """Events that are sent in a span, from every day that reaches into it, in their order."""
        first = shop.day_of(datetime.fromtimestamp(since, UTC))
        last = shop.day_of(datetime.fromtimestamp(until, UTC))
        # The evening's letters belong to the next day, and what was begun before midnight to the day before.
        if shop.hour_of(datetime.fromtimestamp(since, UTC)) < 4.5:
            first -= timedelta(days=1)
        if shop.hour_of(datetime.fromtimestamp(until, UTC)) >= 17:
            last += timedelta(days=1)
            self.progress.full.add(last)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self._playing = {
            kept: playing for kept, playing in self._playing.items() if kept[0] == shop and kept[1] in days
        }
        return list(merge(*(self._piece(shop, on, since, until) for on in days), key=lambda one: one.due))

    def _piece(self, shop: Shop, on: date, since: float, until: float) -> list[Sent]:
        """Events of one day that are sent in a span. A day that is the present goes on where it was left."""
        if (shop, on) not in self._playing:
            is_first = on <= shop.opened_on - timedelta(days=self.days)
            self._playing[shop, on] = Day(shop=shop, on=on, is_first=is_first), []
        playing, given = self._playing[shop, on]
        given += playing.until(until)
        return [one for one in given if since < one.due <= until]

    def first_day(self, *, until: float) -> Iterator[list[Sent]]:
        """The present day so far, an hour at a time: the first hours are recorded while the next are made."""
        today = self.shop.day_of(datetime.fromtimestamp(until, UTC))
        starts = self.shop.starts_at(today).timestamp()
        ends = [*(end for hour in range(25) if (end := starts + hour * 3600) < until), until]
        for since, end in pairwise([-math.inf, *ends]):
            yield self._piece(self.shop, today, since, end)

    def catch_up(self, *, now: datetime) -> None:
        """Send what the present needs: what happened today up to now, or since the last stop."""
        progress, at = self.progress, now.timestamp()
        today = self.shop.day_of(now)
        if progress.until is None:
            progress.shop = self.shop
            progress.full.add(today)
            self.send("today so far", self.first_day(until=at))
        else:
            self._go_on(progress.until, today=today, at=at)
        progress.until = at
        progress.write()

    def _go_on(self, stopped: float, *, today: date, at: float) -> None:
        progress, former = self.progress, self.progress.shop
        begin = self.shop.starts_at(today).timestamp() - 7 * 3600
        has_new_clock = former is not None and former != self.shop
        if former is not None and has_new_clock:
            begin = max(begin, self._retire(former, at))
        elif at - stopped < LONGEST_GAP.total_seconds():
            begin = stopped - OVERLAP_SECONDS
        else:
            end = self.shop.starts_at(self.shop.day_of(datetime.fromtimestamp(stopped, UTC)) + timedelta(days=1))
            rest = self.stream(self.shop, since=stopped - OVERLAP_SECONDS, until=end.timestamp())
            self.send("the rest of the day of the last stop", [rest])
        progress.shop = self.shop
        progress.full.add(today)
        coming = self.stream(self.shop, since=begin, until=at)
        self.send("what happened since the last stop", [_begun_in(coming) if has_new_clock else coming])

    def _retire(self, old: Shop, at: float) -> float:
        """End what is open under the shop's former clock, and take its days as the history. Returns when that was."""
        until = self.progress.until or at
        end = min(at, until + LONGEST_GAP.total_seconds())
        told = self.stream(old, since=until - 24 * 3600, until=end)
        rest = closing(told, since=until - OVERLAP_SECONDS, until=until, end=end)
        self.send("the end of the shop's former day", [rest])
        today = self.shop.day_of(datetime.fromtimestamp(at, UTC))
        old_end = self.shop.day_of(datetime.fromtimestamp(until, UTC))
        self.progress.full.clear()
        self.progress.filled = {
            on for n in range(self.days + 1) if (on := today - timedelta(days=n)) <= old_end and on != today
        }
        return until

    def fill_history(self, *, now: datetime) -> None:
        """Send the days before today, newest first, behind the present; what was sent is not sent again after a restart."""
        today = self.shop.day_of(now)
        days = [today - timedelta(days=n) for n in range(1, self.days + 1)]
        missing = [on for on in days if on not in self.progress.filled and on not in self.progress.full]
        began, events = time.monotonic(), 0
        for place, on in enumerate(missing, start=1):
            before = on - timedelta(days=1)
            sent = day(shop=self.shop, on=on, is_first=before not in missing and before not in self.progress.full)
            for source, batch in whole_conversations(sent):
                while self.waiting() > MOST_AHEAD:
                    self.sleep(LOOK_SECONDS)
                self.door.send(source, batch)
            events += len(sent)
            self.progress.filled.add(on)
            self.progress.write()
            minutes = (time.monotonic() - began) / 60
            if place == len(missing):
                self.say(
                    f"the history is there: {_count(place, 'day')}, {events:,} events in {_count(round(minutes), 'minute')}"
                )
            elif place % TELL_EVERY_DAYS == 1:
                left = math.ceil(minutes / place * (len(missing) - place))
                self.say(f"history: {place} of {_count(len(missing), 'day')}, about {_count(left, 'minute')} left")

    def send(self, what: str, pieces: Iterable[Sequence[Sent]]) -> None:
        """Send many events over a few connections, each piece while the next one is made."""
        began, events = time.monotonic(), 0
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            under_way: list[Future[None]] = []
            for piece in pieces:
                events += len(piece)
                under_way += [pool.submit(self.door.send, source, batch) for source, batch in batches(piece)]
        for one in under_way:
            one.result()
        self.say(f"{what}: {events:,} events sent in {time.monotonic() - began:.1f} s")

    def live(
        self, *, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """Send each event when it is due, until told to stop."""
        progress = self.progress
        if progress.until is None:
            raise RuntimeError("The present is played after catching up.")
        noted = clock()
        while not stop():
            start = progress.until
            coming = self.stream(self.shop, since=start, until=start + PLAN_SECONDS)
            progress.full.add(self.shop.day_of(datetime.fromtimestamp(start + PLAN_SECONDS, UTC)))
            place = 0
            while progress.until < start + PLAN_SECONDS and not stop():
                now, first = min(clock(), start + PLAN_SECONDS), place
                while place < len(coming) and coming[place].due <= now:
                    place += 1
                for source, batch in batches(coming[first:place]):
                    self.door.send(source, batch)
                progress.until = now
                if now - noted > NOTE_SECONDS:
                    progress.write()
                    noted = now
                sleep(TICK_SECONDS)
        progress.write()


def _begun_in(sent: Iterable[Sent]) -> list[Sent]:
    """Leave out conversations whose beginning is not among the events: they never were on this floor."""
    begun: set[str] = set()
    found = []
    for one in sent:
        conversation = one.event["data"].get("conversation_id")
        if one.event["type"] == "midshift.conversation.started.v1":
            begun.add(conversation)
        if conversation is None or conversation in begun:
            found.append(one)
    return found


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def batches(sent: Iterable[Sent]) -> Iterator[tuple[str, list[Sent]]]:
    """Cut events into bodies: one source each, in order."""
    by_source: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_source[one.source].append(one)
    for source, events in by_source.items():
        for start in range(0, len(events), BATCH):
            yield source, events[start : start + BATCH]


def whole_conversations(sent: Iterable[Sent]) -> Iterator[tuple[str, list[Sent]]]:
    """Cut the events of a past day into bodies that no conversation is cut by.

    Otherwise whatever was open where a body ends would stand on the floor as open for a moment, days old.
    """
    by_source: dict[str, dict[str, list[Sent]]] = defaultdict(lambda: defaultdict(list))
    for one in sent:
        # What belongs to no conversation stays together by whom it is about.
        by_source[one.source][one.event["data"].get("conversation_id") or one.event["partitionkey"]].append(one)
    for source, groups in by_source.items():
        body: list[Sent] = []
        for group in groups.values():
            if body and len(body) + len(group) > BATCH:
                yield source, body
                body = []
            body = [*body, *group]
            while len(body) > BATCH:
                yield source, body[:BATCH]
                body = body[BATCH:]
        if body:
            yield source, body
