"""Play the shop through the public door: history first, newest day first, then the present as it happens."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from apps.demo import shop
from apps.demo.seed import Play

BATCH = 500
CONNECTIONS = 3
TYPE = "application/cloudevents-batch+json"


class Door:
    """The public API as the shop's systems see it: retried until it says what became of each event."""

    def __init__(self, *, address: str, tokens: dict[str, str]) -> None:
        self.address = f"{address}/api/v1/events"
        self.tokens = tokens
        self.client = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=CONNECTIONS + 1))

    def send(self, source: str, events: list[shop.Sent]) -> None:
        """Deliver one batch; waits where the door asks for it, and stays at it while the server is away."""
        body = json.dumps([one.event for one in events]).encode()
        headers = {"Authorization": f"Bearer {self.tokens[source]}", "Content-Type": TYPE}
        pause = 0.5
        while True:
            try:
                answer = self.client.post(self.address, content=body, headers=headers)
            except httpx.TransportError:
                time.sleep(pause)
                pause = min(pause * 2, 15)
                continue
            if answer.status_code == httpx.codes.ACCEPTED:
                return
            if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.status_code >= 500:
                time.sleep(float(answer.headers.get("Retry-After", pause)))
                pause = min(pause * 2, 15)
                continue
            raise SystemExit(f"The door refused the demo's events: {answer.status_code} {answer.text[:300]}")


def _batches(sent: Iterable[shop.Sent]) -> Iterator[tuple[str, list[shop.Sent]]]:
    for source, events in shop.source_events(list(sent)):
        for start in range(0, len(events), BATCH):
            yield source, events[start : start + BATCH]


def day_number(play: Play, at: datetime) -> int:
    """Which day of the shop a moment lies in; day 0 is the day of the first start."""
    return math.floor((at - play.epoch) / timedelta(days=1))


def _story(play: Play, number: int) -> list[shop.Sent]:
    # Days are numbered from the oldest one, so that weekends fall where they should in the history.
    return shop.day(
        start=play.epoch + timedelta(days=number), number=number + play.first_day, incidents=number % 5 == 0
    )


class Player:
    """Plays one shop; what was sent is remembered, and sending it twice is harmless."""

    def __init__(self, *, play: Play, door: Door, state: Path, say: Callable[[str], None]) -> None:
        self.play = play
        self.door = door
        self.state = state
        self.say = say
        self.done: set[int] = set(json.loads(state.read_text())) if state.is_file() else set()

    def catch_up(self, *, now: datetime) -> None:
        """Send what happened yesterday and today up to now."""
        today = day_number(self.play, now)
        self._send(f"today, day {today}", [e for n in (today, today - 1) for e in _story(self.play, n) if e.due <= now])

    def fill_history(self, *, now: datetime) -> None:
        """Send the days before yesterday, newest first; a day that was sent is not sent again after a restart."""
        today = day_number(self.play, now)
        for number in range(today - 2, -self.play.first_day - 1, -1):
            if number not in self.done:
                self._send(f"day {number}", _story(self.play, number))
                self.done.add(number)
                self.state.write_text(json.dumps(sorted(self.done)))

    def _send(self, what: str, sent: list[shop.Sent]) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for _ in pool.map(lambda batch: self.door.send(*batch), list(_batches(sent))):
                continue
        took = max(time.monotonic() - began, 0.001)
        self.say(f"{what}: {len(sent)} events in {took:.1f} s, {len(sent) / took:.0f} a second")

    def live(self, *, since: datetime) -> None:
        """Send each event when it is due, for ever."""
        until = since
        while True:
            today = day_number(self.play, until)
            coming = sorted(
                (e for n in (today - 1, today) for e in _story(self.play, n) if e.due > until), key=lambda e: e.due
            )
            midnight = self.play.epoch + timedelta(days=today + 1)
            place = 0
            while until < midnight:
                now = datetime.now(UTC)
                start = place
                while place < len(coming) and coming[place].due <= now:
                    place += 1
                for source, batch in _batches(coming[start:place]):
                    self.door.send(source, batch)
                until = now
                time.sleep(0.25)
