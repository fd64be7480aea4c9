"""How long `make run` takes until it says that it is ready: with an empty data folder, and again with what it left there.

The environment is installed already. Each is timed twice, in a scratch folder and on a free port.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from supervision.env import ROOT
from supervision.runtime import process
from supervision.runtime.home import Home
from supervision.runtime.servers import GIVEN
from tests.bench.figures import Figure

TIMES = 2
FRESH_SECONDS, SECOND_SECONDS = 60.0, 15.0
PATIENCE_SECONDS = 180
READY = re.compile(r"^\s*[\d.]+s\s+ready$")
# What the bench itself was given; `make run` has to make its own.
OURS = (*GIVEN, "MIDSHIFT_SECRET_KEY", "MIDSHIFT_SEAL_KEYS", "MIDSHIFT_PUBLIC_URL", "PORT")


def _start(words: list[str], data: Path) -> float:
    """Run a start until it is ready, end it by Ctrl-C and return the seconds it took."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    env |= {"MIDSHIFT_DATA_DIR": str(data), "PORT": str(process.free_port())}
    began, said = time.monotonic(), []
    child = subprocess.Popen(
        words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert child.stdout is not None
    try:
        for line in child.stdout:
            said.append(line)
            if READY.match(line):
                return time.monotonic() - began
            if time.monotonic() - began > PATIENCE_SECONDS:
                break
    finally:
        # To the group, as a terminal does; the manager stops its children in order.
        os.killpg(child.pid, signal.SIGINT)
        child.stdout.read()
        child.wait(60)
    raise RuntimeError(f"It did not become ready:\n{''.join(said[-15:])}")


def _servers_alone() -> float:
    """The limit of a fresh start: the two servers from nothing, and nothing else."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    began = time.monotonic()
    words = [sys.executable, "-m", "supervision.runtime", "with-servers", "--", "true"]
    subprocess.run(words, cwd=ROOT, env=env, check=True)
    return time.monotonic() - began


def _application_alone() -> float:
    """The limit of a second start: one process that imports the portal."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import supervision.asgi"], cwd=ROOT, check=True)
    return time.monotonic() - began


def run(seconds: float | None) -> list[Figure]:
    """Fresh and second start, each twice; the slower of the two counts."""
    fresh, second = [], []
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory(prefix="midshift-start-", ignore_cleanup_errors=True) as folder:
            data = Path(folder)
            data.chmod(0o711)  # the servers' account walks through it
            try:
                fresh.append(_start(["make", "run"], data))
                second.append(_start(["make", "run"], data))
            finally:
                Home(data).remove()
    return [
        Figure(
            name="make run, empty data folder", unit="s", value=max(fresh), target=FRESH_SECONDS, n=TIMES, word="slowest",
            limit_name="the two servers alone, from nothing", limit=_servers_alone(), detail={"fastest": min(fresh)},
            note="environment installed; with the demo floor, whose history fills in after that. No target is set in the "
            "issue: one minute is ours.",
        ),
        Figure(
            name="make run, second start", unit="s", value=max(second), target=SECOND_SECONDS, n=TIMES, word="slowest",
            limit_name="one process that imports the portal", limit=_application_alone(), detail={"fastest": min(second)},
            note='"Seconds" in the issue; fifteen are ours.',
        ),
    ]  # fmt: skip
