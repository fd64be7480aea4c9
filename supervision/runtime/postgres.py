"""An embedded PostgreSQL: made once, tuned for the machine, recovered after a kill."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from supervision.runtime import bins, process
from supervision.runtime.home import Home

START_SECONDS = 60  # recovery reads the write-ahead log again
AFTER_KILL_SECONDS = 10  # children of a killed postmaster need a moment to see that they are alone
MEGABYTE = 1024 * 1024


class Postgres:
    """One server on a port of the loopback address. It asks everybody for a password."""

    name = "PostgreSQL"

    def __init__(self, *, home: Home, throw_away: bool) -> None:
        self.home = home
        self.throw_away = throw_away
        self.log = home.logs / "postgres.log"
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The folder of the cluster."""
        return self.home.folder / "pgdata"

    def start(self) -> str:
        """Start it, made and recovered where needed, and return its URL. The port stays the same where it is free."""
        folder = self.home.within_reach(bins.postgres_folder(), "postgres")
        version = bins.postgres_version(folder)
        password = self.home.kept.get("POSTGRES_PASSWORD")
        if not (self.data / "PG_VERSION").is_file():
            password = secrets.token_urlsafe(24)
            self._make(folder, version, password)
        else:
            self._refuse_another_version(version)
            self._end_leftover()
            if password is None:
                password = secrets.token_urlsafe(24)
                self._set_password(folder, password)
        port = process.free_port(int(self.home.kept.get("POSTGRES_PORT", "0")))
        self.home.keep(POSTGRES_PASSWORD=password, POSTGRES_PORT=str(port))
        server = f"postgresql://midshift:{quote(password)}@127.0.0.1:{port}"
        end = time.monotonic() + AFTER_KILL_SECONDS
        while True:
            try:
                self._serve(folder, port, f"{server}/postgres")
                break
            except process.NotStarted:
                # Shared memory of a killed server is let go by its last child.
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'midshift'").fetchone() is None:
                connection.execute("CREATE DATABASE midshift")
        return f"{server}/midshift"

    def stop(self, *, seconds: float = 8) -> None:
        """A fast shutdown: open transactions are rolled back, committed ones are on disk."""
        if self.child is not None:
            process.stop([(self.child, signal.SIGINT)], seconds=seconds)

    def settings(self, port: int) -> dict[str, str]:
        """Return what differs from PostgreSQL's own defaults."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
        found = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": f"{min(max(memory // 8, 128), 1024)}MB",
            "effective_cache_size": f"{memory // 2}MB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "wal_compression": "on",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "jit": "off",
            # The log must hold no personal data: neither statements nor the rows that broke a constraint.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if _shared_memory() < 256 * MEGABYTE:
            # Containers often have 64 MB there, too little for a parallel query.
            found["dynamic_shared_memory_type"] = "mmap"
        if self.throw_away:
            found |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return found

    def _serve(self, folder: Path, port: int, address: str) -> None:
        words = [word for name, value in self.settings(port).items() for word in ("-c", f"{name}={value}")]
        with self.log.open("ab") as out:
            child = process.start(
                [folder / "bin" / "postgres", "-D", self.data, *words],
                log=out, user=self.home.user, cwd=self.home.folder, on_parent_death=signal.SIGINT,
            )  # fmt: skip
        self.child = child
        try:
            process.wait_until(
                lambda: _answers(address),
                seconds=START_SECONDS,
                what=self.name,
                log=self.log,
                alive=lambda: child.poll() is None,
            )
        except process.NotStarted:
            self.stop()
            raise

    def _make(self, folder: Path, version: int, password: str) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        secret = self.home.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        self.home.give(secret)
        # The same letters on every machine, whatever its own locales are.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version >= 17 else []
        command: list[str | Path] = [
            folder / "bin" / "initdb",
            "-D",
            self.data,
            "-U",
            "midshift",
            "--auth=scram-sha-256",
        ]
        command += ["--pwfile", secret, "--encoding=UTF8", "--locale=C", *locale, "--no-instructions"]
        command += ["--no-sync"] if self.throw_away else []
        try:
            self._run(command, "Making the database")
        finally:
            secret.unlink()

    def _set_password(self, folder: Path, password: str) -> None:
        """Give the owner a new password when the kept one was lost: single-user mode asks for none."""
        statement = self.home.folder / "statement"
        statement.touch(mode=0o600)
        statement.write_text(f"ALTER ROLE midshift PASSWORD '{password}'\n")
        self.home.give(statement)
        program = f'exec "$0" --single -D "$1" postgres <{statement.name}'
        try:
            self._run(["sh", "-c", program, folder / "bin" / "postgres", self.data], "Setting a new password")
        finally:
            statement.unlink()

    def _run(self, command: list[str | Path], what: str) -> None:
        with self.log.open("ab") as out:
            child = process.start(command, log=out, user=self.home.user, cwd=self.home.folder)
            if child.wait():
                raise process.NotStarted(f"{what} failed. The end of {self.log}:\n{process.tail(self.log)}")

    def _refuse_another_version(self, version: int) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(version):
            raise SystemExit(
                f"The data in {self.data} was made by PostgreSQL {made_by}, but the binaries are version {version}. "
                f"Point MIDSHIFT_POSTGRES_BIN at version {made_by}, or move the data away to start anew."
            )

    def _end_leftover(self) -> None:
        """End a server that a killed run left behind on this folder, wait for its children, clear its pid file."""
        end = time.monotonic() + AFTER_KILL_SECONDS
        while (at_work := _serving(self.data)) and time.monotonic() < end:
            with contextlib.suppress(ProcessLookupError, ValueError, OSError):
                leader = int((self.data / "postmaster.pid").read_text().splitlines()[0])
                if leader in at_work:
                    os.kill(leader, signal.SIGINT)
            time.sleep(0.2)
        if not _serving(self.data):
            # Its number may be another program's by now, which PostgreSQL would take for a running server.
            (self.data / "postmaster.pid").unlink(missing_ok=True)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _shared_memory() -> int:
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108  # looked at, never written to
    except OSError:
        return 0
    return found.f_frsize * found.f_blocks


def _serving(data: Path) -> set[int]:
    """Return the PostgreSQL processes at work on a cluster: each of them has its folder as working directory."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").resolve() == data and (entry / "comm").read_text().startswith("postgres"):
                found.add(int(entry.name))
    return found
