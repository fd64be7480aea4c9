"""The limit: the least that can be done between the bus and a socket. No session, no permission, no render, no numbers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from redis import asyncio as redis

Message = dict[str, Any]
_sends: set[Callable[[Message], Awaitable[None]]] = set()
_listening: set[asyncio.Task[None]] = set()
# Counts the frames it was sent.
_PAGE = b"""<!doctype html><meta charset=utf-8><link rel=icon href=data:,><p>0</p><script>
const socket = new WebSocket("ws://" + location.host + "/ws/live"), count = document.querySelector("p");
socket.onopen = () => { document.title = "open"; };
socket.onmessage = (event) => { JSON.parse(event.data); count.textContent = Number(count.textContent) + 1; };
</script>"""
_FRAME = '{"seq":1,"html":"' + "x" * 9_600 + '"}'


async def _listen() -> None:
    pubsub = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None).pubsub()
    await pubsub.subscribe("bench-bare")
    while True:
        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=1)
        if message is not None:
            for send in list(_sends):
                await send({"type": "websocket.send", "text": _FRAME})


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Accept, then only send; and a page for a browser that listens."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": _PAGE})
        return
    if scope["type"] != "websocket":
        return
    if not _listening:
        _listening.add(asyncio.ensure_future(_listen()))
    await receive()
    await send({"type": "websocket.accept"})
    _sends.add(send)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            continue
    finally:
        _sends.discard(send)
