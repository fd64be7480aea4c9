"""All figures in one table: `make bench`, or `python -m tests.bench [NAME ...] [--seconds N]`.

Each bench runs in a process and a database of its own, on servers that keep every commit on disk as those of `make run`
do; throw-away servers do not wait for the disk, and would flatter. Given URLs are used instead. The table goes to the
terminal and, with all details, to var/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from supervision.env import ROOT
from supervision.runtime.home import Home
from supervision.runtime.installation import ensure_secrets
from supervision.runtime.servers import GIVEN, Servers
from tests.bench import world
from tests.bench.figures import Figure, table

# In the order of the table; each module has `run(seconds)`, where None means the bench's own length.
BENCHES = (
    "ingest", "single", "pixel", "sockets", "floor", "access_cost", "numbers", "rules", "alerting", "simulated", "sampling",
    "scoring", "pages", "fairness", "interventions", "reading", "starts",
)  # fmt: skip
# Asked for by name only: it writes for minutes.
LONG = ("scale",)
OPEN_FILES = 8192


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The servers that no URL names, with all safety on; removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="midshift-bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        data.chmod(0o711)  # the servers' account walks through it
        running = Servers(data=data)
        try:
            yield {**ensure_secrets(data), **running.start(), "MIDSHIFT_DATA_DIR": folder}
        finally:
            running.stop()
            if running.embedded:
                Home(data).remove()


def measure(name: str, seconds: float | None, env: dict[str, str]) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """Run one bench in a process and a database of its own; return its records and its lines of the table."""
    print(f"{name} …", file=sys.stderr, flush=True)
    with world.database(env["DATABASE_URL"], f"bench_{name}") as url, tempfile.NamedTemporaryFile() as told:
        words = [sys.executable, "-m", "tests.bench", "--inside", told.name, name]
        words += ["--seconds", str(seconds)] if seconds else []
        child = subprocess.run(words, cwd=ROOT, env={**os.environ, **env, "DATABASE_URL": url}, check=False)
        if child.returncode:
            return [{"name": name, "failed": child.returncode}], [
                [name, "", "the bench itself failed", "", "", "", "MISS"]
            ]
        found = json.loads(Path(told.name).read_text())
    return found["records"], found["rows"]


def inside(name: str, seconds: float | None, report: Path) -> None:
    """The bench's own process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, OPEN_FILES), hard), hard))
    world.prepare()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
    import django

    django.setup()
    run: Callable[[float | None], list[Figure]] = import_module(f"tests.bench.{name}").run
    found = run(seconds)
    report.write_text(json.dumps({"records": [f.as_record() for f in found], "rows": [f.as_row() for f in found]}))


def yardstick() -> float:
    """Seconds of a loop that does nothing but add, the best of three: what tells a slow machine from a slow program."""

    def once() -> float:
        began, total = time.perf_counter(), 0
        for step in range(10_000_000):
            total += step
        return time.perf_counter() - began

    return min(once() for _ in range(3))


def main() -> int:
    """Read the command line, run what is asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[*BENCHES, *LONG, []], help=f"of: {', '.join([*BENCHES, *LONG])}"
    )
    parser.add_argument("--seconds", type=float, help="a shorter or longer run of each bench, for a trial")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.inside:
        inside(words.names[0], words.seconds, words.inside)
        return 0
    began, load, cores, bare = datetime.now(UTC), os.getloadavg(), os.cpu_count(), yardstick()
    records: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    with servers() as env:
        for name in words.names or BENCHES:
            record, lines = measure(name, words.seconds, env)
            records += record
            rows += lines
    given = [name for name in GIVEN if os.environ.get(name)]
    where = f"given by {', '.join(given)}" if given else "embedded, with fsync"
    head = f"{began:%Y-%m-%d %H:%M} UTC, {cores} cores, load {load[0]:.2f} at the start, a bare loop of 10 M steps {bare:.2f} s, servers {where}"
    print(f"\n{head}\n\n{table(rows)}\n")
    for record in records:
        if record.get("note"):
            print(f"{record['name']}: {record['note']}")
    kept = ROOT / "var" / "bench.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(
        json.dumps(
            {"at": began.isoformat(), "cores": cores, "load": load, "yardstick": bare, "figures": records}, indent=1
        )
    )
    return 0 if all(record.get("passed") for record in records) else 1


if __name__ == "__main__":
    sys.exit(main())
