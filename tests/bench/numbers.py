"""Numbers: how soon an event is counted, what the buckets cost, and what they gain over counting raw rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

from django.db import connection

from apps.access.viewer import Viewer, viewer_for
from apps.metrics import queries, services
from apps.metrics.queries import Scope
from tests.bench import floor_rows, world
from tests.bench.figures import Figure, latency
from tests.bench.pixel import Probe
from tests.bench.sender import Sender

RATE = 200
QUEUES = 12
PROBES = 60
WARM_SECONDS = 5
MESSAGES = 1_000_000
READS = 15
RAW_READS = 3
ROOM_SECONDS = 20.0
BUCKETS = ("metrics_queuepoint", "metrics_agentpoint")

# A lead's table of 28 days, told from raw rows as one would without an engine: each reply after what it answers.
_RAW = """
SELECT agent_id, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - asked_at))
FROM (
    SELECT agent_id, author_kind, sent_at, lag(author_kind) OVER w AS before, lag(sent_at) OVER w AS asked_at
    FROM interactions_message WHERE NOT is_private AND sent_at > %(at)s - interval '28 days' AND sent_at <= %(at)s
    WINDOW w AS (PARTITION BY conversation_id ORDER BY sent_at, sequence, id)
) AS m WHERE author_kind = 'agent' AND before = 'customer' GROUP BY agent_id
"""


def run(seconds: float | None) -> list[Figure]:
    """The lag with nothing stored before, then a recount of a million messages and the tables read from it."""
    now = datetime.now(UTC)
    world.open_past_days(now, days=floor_rows.DAYS + 1)
    token, keys = world.source(now), world.queues(QUEUES)
    probes = PROBES if seconds is None else max(5, int(seconds))
    lag = _lag(token, keys[QUEUES - 1], probes)
    empty()
    at = datetime.now(UTC)
    teams, people, ais = floor_rows.staff(keys)
    floor_rows.fill(at=at, messages=MESSAGES, queues=keys, people=people, ais=ais)
    return [lag, recounted(at), by_person(at, lead(teams, keys))]


def empty() -> None:
    """Delete whatever happened, and what was counted of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE interactions_conversation, metrics_mark, metrics_hourdue, metrics_observation, "
            + ", ".join(BUCKETS)
        )
        for table in floor_rows.COLUMNS:
            cursor.execute(f"TRUNCATE {table} CASCADE")


def tidy() -> None:
    """Let the planner know what was counted, as autovacuum would in its next round."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE metrics_observation, " + ", ".join(BUCKETS))


def lead(teams: list[int], keys: list[str]) -> Viewer:
    """Somebody who leads all teams and sees all queues."""
    return viewer_for(world.account("bench-lead", "lead", queue_keys=keys, team_keys=teams))  # type: ignore[arg-type]


def _scalar(statement: str, *values: object) -> float:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return float(cursor.fetchone()[0] or 0)


def _lag(token: str, queue: str, probes: int) -> Figure:
    """Each probe is one abandoned wait in a queue of its own: from before its request until its bucket says so."""
    found: list[float] = []
    alone: list[float] = []
    rng = Random("lag")
    with world.portal() as port:
        sender = Sender(
            manner="open", port=port, token=token, source=world.SOURCE, queues=QUEUES - 1, batch=1, rate=RATE,
            seed="run", seconds=600,
        )  # fmt: skip
        try:
            time.sleep(WARM_SECONDS)
            probe = Probe(port=port, token=token)
            for n in range(1, probes + 1):
                name = {"conversation_id": f"lag-{n}"}
                customer = {"kind": "customer", "id": f"p{n}", "identity": "anonymous"}
                began = time.time()
                probe.send(
                    (
                        "conversation.started",
                        {**name, "channel": "webchat", "direction": "inbound", "customer": customer},
                    ),
                    ("conversation.queued", {**name, "queue": f"q{QUEUES - 1}"}),
                    ("conversation.status_changed", {**name, "to": "closed", "outcome": "abandoned"}),
                )
                alone.append(time.time() - began)
                _until(lambda n=n: _counted(queue) == n)  # type: ignore[misc]  # a default binds the turn
                found.append(time.time() - began)
                time.sleep(rng.uniform(0.3, 1.0))
        finally:
            sender.stop()
    return latency(
        name="event to recounted bucket", seconds=found, word="p95", target_ms=500,
        limit_name="its request alone", limit_seconds=alone,
        note=f"beside {RATE} single events/s; from before the request until the bucket of its queue holds it, looked at "
        "each 5 ms.",
    )  # fmt: skip


def _counted(queue: str) -> int:
    return int(
        _scalar(
            "SELECT sum(n) FROM metrics_queuepoint WHERE grain = 'minute' AND queue_id = %s AND measure = 'short_abandons'",
            queue,
        )
    )


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + ROOM_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"A probe was not counted within {ROOM_SECONDS:.0f} s.")
        time.sleep(0.005)


def recounted(at: datetime) -> Figure:
    """Everything is counted afresh, as after an update of a definition; beside it, one read of the same rows."""
    began = time.perf_counter()
    services.mark_everything(at=at)
    services.recount_all(at=at)
    took = time.perf_counter() - began
    began = time.perf_counter()
    messages = _scalar("SELECT count(*) FROM (SELECT md5(text) FROM interactions_message) AS m")
    read = time.perf_counter() - began
    tidy()
    kept = sum(_scalar("SELECT pg_total_relation_size(%s)", table) for table in BUCKETS)
    cases = _scalar("SELECT pg_total_relation_size('metrics_observation')")
    rows = _scalar("SELECT pg_total_relation_size('interactions_conversation')") + _scalar(
        "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'interactions_message'::regclass"
    )
    million = messages / 1e6
    return Figure(
        name=f"full recount of {messages:,.0f} messages", unit="s", value=took, target=300 * million, n=int(messages),
        limit_name="one read of these messages, s", limit=read,
        detail={
            "buckets MB a million": kept / 1e6 / million, "observations MB a million": cases / 1e6 / million,
            "conversations and messages MB a million": rows / 1e6 / million,
        },
        note="no target is set in time; five minutes a million is ours. One process; sizes with their indexes.",
    )  # fmt: skip


def by_person(at: datetime, viewer: Viewer, *, stored: str = "") -> Figure:
    """The table of 28 days by person from buckets, and the same from raw rows; `stored` names what else lies there."""
    read, raw = [], []
    people = 0
    for _ in range(READS):
        began = time.perf_counter()
        answer = queries.measure(
            viewer=viewer, key="response_time", scope=Scope(), window="28d", by="agent", at=datetime.now(UTC)
        )
        read.append(time.perf_counter() - began)
        people = len(answer.groups)
    for _ in range(RAW_READS):
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(_RAW, {"at": at})
            cursor.fetchall()
        raw.append(time.perf_counter() - began)
    return latency(
        name=f"28 days by person with p50 and p90, {people} people{stored}", seconds=read, word="p95", target_ms=300,
        limit_name="GROUP BY over the raw rows", limit_seconds=raw,
        note="percentiles from merged histograms, at most 2.5 % off. A ratio under 1 is what the buckets gain.",
    )  # fmt: skip
