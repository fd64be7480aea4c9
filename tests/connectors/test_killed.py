"""A web process or a worker that is killed in the middle of ingest: what was acknowledged is there, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from apps.connectors import services
from apps.connectors.models import Delivery, DeliveryState, Ledger
from apps.connectors.tasks import absorb
from apps.interactions.models import Conversation, Message
from supervision.runtime.process import free_port
from tests.connectors.processes import start_web, start_worker


@pytest.mark.django_db(transaction=True)
def test_kill_9_of_the_web_process_loses_no_acknowledged_event_and_takes_none_twice() -> None:
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

    web = start_web(port)
    senders = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    try:
        for sender in senders:
            sender.start()
        time.sleep(1.5)
        before = len(acknowledged)
        web.send_signal(signal.SIGKILL)
        web.wait()
        web = start_web(port)
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


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    told = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True)
    return [int(word) for word in told.stdout.split()]


def wait_for(what: str, is_so: Any) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, f"waited a minute for {what}"
        time.sleep(0.002)


@pytest.mark.django_db(transaction=True)
def test_kill_9_of_workers_loses_no_acknowledged_event_and_records_none_twice() -> None:
    source, _ = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING)
    noted = waiting.filter(attempts__gt=0)
    absorbed = Delivery.objects.filter(state=DeliveryState.ABSORBED)
    acknowledged: set[tuple[str, str]] = set()
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            names = [(f"c{n}", f"m{m}") for n in range(number, number + 20) for m in range(5)]
            number += 20
            body = [
                {"specversion": "1.0", "id": f"{c}-{m}", "source": "/connections/shop", "time": "2026-11-24T12:00:00Z",
                 "type": "midshift.message.created.v1",
                 "data": {"conversation_id": c, "message_id": m, "author": {"kind": "customer", "id": c},
                          "visibility": "public", "text": "Where is it?"}}
                for c, m in names
            ]  # fmt: skip
            told = services.admit(source=source, body=json.dumps(body).encode(), at=timezone.now())
            assert {one["status"] for one in told} == {"accepted"}
            acknowledged.update(names)
            absorb.apply_async(ignore_result=True, expires=5)
            while waiting.count() > 12 and not stop.is_set():
                time.sleep(0.1)
                absorb.apply_async(ignore_result=True, expires=5)
        connection.close()

    interrupted = 0
    worker = start_worker()
    sender = threading.Thread(target=send)
    sender.start()
    try:
        for is_whole in (False, True, False, False):
            before = absorbed.count()
            # A delivery whose worker was ended each of three times is put aside, rightly: one that was hit is let through.
            wait_for(
                "the worker to record and to be at it again",
                lambda n=before: (
                    absorbed.count() > n and noted.exists() and not waiting.filter(attempts__gt=1).exists()
                ),
            )
            for pid in children_of(worker):
                os.kill(pid, signal.SIGKILL)
            if is_whole:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()
                worker = start_worker()
            interrupted += noted.exists()
        stop.set()
        sender.join()

        def is_done() -> bool:
            absorb.apply_async(ignore_result=True, expires=5)
            time.sleep(0.1)
            return not waiting.exists()

        wait_for("the worker to record the rest", is_done)
    finally:
        stop.set()
        sender.join()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert interrupted >= 2
    assert not Delivery.objects.not_recorded().exists()
    assert len(acknowledged) == Ledger.objects.count() == Message.objects.count()
    assert set(Conversation.objects.values_list("external_id", flat=True)) == {name for name, _ in acknowledged}
    assert set(Conversation.objects.values_list("customer_messages", flat=True)) == {5}
