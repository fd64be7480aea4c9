"""Rebuild every observation and bucket beside the stored ones and say where they differ. Nothing stored is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.metrics.counting import DURATIONS, HOUR, SCOPES, WIDTH, Scope, cases_of, folding
from apps.metrics.observations import COLUMNS, FRESH, parameters

# Conversations observed by one statement.
BATCH = 2000
# Differences named one by one; the rest are only counted.
NAMED = 20

_WAITING = """
SELECT (SELECT count(*) FROM metrics_mark) + (SELECT count(*) FROM metrics_hourdue)
     + (SELECT count(*) FROM shared_outbox WHERE fact IN ('ConversationsChanged', 'MessagesRead') AND dispatched_at IS NULL)
"""
_FRESH = f"INSERT INTO fresh_observation ({COLUMNS}) WITH {FRESH.strip()} SELECT {COLUMNS} FROM fresh"  # noqa: S608
_OBSERVATIONS = """
SELECT measure, conversation_id, n, s.at, s.value, f.at, f.value, count(*) OVER ()
FROM metrics_observation s FULL JOIN fresh_observation f USING (conversation_id, measure, n)
WHERE (s.at, s.queue_id, s.channel, s.agent_id, s.value, s.business)
    IS DISTINCT FROM (f.at, f.queue_id, f.channel, f.agent_id, f.value, f.business)
ORDER BY measure, conversation_id, n LIMIT %(named)s
"""


class StillArriving(Exception):
    """Events arrived while the check began: what they change is not counted yet."""


def _points(scope: Scope, grain: str) -> str:
    key = ", ".join(scope.columns)
    present = " AND ".join(f"{name} IS NOT NULL" for name in scope.columns)
    source = f"(SELECT * FROM fresh_observation WHERE measure = ANY(%(of_scope)s) AND {present})"  # noqa: S608  # our own words
    # Hours straight from observations and not from minutes: another way than the recount's.
    return f"""
WITH {folding(scope, cases=cases_of(scope, source=source, width=WIDTH[grain]))}, stored AS (
    SELECT measure, starts_at, {key}, n, total, keys, counts, business_n, business_total
    FROM {scope.table} WHERE grain = '{grain}' AND n > 0
)
SELECT measure, starts_at, ({key})::text, s.n, s.total, c.n, c.total, count(*) OVER ()
FROM stored s FULL JOIN counted c USING (measure, starts_at, {key})
WHERE (s.n, s.total, s.keys, s.counts, s.business_n, s.business_total)
    IS DISTINCT FROM (c.n, c.total, c.keys, c.counts, c.business_n, c.business_total)
ORDER BY measure, starts_at LIMIT %(named)s
"""  # noqa: S608  # words of this app only


@transaction.atomic
def differences(*, tell: Callable[[int], None] = lambda done: None) -> list[str]:
    """Return a line a difference, as of one moment, telling how many conversations are rebuilt after each batch.

    :raises StillArriving: something waits to be counted.
    """
    lines: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(_WAITING)
        if cursor.fetchone()[0]:
            raise StillArriving
        _rebuild(cursor, tell)
        cursor.execute(_OBSERVATIONS, {"named": NAMED})
        lines += _told("observation", cursor.fetchall())
        for scope in SCOPES:
            for grain in (scope.finest, HOUR):
                cursor.execute(
                    _points(scope, grain),
                    {"of_scope": list(scope.measures), "durations": DURATIONS, "named": NAMED},
                )
                lines += _told(f"{scope.table.removeprefix('metrics_')} {grain}", cursor.fetchall())
        cursor.execute("DROP TABLE fresh_observation")
    return lines


def _rebuild(cursor: Any, tell: Callable[[int], None]) -> None:
    cursor.execute("CREATE TEMP TABLE fresh_observation (LIKE metrics_observation)")
    cursor.execute("SELECT id FROM interactions_conversation ORDER BY started_at, id")
    conversations: list[UUID] = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(conversations), BATCH):
        cursor.execute(_FRESH, parameters(conversations[start : start + BATCH]))
        tell(min(start + BATCH, len(conversations)))
    cursor.execute("ANALYZE fresh_observation")


def _told(what: str, rows: list[tuple[Any, ...]]) -> Iterator[str]:
    for measure, first, second, *stored_and_rebuilt in rows:
        one, two, three, four, _ = stored_and_rebuilt
        yield f"{what} {measure} {first} {second}: stored {one} {two}, rebuilt {three} {four}"
    if rows and rows[0][-1] > len(rows):
        yield f"{what}: {rows[0][-1] - len(rows)} more"
