"""A clock and processes: generators that yield how many seconds they sleep, or `PARK` to sleep until somebody wakes them."""

from __future__ import annotations

import heapq
from collections.abc import Generator
from typing import Any

Process = Generator[Any, Any, None]
PARK = object()


class Engine:
    """Runs processes in the order of their times; of equal times, the one that was planned first."""

    def __init__(self, *, starts: float) -> None:
        self.now = starts
        self._heap: list[tuple[float, int, Process, Any]] = []
        self._planned = 0
        self._running: Process | None = None

    @property
    def running(self) -> Process:
        """The process that is asking; it is what to wake later."""
        if self._running is None:
            raise RuntimeError("Only a process can ask which process runs.")
        return self._running

    def start(self, process: Process, *, after: float = 0.0, value: Any = None) -> None:
        """Run a process, or go on with a parked one, after some seconds; `value` is what its yield returns."""
        self._planned += 1
        heapq.heappush(self._heap, (self.now + max(after, 0.0), self._planned, process, value))

    def run(self, *, until: float) -> None:
        """Run everything up to a time."""
        while self._heap and self._heap[0][0] <= until:
            self.now, _, process, value = heapq.heappop(self._heap)
            self._running = process
            try:
                wanted = process.send(value)
            except StopIteration:
                continue
            if wanted is not PARK:
                self.start(process, after=float(wanted))
