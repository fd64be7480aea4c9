"""A web process and a worker beside the test, on the test's own database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parents[2]


def address() -> str:
    """Where another process finds the test's database."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("the database was not given by DATABASE_URL, so a second process could not find it")
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"


def start_web(port: int, *, log: IO[bytes] | None = None, database: str = "") -> subprocess.Popen[bytes]:
    """Start a web process and return when it listens. With a log it tells everything it can; `database`: another way to it."""
    level = "CRITICAL" if log is None else "DEBUG"
    web = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "supervision.asgi:application", "--port", str(port), "--lifespan", "off",
         "--log-level", "error" if log is None else "trace", "--access-log"],
        # The bell has no worker here; an unreachable broker must not cost an event either.
        env={**os.environ, "DATABASE_URL": database or address(), "MIDSHIFT_LOG_LEVEL": level,
             "CELERY_BROKER_URL": "redis://127.0.0.1:1/0"},
        cwd=ROOT, stdout=log, stderr=log,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return web
        assert web.poll() is None, "the web process ended while starting"
        time.sleep(0.05)
    raise AssertionError("the web process did not answer within a minute")


def start_worker() -> subprocess.Popen[bytes]:
    """Start a worker of two processes, as `make run` does, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "supervision.celery:app", "worker", "--concurrency", "2",
         "--without-gossip", "--without-mingle", "--loglevel", "CRITICAL", "--queues", "ingest"],
        env={**os.environ, "DATABASE_URL": address(), "REDIS_URL": settings.REDIS_URL,
             "CELERY_BROKER_URL": settings.CELERY_BROKER_URL, "MIDSHIFT_LOG_LEVEL": "CRITICAL"},
        cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
