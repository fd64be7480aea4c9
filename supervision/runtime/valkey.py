"""An embedded Redis-protocol server: hints, bells and caches. Nothing in it has to outlive it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from urllib.parse import quote

import redis

from supervision.runtime import bins, process
from supervision.runtime.home import Home

START_SECONDS = 30


class Valkey:
    """One server on a port of the loopback address. It asks everybody for a password."""

    name = "Valkey"

    def __init__(self, *, home: Home, mark: str) -> None:
        self.home = home
        self.mark = mark
        self.log = home.logs / "valkey.log"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it empty and return its URL. The port stays the same where it is free."""
        binary = self.home.within_reach(bins.valkey_binary(), "valkey-server")
        password = self.home.kept.get("VALKEY_PASSWORD") or secrets.token_urlsafe(24)
        port = process.free_port(int(self.home.kept.get("VALKEY_PORT", "0")))
        self.home.keep(VALKEY_PASSWORD=password, VALKEY_PORT=str(port))
        # By file, because everybody on a machine can read a command line. The title would overwrite the mark.
        config = self.home.folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {self.home.folder}\n"
            'save ""\nappendonly no\nset-proc-title no\nloglevel warning\n'
        )
        self.home.give(config)
        with self.log.open("ab") as out:
            child = process.start(
                [binary, config],
                log=out, user=self.home.user, cwd=self.home.folder, env={**os.environ, process.MARK: self.mark},
            )  # fmt: skip
        self.child = child
        url = f"redis://:{quote(password)}@127.0.0.1:{port}/0"
        process.wait_until(
            lambda: _pings(url),
            seconds=START_SECONDS,
            what=self.name,
            log=self.log,
            alive=lambda: child.poll() is None,
        )
        return url

    def stop(self, *, seconds: float = 4) -> None:
        """End it."""
        if self.child is not None:
            process.stop([(self.child, signal.SIGTERM)], seconds=seconds)


def _pings(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
