"""1,000 sockets that were idle: how long from the bus to each of them, against two limits of the same run.

Run with a migrated database: `python -m tests.bench.live_sockets`. The web process is a real uvicorn with the portal's own
ASGI application, sessions, permission and hub; only the region is the bench's (a table of 24 rows, 9.6 kB, one query). The
sockets belong to 40 people of three roles. Time runs from just before a hint is published until a socket has the whole frame.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import resource
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ROUNDS = 30
PAUSE_SECONDS = 0.65  # a little over the half second in which a region is rendered once
PEOPLE = 40


@dataclass(frozen=True, slots=True)
class Figures:
    """Latencies in milliseconds over all sockets and rounds."""

    name: str
    count: int
    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, name: str, seconds: list[float]) -> Figures:
        cuts = statistics.quantiles(seconds, n=100)
        return cls(name, len(seconds), cuts[49] * 1000, cuts[98] * 1000, max(seconds) * 1000)

    def __str__(self) -> str:
        return (
            f"{self.name:58} n {self.count:6}  p50 {self.p50:7.1f} ms  p99 {self.p99:7.1f} ms  max {self.worst:7.1f} ms"
        )


class Client(asyncio.Protocol):
    """A socket that only counts whole content frames: a full client library would measure itself."""

    def __init__(self, *, port: int, session: str, deflate: bool, heard: Callable[[float], None]) -> None:
        self._head = f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        self._head += (
            f"Cookie: sessionid={session}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        )
        self._head += f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
        self._head += "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n" if deflate else "\r\n"
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
            if length > 200:  # content; a beat is short
                self._heard(time.perf_counter())
            del self._buffer[: start + length]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_open.done():
            self.is_open.set_exception(ConnectionError("closed"))

    def say(self, message: object) -> None:
        body = json.dumps(message).encode()
        mask = os.urandom(4)
        head = bytes([0x81, 0x80 | len(body)]) if len(body) < 126 else struct.pack(">BBH", 0x81, 0xFE, len(body))
        self.transport.write(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(body)))  # type: ignore[attr-defined]


@contextlib.contextmanager
def web_process(
    application: str, port: int, *, settings: str = "tests.bench.live_settings"
) -> Iterator[subprocess.Popen[bytes]]:
    """A uvicorn with one process, as the portal runs it."""
    command = [sys.executable, "-m", "uvicorn", application, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--ws", "websockets-sansio", "--no-access-log", "--log-level", "warning", "--backlog", "4096"]
    child = subprocess.Popen(command, env={**os.environ, "DJANGO_SETTINGS_MODULE": settings})
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
                break
            time.sleep(0.1)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def free_port() -> int:
    """Return a port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _fan_out(
    *, port: int, sessions: list[str], count: int, deflate: bool, watch: bool, publish: Callable[[], None]
) -> list[float]:
    """Open the sockets, let them idle, publish, and return every latency in seconds."""
    loop = asyncio.get_running_loop()
    arrivals: list[float] = []
    clients: list[Client] = []
    for start in range(0, count, 50):
        opened = []
        for number in range(start, min(start + 50, count)):
            session = sessions[number % len(sessions)]
            _, client = await loop.create_connection(
                lambda session=session: Client(port=port, session=session, deflate=deflate, heard=arrivals.append),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
            opened.append(client)
        await asyncio.gather(*(client.is_open for client in opened))
        for client in opened:
            if watch:
                client.say({"watch": [{"region": "bench.floor", "params": {}}]})
        clients += opened
    await asyncio.sleep(3)  # first contents are in, everybody idles
    if watch and len(arrivals) < count:
        raise RuntimeError(f"Only {len(arrivals)} of {count} sockets were answered.")
    latencies: list[float] = []
    for _ in range(ROUNDS):
        arrivals.clear()
        started = time.perf_counter()
        await asyncio.to_thread(publish)
        await asyncio.sleep(PAUSE_SECONDS)
        if len(arrivals) < count:
            await asyncio.sleep(1)
        if len(arrivals) < count:
            raise RuntimeError(f"{count - len(arrivals)} of {count} sockets heard nothing.")
        latencies += [arrived - started for arrived in arrivals[:count]]
    for client in clients:
        client.transport.close()
    return latencies


def bus_latency(count: int = 1000) -> Figures:
    """The first limit: one message through the bus to one subscriber."""
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
    return Figures.of("limit: one message over the bus, one subscriber", seconds)


def bare_fan_out(*, count: int) -> Figures:
    """The second limit: bus to as many sockets with nothing in between."""
    import redis

    client, port = redis.Redis.from_url(os.environ["REDIS_URL"]), free_port()

    def publish() -> None:
        client.publish("bench-bare", b"x")

    with web_process("tests.bench.live_bare:application", port):
        seconds = asyncio.run(
            _fan_out(port=port, sessions=[""], count=count, deflate=False, watch=False, publish=publish)
        )
    client.close()
    return Figures.of(f"limit: bare ASGI, bus to {count} sockets", seconds)


@contextlib.contextmanager
def people() -> Iterator[list[str]]:
    """Signed-in people of three roles; yields their sessions and removes them afterwards."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from apps.access.models import User

    made, sessions = [], []
    for number in range(PEOPLE):
        role = ("lead", "ops", "qa_manager")[number % 3]
        user = User(username=f"bench-live-{number}", role=role)
        user.set_unusable_password()
        user.save()
        made.append(user.pk)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        sessions.append(str(session.session_key))
    try:
        yield sessions
    finally:
        for key in sessions:
            SessionStore(key).delete()
        User.objects.filter(pk__in=made).delete()


def hub_fan_out(*, count: int, deflate: bool = False) -> Figures:
    """What the portal does: session, permission for each person, one render a class, numbers, `count` sockets."""
    from apps.live.services import hint

    port = free_port()

    def publish() -> None:
        hint(topics=["bench"])

    with people() as sessions, web_process("supervision.asgi:application", port):
        seconds = asyncio.run(
            _fan_out(port=port, sessions=sessions, count=count, deflate=deflate, watch=True, publish=publish)
        )
    return Figures.of(f"hub: bus to {count} sockets{', compressed' if deflate else ''}", seconds)


def run(*, count: int = 1000) -> list[Figures]:
    """Measure limits and hub in one run; the promise is p99 of the hub ≤ 100 ms."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 8192), hard), hard))
    found = []
    for measure in (bus_latency, lambda: bare_fan_out(count=count), lambda: hub_fan_out(count=count)):
        found.append(measure())
        print(found[-1], flush=True)
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.bench.live_settings")
    import django

    django.setup()
    run()
    if "--compressed" in sys.argv:
        print(hub_fan_out(count=1000, deflate=True))
