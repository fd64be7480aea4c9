"""The load process: sends events to the door and measures nothing but what a sender sees.

`python -m tests.bench.sender` reads its orders as JSON from standard input and prints its report as JSON. Two manners:
closed (so many connections, each sends its next batch when the last one was answered, at most at the given rate, and
waits where the door says 429) and open (each request has its moment, and its latency counts from that moment whether or
not the one before was answered).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec

from supervision.env import ROOT
from tests.bench.talk import Talks

MEDIA_TYPE = "application/cloudevents-batch+json"
IDLE_SECONDS = 4.0  # the server ends a connection after five


class Connection:
    """One kept HTTP/1.1 connection. A full client library would measure itself."""

    def __init__(self, *, port: int, path: str, token: str) -> None:
        self._port = port
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: "
        ).encode()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._used_at = 0.0

    async def post(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send a body; return status, headers and answer."""
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self.close()
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(self._head + f"{len(body)}\r\n\r\n".encode() + body)
        raw = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in raw[1:] if line)}
        answer = await self._reader.readexactly(int(headers.get("content-length", "0")))
        self._used_at = time.monotonic()
        if headers.get("connection", "") == "close":
            self.close()
        return int(raw[0].split()[1]), headers, answer

    def close(self) -> None:
        """Let it go."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


@dataclass(slots=True)
class Report:
    """What came of it. Times are of the wall clock, so that other processes of this machine can use them."""

    first_at: float = 0.0
    last_at: float = 0.0
    requests: int = 0
    turned_away: int = 0
    events: int = 0
    messages: int = 0
    other: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def count(self, status: int, answer: bytes, is_message: list[bool]) -> None:
        """Count what was accepted, one result an event."""
        if status != 202:
            self.other[str(status)] = self.other.get(str(status), 0) + 1
            return
        for result, said in zip(msgspec.json.decode(answer)["results"], is_message, strict=True):
            word = result["status"]
            if word == "accepted":
                self.events += 1
                self.messages += said
            else:
                self.other[word] = self.other.get(word, 0) + 1


async def closed(orders: dict[str, Any], talks: Talks) -> Report:
    """Batches over a few connections, paced, honouring 429."""
    report, began = Report(first_at=time.time()), time.monotonic()
    end = began + orders["seconds"]
    turn = 0

    async def one_connection() -> None:
        nonlocal turn
        connection = Connection(port=orders["port"], path=orders["path"], token=orders["token"])
        while True:
            due = began + turn * orders["batch"] / orders["rate"]
            turn += 1
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() >= end:
                break
            body, is_message = talks.batch(orders["batch"])
            while True:
                sent = time.monotonic()
                status, headers, answer = await connection.post(body)
                report.seconds.append(time.monotonic() - sent)
                report.requests += 1
                if status != 429:
                    break
                report.turned_away += 1
                await asyncio.sleep(float(headers["retry-after"]))
            report.count(status, answer, is_message)
        connection.close()

    await asyncio.gather(*(one_connection() for _ in range(orders["connections"])))
    report.last_at = time.time()
    return report


async def opened(orders: dict[str, Any], talks: Talks) -> Report:
    """Each request at its moment; one that has to wait for a connection gets a new one."""
    report, idle, running = Report(first_at=time.time()), [], set()
    count = round(orders["seconds"] * orders["rate"] / orders["batch"])
    began = time.monotonic() + 0.1

    async def one(due: float) -> None:
        connection = idle.pop() if idle else Connection(port=orders["port"], path=orders["path"], token=orders["token"])
        body, is_message = talks.batch(orders["batch"])
        status, _, answer = await connection.post(body)
        report.seconds.append(time.monotonic() - due)
        report.requests += 1
        idle.append(connection)
        if orders["counts"]:
            report.count(status, answer, is_message)

    for number in range(count):
        due = began + number * orders["batch"] / orders["rate"]
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        task = asyncio.ensure_future(one(due))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    for connection in idle:
        connection.close()
    report.last_at = time.time()
    return report


class Sender:
    """The load process, seen from the bench."""

    def __init__(self, **orders: Any) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.sender"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._child.stdin is not None
        self._child.stdin.write(
            json.dumps({"path": "/api/v1/events", "counts": True, "at_once": 300, **orders}).encode()
        )
        self._child.stdin.close()

    def report(self) -> Report:
        """Wait for its end. :raises RuntimeError: it failed, or something was neither accepted nor turned away."""
        assert self._child.stdout is not None
        told = self._child.stdout.read()
        if self._child.wait():
            raise RuntimeError("The load process failed; its reason stands above.")
        report = msgspec.json.decode(told, type=Report)
        if report.other:
            raise RuntimeError(f"Not everything was accepted: {report.other}")
        return report

    def stop(self) -> None:
        """End it early."""
        self._child.terminate()
        self._child.wait()


def main() -> None:
    orders = json.loads(sys.stdin.read())
    talks = Talks(source=orders["source"], queues=orders["queues"], seed=orders["seed"], at_once=orders["at_once"])
    manner = closed if orders["manner"] == "closed" else opened
    sys.stdout.write(msgspec.json.encode(asyncio.run(manner(orders, talks))).decode())


if __name__ == "__main__":
    main()
