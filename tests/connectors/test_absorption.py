"""What waits is recorded; what cannot be recorded is put aside alone, and nobody beside it is blamed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.connectors import absorption, services
from apps.connectors.models import Delivery, DeliveryState, Source
from apps.interactions.models import Conversation
from tests.connectors.test_door import started

pytestmark = pytest.mark.django_db(transaction=True)
Record = Callable[..., Any]


@pytest.fixture
def source() -> Source:
    made = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())[0]
    deliver(made, "first")
    while services.absorb(at=timezone.now()):  # the day's partitions are made
        continue
    return made


def deliver(source: Source, *names: str) -> Delivery:
    services.admit(source=source, body=json.dumps([started(name) for name in names]).encode(), at=timezone.now())
    return Delivery.objects.latest("pk")


def absorb_all() -> None:
    while services.absorb(at=timezone.now()):
        continue


def recorded() -> set[str]:
    return set(Conversation.objects.values_list("external_id", flat=True)) - {"first"}


def spoil(monkeypatch: pytest.MonkeyPatch, spoiled: Callable[[set[str]], Exception | None]) -> list[set[str]]:
    """Let recording fail as told for a set of event ids; return the sets that were tried."""
    real: Record = absorption.interactions.record
    tried: list[set[str]] = []

    def record(*, events: Any, **more: Any) -> Any:
        names = {event.id for event in events}
        tried.append(names)
        answer = real(events=events, **more)
        if (raised := spoiled(names)) is not None:
            raise raised
        return answer

    monkeypatch.setattr(absorption.interactions, "record", record)
    return tried


def bug(*names: str) -> Callable[[set[str]], Exception | None]:
    return lambda seen: RuntimeError("said by a customer") if seen & set(names) else None


def test_only_the_event_that_cannot_be_recorded_is_put_aside(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [[f"{d}-{n}" for n in range(100)] for d in range(5)]
    rows = [deliver(source, *each) for each in names]
    tried = spoil(monkeypatch, bug("2-41"))
    absorb_all()
    assert recorded() == {name for each in names for name in each} - {"2-41"}
    assert not Delivery.objects.exclude(state=DeliveryState.ABSORBED).exists()
    kept = Delivery.objects.not_recorded().get()
    assert kept.pk == rows[2].pk
    assert [(one["place"], one["id"]) for one in kept.aside] == [(41, "2-41")]
    # It says where the error arose and not what it said, which may be a customer's words.
    assert kept.aside[0]["why"].startswith("RuntimeError")
    assert "customer" not in json.dumps(kept.aside) + kept.error
    # All, each of five, and two halves at each of seven steps.
    assert len(tried) <= 1 + 5 + 2 * 7


def test_an_event_that_no_longer_passes_the_check_is_put_aside_and_its_neighbours_are_recorded(source: Source) -> None:
    body = [started("a"), {**started("b"), "type": "midshift.nothing.v1"}, started("c")]
    services.admit(source=source, body=json.dumps(body).encode(), at=timezone.now())
    Delivery.objects.filter(state=DeliveryState.WAITING).update(accepted=[0, 1, 2])
    absorb_all()
    assert recorded() == {"a", "c"}
    assert [one["id"] for one in Delivery.objects.not_recorded().get().aside] == ["b"]


def test_a_delivery_none_of_which_can_be_recorded_has_failed(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(source, "a", "b")
    spoil(monkeypatch, bug("a", "b"))
    absorb_all()
    kept = Delivery.objects.not_recorded().get()
    assert (kept.state, len(kept.aside)) == (DeliveryState.FAILED, 2)


def test_what_was_put_aside_is_read_again_and_nothing_else(
    source: Source, adam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = deliver(source, *"abcdef")
    with monkeypatch.context() as patched:
        spoil(patched, bug("b", "e"))
        absorb_all()
    services.read_again(by=adam, delivery=row)
    with monkeypatch.context() as patched:
        spoil(patched, bug("e"))
        absorb_all()
    assert [one["id"] for one in Delivery.objects.not_recorded().get().aside] == ["e"]
    services.read_again(by=adam, delivery=row)
    tried = spoil(monkeypatch, bug())
    absorb_all()
    assert tried == [{"e"}]
    assert recorded() == set("abcdef")
    assert not Delivery.objects.not_recorded().exists()


def test_a_body_that_cannot_be_opened_is_put_aside_and_the_others_are_recorded(source: Source) -> None:
    row = deliver(source, "a")
    deliver(source, "b")
    Delivery.objects.filter(pk=row.pk).update(body=b"altered")
    absorb_all()
    assert recorded() == {"b"}
    assert "MIDSHIFT_SEAL_KEYS" in Delivery.objects.not_recorded().get().aside[0]["why"]


def test_a_deadlock_rises_and_blames_no_event(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    row = deliver(source, "a", "b")
    with monkeypatch.context() as patched:
        tried = spoil(patched, lambda _: OperationalError("deadlock detected"))
        for _ in range(len(absorption.TOGETHER) + 2):
            with pytest.raises(OperationalError):
                services.absorb(at=timezone.now())
    row.refresh_from_db()
    assert (row.state, row.attempts, row.aside) == (DeliveryState.WAITING, 0, [])
    # It was not narrowed down: each call tried once.
    assert len(tried) == len(absorption.TOGETHER) + 2
    absorb_all()
    assert recorded() == {"a", "b"}


def test_a_lost_connection_is_no_try_even_when_the_database_stays_away_for_a_while(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = deliver(source, "a")
    is_away = [True]
    real = absorption._untake

    def untake(taken: Any) -> None:
        if is_away.pop():
            raise OperationalError("the database is starting up")
        real(taken)

    def cut(_: set[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patched:
        patched.setattr(absorption, "_untake", untake)
        spoil(patched, cut)
        with pytest.raises(OperationalError):
            services.absorb(at=timezone.now())
        row.refresh_from_db()
        assert (row.state, row.attempts) == (DeliveryState.WAITING, 1)
        is_away.extend([False, False])
        with pytest.raises(OperationalError):
            services.absorb(at=timezone.now())
    row.refresh_from_db()
    assert (row.state, row.attempts, absorption._owed) == (DeliveryState.WAITING, 0, [])


def test_an_event_beyond_a_limit_of_the_database_is_put_aside(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(source, "a", "long")

    def too_long(seen: set[str]) -> Exception | None:
        raised = OperationalError("index row size 9000 exceeds maximum")
        raised.__cause__ = psycopg.errors.ProgramLimitExceeded()
        return raised if "long" in seen else None

    spoil(monkeypatch, too_long)
    absorb_all()
    assert recorded() == {"a"}


def absorb_in_a_process_that_may_die() -> int:
    """Run one `absorb` in a process of its own and return the signal that ended it, or 0."""
    child = os.fork()
    if not child:
        connection.connection = None  # the parent's: it must not be closed from here
        connection.inc_thread_sharing()
        services.absorb(at=timezone.now())
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_delivery_that_kills_its_worker_is_found_and_put_aside(
    source: Source, adam: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [deliver(source, f"{n}-a", f"{n}-b") for n in range(50)]

    def kill(seen: set[str]) -> None:
        if "37-b" in seen:
            os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patched:
        patched.setattr(absorption, "ABOUT_TO_LOCK", timedelta(0))
        spoil(patched, kill)
        ended: list[int] = []
        while Delivery.objects.filter(state=DeliveryState.WAITING).exists():
            ended.append(absorb_in_a_process_that_may_die())
            assert len(ended) < 80
    # Among all, among 32, alone; and what shared a kill with it comes in ever smaller company, but comes.
    assert ended.count(-signal.SIGKILL) == len(absorption.TOGETHER) == 3
    assert recorded() == {f"{n}-{x}" for n in range(50) for x in "ab"} - {"37-a", "37-b"}
    kept = Delivery.objects.not_recorded().get()
    assert (kept.pk, kept.state) == (rows[37].pk, DeliveryState.FAILED)
    assert "worker was ended" in kept.error
    services.read_again(by=adam, delivery=kept)
    absorb_all()
    assert {"37-a", "37-b"} <= recorded()


def test_when_everything_fails_a_call_ends_and_leaves_the_rest_to_the_next(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absorption, "MOST_FAILURES", 10)
    names = [[f"{d}-{n}" for n in range(8)] for d in range(4)]
    for each in names:
        deliver(source, *each)
    spoil(monkeypatch, bug(*(name for each in names for name in each)))
    services.absorb(at=timezone.now())
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING)
    assert list(waiting.values_list("attempts", flat=True)) == [0, 0, 0]
    absorb_all()
    assert Delivery.objects.filter(state=DeliveryState.FAILED).count() == 4


def test_what_another_worker_holds_is_left_to_it(source: Source) -> None:
    held, free = deliver(source, "held"), deliver(source, "free")

    def work() -> None:
        services.absorb(at=timezone.now())
        connection.close()

    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=held.pk)
        other = threading.Thread(target=work)
        other.start()
        other.join(timeout=20)
        assert not other.is_alive()
    assert Delivery.objects.get(pk=free.pk).state == DeliveryState.ABSORBED
    assert Delivery.objects.get(pk=held.pk).state == DeliveryState.WAITING


def test_what_another_worker_is_about_to_lock_is_not_taken_twice(source: Source) -> None:
    row = deliver(source, "a")
    now = timezone.now()
    assert absorption._take(100, now) == [row.pk]
    assert services.absorb(at=now + timedelta(seconds=1)) == 0
    assert services.absorb(at=now + timedelta(seconds=3)) == 1
    assert recorded() == {"a"}


def test_many_deliveries_cost_as_many_statements_as_few(source: Source) -> None:
    counts = []
    for size in (2, 40):
        for n in range(size):
            deliver(source, f"{size}-{n}")
        with CaptureQueriesContext(connection) as seen:
            services.absorb(at=timezone.now())
        counts.append(len(seen))
        assert not Delivery.objects.filter(state=DeliveryState.WAITING).exists()
    assert counts[0] == counts[1]
