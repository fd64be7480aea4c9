"""`python -m supervision.runtime run` and `python -m supervision.runtime with-servers -- COMMAND`."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from supervision.env import DATA_DIR, ROOT
from supervision.runtime import process
from supervision.runtime.servers import Servers, ensure_secrets

QUIET_RESTART_SECONDS = 30


class Stopped(Exception):
    """Somebody asked us to end."""


def _on_signal(number: int, frame: FrameType | None) -> None:
    raise Stopped


def say(text: str) -> None:
    """One line of progress with the seconds since the start."""
    print(f"  {time.monotonic() - _began:5.1f}s  {text}", flush=True)


_began = time.monotonic()


@dataclass(slots=True)
class Child:
    """One process of the portal, started again with growing pauses when it dies."""

    name: str
    command: list[str]
    stop_signal: int = signal.SIGTERM
    running: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    next_start_at: float = field(default=0.0)

    def start(self, *, env: dict[str, str], logs: Path) -> None:
        with (logs / f"{self.name}.log").open("ab") as out:
            self.running = process.start(self.command, log=out, env=env, cwd=ROOT)
        self.started_at = time.monotonic()

    def look_after(self, *, env: dict[str, str], logs: Path) -> None:
        """Start it again when it has died; a child that stood for a while may restart at once."""
        if self.running is None or self.running.poll() is None:
            return
        now = time.monotonic()
        if self.next_start_at == 0:
            code = self.running.returncode
            if now - self.started_at > QUIET_RESTART_SECONDS:
                self.failures = 0
            self.failures += 1
            pause = min(2 ** (self.failures - 1) - 1, 60)
            self.next_start_at = now + pause
            say(f"{self.name} ended with {code}; starting it again in {pause} s (log/{self.name}.log)")
        if now >= self.next_start_at:
            self.next_start_at = 0
            self.start(env=env, logs=logs)


def run() -> int:
    """Start everything, print where it is, and look after it until told to stop."""
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    logs = DATA_DIR / "log"
    logs.mkdir(exist_ok=True)
    lock = (DATA_DIR / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Midshift is running already in this folder ({DATA_DIR.name}/lock is held). Stop it first.")
        return 1
    port = os.environ.get("PORT", "8321")
    demo = os.environ.get("DEMO", "1") != "0"
    env = {**os.environ, **ensure_secrets(DATA_DIR), "PYTHONUNBUFFERED": "1"}
    env.setdefault("MIDSHIFT_PUBLIC_URL", f"http://127.0.0.1:{port}")
    servers = Servers(data=DATA_DIR)
    children: list[Child] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _on_signal)
    try:
        say("starting the servers")
        env.update(servers.start())
        say("bringing the database up to date")
        _manage(env, "migrate", "--no-input", "-v0")
        _manage(env, "collectstatic", "--no-input", "-v0")
        if demo:
            say("setting up the demo floor")
            _manage(env, "seed_floor")
        children += _children(port=port, demo=demo)
        for child in children[:1]:
            child.start(env=env, logs=logs)
        say("starting the portal")
        _wait_for(f"http://127.0.0.1:{port}/healthz", children[0])
        for child in children[1:]:
            child.start(env=env, logs=logs)
        say("ready")
        print(f"\n  Midshift is at {env['MIDSHIFT_PUBLIC_URL']}\n", flush=True)
        _manage(env, "demo_logins" if demo else "first_admin")
        print("\n  Ctrl-C stops everything; your data stays.\n", flush=True)
        while True:
            time.sleep(0.5)
            for child in children:
                child.look_after(env=env, logs=logs)
    except Stopped:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("\n  stopping", flush=True)
        return 0
    finally:
        for child in reversed(children):
            if child.running is not None:
                process.stop(child.running, how=child.stop_signal, seconds=6)
        servers.stop()


def _children(*, port: str, demo: bool) -> list[Child]:
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "supervision.celery:app"]
    workers = os.environ.get("MIDSHIFT_WORKER_PROCESSES", "2")
    web = [python, "-m", "uvicorn", "supervision.asgi:application", "--host", "127.0.0.1", "--port", port]
    found = [
        Child("web", [*web, "--ws", "websockets-sansio", "--no-access-log", "--timeout-graceful-shutdown", "3",
                      "--workers", os.environ.get("MIDSHIFT_WEB_PROCESSES", "1")]),
        Child("worker", [*celery, "worker", "--concurrency", workers, "--loglevel", "WARNING", "--without-gossip",
                         "--without-mingle", "--queues", "ingest,metrics,alerts,notices,reports,live"]),
        Child("beat", [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(DATA_DIR / "beat-schedule")]),
    ]  # fmt: skip
    if demo:
        found.append(Child("floor", [python, "manage.py", "play_floor"]))
    return found


def _manage(env: dict[str, str], *words: str) -> None:
    done = subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=False)
    if done.returncode:
        raise SystemExit(f"`manage.py {words[0]}` failed with {done.returncode}; its message stands above.")


def _wait_for(address: str, child: Child) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and child.running is not None and child.running.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"The portal did not answer. See {DATA_DIR.name}/log/web.log.")


def with_servers(command: list[str]) -> int:
    """Run a command beside throw-away servers (or those named by URL) and return its exit code."""
    with tempfile.TemporaryDirectory(prefix="midshift-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        servers = Servers(data=data, throw_away=True)
        try:
            env = {**os.environ, **ensure_secrets(data), **servers.start(), "MIDSHIFT_DATA_DIR": folder}
            return subprocess.run(command, env=env, check=False).returncode
        finally:
            servers.stop()


def main(words: list[str]) -> int:
    """Read the command line."""
    if words == ["run"]:
        return run()
    if words[:2] == ["with-servers", "--"] and words[2:]:
        return with_servers(words[2:])
    print(f"Saw {' '.join(words) or 'nothing'}. Expected: run, or: with-servers -- COMMAND")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
