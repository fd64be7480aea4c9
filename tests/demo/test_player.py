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
from apps.demo.player import MOST_AHEAD, Player, Progress
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


def player(fake: FakeDoor, path: Path, shop: Shop) -> Player:
    return Player(shop=shop, door=fake.opened(), progress=Progress.read(path), days=3, say=fake.said.append)


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
    fake: FakeDoor, tmp_path: Path, shop: Shop
) -> None:
    path = tmp_path / "p.json"
    one = player(fake, path, shop)
    one.catch_up(now=STARTED)
    fake.events.clear()
    one.waiting = lambda: _stops() if len(one.progress.filled) == 1 and len(fake.events) > 70_000 else 0
    with pytest.raises(KeyboardInterrupt):
        one.fill_history(now=STARTED)
    player(fake, path, shop).fill_history(now=STARTED)
    chats = [event for event in _starts(fake) if event["data"]["channel"] == "webchat"]
    days = list(dict.fromkeys(shop.day_of(datetime.fromisoformat(event["time"])) for event in chats))
    today = shop.day_of(STARTED)
    assert days == [today - timedelta(days=n) for n in (1, 2, 3)]
    ids = fake.ids
    again = Counter(
        shop.day_of(datetime.fromisoformat(event["time"]))
        for event in _starts(fake)
        if ids[event["source"], event["id"]] > 1
    )
    # The second day was sent in part, and its end was not noted: it is sent once more, and the door knows its events.
    assert again.most_common(1)[0][0] == today - timedelta(days=2)


def _stops() -> int:
    raise KeyboardInterrupt


def _starts(fake: FakeDoor) -> list[dict[str, Any]]:
    return [event for event in fake.events if event["type"] == "midshift.conversation.started.v1"]


def test_the_history_waits_while_the_portal_has_enough_to_record(fake: FakeDoor, tmp_path: Path, shop: Shop) -> None:
    one = player(fake, tmp_path / "p.json", shop)
    one.days = 1
    one.catch_up(now=STARTED)
    fake.events.clear()
    waits: list[float] = []
    one.sleep = waits.append
    one.waiting = lambda: MOST_AHEAD + (1 if len(waits) < 5 else 0)
    one.fill_history(now=STARTED)
    assert len(waits) == 5
    assert len(fake.events) > 50_000
    full = player(FakeDoor(), tmp_path / "other.json", shop)
    full.waiting = lambda: MOST_AHEAD + 1

    def gives_up(seconds: float) -> None:
        raise TimeoutError

    full.sleep = gives_up
    full.progress.shop = shop
    with pytest.raises(TimeoutError):
        full.fill_history(now=STARTED)


def test_no_conversation_of_the_history_stands_open_between_two_bodies(
    fake: FakeDoor, tmp_path: Path, shop: Shop
) -> None:
    one = player(fake, tmp_path / "p.json", shop)
    one.days = 1
    one.progress.shop = shop
    one.fill_history(now=STARTED)
    seen: dict[str, int] = {}
    events = iter(fake.events)
    for place, size in enumerate(fake.sizes):
        body = [next(events) for _ in range(size)]
        for event in body:
            if "conversation_id" in event["data"]:
                assert seen.setdefault(event["data"]["conversation_id"], place) == place
    assert len(seen) > 2000
    assert max(fake.sizes) <= BATCH


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
    assert all(days[first + timedelta(days=n)] > 2000 for n in range(3))
    assert days[first + timedelta(days=3)] > 700
    assert shop.hour_of(later) * HOUR > 0
