"""The real processes for the real dialogues: a web door, a worker with its beat, and senders through the public API."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import django
import httpx

from supervision.runtime.process import free_port

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")
django.setup()

from django.core.management import call_command
from django.utils import timezone

from apps.connectors.models import Delivery
from apps.connectors.services import create_source
from tests.bench import dialogues
from tests.bench.dialogues import FILES, Event

ROOT = Path(__file__).parents[2]
PER_REQUEST = 100
SENDERS = 4


@contextmanager
def portal() -> Iterator[str]:
    """Start the web process and a worker on the servers given; yield the address; stop both."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    env = {**os.environ, "MIDSHIFT_PUBLIC_URL": address, "MIDSHIFT_LOG_LEVEL": "WARNING"}
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+b") as log:
        commands = (
            ["uvicorn", "supervision.asgi:application", "--port", str(port), "--lifespan", "off", "--no-access-log"],
            ["celery", "-A", "supervision.celery:app", "worker", "--beat", "--schedule", f"{folder}/beat", "--concurrency",
             "1", "--without-gossip", "--without-mingle", "--loglevel", "WARNING", "--queues",
             "ingest,metrics,analysis,alerts,notices,reports,live"],
        )  # fmt: skip
        children = [
            subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, env=env, stdout=log, stderr=log)
            for words in commands
        ]
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    if httpx.get(f"{address}/healthz", timeout=2).status_code == 200:
                        break
                except httpx.TransportError:
                    if time.monotonic() > deadline or children[0].poll() is not None:
                        print(Path(log.name).read_text(errors="replace"), file=sys.stderr)
                        raise
                    time.sleep(0.2)
            yield address
        finally:
            for child in children:
                child.terminate()
            for child in children:
                child.wait(20)


def send(address: str, tokens: dict[str, str], sent: Sequence[tuple[str, bytes]]) -> int:
    """Send bodies through the door, several at once, and return how many events were accepted."""

    def one(what: tuple[str, bytes]) -> int:
        source, body = what
        while True:
            answer = client.post(
                f"{address}/api/v1/events", content=body,
                headers={"Authorization": f"Bearer {tokens[source]}", "Content-Type": "application/json"},
            )  # fmt: skip
            if answer.status_code == 429:
                time.sleep(float(answer.headers["Retry-After"]))
                continue
            results = answer.raise_for_status().json()["results"]
            if refused := [result for result in results if result["status"] == "refused"]:
                raise SystemExit(f"The door refused {len(refused)} events of {source}, the first: {refused[0]}")
            return sum(result["status"] == "accepted" for result in results)

    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(SENDERS) as senders:
        return sum(senders.map(one, sent))


def wait_until_absorbed() -> None:
    """Return when no delivery waits any more."""
    while Delivery.objects.filter(state="waiting").exists():
        time.sleep(0.05)


def run() -> int:
    """Replay everything at full speed, print the table, and return 1 where a count differs from its source."""
    if not dialogues.is_here():
        print(f"The dialogues are not here: expected {', '.join(FILES.values())} in {dialogues.FOLDER}.")
        return 2
    call_command("migrate", verbosity=0)
    lines = {source: list(dialogues.read(source)) for source in FILES}
    events = {source: dialogues.canonical(source, lines[source]) for source in FILES}
    tokens = {s: create_source(by=None, slug=s, name=s, kind="api", at=timezone.now())[1] for s in FILES}
    sent = [(source, body) for source in FILES for body in dialogues.bodies(events[source], PER_REQUEST)]
    with portal() as address:
        began = time.perf_counter()
        accepted = send(address, tokens, sent)
        at_the_door = time.perf_counter() - began
        wait_until_absorbed()
        seconds = time.perf_counter() - began
    total = sum(map(len, events.values()))
    heads = ("conversations", "customer", "person", "AI", "hand-offs")
    print(f"{'source':<14}{'':>9}" + "".join(f"{head:>15}" for head in heads))
    wrong = 0
    for source in FILES:
        here, there = dialogues.counted(lines[source]).row(), dialogues.stored(source).row()
        wrong += here != there
        print(f"{source:<14}{'source':>9}" + "".join(f"{n:>15,}" for n in here))
        print(f"{'':<14}{'stored':>9}" + "".join(f"{n:>15,}" for n in there) + ("" if here == there else "   DIFFERS"))
    lines_sent, messages = (
        sum(map(len, lines.values())),
        sum(sum(dialogues.counted(x).messages.values()) for x in lines.values()),
    )
    print(
        f"{lines_sent:,} lines as {total:,} canonical events, {accepted:,} accepted: {total / at_the_door:,.0f} a second at "
        f"the door, {total / seconds:,.0f} until recorded ({messages / seconds:,.0f} messages a second)"
    )
    return 1 if wrong or accepted != total else 0


def show(words: Sequence[str]) -> int:
    """Send the dialogues to a portal that runs elsewhere, moved to now: its address and a file of tokens by source."""
    address, tokens = words[0], json.loads(Path(words[1]).read_text())
    now = datetime.now(UTC)
    events: dict[str, list[Event]] = {
        s: dialogues.as_if_now(dialogues.canonical(s, list(dialogues.read(s))), now=now) for s in tokens
    }
    queues = [[(source, body) for body in dialogues.bodies(events[source], PER_REQUEST)] for source in tokens]
    print(f"{send(address, tokens, list(itertools.chain(*queues))):,} events accepted")
    return 0
