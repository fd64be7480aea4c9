"""The player at a door that is slow, away, or forgetful, and over stops and new clocks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.demo.door import BATCH, Door, DoorRefused
from apps.demo.ledger import Sent
from apps.demo.player import Player, Progress
from apps.demo.roster import SOURCES
from apps.demo.shop import HOUR, Shop, anchored
from tests.demo.conftest import STARTED

TOKENS = {source.slug: f"token of {source.slug}" for source in SOURCES}


class FakeDoor:
    """Takes events like the real one; `mishaps` are answered first, one a request."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.mishaps: list[httpx.Response | Exception] = []
        self.tokens = dict(TOKENS)
        self.pauses: list[float] = []
        self.said: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.mishaps:
            mishap = self.mishaps.pop(0)
            if isinstance(mishap, Exception):
                raise mishap
            return mishap
        batch = json.loads(request.content)
        assert request.headers["content-type"] == "application/cloudevents-batch+json"
        source = batch[0]["source"].removeprefix("/connections/")
        assert {event["source"] for event in batch} == {f"/connections/{source}"}
        if request.headers["authorization"] != f"Bearer {self.tokens[source]}":
            return httpx.Response(401)
        self.events += batch
        self.sizes.append(len(batch))
        return httpx.Response(202, json={"results": [{"id": event["id"], "status": "accepted"} for event in batch]})

    def opened(self, tokens: Callable[[], dict[str, str]] | None = None) -> Door:
        return Door(
            address="http://shop.test", tokens=tokens or (lambda: dict(TOKENS)), say=self.said.append,
            transport=httpx.MockTransport(self.answer), sleep=self.pauses.append,
        )  # fmt: skip

    @property
    def ids(self) -> Counter[tuple[str, str]]:
        return Counter((event["source"], event["id"]) for event in self.events)


@pytest.fixture
def fake() -> FakeDoor:
    return FakeDoor()


ONE = [Sent(0.0, "phone", {"source": "/connections/phone", "id": "1"})]


def test_the_door_is_tried_again_after_the_pause_it_asked_for(fake: FakeDoor) -> None:
    fake.mishaps = [httpx.Response(429, headers={"Retry-After": "3"}), httpx.Response(503)]
    fake.opened().send("phone", ONE)
    assert fake.pauses[0] == 3.0
    assert len(fake.events) == 1


def test_a_server_that_is_away_is_waited_for_and_said_once(fake: FakeDoor) -> None:
    fake.mishaps = [httpx.ConnectError("gone") for _ in range(5)]
    fake.opened().send("phone", ONE)
    assert fake.pauses == [0.5, 1, 2, 4, 8]
    assert [line.split(" (")[0] for line in fake.said] == ["The server does not answer", "The server answers again."]


def test_a_new_token_is_read_when_the_old_one_is_refused(fake: FakeDoor) -> None:
    known = dict(TOKENS)
    door = fake.opened(lambda: dict(known))
    fake.tokens["phone"] = known["phone"] = "a newer one"
    door.send("phone", ONE)
    assert len(fake.events) == 1


def test_a_door_that_refuses_for_good_is_an_error_that_names_the_answer(fake: FakeDoor) -> None:
    fake.mishaps = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(DoorRefused, match="401"):
        fake.opened().send("phone", ONE)


def test_refused_events_are_counted_and_the_first_is_shown(fake: FakeDoor) -> None:
    fake.mishaps = [httpx.Response(202, json={"results": [{"id": "1", "status": "refused", "pointer": "/data"}]})]
    door = fake.opened()
    door.send("phone", ONE)
    assert door.refused == 1
    assert "/data" in fake.said[-1]


def player(fake: FakeDoor, path: Path, shop: Shop, *, weeks: int = 1) -> Player:
    return Player(
        shop=shop, door=fake.opened(), progress=Progress.read(path), weeks=weeks, say=fake.said.append, share=0.04
    )


def test_the_first_start_sends_today_up_to_now_in_full_batches(fake: FakeDoor, tmp_path: Path, shop: Shop) -> None:
    player(fake, tmp_path / "p.json", shop).catch_up(now=STARTED)
    assert len(fake.events) > 20_000
    assert max(fake.sizes) == BATCH
    assert max(datetime.fromisoformat(event["time"]) for event in fake.events) <= STARTED
    assert max(fake.ids.values()) == 1


def test_after_a_stop_nothing_is_missing_and_little_is_sent_again(fake: FakeDoor, tmp_path: Path, shop: Shop) -> None:
    path = tmp_path / "p.json"
    player(fake, path, shop).catch_up(now=STARTED)
    first = len(fake.events)
    player(fake, path, shop).catch_up(now=STARTED + timedelta(minutes=50))
    assert sum(count - 1 for count in fake.ids.values()) < 600
    whole = FakeDoor()
    player(whole, tmp_path / "other.json", shop).catch_up(now=STARTED + timedelta(minutes=50))
    assert set(whole.ids) == set(fake.ids)
    assert len(fake.events) > first + 1000


def test_history_is_filled_newest_day_first_and_goes_on_after_a_stop(
    fake: FakeDoor, tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.json"
    one = player(fake, path, shop)
    one.catch_up(now=STARTED)
    fake.events.clear()
    one.said_days = 0  # type: ignore[attr-defined]

    def stops(line: str) -> None:
        fake.said.append(line)
        if "(3 of 7)" in line:
            raise KeyboardInterrupt

    one.say = stops
    with pytest.raises(KeyboardInterrupt):
        one.fill_history(now=STARTED)
    player(fake, path, shop).fill_history(now=STARTED)
    told = [line.split(",")[1].split(" (")[0].strip() for line in fake.said if line.startswith("history")]
    # The third day was sent, but its end was not noted: it is sent once more, and the door knows its events.
    assert told == [
        "Tue 24 Nov",
        "Mon 23 Nov",
        "Sun 22 Nov",
        "Sun 22 Nov",
        "Sat 21 Nov",
        "Fri 20 Nov",
        "Thu 19 Nov",
        "Wed 18 Nov",
    ]


def test_every_conversation_of_the_history_has_its_beginning(fake: FakeDoor, tmp_path: Path, shop: Shop) -> None:
    one = player(fake, tmp_path / "p.json", shop)
    one.catch_up(now=STARTED)
    one.fill_history(now=STARTED)
    begun = {e["data"]["conversation_id"] for e in fake.events if e["type"] == "midshift.conversation.started.v1"}
    assert {e["data"]["conversation_id"] for e in fake.events if "conversation_id" in e["data"]} == begun


def test_the_present_is_sent_when_it_is_due(fake: FakeDoor, tmp_path: Path, shop: Shop) -> None:
    one = player(fake, tmp_path / "p.json", shop)
    one.catch_up(now=STARTED)
    before = len(fake.events)
    clock = STARTED.timestamp()
    late: list[float] = []

    def tick(seconds: float) -> None:
        nonlocal clock
        clock += seconds * 4

    def stop() -> bool:
        late.extend(clock - datetime.fromisoformat(e["time"]).timestamp() for e in fake.events[before + len(late) :])
        return clock > STARTED.timestamp() + 900

    one.live(clock=lambda: clock, sleep=tick, stop=stop)
    assert 900 < len(late) < 4000
    assert min(late) >= -0.001
    on_time = [seconds for seconds in late if seconds < 2.5]
    assert len(on_time) > 0.95 * len(late)


def test_a_new_clock_closes_what_was_open_and_begins_without_it(fake: FakeDoor, tmp_path: Path, shop: Shop) -> None:
    path = tmp_path / "p.json"
    player(fake, path, shop).catch_up(now=STARTED)
    night = STARTED + timedelta(hours=12)
    new = anchored(at=night, seed=7)
    assert new != shop
    player(fake, path, new).catch_up(now=night)
    status: dict[str, str] = {}
    there: dict[str, str] = {}
    begun: dict[str, str] = {}
    for event in sorted(fake.events, key=lambda e: (e["time"], e.get("sequence", "999999"))):
        kind, data = event["type"], event["data"]
        if kind == "midshift.conversation.started.v1":
            begun[data["conversation_id"]] = event["time"]
        if kind == "midshift.conversation.status_changed.v1":
            status[data["conversation_id"]] = data["to"]
        elif kind == "midshift.agent.status_changed.v1" and new.tag not in event["id"]:
            there[data["agent"]["id"]] = data["to"]
    former = [c for c in begun if shop.tag in c]
    assert {status.get(c) for c in former} <= {"resolved", "closed"}
    assert set(there.values()) == {"offline"}
    assert all(datetime.fromisoformat(at) > STARTED - timedelta(minutes=2) for c, at in begun.items() if new.tag in c)
    assert max(datetime.fromisoformat(at) for c, at in begun.items() if shop.tag in c) <= STARTED


def test_a_long_stop_ends_the_old_day_and_makes_history_of_the_days_between(
    fake: FakeDoor, tmp_path: Path, shop: Shop
) -> None:
    path = tmp_path / "p.json"
    player(fake, path, shop).catch_up(now=STARTED)
    later = STARTED + timedelta(days=3)
    again = player(fake, path, shop)
    again.catch_up(now=later)
    again.fill_history(now=later)
    days = Counter(
        shop.day_of(datetime.fromisoformat(e["time"]))
        for e in fake.events
        if e["type"] == "midshift.conversation.started.v1"
    )
    first = shop.day_of(STARTED)
    assert days[first] > 2000
    assert 20 < days[first + timedelta(days=1)] < 800
    assert 20 < days[first + timedelta(days=2)] < 800
    assert days[first + timedelta(days=3)] > 700
    assert shop.hour_of(later) * HOUR > 0
