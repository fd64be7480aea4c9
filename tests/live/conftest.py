"""Live pages are tested on the loop that serves them: uvloop's handles and streams are not all like those of asyncio.

What is about moments runs on a loop with a clock of its own.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.live.clock import OwnClockLoop


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Return the loop on which an asynchronous test runs."""
    if item.get_closest_marker("own_clock"):
        return {"own clock": OwnClockLoop}
    return {"uvloop": uvloop.new_event_loop}
