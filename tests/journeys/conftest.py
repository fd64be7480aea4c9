"""A whole portal beside the test: the web process, a worker and the test's own database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm
from playwright.sync_api import Page

from apps.access.models import User
from apps.agents.models import Team
from apps.connectors import services as connectors
from apps.interactions.models import Queue, QueueIdentity
from supervision.runtime.process import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = "a-long-test-password"


@dataclass(frozen=True)
class Portal:
    """Where the portal is and the key of its one source."""

    address: str
    token: str
    queue: Queue


def _url() -> str:
    found = connection.settings_dict
    who = f"{found['USER']}:{found['PASSWORD']}@" if found["PASSWORD"] else f"{found['USER']}@" if found["USER"] else ""
    return f"postgresql://{who}{found['HOST'] or '127.0.0.1'}:{found['PORT'] or 5432}/{found['NAME']}"


@pytest.fixture
def portal(transactional_db: None, tmp_path: Path) -> Iterator[Portal]:
    """A portal with one source, one queue and its lead."""
    _, token = connectors.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    queue = Queue.objects.create(
        name="Billing chat", channel="webchat", reply_target_seconds=60, service_level_target=0.8
    )
    QueueIdentity.objects.create(source="shop", external_id="billing", queue=queue)
    lena = User.objects.create_user(username="lena", password=PASSWORD, role="lead", display_name="Lena Fischer")
    assign_perm("interactions.work_queue", lena, queue)
    assign_perm("agents.lead_team", lena, Team.objects.create(name="Billing"))
    with running(tmp_path) as address:
        yield Portal(address, token, queue)


@pytest.fixture
def empty_portal(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """A portal as `make run DEMO=0` leaves it: one admin and nothing else."""
    User.objects.create_user(username="adam", password=PASSWORD, role="admin", display_name="Adam Holt")
    with running(tmp_path) as address:
        yield address


@contextmanager
def running(tmp_path: Path) -> Iterator[str]:
    """Start the web process and a worker on the test's database; stop both afterwards."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    worker = [sys.executable, "-m", "celery", "-A", "supervision.celery:app", "worker", "--pool", "solo", "--beat",
              "--schedule", str(tmp_path / "beat"), "--without-gossip", "--without-mingle", "--loglevel", "INFO",
              "--queues", "ingest,metrics,analysis,alerts,notices,reports,live"]  # fmt: skip
    children = []
    try:
        with (tmp_path / "worker.log").open("wb") as log:
            children.append(subprocess.Popen(worker, cwd=ROOT, env=_env(address), stdout=log, stderr=subprocess.STDOUT))
        children.append(start_web(port, tmp_path / "web.log"))
        _wait_for_worker(children[0], tmp_path / "worker.log")
        yield address
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def start_web(port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a web process on the test's database and return when it answers. Whoever calls ends it."""
    address = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "uvicorn", "supervision.asgi:application", "--port", str(port), "--ws",
             "websockets-sansio"]  # fmt: skip
    with log.open("ab") as told:
        child = subprocess.Popen(words, cwd=ROOT, env=_env(address), stdout=told, stderr=subprocess.STDOUT)
    _wait(f"{address}/healthz", child, log)
    return child


def _env(address: str) -> dict[str, str]:
    return {
        **os.environ, "DATABASE_URL": _url(), "MIDSHIFT_DEBUG": "1", "MIDSHIFT_PUBLIC_URL": address,
        "MIDSHIFT_SECOND_FACTOR": "0",
        "REDIS_URL": settings.REDIS_URL, "CELERY_BROKER_URL": settings.CELERY_BROKER_URL,
    }  # fmt: skip


def _wait_for_worker(child: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and child.poll() is None:
        if "ready." in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    pytest.fail(f"The worker did not come up:\n{log.read_text(errors='replace')[-3000:]}")


def _wait(address: str, child: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and child.poll() is None:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"The web process did not come up:\n{log.read_text(errors='replace')[-3000:]}")


def sign_in(page: Page, address: str, name: str = "lena") -> None:
    """Sign in by the form, as a person does."""
    page.goto(f"{address}/signin")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "signin" not in url)
