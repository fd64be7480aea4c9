"""Partitions are made and dropped beside whoever records, and neither is in the other's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from apps.interactions import partitions, services

pytestmark = pytest.mark.django_db(transaction=True)
# A day that no other test has.
FAR = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _gone_after() -> Iterator[None]:
    """Tables are not rows: nothing empties them after a test."""
    yield
    with connection.cursor() as cursor:
        for table in partitions.TABLES:
            for day in sorted(partitions._days(table)):
                if day.year == FAR.year:
                    cursor.execute(f"DROP TABLE {table}_p{day:%Y%m%d}")


class Beside(threading.Thread):
    """Work in a thread with a connection of its own; what it raises is kept."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work, self.raised = work, None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except BaseException as raised:  # noqa: BLE001  # looked at by the test
            self.raised: BaseException | None = raised
        finally:
            close_old_connections()
            connection.close()


def until_somebody_waits() -> None:
    """Return once another connection waits for a lock that this one holds."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waited.")


def told(table: str, column: str) -> None:
    """One row of the far day, as `record` writes one: into the default partition while there is none of the day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO' "
            "AND column_default IS NULL AND is_identity = 'NO'",
            [table],
        )
        empty: dict[str, Any] = {
            "uuid": str(uuid4()), "boolean": False, "jsonb": "{}", "integer": 0, "smallint": 0, "bigint": 0, "ARRAY": "{}",
        }  # fmt: skip
        kinds = dict(cursor.fetchall())
        row = {name: FAR if "timestamp" in kind else empty.get(kind, "") for name, kind in kinds.items()}
        row[column] = FAR
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))


def test_who_records_and_who_makes_partitions_never_wait_for_each_other() -> None:
    """Seen as a deadlock: events are written first and messages after, and partitions were made the other way round, all together."""
    with transaction.atomic():
        told("interactions_conversationevent", "happened_at")
        beside = Beside(lambda: services.open_partitions(first=FAR, last=FAR))
        until_somebody_waits()
        told("interactions_message", "sent_at")
    beside.join()
    assert beside.raised is None
    assert services.without_partition(days=[FAR.date(), (FAR + DAY).date()]) == [(FAR + DAY).date()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM interactions_message_p20310506")
        assert cursor.fetchone()[0] == 1  # what went to the default before was moved


def test_a_lock_that_does_not_come_is_tried_for_again_and_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "LONGEST_WAIT", "50ms")
    monkeypatch.setattr(partitions, "PAUSE", 0.01)
    monkeypatch.setattr(partitions, "TRIES", 3)
    pauses: list[float] = []
    monkeypatch.setattr(partitions.time, "sleep", pauses.append)
    with transaction.atomic():
        told("interactions_message", "sent_at")
        beside = Beside(lambda: services.open_partitions(first=FAR, last=FAR))
        beside.join()
    assert isinstance(beside.raised, OperationalError)
    assert pauses == [0.01, 0.01]
    assert services.open_partitions(first=FAR, last=FAR) == 2


def test_two_who_make_the_same_day_make_it_once() -> None:
    with transaction.atomic():
        # Holds both back until they are at the same place.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE ONLY interactions_message IN SHARE UPDATE EXCLUSIVE MODE")
        made: list[int] = []
        both = [Beside(lambda: made.append(services.open_partitions(first=FAR, last=FAR))) for _ in range(2)]
        until_somebody_waits()
        time.sleep(0.3)
    for one in both:
        one.join()
    assert [one.raised for one in both] == [None, None]
    assert sum(made) == 2
