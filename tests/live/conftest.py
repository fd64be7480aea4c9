"""Live pages are tested on the loop that serves them: uvloop's handles and streams are not all like those of asyncio."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

import uvloop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Return the loops on which each asynchronous test runs."""
    return {"uvloop": uvloop.new_event_loop}
