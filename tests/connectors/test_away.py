"""A database that goes away, that is slow to reach, that loses connections, or whose disk is full."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.viewer import Viewer
from apps.connectors import services
from apps.connectors.door import Door
from apps.connectors.models import Delivery, Ledger
from apps.interactions.models import Conversation
from apps.shared.errors import AWAY
from supervision.runtime.process import free_port
from tests.bench.world import session_of
from tests.connectors.processes import address, start_web
from tests.connectors.test_door import door as door
from tests.connectors.test_door import post, started
from tests.connectors.wires import Wire, wire
from tests.console.floors import conversation, granted, queue_named

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Portal:
    """A web process at the far end of a wire, and what a sender and a reader get from it."""

    port: int
    token: str
    session: str
    wire: Wire
    acknowledged: set[str] = field(default_factory=set)

    def send(self, first: int, count: int = 5) -> httpx.Response:
        """Send events; remember those that were acknowledged."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/api/v1/events", content=json.dumps([started(f"c-{n}") for n in range(first, first + count)]),
            headers={"authorization": f"Bearer {self.token}", "content-type": "application/json"}, timeout=40,
        )  # fmt: skip
        if answer.status_code == 202:
            self.acknowledged |= {one["id"] for one in answer.json()["results"] if one["status"] != "refused"}
        return answer

    def part(self, path: str = "/live/regions/floor.queues", **headers: str) -> httpx.Response:
        """Ask for a part of the floor, or for something else, as the lead."""
        return httpx.get(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"cookie": f"sessionid={self.session}", **headers},
            timeout=40,
        )

    def until(self, seconds: float, is_so: Any) -> float:
        """Ask until it is so; return how long it took."""
        began = time.monotonic()
        while not is_so():
            assert time.monotonic() - began < seconds
            time.sleep(0.1)
        return time.monotonic() - began


@pytest.fixture
def portal(lena: Viewer) -> Iterator[Portal]:
    granted(lena, queue=queue_named("Billing chat"))
    _, token = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=timezone.now())
    url = urlsplit(address())
    assert url.hostname is not None
    with wire(url.hostname, url.port or 5432) as between:
        way = url._replace(netloc=f"{url.netloc.rpartition('@')[0]}@127.0.0.1:{between.port}").geturl()
        web = start_web(port := free_port(), database=way)
        try:
            yield Portal(port, token, session_of(lena.user), between)
        finally:
            web.kill()
            web.wait()


def at_once(*asks: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Ask all of it together: each waits some seconds for a connection that does not come."""
    with ThreadPoolExecutor(len(asks)) as hands:
        return [one.result() for one in [hands.submit(ask) for ask in asks]]


def recorded() -> set[str]:
    """Record what was taken in; return what is there, each once."""
    while services.absorb(at=timezone.now()):
        continue
    stored = list(Conversation.objects.filter(external_id__startswith="c-").values_list("external_id", flat=True))
    assert len(stored) == len(set(stored)) == Ledger.objects.count()
    return set(stored)


def test_a_database_that_goes_away_is_told_of_in_words_and_found_again(portal: Portal) -> None:
    """Case 88. Everything is cut in the middle of work; how long it stays away changes nothing for who asks meanwhile."""
    assert portal.part().status_code == 200
    assert portal.send(0).status_code == 202
    portal.wire.cut()
    told, morphed, asked, alive, refused = at_once(
        portal.part, lambda: portal.part("/people", **{"hx-request": "true"}),
        lambda: portal.part("/api/v1/metrics/first_reply_time"), lambda: portal.part("/healthz"), lambda: portal.send(5),
    )  # fmt: skip
    assert [(one.status_code, one.headers["retry-after"], one.text) for one in (told, morphed)] == [
        (503, "5", AWAY)
    ] * 2
    assert [(one.status_code, one.json()) for one in (asked, alive)] == [(503, {"detail": AWAY})] * 2
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    portal.wire.mend()
    portal.until(10, lambda: portal.part().status_code == 200)
    portal.until(10, lambda: portal.send(5).status_code == 202)
    assert recorded() == portal.acknowledged == {f"c-{n}" for n in range(10)}


def test_a_slow_way_that_loses_connections_makes_it_slower_and_nothing_wrong(portal: Portal) -> None:
    """Case 96: 300 ms there and back, one of twenty pieces ends every connection."""
    assert portal.send(0).status_code == 202
    portal.wire.delay_seconds, portal.wire.loss = 0.15, 0.05
    statuses = []
    for n in (5, 10):
        for _ in range(10):
            statuses.append(portal.send(n).status_code)
            if statuses[-1] == 202:
                break
    assert portal.wire.lost > 0
    assert set(statuses) <= {202, 503}
    portal.wire.delay_seconds = portal.wire.loss = 0
    portal.until(10, lambda: portal.part().status_code == 200)
    assert recorded() == portal.acknowledged == {f"c-{n}" for n in range(15)}


@contextmanager
def full_disk() -> Iterator[None]:
    """Every table takes nothing more in, as when no file can grow."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
        )
        for name in tables:
            cursor.execute(
                f'CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON "{name}" FOR EACH STATEMENT EXECUTE FUNCTION full_disk()'
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION full_disk() CASCADE")


def test_while_the_disk_is_full_people_read_and_senders_are_asked_to_come_back(
    door: Door, lena: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch, plain_static: None
) -> None:
    """Case 90."""
    now, queue = timezone.now(), queue_named("Billing chat")
    talk = conversation(queue, now)
    _, token = services.create_source(by=None, slug="shop", name="Shop", kind="api", at=now)
    client.force_login(granted(lena, queue=queue).user)
    client.raise_request_exception = False
    monkeypatch.setattr("apps.access.sessions.STEP", timedelta(0))  # each request would renew its session
    pages = [reverse(name) for name in ("home", "alerts", "conversations", "people")]
    with full_disk():
        with pytest.raises(OperationalError):
            Delivery.objects.create(source_id=1, received_at=now, body=b"")
        assert [client.get(path).status_code for path in pages] == [200] * len(pages)
        answer = post(door, [started("c-1")], token)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        # What cannot be written down is not shown, and says when to come back.
        opened = client.get(reverse("conversation", args=[talk.pk]))
        assert (opened.status_code, opened.headers["Retry-After"]) == (503, "5")
    assert Ledger.objects.count() == Delivery.objects.count() == 0
    assert post(door, [started("c-1")], token).status_code == 202
    assert client.get(reverse("conversation", args=[talk.pk])).status_code == 200
    assert recorded() == {"c-1"}
