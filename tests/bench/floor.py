"""The floor page of a lead with a million messages stored, against the same page of an empty portal."""

from __future__ import annotations

import http.client
import time
from datetime import UTC, datetime

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.interactions import reading_role
from tests.bench import floor_rows, world
from tests.bench.figures import Figure, latency

MESSAGES = 1_000_000
REQUESTS = 100
WARM = 10
QUEUES, FEW = 30, 3


def run(seconds: float | None) -> list[Figure]:
    """100 requests one after another before and after the rows are there; then the statements are counted."""
    at = datetime.now(UTC)
    world.open_past_days(at, days=floor_rows.DAYS + 1)
    queues = world.queues(QUEUES)
    teams, people, ais = floor_rows.staff(queues)
    lead = world.account("bench-lead", "lead", queue_keys=queues, team_keys=teams)
    novice = world.account("bench-novice", "lead", queue_keys=queues[:FEW], team_keys=teams[:1])
    session = world.session_of(lead)
    requests = REQUESTS if seconds is None else max(10, int(seconds * 5))
    with world.portal() as port:
        empty = _pages(port, session, requests)
        count = floor_rows.fill(at=datetime.now(UTC), messages=MESSAGES, queues=queues, people=people, ais=ais)
        full = _pages(port, session, requests)
    reading_role.is_there()  # asked once a process
    for one in (lead, novice):  # what contradicts itself in a week is read once in five minutes
        _statements(one)
    many, few = _statements(lead), _statements(novice)
    if many != few:
        raise RuntimeError(f"The floor costs {few} statements with {FEW} queues and {many} with {QUEUES}.")
    stored = count["interactions_message"]
    return [
        latency(
            name=f"floor page, {stored:,} messages, {QUEUES} queues", seconds=full, word="p95", target_ms=100,
            limit_name="the same page, nothing stored", limit_seconds=empty,
            note=f"{many} statements with {FEW} queues and with {QUEUES}; {count['interactions_conversation']:,} conversations "
            f"of {floor_rows.DAYS} days, {floor_rows.PEOPLE} people; one request at a time, whole page, through the server.",
        )
    ]  # fmt: skip


def _pages(port: int, session: str, requests: int) -> list[float]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found = []
    for _ in range(WARM + requests):
        began = time.perf_counter()
        client.request("GET", "/", headers={"Cookie": f"sessionid={session}"})
        answer = client.getresponse()
        body = answer.read()
        found.append(time.perf_counter() - began)
        if answer.status != 200 or b"floor-queues" not in body:
            raise RuntimeError(f"The floor answered {answer.status} with {len(body)} bytes.")
    client.close()
    return found[WARM:]


def _statements(user: object) -> int:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)  # type: ignore[arg-type]
    with CaptureQueriesContext(connection) as seen:
        if client.get("/").status_code != 200:
            raise RuntimeError("The floor does not answer.")
    return len(seen)
