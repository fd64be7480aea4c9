"""A loop with a clock of its own: time passes only while nothing is left to do, so a busy machine changes no outcome."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 30.0  # of the machine's time; a thread that takes longer is stuck


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Waits for threads as long as they take; a wait for a timer only moves the clock."""

    now = 0.0
    in_threads = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.in_threads > 0 or timeout is None:
            found = super().select(PATIENCE_SECONDS)
            if not found:
                raise TimeoutError(f"nothing came back within {PATIENCE_SECONDS} s from {self.in_threads} threads")
            return found
        found = super().select(0)
        if not found:
            self.now += timeout
        return found


class OwnClockLoop(asyncio.SelectorEventLoop):
    """While a thread works for the loop, its clock stands. A thread that waits for the test does so at a `Gate`."""

    def __init__(self) -> None:
        self._own = _Selector()
        self._lock = threading.Lock()
        super().__init__(self._own)

    def time(self) -> float:
        """Return the seconds that were waited for."""
        return self._own.now

    def count(self, more: int) -> None:
        """Say that so many more threads work for the loop."""
        with self._lock:
            self._own.in_threads += more

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Run in a thread; the clock stands until its outcome has reached the loop."""
        self.count(1)
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: self.count(-1))
        return future


class Gate:
    """Holds the threads of a loop up until the test opens it; the clock goes on meanwhile."""

    def __init__(self, loop: OwnClockLoop) -> None:
        self._loop = loop
        self._lock = threading.Lock()
        self._is_open = threading.Event()
        self._held = 0

    def wait(self) -> None:
        """Wait, in a thread, until the gate is open."""
        with self._lock:
            if self._is_open.is_set():
                return
            self._held += 1
            self._loop.count(-1)
        self._loop.call_soon_threadsafe(lambda: None)  # it may be waiting for this very thread
        if not self._is_open.wait(PATIENCE_SECONDS):
            raise TimeoutError(f"the test did not open the gate within {PATIENCE_SECONDS} s")

    def open(self) -> None:
        """Let everybody through; from here on the clock waits for them again."""
        with self._lock:
            self._loop.count(self._held)
            self._is_open.set()
