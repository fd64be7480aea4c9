"""A month of a million messages, alone and above nine million older ones: what history costs, and what the buckets gain.

Not part of `make bench` without a name, because it writes and counts for the better part of an hour: `make bench ARGS=scale`.
`--seconds N` takes N hundredths of all that, to see whether it runs.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import connection

from apps.metrics import services
from tests.bench import floor_rows, numbers, world
from tests.bench.figures import Figure, percentile

LITTLE, MUCH = 1_000_000, 10_000_000
PAST_DAYS = 270
REQUESTS, FEW, WARM = 100, 10, 10
QUEUES = 30
PAGES = {"floor page": ("/", b"floor-queues"), "operations page": ("/ops", b"ops-")}
MOST = 1.2


def run(seconds: float | None) -> list[Figure]:
    """Both pages and the table of people, with the much and then with the little.

    The month is written last both times, and everything is measured as soon after it: the busiest hour is the last one, and a
    page that is read half an hour later would have less to show. Everything that is stored is counted, too.
    """
    share, requests = (1.0, REQUESTS) if seconds is None else (seconds / 100, FEW)
    little, much = int(LITTLE * share), int(MUCH * share)
    world.open_past_days(datetime.now(UTC), days=floor_rows.DAYS + PAST_DAYS + 2)
    queues = world.queues(QUEUES)
    teams, people, ais = floor_rows.staff(queues)
    session = world.session_of(world.account("bench-ops", "ops"))
    lead = numbers.lead(teams, queues)
    at = datetime.now(UTC)
    floor_rows.fill_past(
        at=at, messages=much - little, days=PAST_DAYS, after=little, queues=queues, people=people, ais=ais
    )
    began = time.perf_counter()
    services.mark_everything(at=at)
    services.recount_all(at=at)
    older = time.perf_counter() - began
    at = _month(little, queues, people, ais)
    _count_month(at)
    services.learn_baselines(at=at)
    table_above = numbers.by_person(at, lead, stored=f", {much:,} messages stored")
    above = _pages(session, requests)
    numbers.empty()
    at = _month(little, queues, people, ais)
    recount = numbers.recounted(at)
    services.learn_baselines(at=at)
    table_alone = numbers.by_person(at, lead, stored=f", {little:,} messages stored")
    alone = _pages(session, requests)
    return [
        *(_cost(name, above[name], alone[name], much, little) for name in PAGES),
        table_alone,
        table_above,
        replace(recount, detail={**recount.detail, f"s for {much - little:,} older": older}),
    ]


def _cost(name: str, above: list[float], alone: list[float], much: int, little: int) -> Figure:
    return Figure(
        name=f"{name}, {much:,} messages", unit=f"× with {little:,}", word="p95", n=len(above), target=MOST,
        value=percentile(above, 0.95) / percentile(alone, 0.95),
        limit_name=f"with {little:,}, p95 ms", limit=percentile(alone, 0.95) * 1000,
        detail={"p95 ms": percentile(above, 0.95) * 1000, "p50 ms": percentile(above, 0.5) * 1000,
                f"p50 ms with {little:,}": percentile(alone, 0.5) * 1000},
        note=f"the older ones lie in {PAST_DAYS} days before; whole page of an operations leader, one request at a time.",
    )  # fmt: skip


def _month(messages: int, queues: list[str], people: list[str], ais: list[str]) -> datetime:
    """Write the month up to now; return until when."""
    at = datetime.now(UTC)
    floor_rows.fill(at=at, messages=messages, queues=queues, people=people, ais=ais)
    return at


def _count_month(at: datetime) -> None:
    """Count the month alone: what is older is counted already. Nobody else counts meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) SELECT id, %s, false FROM interactions_conversation "
            "WHERE started_at > %s ORDER BY started_at",
            [at, at - timedelta(days=floor_rows.DAYS + 1)],
        )
    services.recount_all(at=at)
    numbers.tidy()


def _pages(session: str, requests: int) -> dict[str, list[float]]:
    with world.portal() as port:
        return {name: _page(port, session, requests, *asked) for name, asked in PAGES.items()}


def _page(port: int, session: str, requests: int, path: str, holds: bytes) -> list[float]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for _ in range(WARM + requests):
        began = time.perf_counter()
        client.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        answer = client.getresponse()
        body = answer.read()
        found.append(time.perf_counter() - began)
        if answer.status != 200 or holds not in body:
            raise RuntimeError(f"{path} answered {answer.status} with {len(body)} bytes.")
    client.close()
    return found[WARM:]
