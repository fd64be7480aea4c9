"""1,000 sockets that were idle: how long from the bus to each of them, against the least that can be done between the two.

The web process has the flags of `make run` and the portal's own ASGI application, sessions, permission and hub; only the
region is the bench's (a table of 24 rows, 9.6 kB, one query). The sockets belong to 40 people of three roles. Time runs
from just before a hint is published until a socket has the whole frame.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import time
from collections.abc import Callable

from tests.bench import world
from tests.bench.figures import Figure, latency, percentile

COUNT = 1000
ROUNDS = 30
PAUSE_SECONDS = 0.65  # a little over the half second in which a region is rendered once
PEOPLE = 100
TEXT, PING, PONG = 1, 9, 10  # opcodes of web socket frames
WISH = [{"region": "bench.floor", "params": {}}]


class Client(asyncio.Protocol):
    """A socket that only counts whole content frames: a full client library would measure itself."""

    def __init__(self, *, port: int, session: str, heard: Callable[[float], None]) -> None:
        self._head = f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        self._head += (
            f"Cookie: sessionid={session}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        )
        self._head += f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n"
        self._heard = heard
        self._buffer = bytearray()
        self.is_open = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self._head.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.is_open.done():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            status = bytes(self._buffer[: self._buffer.find(b"\r\n")])
            del self._buffer[: end + 4]
            if b" 101 " not in status:
                self.is_open.set_exception(ConnectionError(status.decode()))
                return
            self.is_open.set_result(None)
        while len(self._buffer) >= 2:
            length, start = self._buffer[1] & 127, 2
            if length == 126 and len(self._buffer) >= 4:
                length, start = struct.unpack_from(">H", self._buffer, 2)[0], 4
            elif length == 127 and len(self._buffer) >= 10:
                length, start = struct.unpack_from(">Q", self._buffer, 2)[0], 10
            if len(self._buffer) < start + length:
                return
            if self._buffer[0] & 15 == PING:
                self._send(PONG, bytes(self._buffer[start : start + length]))
            elif length > 200:  # content; a beat is short
                self._heard(time.perf_counter())
            del self._buffer[: start + length]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_exception(ConnectionError("closed"))

    def say(self, message: object) -> None:
        self._send(TEXT, json.dumps(message).encode())

    def _send(self, opcode: int, body: bytes) -> None:
        mask, first = os.urandom(4), 0x80 | opcode
        head = bytes([first, 0x80 | len(body)]) if len(body) < 126 else struct.pack(">BBH", first, 0xFE, len(body))
        self.transport.write(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(body)))  # type: ignore[attr-defined]


async def open_sockets(
    *, port: int, sessions: list[str], count: int, heard: Callable[[float], None], wish: list[dict[str, object]]
) -> list[Client]:
    """Open so many sockets, fifty at a time, and say what they want to see."""
    loop = asyncio.get_running_loop()
    clients: list[Client] = []
    for start in range(0, count, 50):
        opened = []
        for number in range(start, min(start + 50, count)):
            session = sessions[number % len(sessions)]
            _, client = await loop.create_connection(
                lambda session=session: Client(port=port, session=session, heard=heard),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
            opened.append(client)
        await asyncio.gather(*(client.is_open for client in opened))
        for client in opened:
            if wish:
                client.say({"watch": wish})
        clients += opened
    return clients


async def _fan_out(
    *, port: int, sessions: list[str], rounds: int, wish: list[dict[str, object]], publish: Callable[[], None]
) -> list[float]:
    """Open the sockets, let them idle, publish, and return every latency in seconds."""
    arrivals: list[float] = []
    clients = await open_sockets(port=port, sessions=sessions, count=COUNT, heard=arrivals.append, wish=wish)
    await asyncio.sleep(3)  # first contents are in, everybody idles
    if wish and len(arrivals) < COUNT:
        raise RuntimeError(f"Only {len(arrivals)} of {COUNT} sockets were answered.")
    latencies: list[float] = []
    for _ in range(rounds):
        arrivals.clear()
        started = time.perf_counter()
        await asyncio.to_thread(publish)
        await asyncio.sleep(PAUSE_SECONDS)
        if len(arrivals) < COUNT:
            await asyncio.sleep(1)
        if len(arrivals) < COUNT:
            raise RuntimeError(f"{COUNT - len(arrivals)} of {COUNT} sockets heard nothing.")
        latencies += [arrived - started for arrived in arrivals[:COUNT]]
    for client in clients:
        client.transport.close()
    return latencies


def bus_latency(count: int = 500) -> list[float]:
    """One message through the bus to one subscriber."""
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    listener = client.pubsub()
    listener.subscribe("bench-latency")
    listener.get_message(timeout=1)
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        client.publish("bench-latency", b"x")
        while listener.get_message(timeout=1) is None:
            continue
        seconds.append(time.perf_counter() - started)
    listener.close()
    client.close()
    return seconds


def bare_fan_out(rounds: int) -> list[float]:
    """The limit: bus to as many sockets with nothing in between."""
    import redis

    client = redis.Redis.from_url(os.environ["REDIS_URL"])

    def publish() -> None:
        client.publish("bench-bare", b"x")

    with world.web("tests.bench.live_bare:application") as port:
        seconds = asyncio.run(_fan_out(port=port, sessions=[""], rounds=rounds, wish=[], publish=publish))
    client.close()
    return seconds


def hub_fan_out(rounds: int) -> list[float]:
    """What the portal does: session, permission for each person, one render a class, numbers."""
    from apps.live.services import hint

    roles = ("lead", "ops", "qa_manager")
    sessions = [world.session_of(world.account(f"bench-{n}", roles[n % 3])) for n in range(PEOPLE)]

    def publish() -> None:
        hint(topics=["bench"])

    with world.web("supervision.asgi:application", settings="tests.bench.live_settings") as port:
        return asyncio.run(_fan_out(port=port, sessions=sessions, rounds=rounds, wish=WISH, publish=publish))


def run(seconds: float | None) -> list[Figure]:
    """The bus, the bare fan-out and the hub one after another."""
    rounds = ROUNDS if seconds is None else max(5, int(seconds))
    bus, bare, hub = bus_latency(), bare_fan_out(rounds), hub_fan_out(rounds)
    return [
        latency(
            name=f"bus to {COUNT:,} sockets that were idle", seconds=hub, word="p99", target_ms=100,
            limit_name="bare ASGI fan-out", limit_seconds=bare,
            note=f"{rounds} hints, 9.6 kB to each socket, three permission classes; the bus alone needs "
            f"{percentile(bus, 0.99) * 1000:.2f} ms (p99) to one subscriber.",
        )
    ]  # fmt: skip
