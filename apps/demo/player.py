"""Plays the shop: the present as it happens, and behind it the weeks before, newest day first."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from pathlib import Path

from apps.demo.closing import closing
from apps.demo.door import BATCH, CONNECTIONS, Door
from apps.demo.floor import day
from apps.demo.ledger import Sent
from apps.demo.shop import Shop

# The history holds one customer in twelve with all they did, some 240 conversations of the day's 2,900: rates, waits
# and moods are those of a full day and three weeks arrive in about a minute, but counts are a twelfth. With a share of
# 1 the counts are right as well, at the price of 1.2 million events: some ten minutes of work and over a gigabyte.
HISTORY_SHARE = 1 / 12
# After a longer stop the day that was interrupted is told to its end and the days between become history.
LONGEST_GAP = timedelta(hours=16)
# What was sent last is sent again after a restart; the door knows it by its ids.
OVERLAP_SECONDS = 90.0
PLAN_SECONDS = 600.0
TICK_SECONDS = 0.25
NOTE_SECONDS = 5.0


@dataclass
class Progress:
    """What was sent so far, kept in a file so that a restart goes on from there."""

    path: Path
    shop: Shop | None = None
    # Up to when the present was sent, seconds since 1970.
    until: float | None = None
    # Days that were sent whole, and days of history that were sent.
    full: set[date] = field(default_factory=set)
    filled: set[date] = field(default_factory=set)

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
        stored = {
            "shop": [self.shop.seed, self.shop.offset_hours, str(self.shop.opened_on)],
            "until": self.until,
            "full": sorted(map(str, self.full)),
            "filled": sorted(map(str, self.filled)),
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
        weeks: int,
        say: Callable[[str], None],
        share: float = HISTORY_SHARE,
    ) -> None:
        self.shop = shop
        self.door = door
        self.progress = progress
        self.weeks = weeks
        self.share = share
        self.say = say

    def share_of(self, on: date) -> float:
        """How much of a day is told: nothing of those before the history."""
        if on < self.shop.opened_on - timedelta(weeks=self.weeks):
            return 0.0
        return 1.0 if on in self.progress.full else self.share

    def events(self, shop: Shop, on: date) -> tuple[Sent, ...]:
        """The events of one day, as full as that day is told."""
        return day(shop=shop, on=on, share=self.share_of(on), share_before=self.share_of(on - timedelta(days=1)))

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
        spans = [[one for one in self.events(shop, on) if since < one.due <= until] for on in days]
        return list(merge(*spans, key=lambda one: one.due))

    def catch_up(self, *, now: datetime) -> None:
        """Send what the present needs: what happened today up to now, or since the last stop."""
        progress, at = self.progress, now.timestamp()
        today = self.shop.day_of(now)
        begin = self.shop.starts_at(today).timestamp() - 7 * 3600
        if progress.shop is not None and progress.shop != self.shop:
            begin = max(begin, self._retire(progress.shop, at))
        elif progress.until is not None and at - progress.until < LONGEST_GAP.total_seconds():
            begin = progress.until - OVERLAP_SECONDS
        elif progress.until is not None:
            end = self.shop.starts_at(self.shop.day_of(datetime.fromtimestamp(progress.until, UTC)) + timedelta(days=1))
            self.send(
                "the day of the last stop",
                self.stream(self.shop, since=progress.until - OVERLAP_SECONDS, until=end.timestamp()),
            )
        is_new_clock = progress.shop is not None and progress.shop != self.shop
        progress.shop = self.shop
        progress.full.add(today)
        coming = self.stream(self.shop, since=begin, until=at)
        if is_new_clock:
            coming = _begun_in(coming)
        self.send("the present day so far" if progress.until is None else "what happened since the last stop", coming)
        progress.until = at
        progress.write()

    def _retire(self, old: Shop, at: float) -> float:
        """End what is open under the shop's former clock, and take its days as the history. Returns when that was."""
        until = self.progress.until or at
        end = min(at, until + LONGEST_GAP.total_seconds())
        told = self.stream(old, since=until - 24 * 3600, until=end)
        self.send("closing of the former shop day", closing(told, since=until - OVERLAP_SECONDS, until=until, end=end))
        today = self.shop.day_of(datetime.fromtimestamp(at, UTC))
        old_end = self.shop.day_of(datetime.fromtimestamp(until, UTC))
        self.progress.full.clear()
        self.progress.filled = {
            on for n in range(self.weeks * 7 + 1) if (on := today - timedelta(days=n)) <= old_end and on != today
        }
        return until

    def fill_history(self, *, now: datetime) -> None:
        """Send the weeks before today, newest day first; a day that was sent is not sent again after a restart."""
        today = self.shop.day_of(now)
        days = [today - timedelta(days=n) for n in range(1, self.weeks * 7 + 1)]
        missing = [on for on in days if on not in self.progress.filled and on not in self.progress.full]
        for place, on in enumerate(missing, start=1):
            self.send(f"history, {on:%a %d %b} ({place} of {len(missing)})", self.events(self.shop, on))
            self.progress.filled.add(on)
            self.progress.write()

    def send(self, what: str, sent: Sequence[Sent]) -> None:
        """Send many events over a few connections, and say how fast it went."""
        began = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for _ in pool.map(lambda batch: self.door.send(*batch), list(batches(sent))):
                continue
        took = max(time.monotonic() - began, 0.001)
        self.say(f"{what}: {len(sent):,} events in {took:.1f} s, {len(sent) / took:,.0f} a second")

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
            self.progress.full.add(self.shop.day_of(datetime.fromtimestamp(start + PLAN_SECONDS, UTC)))
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


def batches(sent: Iterable[Sent]) -> Iterator[tuple[str, list[Sent]]]:
    """Cut events into bodies: one source each, in order."""
    by_source: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_source[one.source].append(one)
    for source, events in by_source.items():
        for start in range(0, len(events), BATCH):
            yield source, events[start : start + BATCH]
