"""One open socket: what waits to be written, and its sequence number."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import TYPE_CHECKING, Any

from apps.live.frames import frame
from apps.live.identities import Identity

if TYPE_CHECKING:
    from apps.live.hub import Group
    from apps.live.rendering import Key

Send = Callable[[dict[str, Any]], Awaitable[None]]

REFUSED_CODE = 4403
TOO_SLOW_CODE = 4408


class Socket:
    """A client's connection as the hub sees it.

    What waits is kept by what it is about: a newer content of a region takes the place of the older one. So a slow
    client holds at most one frame a region, is behind in time but never in content, and slows nobody down. Numbers are
    given when a frame is written; a gap therefore means that something was lost on the way.
    """

    def __init__(self, identity: Identity, send: Send) -> None:
        self.identity = identity
        self.watches: dict[Key, Group | None] = {}
        self.close_code: int | None = None
        self.closing = asyncio.Event()
        self.writing_since: float | None = None  # by the loop's clock
        self._send = send
        self._waiting: dict[Hashable, str] = {}
        self._seq = 0
        self._wake = asyncio.Event()

    def put(self, about: Hashable, body: str) -> None:
        """Let a frame wait for being written; it replaces one that waits about the same thing."""
        if self.close_code is None:
            self._waiting[about] = body
            self._wake.set()

    def drop(self, about: Hashable) -> None:
        """Take back what waits about a thing: the right to see it has ended."""
        self._waiting.pop(about, None)

    def close(self, code: int) -> None:
        """End the connection. Nothing that still waits is written."""
        if self.close_code is None:
            self.close_code = code
            self._waiting.clear()
            self.closing.set()

    def beat(self, body: str) -> None:
        """Let a sign of life wait; it carries the number of the last frame and takes none."""
        self.put("beat", body)

    async def write(self) -> None:
        """Write what waits, for ever; whoever started it cancels it."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                about = next(iter(self._waiting))
                body = self._waiting.pop(about)
                if about != "beat":
                    self._seq += 1
                self.writing_since = asyncio.get_running_loop().time()
                await self._send(
                    {"type": "websocket.send", "text": frame(self._seq, time.time_ns() // 1_000_000, body)}
                )
                self.writing_since = None
