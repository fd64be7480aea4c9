"""One event a request at a steady rate, each latency from the moment the request was due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.bench import world
from tests.bench.figures import Figure, latency
from tests.bench.sender import Sender

RATE = 100


async def empty(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The limit: an ASGI application that reads the body and says 202."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


def run(seconds: float | None) -> list[Figure]:
    """30 s of the door, then as long of nothing, with the same sender."""
    now = datetime.now(UTC)
    world.open_past_days(now)
    token = world.source(now)
    world.queues(7)
    orders = {
        "manner": "open", "token": token, "source": world.SOURCE, "queues": 7, "batch": 1, "rate": RATE,
    }  # fmt: skip
    with world.portal() as port:
        Sender(**orders, port=port, seed="warm", seconds=2).report()
        door = Sender(**orders, port=port, seed="run", seconds=seconds or 30).report()
    with world.web("tests.bench.single:empty") as port:
        Sender(**orders, port=port, seed="warm", seconds=2, counts=False).report()
        bare = Sender(**orders, port=port, seed="run", seconds=seconds or 30, counts=False).report()
    return [
        latency(
            name=f"one event a request, {RATE} requests/s", seconds=door.seconds, word="p95", target_ms=60,
            limit_name="an empty ASGI callable", limit_seconds=bare.seconds,
            note="Open loop: counted from the moment the request was due. 202 is sent after the commit.",
        )
    ]  # fmt: skip
