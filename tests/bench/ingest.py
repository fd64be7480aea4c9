"""Messages from the first request to the moment the last one is stored and counted, against COPY of the same rows."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from apps.access.viewer import viewer_for
from apps.console import floor
from tests.bench import world
from tests.bench.figures import Figure, percentile
from tests.bench.sender import Report, Sender

BATCH = 100
CONNECTIONS = 4
QUEUES = 12
# Offered load, in events a second: more than the target, so that back-pressure is met if the floor cannot follow.
RATE = 6500
LONGEST_WAIT_SECONDS = 120
# Of what is taken in without the mask.
LEAST_SHARE = 0.8
# With the mask and without, so that a machine that gets slower or faster meanwhile does so for both.
TURNS = (False, True, True, False)


def run(seconds: float | None) -> list[Figure]:
    """60 s of batches through the door; stored must equal accepted, in rows and in the floor's own numbers."""
    now = datetime.now(UTC)
    world.open_past_days(now)
    token, keys = world.source(now), world.queues(QUEUES)
    given = _filled()
    orders = {
        "manner": "closed", "token": token, "source": world.SOURCE, "queues": QUEUES, "batch": BATCH, "connections": CONNECTIONS, "rate": RATE,
    }  # fmt: skip
    warm, report, took = _taken_in(orders, seconds or 60, is_masked=True)
    _check(messages=warm.messages + report.messages, keys=keys)
    behind = _scalar("SELECT max(absorbed_at - received_at) FROM connectors_delivery")
    copy, rows = copy_rate()
    by_turns = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for is_masked in TURNS:
        _empty_but(given)
        _, turn, turn_took = _taken_in(orders, (seconds or 60) / 2, is_masked=is_masked)
        _has_texts(in_the_open=not is_masked)
        by_turns[is_masked][0] += turn.messages
        by_turns[is_masked][1] += turn_took
    masked, bare = (by_turns[one][0] / by_turns[one][1] for one in (True, False))
    return [
        Figure(
            name="messages accepted, masked, stored and counted", unit="messages/s", value=report.messages / took,
            target=2000, n=report.messages, is_rate=True, limit_name="binary COPY of these rows, rows/s", limit=copy,
            detail={"events/s": report.events / took, "longest wait s": behind.total_seconds(),
                    "answer p95 ms": percentile(report.seconds, 0.95) * 1000},
            note=f"{report.requests} requests of {BATCH}, {report.turned_away} of them turned away by 429 and sent again; "
            f"stored == accepted; COPY of {rows} rows into the same partitions and indexes, median of three.",
        ),
        Figure(
            name="the same, at most a fifth lower than without the mask", unit="messages/s", value=masked, target=LEAST_SHARE * bare,
            n=int(by_turns[True][0]), is_rate=True, limit_name="without the mask, messages/s", limit=bare, detail={"mask µs/message": (1 / masked - 1 / bare) * 1e6},
            note=f"Afterwards, in turns of {(seconds or 60) / 2:.0f} s ({', '.join('with' if one else 'without' for one in TURNS)}), each on tables as "
            "empty as before. Without it texts are stored as they came, nothing is looked for, nothing sealed.",
        ),
    ]  # fmt: skip


def _tables() -> set[str]:
    """The tables with rows of their own; accounts stay whatever happens."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND relname NOT SIMILAR TO '(access|auth|django|guardian)%'"
        )
        return {name for (name,) in cursor.fetchall()}


def _filled() -> set[str]:
    return {name for name in _tables() if _scalar(f"SELECT EXISTS (SELECT FROM {name})")}


def _empty_but(given: set[str]) -> None:
    """Empty what was filled since."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(sorted(_tables() - given))}")


def _taken_in(orders: dict[str, Any], seconds: float, *, is_masked: bool) -> tuple[Report, Report, float]:
    """Start a portal and send for so long; return what was sent to warm it, what was sent then, and in what time that was stored."""
    with world.portal(is_masked=is_masked) as port:
        orders = {**orders, "port": port}
        warm = Sender(**orders, seed="warm", seconds=2).report()
        _wait_until_stored(warm.messages)
        report = Sender(**orders, seed="run", seconds=seconds).report()
        stored_at = _wait_until_stored(warm.messages + report.messages)
    return warm, report, stored_at - report.first_at


def _has_texts(*, in_the_open: bool) -> None:
    """Hold what is stored against whether the mask was there."""
    found = _scalar(
        "SELECT count(*) FROM interactions_message WHERE text LIKE '%4111 1111%' OR text LIKE '%@example.test%'"
    )
    if in_the_open and not found:
        raise RuntimeError("The mask was not left out: the share would say nothing.")
    if found and not in_the_open:
        raise RuntimeError(f"{found} messages are stored with personal data in them.")


def _scalar(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def _wait_until_stored(messages: int) -> float:
    """Return the moment at which nothing waits any more and so many messages are rows."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < end:
        waiting = _scalar("SELECT count(*) FROM connectors_delivery WHERE state = 'waiting'")
        at = time.time()
        if not waiting and _scalar("SELECT count(*) FROM interactions_message") == messages:
            return at
        time.sleep(0.1)
    raise RuntimeError(
        f"{messages} messages were accepted, but {_scalar('SELECT count(*) FROM interactions_message')} stored."
    )


def _check(*, messages: int, keys: list[str]) -> None:
    """Hold the numbers of the floor against what was accepted."""
    counted = _scalar("SELECT sum(customer_messages + human_messages + ai_messages) FROM interactions_conversation")
    if counted != messages:
        raise RuntimeError(f"The conversations count {counted} messages, but {messages} were accepted.")
    if failed := _scalar("SELECT count(*) FROM connectors_delivery WHERE state <> 'absorbed'"):
        raise RuntimeError(f"{failed} deliveries were not recorded.")
    _has_texts(in_the_open=False)
    lead = viewer_for(world.account("bench-lead", "lead", queue_keys=keys))  # type: ignore[arg-type]
    lines = floor.queues(viewer=lead, at=datetime.now(UTC))
    shown = sum(line.waiting + line.active for line in lines)
    there = _scalar(
        "SELECT count(*) FROM interactions_conversation WHERE is_open AND (waiting_since IS NOT NULL OR holder_id IS NOT NULL)"
    )
    if shown != there or not shown:
        raise RuntimeError(f"The floor shows {shown} conversations waiting or held; {there} are.")


def copy_rate() -> tuple[float, int]:
    """Rows a second of binary COPY of the stored messages into a copy of their table, partitions and indexes alike."""
    rates = []
    with connection.cursor() as cursor, cursor.connection.cursor() as raw:
        with raw.copy("COPY (SELECT * FROM interactions_message) TO STDOUT (FORMAT BINARY)") as out:
            blocks = [bytes(block) for block in out]
        cursor.execute("SELECT count(*) FROM interactions_message")
        rows = cursor.fetchone()[0]
        for _ in range(3):
            _copy_of_the_table(cursor)
            began = time.perf_counter()
            with raw.copy("COPY bench_message FROM STDIN (FORMAT BINARY)") as into:
                for block in blocks:
                    into.write(block)
            rates.append(rows / (time.perf_counter() - began))
    return statistics.median(rates), rows


def _copy_of_the_table(cursor: object) -> None:
    execute = cursor.execute  # type: ignore[attr-defined]
    execute("DROP TABLE IF EXISTS bench_message")
    execute("CREATE TABLE bench_message (LIKE interactions_message INCLUDING ALL) PARTITION BY RANGE (sent_at)")
    execute(
        "SELECT inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits "
        "JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'interactions_message'::regclass"
    )
    for name, bounds in cursor.fetchall():  # type: ignore[attr-defined]
        execute(f"CREATE TABLE {name.replace('interactions', 'bench')} PARTITION OF bench_message {bounds}")
