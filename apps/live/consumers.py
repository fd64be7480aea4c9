"""The live socket: a plain ASGI callable, because a Channels consumer subscribes to a channel of its own on the bus."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from apps.live import frames
from apps.live.hub import hub_of_this_loop
from apps.live.identities import identity_of
from apps.live.sockets import REFUSED_CODE, Send, Socket
from apps.live.watching import LARGEST_MESSAGE, MESSAGES_A_MINUTE, BadWatch, parse

log = structlog.get_logger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]

FAILED_CODE = 1011
TOO_LARGE_CODE = 1009
TOO_MANY_CODE = 4429
CLOSE_PATIENCE_SECONDS = 2.0


async def live_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Serve one socket until either side ends it.

    The Origin was checked and the session read by the middleware in front. A socket without a session is accepted only
    to be closed with 4403, because a browser is not told why a handshake failed.
    """
    if (await receive())["type"] != "websocket.connect":
        return
    await send({"type": "websocket.accept"})
    identity = identity_of(scope)
    if identity is None:
        await send({"type": "websocket.close", "code": REFUSED_CODE})
        return
    hub = hub_of_this_loop()
    if not hub.has_room_for(identity.user_id):
        await send({"type": "websocket.close", "code": TOO_MANY_CODE})
        return
    socket = Socket(identity, send)
    hub.enter(socket)
    reading = asyncio.ensure_future(_read(socket, receive))
    writing = asyncio.ensure_future(socket.write())
    stopping = asyncio.ensure_future(socket.closing.wait())
    try:
        await asyncio.wait({reading, writing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done() and not reading.cancelled() and reading.exception() is not None:
            log.error("a live socket failed", exc_info=reading.exception())
            socket.close(FAILED_CODE)
    finally:
        hub.leave(socket)
        for task in (reading, writing, stopping):
            task.cancel()
        await asyncio.gather(reading, writing, stopping, return_exceptions=True)
    if socket.close_code is not None:
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_SECONDS):
                await send({"type": "websocket.close", "code": socket.close_code})
        except TimeoutError:
            return  # a client that reads nothing; the server ends the connection when this call returns


async def _read(socket: Socket, receive: Receive) -> None:
    hub = hub_of_this_loop()
    arrivals: deque[float] = deque(maxlen=MESSAGES_A_MINUTE)
    while True:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return
        now = time.monotonic()
        if len(arrivals) == MESSAGES_A_MINUTE and now - arrivals[0] < 60:
            socket.close(TOO_MANY_CODE)
            return
        arrivals.append(now)
        text = event.get("text")
        if len(text or event.get("bytes") or b"") > LARGEST_MESSAGE:
            socket.close(TOO_LARGE_CODE)
            return
        try:
            if text is None:
                raise BadWatch("A binary message was sent; only JSON text is read here.")
            keys = [(one.region, tuple(one.params.items())) for one in parse(text)]
            await hub.watch(socket, keys)
        except BadWatch as mistake:
            socket.put("mistake", frames.mistake_body(str(mistake)))
