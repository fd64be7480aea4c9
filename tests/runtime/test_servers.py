"""The embedded servers: found, started, killed, and started again with nothing lost."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
import redis

from supervision.runtime import bins, process
from supervision.runtime.servers import Servers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_row_outlives_a_kill_of_postgresql_and_a_new_start_finds_it(folder: Path) -> None:
    first = Servers(data=folder)
    url = first.start()["DATABASE_URL"]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (42)")
    with redis.Redis.from_url(first.urls["REDIS_URL"]) as client:
        assert client.ping()
    for server in first.embedded.values():
        assert server.child is not None
        os.kill(server.child.pid, signal.SIGKILL)
        server.child.wait()
    second = Servers(data=folder)
    try:
        again = second.start()["DATABASE_URL"]
        with psycopg.connect(again) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (42,)
    finally:
        second.throw_away = True
        second.stop()


def test_nothing_is_started_for_a_server_given_by_url(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere:6379/0")
    servers = Servers(data=folder)
    assert servers.start() == {"DATABASE_URL": "postgresql://somewhere/else", "REDIS_URL": "redis://somewhere:6379/0"}
    assert servers.embedded == {}
    assert (folder / "servers.env").stat().st_mode & 0o077 == 0


def test_a_named_folder_of_binaries_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("postgres", "initdb"):
        (tmp_path / "bin" / name).touch()
    monkeypatch.setenv("MIDSHIFT_POSTGRES_BIN", str(tmp_path / "bin"))
    assert bins.postgres_folder() == tmp_path


def test_a_wanted_port_that_is_taken_is_replaced() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        assert process.free_port(wanted) != wanted


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = process.start(["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"], log=log)
        time.sleep(0.3)
        process.stop([(child, signal.SIGTERM)], seconds=0.3)
    assert child.returncode == -signal.SIGKILL
