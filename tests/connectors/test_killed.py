"""A web process that is killed in the middle of ingest: what it acknowledged is there, once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from apps.connectors import services
from apps.connectors.models import Ledger
from apps.interactions.models import Conversation

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def start(port: int) -> subprocess.Popen[bytes]:
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    web = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "supervision.asgi:application", "--port", str(port), "--lifespan", "off",
         "--log-level", "error"],
        # The bell has no worker here; an unreachable broker must not cost an event either.
        env={**os.environ, "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}", "MIDSHIFT_LOG_LEVEL": "CRITICAL",
             "CELERY_BROKER_URL": "redis://127.0.0.1:1/0"},
        cwd=ROOT,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return web
        assert web.poll() is None, "the web process ended while starting"
        time.sleep(0.05)
    raise AssertionError("the web process did not answer within 30 s")


@pytest.mark.django_db(transaction=True)
def test_kill_9_of_the_web_process_loses_no_acknowledged_event_and_takes_none_twice() -> None:
    if "DATABASE_URL" not in os.environ:
        pytest.skip("the database was not given by DATABASE_URL, so a second process could not find it")
    _, token = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    acknowledged: set[str] = set()
    port = free_port()
    stop = threading.Event()

    def send(sender: int) -> None:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=5) as client:
            number = 0
            while not stop.is_set():
                events = [
                    {"specversion": "1.0", "id": f"{sender}-{n}", "source": "/connections/shop",
                     "type": "midshift.conversation.started.v1", "time": "2026-11-24T12:00:00Z",
                     "data": {"conversation_id": f"{sender}-{n}", "channel": "webchat", "direction": "inbound"}}
                    for n in range(number, number + 5)
                ]  # fmt: skip
                try:
                    answer = client.post("/api/v1/events", content=json.dumps(events))
                except httpx.TransportError:
                    time.sleep(0.05)
                    continue  # sent again: it may or may not have been stored
                if answer.status_code == 202:
                    acknowledged.update(r["id"] for r in answer.json()["results"] if r["status"] != "refused")
                    number += 5
                else:
                    time.sleep(0.05)

    web = start(port)
    senders = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    try:
        for sender in senders:
            sender.start()
        time.sleep(1.5)
        before = len(acknowledged)
        web.send_signal(signal.SIGKILL)
        web.wait()
        web = start(port)
        time.sleep(1.5)
    finally:
        stop.set()
        for sender in senders:
            sender.join()
        web.kill()
        web.wait()
    assert 0 < before < len(acknowledged)
    while services.absorb(at=timezone.now()):
        continue
    stored = list(Conversation.objects.values_list("external_id", flat=True))
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored)) == Ledger.objects.count()
