"""A wire between a process and its database that can be slow, lossy or cut."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Passes bytes both ways between a port of its own and a server, in a thread of its own."""

    def __init__(self, host: str, port: int, *, seed: int = 1) -> None:
        self._host, self._to = host, port
        self.delay_seconds = 0.0
        self.loss = 0.0  # how many of the pieces are lost for good, with their connection
        self.lost = 0
        self._is_cut = False
        self._rng = random.Random(seed)
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self.port = 0

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        async with server:
            await server.serve_forever()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self._host, self._to)
        self._open |= {writer, far_writer}
        await asyncio.wait(
            [asyncio.create_task(self._pass(*way)) for way in ((reader, far_writer), (far_reader, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        writer.transport.abort()
        far_writer.transport.abort()
        self._open -= {writer, far_writer}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                if self._rng.random() < self.loss:
                    self.lost += 1
                    break
                writer.write(piece)
                await writer.drain()

    def _end(self) -> None:
        for one in self._open:
            one.transport.abort()

    def cut(self) -> None:
        """End every connection and take no new one."""
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._end)

    def mend(self) -> None:
        """Take connections again."""
        self._is_cut = False


@contextmanager
def wire(host: str, port: int) -> Iterator[Wire]:
    """A wire that is there for a while."""
    made, started = Wire(host, port), threading.Event()

    def run() -> None:
        asyncio.set_event_loop(made._loop)
        serving = made._loop.create_task(made._serve(started))
        made._loop.run_forever()
        left = [serving, *asyncio.all_tasks(made._loop)]
        for task in left:
            task.cancel()
        made._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        made._loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(5)
    try:
        yield made
    finally:
        made._loop.call_soon_threadsafe(made._end)
        made._loop.call_soon_threadsafe(made._loop.stop)
        thread.join(5)
