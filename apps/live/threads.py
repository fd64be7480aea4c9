"""Threads for database work beside the event loop, with their own connections, so that many renders cannot take all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A fixed number of threads. Each job starts and ends with connections that are not too old."""

    def __init__(self, name: str, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(max_workers=count, thread_name_prefix=name)

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a job in a thread and return its result."""

        def with_connections() -> T:
            close_old_connections()
            try:
                return job(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self._pool, with_connections)

    async def close(self) -> None:
        """Wait for running jobs, close every thread's connections and end the threads."""
        together = threading.Barrier(self._count)

        def close_own() -> None:
            together.wait(timeout=10)  # so that each thread takes exactly one of these jobs
            connections.close_all()

        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._pool, close_own) for _ in range(self._count)))
        self._pool.shutdown(wait=False)
