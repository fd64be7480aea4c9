"""The same floor with a million messages of one month stored, and with nine million older ones beneath: what history costs.

Not part of `make bench` without a name, because it writes for some minutes: `make bench ARGS=scale`.
"""

from __future__ import annotations

import http.client
import time
from datetime import UTC, datetime

from apps.metrics import services
from tests.bench import floor_rows, world
from tests.bench.figures import Figure, percentile

LITTLE, MUCH = 1_000_000, 10_000_000
PAST_DAYS = 270
REQUESTS, WARM = 100, 10
QUEUES = 30
PAGES = {"floor page": ("/", b"floor-queues"), "operations page": ("/ops", b"ops-")}
MOST = 1.2


def run(seconds: float | None) -> list[Figure]:
    """Both pages with the little and with the much; numbers are counted for the month, which is all that they read."""
    at = datetime.now(UTC)
    share = 1.0 if seconds is None else seconds / 100
    world.open_past_days(at, days=floor_rows.DAYS + PAST_DAYS + 2)
    queues = world.queues(QUEUES)
    _teams, people, ais = floor_rows.staff(queues)
    session = world.session_of(world.account("bench-ops", "ops"))
    little, much = int(LITTLE * share), int(MUCH * share)
    floor_rows.fill(at=at, messages=little, queues=queues, people=people, ais=ais)
    services.mark_everything(at=at)
    services.recount_all(at=at)
    services.learn_baselines(at=at)
    with world.portal() as port:
        before = {name: _page(port, session, *asked) for name, asked in PAGES.items()}
        floor_rows.fill_past(
            at=at, messages=much - little, days=PAST_DAYS, after=little, queues=queues, people=people, ais=ais
        )
        after = {name: _page(port, session, *asked) for name, asked in PAGES.items()}
    return [
        Figure(
            name=f"{name}, {much:,} messages", unit=f"× with {little:,}", word="p95", n=REQUESTS, target=MOST,
            value=percentile(after[name], 0.95) / percentile(before[name], 0.95),
            limit_name=f"with {little:,}, p95 ms", limit=percentile(before[name], 0.95) * 1000,
            detail={"p95 ms": percentile(after[name], 0.95) * 1000, "p50 ms": percentile(after[name], 0.5) * 1000},
            note=f"the older ones lie in {PAST_DAYS} days before; whole page of an operations leader, one request at a time.",
        )
        for name in PAGES
    ]  # fmt: skip


def _page(port: int, session: str, path: str, holds: bytes) -> list[float]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    found = []
    for _ in range(WARM + REQUESTS):
        began = time.perf_counter()
        client.request("GET", path, headers={"Cookie": f"sessionid={session}"})
        answer = client.getresponse()
        body = answer.read()
        found.append(time.perf_counter() - began)
        if answer.status != 200 or holds not in body:
            raise RuntimeError(f"{path} answered {answer.status} with {len(body)} bytes.")
    client.close()
    return found[WARM:]
