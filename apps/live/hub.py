"""The hub of one web process: one subscription a topic, one render a permission class, many sockets.

On a hint every group that depends on the topic is rendered once, at most twice a second and always once more after the
last change, and the HTML is handed to the group's sockets. Permission is asked for every account each time something is
sent, and by a sweep when nothing is. Signs of life travel over the bus before they reach the sockets, so a page that says
"Live" has a working database connection, bus and process behind it.
"""

from __future__ import annotations

import asyncio
import time
import uuid
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.utils import timezone

from apps.live import frames
from apps.live.bus import Bus, LayerBus
from apps.live.rendering import NO_LONGER, NOT_RENEWED, Key, Rendered, Standing, Workshop
from apps.live.sockets import REFUSED_CODE, TOO_SLOW_CODE, Socket
from apps.live.threads import Threads
from apps.shared.reading import one_reading

log = structlog.get_logger(__name__)

RENDER_SECONDS = 0.5  # a class's region is rendered at most this often
TOGETHER_SECONDS = 0.1  # what a class is due to be shown within this time is rendered together, from one reading
REFRESH_SECONDS = 10.0  # and at least this often: waiting times pass their limits without any event
BEAT_SECONDS = 5.0
RETRY_SECONDS = 1.0
SWEEP_SECONDS = 2.0
GRACE_SECONDS = 10.0  # a topic nobody watches is kept so long: the next page often wants it again
STALLED_SECONDS = 20.0
MOST_SOCKETS = 10  # of one account in this process
RENDER_THREADS = 2

FAILED = b"failed"


@dataclass(eq=False, slots=True)
class Group:
    """The sockets that are shown the same HTML: one region, its parameters, one permission class."""

    key: Key
    permission_class: str
    topics: Sequence[str]
    # Each socket with the name of the content it was last given.
    members: dict[Socket, bytes] = field(default_factory=dict)
    is_stale: bool = False
    is_running: bool = False
    started_at: float = float("-inf")
    took: float = 0.0  # seconds of its last render
    timer: asyncio.Handle | None = None
    due_at: float = float("inf")  # of the timer; not every loop's handles can say it

    @property
    def user_ids(self) -> set[int]:
        return {socket.identity.user_id for socket in self.members}


class Hub:
    """Joins the bus and the sockets of one event loop. The first socket starts it."""

    def __init__(self, *, bus: Bus, workshop: Workshop) -> None:
        self._bus = bus
        self._workshop = workshop
        self._renders = Threads("live-render", RENDER_THREADS)
        # Permission has its own thread: many slow renders must not delay a refusal.
        self._checks = Threads("live-check", 1)
        self._sockets: set[Socket] = set()
        self._sockets_of: Counter[int] = Counter()  # by account
        self._groups: dict[tuple[Key, str], Group] = {}
        self._by_topic: dict[str, set[Group]] = {}
        self._subscribed: set[str] = set()
        self._subscribing = asyncio.Lock()
        self._beat_topic = f"beat:{uuid.uuid4().hex}"
        self._heard_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._is_running = False

    # --- sockets come, say what they watch, and go ------------------------------------------------------------------

    def has_room_for(self, user_id: int) -> bool:
        """Say whether an account may open one more page: each costs a place in every render and every sweep."""
        return self._sockets_of[user_id] < MOST_SOCKETS

    def enter(self, socket: Socket) -> None:
        """Take a socket in; the first one starts the hub."""
        self._sockets.add(socket)
        self._sockets_of[socket.identity.user_id] += 1
        if not self._is_running:
            self._is_running = True
            self._heard_at = asyncio.get_running_loop().time()
            for loop in (self._listen, self._beat, self._sweep):
                self._spawn(loop())

    def leave(self, socket: Socket) -> None:
        """Forget a socket and what only it watched."""
        self._sockets.discard(socket)
        for key in list(socket.watches):
            self._part(socket, key)
        user_id = socket.identity.user_id
        self._sockets_of[user_id] -= 1
        if self._sockets_of[user_id] <= 0:
            del self._sockets_of[user_id]
            self._workshop.identities.forget([user_id])

    async def watch(self, socket: Socket, keys: Sequence[Key]) -> None:
        """Watch exactly these regions from now on. Each one is sent once right away, unless it is refused."""
        for key in set(socket.watches) - set(keys):
            self._part(socket, key)
        await self._place(socket, [key for key in dict.fromkeys(keys) if socket.watches.get(key) is None])

    async def _place(self, socket: Socket, keys: Sequence[Key]) -> None:
        if not keys:
            return
        places = await self._checks.run(self._workshop.place, socket.identity.user_id, keys)
        await self._subscribe({topic for place in places.values() for topic in place.topics})
        for key, place in places.items():
            if socket not in self._sockets:
                return  # it left while it was being asked
            if place.refused:
                self._refuse(socket, key, place.refused)
                continue
            group = self._groups.get((key, place.permission_class))
            if group is None:
                group = Group(key=key, permission_class=place.permission_class, topics=place.topics)
                self._groups[key, place.permission_class] = group
                for topic in place.topics:
                    self._by_topic.setdefault(topic, set()).add(group)
            group.members[socket] = b""
            socket.watches[key] = group
            self._wake(group)

    def _part(self, socket: Socket, key: Key) -> None:
        group = socket.watches.pop(key, None)
        if group is None:
            return
        socket.drop(key)
        group.members.pop(socket, None)
        if group.members:
            return
        self._groups.pop((group.key, group.permission_class), None)
        if group.timer is not None:
            group.timer.cancel()
        for topic in group.topics:
            self._by_topic[topic].discard(group)
            if not self._by_topic[topic]:
                self._later(GRACE_SECONDS, topic)

    def _refuse(self, socket: Socket, key: Key, sentence: str) -> None:
        self._part(socket, key)
        socket.watches[key] = None
        socket.put(key, frames.refused_body(key[0], dict(key[1]), sentence))

    # --- topics -----------------------------------------------------------------------------------------------------

    async def _subscribe(self, topics: Iterable[str]) -> None:
        # Subscribing may wait, and two sockets may want the same new topic at once.
        async with self._subscribing:
            for topic in sorted(set(topics) - self._subscribed):
                await self._bus.subscribe(topic)
                self._subscribed.add(topic)

    def _later(self, seconds: float, topic: str) -> None:
        def leave_topic() -> None:
            self._timers.discard(timer)
            self._spawn(self._unsubscribe(topic))

        timer = asyncio.get_running_loop().call_later(seconds, leave_topic)
        self._timers.add(timer)

    async def _unsubscribe(self, topic: str) -> None:
        async with self._subscribing:
            if topic in self._subscribed and not self._by_topic.get(topic):
                self._by_topic.pop(topic, None)
                self._subscribed.discard(topic)
                await self._bus.unsubscribe(topic)

    # --- hints and renders ------------------------------------------------------------------------------------------

    def hear(self, topic: str) -> None:
        """A topic changed: its groups are rendered, at once or when their half second is over."""
        if topic == self._beat_topic:
            return self._heard_own_beat()
        for group in self._by_topic.get(topic, ()):
            self._wake(group)
        return None

    def _wake(self, group: Group) -> None:
        group.is_stale = True
        if group.is_running or group.timer is not None:
            return
        loop = asyncio.get_running_loop()
        group.due_at = max(loop.time(), group.started_at + RENDER_SECONDS)
        group.timer = loop.call_at(group.due_at, self._start, group)

    def _start(self, first: Group) -> None:
        now = asyncio.get_running_loop().time()
        first.timer = None
        together = [first]
        for group in self._groups.values():
            is_due = group.due_at <= now + TOGETHER_SECONDS
            if group.timer is not None and is_due and group.permission_class == first.permission_class:
                group.timer.cancel()
                group.timer = None
                together.append(group)
        # The quickest first: what takes long keeps nobody waiting but itself.
        watched = sorted((group for group in together if group.members), key=lambda one: one.took)
        for group in watched:
            group.is_running, group.is_stale, group.started_at = True, False, now
        if watched:
            self._spawn(self._renew(watched))

    async def _renew(self, groups: Sequence[Group]) -> None:
        loop = asyncio.get_running_loop()
        asked = [(group, group.user_ids) for group in groups]
        told: dict[Group, Standing] = {}

        def tell(group: Group, one: Rendered) -> None:
            told[group] = one.standing
            self._hand_out(group, one)

        def ready(group: Group, one: Rendered) -> None:
            # Sent at once: the queues do not wait until the people are drawn.
            loop.call_soon_threadsafe(tell, group, one)

        try:
            try:
                await self._renders.run(self._render, asked, timezone.now(), ready)
            except Exception:  # the database is away: nobody's right can be checked, so no content is sent
                left = [group for group in groups if group not in told]
                reference = uuid.uuid4().hex[:8]
                log.exception(
                    "live regions could not be renewed", regions=[g.key[0] for g in left], reference=reference
                )
                for group in left:
                    self._hand_out(group, Rendered(standing=Standing(allowed=group.user_ids), reference=reference))
            for group, standing in told.items():
                await self._apply(group, standing)
        finally:
            for group in groups:
                group.is_running = False
                if group.is_stale and group.members:
                    self._wake(group)

    def _render(
        self, asked: Sequence[tuple[Group, set[int]]], at: datetime, ready: Callable[[Group, Rendered], None]
    ) -> None:
        with one_reading():
            for group, users in asked:
                began = time.perf_counter()
                ready(group, self._workshop.render(group.key, group.permission_class, users, at))
                group.took = time.perf_counter() - began

    def _hand_out(self, group: Group, rendered: Rendered) -> None:
        name, params = group.key[0], dict(group.key[1])
        if rendered.html is not None:
            content = frames.digest(rendered.html)
            body = frames.html_body(name, params, rendered.html)
        elif rendered.reference:
            content = FAILED
            body = frames.failed_body(name, params, NOT_RENEWED, rendered.reference)
        else:
            return
        allowed = rendered.standing.allowed
        for socket, given in group.members.items():
            if given != content and socket.identity.user_id in allowed:
                group.members[socket] = content
                socket.put(group.key, body)

    async def _apply(self, group: Group, standing: Standing) -> None:
        """Refuse those who lost the right and move those whose class changed."""
        for socket in list(group.members):
            if socket.identity.user_id in standing.refused:
                self._refuse(socket, group.key, NO_LONGER)
            elif socket.identity.user_id in standing.moved:
                self._part(socket, group.key)
                await self._place(socket, [group.key])

    # --- what runs beside: the bus, signs of life, and the sweep ----------------------------------------------------

    async def _listen(self) -> None:
        while True:
            try:
                # Inside the loop: a bus that is away when the first socket comes must not leave the hub deaf for ever.
                await self._subscribe([self._beat_topic])
                while True:
                    self.hear((await self._bus.next_hint())["topic"])
            except Exception:  # the bus is away; the layer connects again by itself
                log.exception("the live bus failed")
                await asyncio.sleep(RETRY_SECONDS)

    async def _beat(self) -> None:
        while True:
            try:
                await self._bus.send(self._beat_topic, version=time.time_ns() // 1000)
            except Exception as error:  # noqa: BLE001  # pages get no sign of life and say "Late", then "Not connected"
                log.warning("the live bus does not answer", error=type(error).__name__)
            now = asyncio.get_running_loop().time()
            for group in list(self._groups.values()):
                # What would be due before the next beat is due now: this loop looks only as often as it beats.
                if now - group.started_at >= REFRESH_SECONDS - BEAT_SECONDS:
                    self._wake(group)
            for socket in self._sockets:
                if socket.writing_since is not None and now - socket.writing_since > STALLED_SECONDS:
                    socket.close(TOO_SLOW_CODE)
            await asyncio.sleep(BEAT_SECONDS)

    def _heard_own_beat(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > 2.5 * BEAT_SECONDS:
            # Pub/sub keeps nothing for those who are away: whatever was missed is rendered again.
            log.warning("the live bus was away", seconds=round(now - self._heard_at))
            for group in list(self._groups.values()):
                self._wake(group)
        self._heard_at = now
        for socket in self._sockets:
            socket.beat(frames.BEAT_BODY)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except Exception:  # the database is away; nothing is sent meanwhile, because every send asks it too
                log.exception("the live sweep failed")

    async def sweep(self) -> None:
        """Close what belongs to an ended session or account, and ask every permission again."""
        ended = await self._checks.run(self._workshop.ended, {socket.identity for socket in self._sockets})
        for socket in list(self._sockets):
            if socket.identity in ended:
                socket.close(REFUSED_CODE)
        asked = {name: group.user_ids for name, group in self._groups.items()}
        standings = await self._checks.run(self._workshop.standings, asked)
        for name, standing in standings.items():
            group = self._groups.get(name)
            if group is not None and (standing.refused or standing.moved):
                await self._apply(group, standing)

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nobody awaits these tasks, so nobody else would say it.
            log.error("a task of the live hub failed", exc_info=error)

    async def close(self) -> None:
        """Stop everything: for the end of a process, and of a test."""
        for timer in [*self._timers, *(g.timer for g in self._groups.values() if g.timer is not None)]:
            timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._is_running = False
        await self._renders.close()
        await self._checks.close()


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub_of_this_loop() -> Hub:
    """Return the hub of the running event loop; a web process has one."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(bus=LayerBus(), workshop=Workshop())
    return _hubs[loop]


async def close_hub_of_this_loop() -> None:
    """Close and forget the hub of the running event loop, if it has one."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.close()
