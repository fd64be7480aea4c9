"""The web process in a thread of the test: a real uvicorn with the portal's socket, sharing settings and database."""

from __future__ import annotations

import asyncio
import copy
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connections

from apps.live.hub import close_hub_of_this_loop
from apps.live.routes import websocket_urlpatterns


class Server:
    """Can be stopped and started again on the same port, as a restart would."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        application: Any = ProtocolTypeRouter(
            {
                "http": ASGIStaticFilesHandler(get_asgi_application()),
                "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
            }
        )
        config = uvicorn.Config(
            application,
            port=self.port,
            ws="websockets-sansio",
            lifespan="off",
            log_level="error",
            timeout_graceful_shutdown=1,
        )
        server = self._server = uvicorn.Server(config)

        async def serve() -> None:
            await server.serve()
            await close_hub_of_this_loop()
            await sync_to_async(connections.close_all)()

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()))
        self._thread.start()
        end = time.monotonic() + 10
        while not server.started:
            if time.monotonic() > end:
                raise RuntimeError("The test's web process did not start.")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=15)
            assert not self._thread.is_alive()
            self._server = None


@contextmanager
def serving(settings: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve on a free port, with a bus of one's own: tests beside this one hint under other names."""
    settings.STATIC_ROOT = folder
    settings.ALLOWED_HOSTS = ["localhost", "testserver"]
    layer = copy.deepcopy(settings.CHANNEL_LAYERS)
    layer["default"]["CONFIG"]["prefix"] = f"test-{uuid4().hex}"
    settings.CHANNEL_LAYERS = layer
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Server(port)
    found.start()
    yield found
    found.stop()
