"""The processes of the portal: started together, started again when one dies, stopped in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from supervision.env import ROOT
from supervision.runtime import process

QUIET_SECONDS = 30  # who stood for so long is started again without a pause
LONGEST_PAUSE_SECONDS = 60
START_SECONDS = 120
STOP_SECONDS = 4
LARGEST_LOG_BYTES = 10 * 1024 * 1024

Say = Callable[[str], None]


@dataclass(slots=True)
class Child:
    """One process of the portal, started again with growing pauses when it dies."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    reports: Path | None = None  # where what it prints goes, when people are to read it
    running: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    next_start_at: float | None = None

    def start(self) -> None:
        """Start it; its log is continued, and put aside once it has grown large."""
        if self.log.is_file() and self.log.stat().st_size > LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log, (self.reports or self.log).open("ab") as reports:
            self.running = process.start(self.command, log=log, reports=reports, env=self.env, cwd=ROOT)
        self.started_at = time.monotonic()
        self.next_start_at = None

    def is_alive(self) -> bool:
        """True between a start and an end."""
        return self.running is not None and self.running.poll() is None

    def look_after(self, say: Say, *, now: float) -> None:
        """Start it again when it has died: at once the first time, then after 1, 3, 7 ... seconds."""
        if self.running is None or self.is_alive():
            return
        if self.next_start_at is None:
            process.end_group(self.running.pid)
            self.failures = 1 if now - self.started_at > QUIET_SECONDS else self.failures + 1
            pause = min(2 ** (self.failures - 1) - 1, LONGEST_PAUSE_SECONDS)
            self.next_start_at = now + pause
            when = f"in {pause} s" if pause else "at once"
            say(
                f"{self.name} {process.how_it_ended(self.running.returncode)}; starting it again {when} (log/{self.log.name})"
            )
        if now >= self.next_start_at:
            self.start()


class Portal:
    """Web, worker, beat and, for a demo, the shop that plays."""

    def __init__(self, *, env: Mapping[str, str], data: Path, port: int, demo: bool) -> None:
        self.env = env
        self.logs = data / "log"
        self.port = port
        python = sys.executable
        celery = [python, "-m", "celery", "-A", "supervision.celery:app"]
        self.web = self._child(
            "web",
            [python, "-m", "uvicorn", "supervision.asgi:application", "--host", "127.0.0.1", "--port", str(port),
             "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--no-access-log", "--no-proxy-headers",
             "--timeout-graceful-shutdown", "3",
             "--workers", env.get("MIDSHIFT_WEB_PROCESSES", "1")],
        )  # fmt: skip
        self.others = [
            self._child(
                "worker",
                [*celery, "worker", "--concurrency", env.get("MIDSHIFT_WORKER_PROCESSES", "2"), "--loglevel", "WARNING",
                 "--without-gossip", "--without-mingle", "--queues", "ingest,metrics,analysis,alerts,notices,reports,live"],
            ),
            self._child("beat", [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(data / "beat-schedule")]),
        ]  # fmt: skip
        self.floor: Child | None = None
        self.heard = 0
        if demo:
            # The shop's systems stand beside the portal, whatever address people use.
            self.floor = self._child(
                "floor", [python, "manage.py", "play_floor"], MIDSHIFT_PUBLIC_URL=f"http://127.0.0.1:{port}"
            )
            self.floor.reports = self.logs / "floor.txt"

    def _child(self, name: str, command: list[str], **more: str) -> Child:
        return Child(name, command, {**self.env, **more}, self.logs / f"{name}.log")

    @property
    def children(self) -> list[Child]:
        """All of them, those that bring work in first."""
        return [*([self.floor] if self.floor else []), self.others[1], self.web, self.others[0]]

    def start(self) -> None:
        """Start everything and return when the portal answers.

        :raises NotStarted: it ended, or does not answer.
        """
        for child in (self.web, *self.others):
            child.start()
        self._wait_for_answer()
        if self.floor is not None and self.floor.reports is not None:
            self.floor.reports.write_bytes(b"")
            self.floor.start()

    def look_after(self, say: Say) -> None:
        """Start again what has died, and pass on what the playing shop reports."""
        now = time.monotonic()
        for child in self.children:
            child.look_after(say, now=now)
        self._listen(say)

    def stop(self) -> None:
        """Ask all of them at once: what a worker has begun is kept, or given back and done after the next start."""
        running = [(child.running, signal.SIGTERM) for child in self.children if child.running is not None]
        process.stop(running, seconds=STOP_SECONDS)

    def _wait_for_answer(self) -> None:
        # Asked under the name that people use, which is the one that has to be allowed.
        host = urlsplit(self.env["MIDSHIFT_PUBLIC_URL"]).netloc
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/healthz", headers={"Host": host})
        seen: list[str] = []

        def answers() -> bool:
            try:
                urllib.request.urlopen(request, timeout=2).close()
            except urllib.error.HTTPError as error:
                seen[:] = [f"It answers {error.code} to {host}."]
                if error.code == 400:
                    seen.append(f"Add {urlsplit('//' + host).hostname} to MIDSHIFT_ALLOWED_HOSTS.")
                error.close()
                return False
            except OSError:
                return False
            return True

        try:
            process.wait_until(
                answers, seconds=START_SECONDS, what="The portal", log=self.web.log, alive=self.web.is_alive
            )
        except process.NotStarted as error:
            raise process.NotStarted(" ".join([*seen, str(error)])) from None

    def _listen(self, say: Say) -> None:
        if self.floor is None or self.floor.reports is None:
            return
        with self.floor.reports.open("rb") as reports:
            reports.seek(self.heard)
            for line in reports:
                if line.endswith(b"\n"):
                    self.heard += len(line)
                    say(line.decode(errors="replace").rstrip())
