"""The world of one bench: a database of its own, the portal's processes as `make run` starts them, people and sources."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from supervision.env import ROOT
from supervision.runtime import process
from supervision.runtime.portal import Child, Portal

SOURCE = "bench"


@contextlib.contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """A fresh database on the server of a URL; dropped afterwards."""
    import psycopg
    from psycopg import sql

    word = sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(word)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(word))
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(drop)


def prepare() -> None:
    """Migrate and collect static files by the same step as `make run`."""
    subprocess.run(
        [sys.executable, "-m", "supervision.runtime.prepare"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )


def the_portal(port: int, *, is_masked: bool = True) -> Portal:
    """The portal's processes on the servers of the environment; nothing is started yet. Without the mask only a bench starts one."""
    data = Path(os.environ["MIDSHIFT_DATA_DIR"])
    (data / "log").mkdir(mode=0o700, exist_ok=True)
    env = {**os.environ, "MIDSHIFT_PUBLIC_URL": f"http://127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"}
    if not is_masked:
        env["PYTHONPATH"] = f"{ROOT / 'tests' / 'bench' / 'unmasked'}{os.pathsep}{ROOT}"
    return Portal(env=env, data=data, port=port, demo=False)


@contextlib.contextmanager
def portal(*, is_masked: bool = True) -> Iterator[int]:
    """Web, worker and beat; yields the port once the web process answers and the worker has taken its first bell."""
    from supervision.celery import app

    port = process.free_port()
    running = the_portal(port, is_masked=is_masked)
    try:
        running.start()
        end = time.monotonic() + 60
        while not app.control.ping(timeout=1):
            if time.monotonic() > end:
                raise SystemExit(f"The worker did not come up:\n{process.tail(running.logs / 'worker.log')}")
        yield port
        dead = [child.name for child in running.children if not child.is_alive()]
        if dead:
            raise SystemExit(f"{', '.join(dead)} ended during the bench; the figures would be wrong.")
    finally:
        running.stop()


@contextlib.contextmanager
def web(application: str, *, settings: str = "supervision.settings") -> Iterator[int]:
    """One web process alone, with the portal's own flags, serving any ASGI application; yields its port."""
    port = process.free_port()
    whole = the_portal(port).web
    child: Child = replace(
        whole,
        name="bare",
        command=[application if word == "supervision.asgi:application" else word for word in whole.command],
        env={**whole.env, "DJANGO_SETTINGS_MODULE": settings},
        log=whole.log.with_name("bare.log"),
    )
    child.start()
    try:
        process.wait_until(lambda: _listens(port), seconds=30, what=application, log=child.log, alive=child.is_alive)
        yield port
    finally:
        if child.running is not None:
            process.stop([(child.running, signal.SIGTERM)], seconds=5)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def session_of(user: object) -> str:
    """Sign an account in and return the key that its browser would hold."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)  # type: ignore[attr-defined]
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()  # type: ignore[attr-defined]
    store.create()
    return str(store.session_key)


def source(at: datetime) -> str:
    """Connect the bench's source and return its token."""
    from apps.connectors import services

    return services.create_source(by=None, slug=SOURCE, name="Bench", kind="api", at=at)[1]


def queues(count: int) -> list[str]:
    """Make queues that the source names q0, q1, …; return their keys in that order."""
    from apps.interactions.models import Queue, QueueIdentity

    channels = ("webchat", "messaging", "email", "voice", "social")
    made = [
        Queue.objects.create(
            name=f"Queue {n + 1:02d}", channel=channels[n % 5], reply_target_seconds=(60, 120, 14_400, 30, 1800)[n % 5],
            service_level_target=0.8, is_listed=True,
        )
        for n in range(count)
    ]  # fmt: skip
    QueueIdentity.objects.bulk_create(
        QueueIdentity(source=SOURCE, external_id=f"q{n}", queue=queue) for n, queue in enumerate(made)
    )
    return [str(queue.pk) for queue in made]


def account(name: str, role: str, *, queue_keys: list[str] | None = None, team_keys: list[int] | None = None) -> object:
    """An account that can only be signed in by `session_of`, with its grants."""
    from guardian.shortcuts import assign_perm

    from apps.access.models import User
    from apps.agents.models import Team
    from apps.interactions.models import Queue

    user = User(username=name, role=role, display_name=name.title())
    user.set_unusable_password()
    user.save()
    for queue in Queue.objects.filter(pk__in=queue_keys or []):
        assign_perm("interactions.work_queue", user, queue)
    for team in Team.objects.filter(pk__in=team_keys or []):
        assign_perm("agents.lead_team", user, team)
    return user


def open_past_days(at: datetime, days: int = 30) -> None:
    """Make a month of partitions, as a portal in use has them: every lookup by key then asks all of them."""
    from apps.interactions import services

    services.open_partitions(first=at - timedelta(days=days), last=at + timedelta(days=7))
