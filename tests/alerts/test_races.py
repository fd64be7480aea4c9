"""Several workers at once, and one that is killed: every episode and every call once, and the same times as without."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.db import close_old_connections, connection

from apps.access.viewer import Viewer
from apps.alerts import evaluating, outgoing, services
from apps.alerts.engine.series import Judged, Verdict
from apps.alerts.models import Call, Endpoint, Episode, Evaluation, Happening, Rule, Sending
from apps.alerts.watching.reading import READERS
from apps.alerts.watching.seen import Seen
from apps.interactions.models import Queue
from apps.metrics.models import Observation
from apps.shared.models import Outbox
from tests.alerts.conftest import GRID, fired, rule
from tests.console.floors import granted, queue_named, waiting

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, RULES, QUEUES = 8, 50, 20
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def together(work: Any) -> None:
    """Run the same in eight threads, each with its own connection; what one raises is raised here."""
    troubles: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as trouble:  # noqa: BLE001  # raised again in the test's own thread
            troubles.append(trouble)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert troubles == []


def test_eight_workers_make_a_thousand_episodes_and_a_thousand_calls(
    lena: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues = [queue_named(f"Queue {n}") for n in range(QUEUES)]
    for queue in queues:
        granted(lena, queue=queue)

    def always(params: Any, at: datetime) -> list[Seen]:
        bad = Judged(Verdict.BREACH, still=True, value=1.0, badness=1.0)
        return [Seen({"queue": str(queue.pk)}, bad, 0.0, queue=queue.pk) for queue in queues]

    monkeypatch.setattr(evaluating, "READERS", {**READERS, "always": always})
    for n in range(RULES):
        rule(f"rule-{n}", reader="always", is_prompt=False, family="none")
    for round_ in range(2):
        together(lambda round_=round_: services.evaluate(at=NOON + round_ * GRID))
    # A rule that was skipped because somebody held it is evaluated by whoever comes next.
    services.evaluate(at=NOON + GRID)
    assert (Episode.objects.count(), Call.objects.count()) == (RULES * QUEUES, RULES * QUEUES)
    assert Happening.objects.filter(what="fired").count() == RULES * QUEUES
    assert set(Counter(Call.objects.values_list("episode", flat=True)).values()) == {1}
    assert Evaluation.objects.count() == RULES * 2


def test_eight_workers_send_a_thousand_notices_and_none_twice(
    lena: Viewer, adam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = queue_named("Billing chat")
    one = fired(queue, NOON)
    endpoint = Endpoint.objects.create(
        name="Pager", url="https://example.org/", least_severity=1, made_by=adam.user, made_at=NOON
    )
    Sending.objects.bulk_create(
        Sending(episode=one, round=1, step=n + 1, endpoint=endpoint, made_at=NOON, due_at=NOON) for n in range(1000)
    )
    sent: list[str] = []
    monkeypatch.setattr(outgoing, "post", lambda url, *, body, headers: sent.append(headers["webhook-id"]) or 200)
    together(lambda: services.deliver(at=NOON))
    assert (len(sent), len(set(sent))) == (1000, 1000)
    assert set(Sending.objects.values_list("state", "tries")) == {("sent", 0)}


def test_a_flushed_bus_loses_nothing(lena: Viewer, adam: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bells and hints lie in Redis, the work in PostgreSQL."""
    queue = queue_named("Billing chat")
    granted(lena, queue=queue)
    Endpoint.objects.create(name="Pager", url="https://example.org/", least_severity=1, made_by=adam.user, made_at=NOON)
    rule()
    for n in range(3):
        waiting(queue, NOON, 60 + n)
    services.mark_due(None, NOON)  # type: ignore[arg-type]  # any fact will do
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    services.watch(at=NOON)
    assert (Episode.objects.count(), Call.objects.count(), Sending.objects.count()) == (1, 1, 1)
    redis.Redis.from_url(settings.REDIS_URL).flushall()
    sent: list[str] = []
    monkeypatch.setattr(outgoing, "post", lambda url, *, body, headers: sent.append(headers["webhook-id"]) or 200)
    services.deliver(at=NOON)
    assert len(sent) == 1
    assert Outbox.objects.filter(fact="AlertsChanged", dispatched_at=None).count() == 1


def test_two_who_act_in_the_same_second_leave_one_owner(lena: Viewer, olu: Viewer) -> None:
    from apps.shared.errors import Refusal

    queue = queue_named("Billing chat")
    lena = granted(lena, queue=queue)
    one = fired(queue, NOON)
    refused: list[str] = []
    names = iter([lena, olu] * (WORKERS // 2))
    lock = threading.Lock()

    def take() -> None:
        with lock:
            by = next(names)
        try:
            services.take_on(by=by, pk=one.pk, at=NOON)
        except Refusal as no:
            refused.append(str(no))

    together(take)
    assert len(refused) == WORKERS - 1
    assert Happening.objects.filter(what="taken_on").count() == 1


# Thirty runs take minutes: the suite does some, MIDSHIFT_KILL_RUNS says how many.
RUNS, MINUTES = int(os.environ.get("MIDSHIFT_KILL_RUNS", "6")), 20
CHILD = """
import django, sys
django.setup()
from datetime import datetime
from apps.alerts import services
services.evaluate(at=datetime.fromisoformat(sys.argv[1]))
"""


def _floor() -> Queue:
    queue = queue_named(f"Queue {uuid4()}")
    for n in range(MINUTES * 2):
        at = NOON + n * GRID - timedelta(seconds=5)
        slow = 200 if 8 <= n < 20 else 5
        Observation.objects.bulk_create(
            Observation(
                conversation_id=uuid4(), measure="first_reply_time", n=1, at=at, queue_id=queue.pk, value=slow * 10**6
            )
            for _ in range(5)
        )
    return queue


def _told() -> list[Any]:
    return list(Episode.objects.order_by("fired_at").values_list("pending_since", "fired_at", "resolved_at", "peak"))


def _rule() -> Rule:
    return rule("first-reply", is_prompt=False, reader="percentile", wait_seconds=60, keep_seconds=60, params={
        "measure": "first_reply_time", "op": ">", "enter": 90.0, "leave": 0.8, "least_n": 3, "minutes": 2, "unit": "seconds",
    })  # fmt: skip


def test_a_worker_that_is_killed_changes_no_time() -> None:
    _floor()
    one = _rule()
    for n in range(MINUTES * 2):
        services.evaluate(at=NOON + n * GRID)
    expected, rng = _told(), random.Random(1)
    assert len(expected) == 1
    killed = 0
    for _ in range(RUNS):
        Episode.objects.all().delete()
        one.series.all().delete()
        Evaluation.objects.all().delete()
        Rule.objects.update(evaluated_at=None)
        services.evaluate(at=NOON)
        until = (NOON + (MINUTES * 2 - 1) * GRID).isoformat()
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, until], env=_environment(), cwd=Path(__file__).parents[2]
        )
        while not Evaluation.objects.count() > 1 and child.poll() is None:
            time.sleep(0.002)
        time.sleep(rng.random() * 0.15)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
        child.wait()
        # The database holds the dead one's rows until it notices; the next look after that goes on.
        while services.evaluate(at=datetime.fromisoformat(until)) == 0 and Evaluation.objects.count() < MINUTES * 2:
            time.sleep(0.02)
        assert _told() == expected
        assert Evaluation.objects.count() == MINUTES * 2
    assert killed > 0


def _environment() -> dict[str, str]:
    found = connection.settings_dict
    who = f"{found['USER']}:{found['PASSWORD']}@" if found["PASSWORD"] else f"{found['USER']}@" if found["USER"] else ""
    host = str(found["HOST"] or "127.0.0.1")
    if host.startswith("/"):
        url = f"postgresql://{who}/{found['NAME']}?host={host}" + (f"&port={found['PORT']}" if found["PORT"] else "")
    else:
        url = f"postgresql://{who}{host}:{found['PORT'] or 5432}/{found['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "supervision.settings"}
