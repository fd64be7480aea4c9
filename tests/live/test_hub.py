"""The hub by itself: a bus that the test holds in its hand, renders that the test counts, and time that passes only while
nothing is left to do.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from apps.live import hub as hub_module
from apps.live.bus import Hint, hint_of
from apps.live.hub import Hub
from apps.live.identities import Identities, Identity
from apps.live.rendering import Key, Place, Rendered, Standing
from apps.live.sockets import REFUSED_CODE, TOO_SLOW_CODE, Socket
from apps.shared.reading import once
from tests.live.clock import Gate, OwnClockLoop

pytestmark = pytest.mark.own_clock
FLOOR: Key = ("floor.queues", ())
PEOPLE: Key = ("floor.people", ())


class FakeBus:
    """Remembers subscriptions; hints are put in by the test."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.left: list[str] = []
        self.is_away = False
        self.refuses_subscriptions = False
        self._hints: asyncio.Queue[Hint] = asyncio.Queue()

    async def subscribe(self, topic: str) -> None:
        await asyncio.sleep(0)
        if self.refuses_subscriptions:
            raise ConnectionError("the bus is away")
        self.topics.append(topic)

    async def unsubscribe(self, topic: str) -> None:
        self.left.append(topic)

    async def next_hint(self) -> Hint:
        return await self._hints.get()

    async def send(self, topic: str, *, version: int) -> None:
        if not self.is_away:
            self._hints.put_nowait(hint_of(topic, version=version))

    def hint(self, topic: str) -> None:
        self._hints.put_nowait(hint_of(topic, version=1))


class FakeWorkshop:
    """Two classes, `lead` and `ops`; the content is what the test last wrote."""

    def __init__(self) -> None:
        self.identities = Identities()
        self.content = "first"
        self.renders: list[tuple[Key, str, str]] = []
        self.classes: dict[int, str] = {}
        self.refused: set[int] = set()
        self.over: set[Identity] = set()
        self.fails = False
        self.pause: Gate | None = None

    def class_of(self, user_id: int) -> str:
        return self.classes.get(user_id, "lead")

    def ended(self, identities: Iterable[Identity]) -> set[Identity]:
        return set(identities) & self.over

    def place(self, user_id: int, keys: Sequence[Key]) -> dict[Key, Place]:
        if user_id in self.refused:
            return {key: Place(refused="no") for key in keys}
        return {key: Place(permission_class=self.class_of(user_id), topics=("floor",)) for key in keys}

    def standing(self, key: Key, permission_class: str, user_ids: Iterable[int]) -> Standing:
        found = Standing()
        for user_id in user_ids:
            if user_id in self.refused:
                found.refused.add(user_id)
            elif self.class_of(user_id) != permission_class:
                found.moved.add(user_id)
            else:
                found.allowed.add(user_id)
        return found

    def standings(self, groups: Any) -> dict[tuple[Key, str], Standing]:
        return {(key, name): self.standing(key, name, users) for (key, name), users in groups.items()}

    def render(self, key: Key, permission_class: str, user_ids: Iterable[int], at: datetime) -> Rendered:
        content = self.content
        if self.pause is not None:
            self.pause.wait()
        self.renders.append((key, permission_class, content))
        standing = self.standing(key, permission_class, user_ids)
        if self.fails:
            return Rendered(standing=standing, reference="abcd1234")
        return Rendered(
            standing=standing, html=f"<p>{content} for {permission_class}</p>" if standing.allowed else None
        )


class Client:
    """A socket whose frames the test reads; it can be made to stop reading."""

    def __init__(self, user_id: int = 1) -> None:
        self.frames: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.socket = Socket(Identity(user_id, f"session-{user_id}", "hash"), self._send)
        self.writer = asyncio.ensure_future(self.socket.write())

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.frames.append(json.loads(message["text"]))

    @property
    def contents(self) -> list[str]:
        return [frame["html"] for frame in self.frames if "html" in frame]


class Floor:
    """A running hub with what it holds on to."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, OwnClockLoop)
        self.loop = loop
        self.bus = FakeBus()
        self.workshop = FakeWorkshop()
        self.hub = Hub(bus=self.bus, workshop=self.workshop)  # type: ignore[arg-type]
        self.clients: list[Client] = []

    async def client(self, user_id: int = 1, keys: Sequence[Key] = (FLOOR,)) -> Client:
        client = Client(user_id)
        self.clients.append(client)
        self.hub.enter(client.socket)
        await self.hub.watch(client.socket, keys)
        await asyncio.sleep(0.05)
        return client


@pytest.fixture
async def floor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Floor]:
    monkeypatch.setattr(hub_module, "RENDER_SECONDS", 0.2)
    monkeypatch.setattr(hub_module, "GRACE_SECONDS", 0.05)
    monkeypatch.setattr(hub_module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(hub_module, "SWEEP_SECONDS", 60)
    floor = Floor()
    yield floor
    await floor.hub.close()
    for client in floor.clients:
        client.writer.cancel()
    await asyncio.gather(*(client.writer for client in floor.clients), return_exceptions=True)


async def test_a_new_watch_is_answered_with_the_region_as_it_is_now(floor: Floor) -> None:
    client = await floor.client()
    assert client.contents == ["<p>first for lead</p>"]
    (frame,) = (frame for frame in client.frames if "html" in frame)
    assert (frame["seq"], frame["region"], frame["params"]) == (1, "floor.queues", {})
    assert abs(frame["ts"] / 1000 - time.time()) < 5


async def test_many_hints_make_one_render_and_the_last_change_is_shown(floor: Floor) -> None:
    client = await floor.client()
    for number in range(50):
        floor.workshop.content = f"change {number}"
        floor.bus.hint("floor")
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.5)
    # one for the watch, then at most one each 0.2 s over about 0.1 s of hints, and the trailing one
    assert len(floor.workshop.renders) <= 4
    assert client.contents[-1] == "<p>change 49 for lead</p>"


async def test_a_change_during_a_render_is_rendered_again(floor: Floor) -> None:
    client = await floor.client()
    await asyncio.sleep(0.25)
    floor.workshop.pause = Gate(floor.loop)
    floor.bus.hint("floor")
    await asyncio.sleep(0.05)
    floor.bus.hint("floor")
    await asyncio.sleep(0.05)
    floor.workshop.pause.open()
    floor.workshop.content = "after"
    await asyncio.sleep(0.5)
    assert client.contents[-1] == "<p>after for lead</p>"


async def test_what_a_class_watches_is_rendered_together_from_one_reading(floor: Floor) -> None:
    await floor.client(1, keys=(FLOOR, PEOPLE))
    await asyncio.sleep(0.3)
    read: list[str] = []
    real = floor.workshop.render

    def render(key: Key, name: str, users: Iterable[int], at: datetime) -> Rendered:
        once("queues", lambda: read.append(key[0]))
        return real(key, name, users, at)

    floor.workshop.render = render  # type: ignore[method-assign]
    floor.workshop.renders.clear()
    floor.bus.hint("floor")
    await asyncio.sleep(0.1)
    assert sorted(key for key, *_ in floor.workshop.renders) == [PEOPLE, FLOOR]
    assert len(read) == 1


async def test_what_is_rendered_first_is_sent_while_the_rest_is_still_drawn_and_stays_when_that_fails(
    floor: Floor,
) -> None:
    client = await floor.client(1, keys=(FLOOR, PEOPLE))
    await asyncio.sleep(0.3)
    real, is_sent = floor.workshop.render, Gate(floor.loop)
    order: list[Key] = []

    def render(key: Key, name: str, users: Iterable[int], at: datetime) -> Rendered:
        order.append(key)
        if len(order) == 2:
            is_sent.wait()
            raise ConnectionError("the database is away")
        return real(key, name, users, at)

    floor.workshop.render = render  # type: ignore[method-assign]
    floor.workshop.content = "second"
    client.frames.clear()
    floor.bus.hint("floor")
    await asyncio.sleep(0.1)
    assert client.contents == ["<p>second for lead</p>"]
    is_sent.open()
    await asyncio.sleep(0.1)
    told = {frame["region"]: frame for frame in client.frames if "region" in frame}
    assert "html" in told[order[0][0]]
    assert told[order[1][0]]["error"]


async def test_what_took_longest_is_rendered_last_the_next_time(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = 0.0
    monkeypatch.setattr(hub_module.time, "perf_counter", lambda: spent)
    await floor.client(1, keys=(FLOOR, PEOPLE))
    await asyncio.sleep(0.3)
    real, order, slow = floor.workshop.render, list[Key](), list[Key]()

    def render(key: Key, name: str, users: Iterable[int], at: datetime) -> Rendered:
        nonlocal spent
        order.append(key)
        if key in slow:
            spent += 0.05
        return real(key, name, users, at)

    async def order_of_a_round() -> list[Key]:
        order.clear()
        floor.bus.hint("floor")
        await asyncio.sleep(0.3)
        return list(order)

    floor.workshop.render = render  # type: ignore[method-assign]
    # Whichever comes first is made the slow one, twice.
    for _ in range(2):
        slow[:] = (await order_of_a_round())[:1]
        await order_of_a_round()
        assert await order_of_a_round() == [FLOOR if slow == [PEOPLE] else PEOPLE, *slow]


async def test_a_region_is_rendered_once_for_each_class_whatever_the_number_of_sockets(floor: Floor) -> None:
    floor.workshop.classes = {3: "ops"}
    clients = [await floor.client(user_id) for user_id in (1, 1, 2, 3, 3)]
    await asyncio.sleep(0.3)
    floor.workshop.renders.clear()
    floor.workshop.content = "second"
    floor.bus.hint("floor")
    await asyncio.sleep(0.1)
    assert sorted(name for _, name, _ in floor.workshop.renders) == ["lead", "ops"]
    assert [client.contents[-1] for client in clients] == ["<p>second for lead</p>"] * 3 + ["<p>second for ops</p>"] * 2


async def test_the_same_html_is_not_sent_again(floor: Floor) -> None:
    client = await floor.client()
    await asyncio.sleep(0.25)
    floor.bus.hint("floor")
    await asyncio.sleep(0.1)
    assert len(floor.workshop.renders) == 2
    assert len(client.contents) == 1


async def test_a_process_subscribes_once_a_topic_and_leaves_it_after_the_last_socket(floor: Floor) -> None:
    clients = await asyncio.gather(floor.client(1), floor.client(2), floor.client(3))
    assert floor.bus.topics.count("floor") == 1
    for client in clients[:2]:
        floor.hub.leave(client.socket)
    await asyncio.sleep(0.15)
    assert floor.bus.left == []
    floor.hub.leave(clients[2].socket)
    await asyncio.sleep(0.15)
    assert floor.bus.left == ["floor"]


async def test_a_topic_that_is_wanted_again_within_its_grace_is_kept(floor: Floor) -> None:
    first = await floor.client()
    floor.hub.leave(first.socket)
    second = await floor.client()
    await asyncio.sleep(0.15)
    assert floor.bus.left == []
    floor.workshop.content = "second"
    floor.bus.hint("floor")
    await asyncio.sleep(0.25)
    assert second.contents[-1] == "<p>second for lead</p>"


async def test_numbers_count_up_by_one_for_each_socket_and_beats_take_none(floor: Floor) -> None:
    client = await floor.client(keys=[FLOOR, PEOPLE])
    for number in range(3):
        floor.workshop.content = str(number)
        floor.bus.hint("floor")
        await asyncio.sleep(0.25)
    numbered = [frame["seq"] for frame in client.frames if "beat" not in frame]
    assert numbered == list(range(1, len(numbered) + 1))
    assert len(numbered) == 8
    last = 0
    for frame in client.frames:
        assert frame["seq"] == last + (0 if "beat" in frame else 1)
        last = frame["seq"]


async def test_a_slow_socket_holds_up_nobody_and_then_gets_the_newest_only(floor: Floor) -> None:
    slow, quick = await floor.client(1), await floor.client(2)
    await asyncio.sleep(0.25)
    slow.reads.clear()
    for number in range(4):
        floor.workshop.content = str(number)
        floor.bus.hint("floor")
        await asyncio.sleep(0.25)
    assert quick.contents[-1] == "<p>3 for lead</p>"
    assert len(quick.contents) == 5
    slow.reads.set()
    await asyncio.sleep(0.05)
    # one that was being written when it stopped reading, and the newest; no number is missing
    assert slow.contents[-1] == "<p>3 for lead</p>"
    assert len(slow.contents) <= 3
    numbered = [frame["seq"] for frame in slow.frames if "beat" not in frame]
    assert numbered == list(range(1, len(numbered) + 1))


async def test_a_socket_that_takes_nothing_for_long_is_closed(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "STALLED_SECONDS", 0.1)
    client = await floor.client()
    client.reads.clear()
    await asyncio.sleep(0.5)
    assert client.socket.close_code == TOO_SLOW_CODE


async def test_a_failed_render_says_so_once_and_recovers(floor: Floor) -> None:
    client = await floor.client()
    floor.workshop.fails = True
    for _ in range(2):
        floor.bus.hint("floor")
        await asyncio.sleep(0.25)
    failures = [frame for frame in client.frames if "error" in frame]
    assert [frame["reference"] for frame in failures] == ["abcd1234"]
    assert "html" not in failures[0]
    floor.workshop.fails = False
    floor.bus.hint("floor")
    await asyncio.sleep(0.25)
    assert client.contents == ["<p>first for lead</p>"] * 2


async def test_a_right_that_ends_is_refused_at_the_next_send(floor: Floor) -> None:
    client, other = await floor.client(1), await floor.client(2)
    floor.workshop.refused = {1}
    floor.workshop.content = "secret"
    await asyncio.sleep(0.25)
    floor.bus.hint("floor")
    await asyncio.sleep(0.25)
    assert client.contents == ["<p>first for lead</p>"]
    assert any("refused" in frame for frame in client.frames)
    assert other.contents[-1] == "<p>secret for lead</p>"


async def test_what_waits_for_a_slow_socket_is_taken_back_when_the_right_ends(floor: Floor) -> None:
    client = await floor.client()
    client.reads.clear()
    for number in range(2):
        floor.workshop.content = f"secret {number}"
        floor.bus.hint("floor")
        await asyncio.sleep(0.25)
    floor.workshop.refused = {1}
    await floor.hub.sweep()
    client.reads.set()
    await asyncio.sleep(0.1)
    assert "<p>secret 1 for lead</p>" not in client.contents
    assert any("refused" in frame for frame in client.frames)


async def test_the_sweep_finds_an_idle_right_that_ended_and_a_session_that_is_over(floor: Floor) -> None:
    refused, ended = await floor.client(1), await floor.client(2)
    floor.workshop.refused = {1}
    floor.workshop.over = {ended.socket.identity}
    await floor.hub.sweep()
    await asyncio.sleep(0.05)
    assert any("refused" in frame for frame in refused.frames)
    assert ended.socket.close_code == REFUSED_CODE


async def test_an_account_whose_class_changes_is_shown_the_html_of_its_new_class(floor: Floor) -> None:
    client = await floor.client()
    floor.workshop.classes = {1: "ops"}
    await floor.hub.sweep()
    await asyncio.sleep(0.1)
    assert client.contents == ["<p>first for lead</p>", "<p>first for ops</p>"]


async def test_no_sign_of_life_is_sent_while_the_bus_is_away_and_all_is_rendered_after(floor: Floor) -> None:
    client = await floor.client()
    await asyncio.sleep(0.25)
    assert any("beat" in frame for frame in client.frames)
    floor.bus.is_away = True
    await asyncio.sleep(0.1)
    client.frames.clear()
    floor.workshop.content = "missed"
    await asyncio.sleep(0.4)
    assert client.frames == []
    floor.bus.is_away = False
    await asyncio.sleep(0.3)
    assert client.contents == ["<p>missed for lead</p>"]


async def test_a_hub_that_starts_while_the_bus_is_away_hears_once_it_is_back(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "RETRY_SECONDS", 0.1)
    floor.bus.refuses_subscriptions = True
    with pytest.raises(ConnectionError):
        await floor.client()
    await asyncio.sleep(0.05)
    floor.bus.refuses_subscriptions = False
    client = await floor.client()
    await asyncio.sleep(0.3)
    client.frames.clear()
    floor.workshop.content = "second"
    floor.bus.hint("floor")
    await asyncio.sleep(0.4)
    assert client.contents == ["<p>second for lead</p>"]
    assert any("beat" in frame for frame in client.frames)


async def test_an_idle_region_is_rendered_again_because_time_changes_figures(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "REFRESH_SECONDS", 0.3)
    client = await floor.client()
    floor.workshop.content = "older"
    await asyncio.sleep(0.6)
    assert client.contents[-1] == "<p>older for lead</p>"


async def test_a_page_that_watches_something_else_no_longer_gets_the_old(floor: Floor) -> None:
    client = await floor.client(keys=[FLOOR])
    await floor.hub.watch(client.socket, [PEOPLE])
    await asyncio.sleep(0.3)
    client.frames.clear()
    floor.workshop.content = "second"
    floor.bus.hint("floor")
    await asyncio.sleep(0.25)
    assert [frame["region"] for frame in client.frames if "html" in frame] == ["floor.people"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(0, 9)),
        st.tuples(st.just("stop reading"), st.integers(0, 2)),
        st.tuples(st.just("read on"), st.integers(0, 2)),
        st.tuples(st.just("other class"), st.integers(1, 3)),
        st.tuples(st.just("leave and return"), st.integers(0, 2)),
        st.tuples(st.just("watch two"), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.integers(1, 15)),
    ),
    max_size=25,
)


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(steps=STEPS)
def test_whatever_happens_in_between_a_page_ends_with_what_a_fresh_load_shows(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        floor = Floor()
        clients = [await floor.client(user_id) for user_id in (1, 2, 3)]
        try:
            for number, (verb, value) in enumerate(steps):
                if verb == "change":
                    floor.workshop.content = f"{number} {value}"
                    floor.bus.hint("floor")
                elif verb == "stop reading":
                    clients[value].reads.clear()
                elif verb == "read on":
                    clients[value].reads.set()
                elif verb == "other class":
                    floor.workshop.classes[value] = f"class {number}"
                elif verb == "leave and return":
                    floor.hub.leave(clients[value].socket)
                    clients[value] = await floor.client(value + 1)
                elif verb == "watch two":
                    await floor.hub.watch(clients[value].socket, [FLOOR, PEOPLE])
                else:
                    await asyncio.sleep(value / 1000)
            for client in clients:
                client.reads.set()
            await floor.hub.sweep()
            await asyncio.sleep(0.08)
            for client in clients:
                user_id = client.socket.identity.user_id
                fresh = f"<p>{floor.workshop.content} for {floor.workshop.class_of(user_id)}</p>"
                for region in {key[0] for key in client.socket.watches}:
                    shown = [frame["html"] for frame in client.frames if frame.get("region") == region]
                    assert shown[-1] == fresh
                numbers = [frame["seq"] for frame in client.frames if "beat" not in frame]
                assert numbers == list(range(1, len(numbers) + 1))
        finally:
            await floor.hub.close()
            for client in floor.clients:
                client.writer.cancel()
            await asyncio.gather(*(client.writer for client in floor.clients), return_exceptions=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub_module, "RENDER_SECONDS", 0.01)
        patch.setattr(hub_module, "SWEEP_SECONDS", 60)
        with asyncio.Runner(loop_factory=OwnClockLoop) as runner:
            runner.run(play())
