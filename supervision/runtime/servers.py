"""The embedded PostgreSQL and Valkey: made once, started each time, recovered after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import redis

from supervision.env import parse_env_file
from supervision.runtime import bins, process

START_SECONDS = 30


class Servers:
    """The servers that were not given by URL. `urls` is what the portal needs to know of all of them."""

    def __init__(self, *, data: Path, throw_away: bool = False) -> None:
        self.data = data
        self.throw_away = throw_away
        self.urls: dict[str, str] = {}
        self._running: list[tuple[subprocess.Popen[bytes], int]] = []
        self._log = data / "log"
        self._user = process.harmless_user()

    def start(self) -> dict[str, str]:
        """Start what no URL names and return DATABASE_URL, REDIS_URL (and the broker's, where one was given)."""
        self._log.mkdir(parents=True, exist_ok=True)
        for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
            if os.environ.get(name):
                self.urls[name] = os.environ[name]
        before = self._written()
        if "DATABASE_URL" not in self.urls:
            self.urls["DATABASE_URL"] = self._postgres(before.get("DATABASE_URL"))
        if "REDIS_URL" not in self.urls:
            self.urls["REDIS_URL"] = self._valkey(before.get("REDIS_URL"))
        write_private(self.data / "servers.env", self.urls)
        return self.urls

    def stop(self) -> None:
        """Stop in the opposite order; PostgreSQL gets a fast shutdown."""
        for child, how in reversed(self._running):
            process.stop(child, how=how, seconds=10)
        self._running.clear()
        if self.throw_away:
            shutil.rmtree(self._server_home(), ignore_errors=True)

    def _written(self) -> dict[str, str]:
        path = self.data / "servers.env"
        return parse_env_file(path.read_text()) if path.is_file() else {}

    def _server_home(self) -> Path:
        """Where servers keep their data: in our folder, or, where their account cannot reach it, in a public one."""
        if self._user is None or process.reachable(self.data, self._user):
            home = self.data / "servers"
        else:
            home = Path("/var/tmp") / f"midshift-{hashlib.sha256(str(self.data).encode()).hexdigest()[:12]}"
        if not home.is_dir():
            home.mkdir(mode=0o700, parents=True)
            if self._user is not None:
                os.chown(home, self._user.pw_uid, self._user.pw_gid)
        return home

    def _binaries(self, folder: Path, name: str) -> Path:
        """Binaries at a place that the servers' account can reach; copied once where it cannot."""
        if self._user is None or process.reachable(folder, self._user):
            return folder
        copy = self._server_home() / name
        if not copy.exists():
            temporary = copy.with_suffix(".new")
            shutil.rmtree(temporary, ignore_errors=True)
            if folder.is_dir():
                shutil.copytree(folder, temporary, symlinks=True)
            else:
                shutil.copy2(folder, temporary)
            temporary.rename(copy)
        return copy

    def _postgres(self, url_before: str | None) -> str:
        folder = self._binaries(bins.postgres_folder(), "postgres")
        home = self._server_home()
        data, log = home / "pgdata", self._log / "postgres.log"
        parts = urlsplit(url_before or "")
        password = parts.password or secrets.token_urlsafe(24)
        if not (data / "PG_VERSION").is_file():
            shutil.rmtree(data, ignore_errors=True)
            self._initdb(folder, data, password)
        else:
            self._end_leftover(data)
        port = process.free_port(parts.port)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "shared_buffers": "256MB",
            "max_connections": "100",
            "wal_compression": "on",
            "max_wal_size": "2GB",
            "random_page_cost": "1.1",
            "jit": "off",
        }
        if self.throw_away:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        url = f"postgresql://midshift:{quote(password)}@127.0.0.1:{port}/midshift"
        with log.open("ab") as out:
            child = process.start(
                [folder / "bin" / "postgres", "-D", data, *words],
                log=out, user=self._user, cwd=home, on_parent_death=signal.SIGINT,
            )  # fmt: skip
        self._running.append((child, signal.SIGINT))
        admin = url.removesuffix("/midshift") + "/postgres"
        process.wait_until(
            lambda: _answers(admin),
            seconds=START_SECONDS,
            what="PostgreSQL",
            log=log,
            alive=lambda: child.poll() is None,
        )
        with psycopg.connect(admin, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'midshift'").fetchone() is None:
                connection.execute("CREATE DATABASE midshift")
        return url

    def _initdb(self, folder: Path, data: Path, password: str) -> None:
        secret = self._server_home() / "password"
        secret.write_text(password)
        secret.chmod(0o600)
        if self._user is not None:
            os.chown(secret, self._user.pw_uid, self._user.pw_gid)
        locale = ["--locale=C", "--encoding=UTF8"]
        log = self._log / "initdb.log"
        with log.open("wb") as out:
            child = process.start(
                [folder / "bin" / "initdb", "-D", data, "-U", "midshift", "--auth=scram-sha-256", "--pwfile", secret,
                 *locale, "--no-sync"],
                log=out, user=self._user, cwd=self._server_home(),
            )  # fmt: skip
            failed = child.wait()
        secret.unlink()
        if failed:
            raise SystemExit(f"initdb failed. The end of {log}:\n" + log.read_text(errors="replace")[-2000:])

    def _end_leftover(self, data: Path) -> None:
        """End a server that a killed run left behind on this data folder, and wait for its children."""
        pid_file = data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            end = time.monotonic() + 10
            while _is_postgres(pid, data) and time.monotonic() < end:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
                time.sleep(0.2)
            if not _is_postgres(pid, data):
                pid_file.unlink(missing_ok=True)
        # After kill -9 of the postmaster its children need a moment to see that they are alone.
        end = time.monotonic() + 10
        while time.monotonic() < end and _children_left(data):
            time.sleep(0.2)

    def _valkey(self, url_before: str | None) -> str:
        binary = self._binaries(bins.valkey_binary(), "valkey-server")
        parts = urlsplit(url_before or "")
        password = parts.password or secrets.token_urlsafe(24)
        port = process.free_port(parts.port)
        log = self._log / "valkey.log"
        config = self._server_home() / "valkey.conf"
        # By file, because a command line can be read by everybody on the machine.
        config.write_text(f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n')
        config.chmod(0o600)
        if self._user is not None:
            os.chown(config, self._user.pw_uid, self._user.pw_gid)
        with log.open("ab") as out:
            child = process.start([binary, config], log=out, user=self._user, cwd=self._server_home())
        self._running.append((child, signal.SIGTERM))
        url = f"redis://:{quote(password)}@127.0.0.1:{port}/0"
        process.wait_until(
            lambda: _pings(url), seconds=START_SECONDS, what="Valkey", log=log, alive=lambda: child.poll() is None
        )
        return url


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _pings(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _is_postgres(pid: int, data: Path) -> bool:
    return str(data) in _command_line(pid)


def _children_left(data: Path) -> bool:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").resolve() == data and "postgres" in (entry / "comm").read_text():
                return True
    return False


def write_private(path: Path, values: dict[str, str]) -> None:
    """Write KEY=VALUE lines that only the owner can read, whole or not at all."""
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.chmod(0o600)
    temporary.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    temporary.rename(path)


def ensure_secrets(data: Path) -> dict[str, str]:
    """Return the secret key and the sealing key of this installation, made at the first start."""
    import base64

    path = data / "secrets.env"
    values = parse_env_file(path.read_text()) if path.is_file() else {}
    made = {
        "MIDSHIFT_SECRET_KEY": lambda: secrets.token_urlsafe(48),
        "MIDSHIFT_SEAL_KEYS": lambda: base64.b64encode(os.urandom(32)).decode(),
    }
    missing = [name for name in made if name not in values]
    if missing:
        data.mkdir(parents=True, exist_ok=True)
        values.update({name: made[name]() for name in missing})
        write_private(path, values)
    return {name: os.environ.get(name) or value for name, value in values.items()}
