"""The servers the portal stands on: those given by URL, and embedded ones for the rest."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from supervision.runtime import installation, process
from supervision.runtime.home import Home
from supervision.runtime.postgres import Postgres
from supervision.runtime.valkey import Valkey

GIVEN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")


class Servers:
    """Start what no URL names. `urls` is what every process of the portal needs to know."""

    def __init__(self, *, data: Path, throw_away: bool = False) -> None:
        self.data = data
        self.throw_away = throw_away
        self.urls: dict[str, str] = {}
        self.embedded: dict[str, Postgres | Valkey] = {}
        self._home: Home | None = None

    def start(self) -> dict[str, str]:
        """Return DATABASE_URL, REDIS_URL and, where one was given, CELERY_BROKER_URL; also written for `manage.py`."""
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "log").mkdir(mode=0o700, exist_ok=True)
        self.urls = {name: value for name in GIVEN if (value := os.environ.get(name))}
        if "DATABASE_URL" not in self.urls:
            self._start("DATABASE_URL", Postgres(home=self._at_home(), throw_away=self.throw_away))
        if "REDIS_URL" not in self.urls:
            self._start("REDIS_URL", Valkey(home=self._at_home(), mark=str(self.data)))
        installation.write_private(self.data / installation.SERVERS, self.urls)
        return self.urls

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start an embedded server again that has died; the portal's processes connect again by themselves.

        :raises SystemExit: it does not come back, or only under another address.
        """
        for variable, server in self.embedded.items():
            if server.child is None or server.child.poll() is None:
                continue
            say(f"{server.name} {process.how_it_ended(server.child.returncode)}; starting it again")
            if server.start() != self.urls[variable]:
                raise SystemExit(f"{server.name} lost its port to another program. Start again with `make run`.")
            say(f"{server.name} is back")

    def stop(self) -> None:
        """Stop in the opposite order."""
        for server in reversed(self.embedded.values()):
            server.stop()
        if self.throw_away and self._home is not None:
            self._home.remove()

    def _start(self, variable: str, server: Postgres | Valkey) -> None:
        # Known before it answers, so that one that never does is stopped as well.
        self.embedded[variable] = server
        self.urls[variable] = server.start()

    def _at_home(self) -> Home:
        self._home = self._home or Home(self.data)
        return self._home
