"""A worker and its database: connected once, not once a task, and connected again when it was cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone

from apps.connectors import services
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.connectors.tasks import absorb
from tests.connectors.processes import start_worker

PROCESSES = 2


@pytest.fixture
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    worker = start_worker()
    yield worker
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def connections() -> set[int]:
    """The server's processes that serve the worker."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' "
            "AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def do_something(source: Source, number: int) -> None:
    """Have the worker absorb one event, and wait until it has."""
    event = {
        "specversion": "1.0", "id": f"e{number}", "source": "/connections/shop", "time": "2026-11-24T12:00:00Z",
        "type": "midshift.conversation.started.v1",
        "data": {"conversation_id": f"c{number}", "channel": "webchat", "direction": "inbound"},
    }  # fmt: skip
    services.admit(source=source, body=json.dumps([event]).encode(), at=timezone.now())
    end = time.monotonic() + 60
    while Delivery.objects.filter(state=DeliveryState.WAITING).exists():
        assert time.monotonic() < end, "the worker absorbed nothing within a minute"
        absorb.apply_async(ignore_result=True, expires=5)
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_worker")
def test_a_worker_keeps_its_connection_from_task_to_task_and_makes_a_new_one_where_it_was_cut_off() -> None:
    source, _ = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    served = set()
    for number in range(8):
        do_something(source, number)
        served |= connections()
    assert 1 <= len(served) <= PROCESSES
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_terminate_backend(pid, 5000)) FROM unnest(%s) AS pid", [list(served)])
    assert not connections() & served
    for number in range(8, 12):
        do_something(source, number)
    assert not Delivery.objects.exclude(state=DeliveryState.ABSORBED).exists()
