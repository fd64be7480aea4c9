"""Partitions by day for messages and conversation events: made ahead, dropped by retention, never in a query's way.

Both need a table for themselves for a moment, while whoever records writes events first and messages after. So each partition is a
transaction of its own, which takes every lock at its start, from the table down, and holds nothing of the other table meanwhile:
nobody who records can hold what it waits for and wait for what it holds. It waits for two seconds at the most, because all who come
after it wait as well, and tries again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import errors, sql

from apps.interactions.rights import HELD_CONVERSATIONS

TABLES = {"interactions_message": "sent_at", "interactions_conversationevent": "happened_at"}
_NAME = re.compile(r"_p(\d{8})$")
LONGEST_WAIT, TRIES, PAUSE = "2s", 8, 0.5


def _days(table: str) -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        names = [row[0] for row in cursor.fetchall()]
    return {
        datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date() for n in names if (found := _NAME.search(n))
    }


def _alone(*, locks: Sequence[str], statements: Sequence[str], unless: str = "", **words: sql.Composable) -> bool:
    """Run statements in a transaction of their own, once all their locks are there; say whether they were run.

    With the locks in hand it is asked whether somebody else was quicker: where `unless` finds a row, nothing is done.

    :raises OperationalError: the locks were not there, time and again; nothing was changed.
    """

    def run(cursor: Any, statement: str) -> None:
        cursor.execute(sql.SQL(statement).format(**words).as_string(connection.connection))

    tried = 0
    while True:
        tried += 1
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT current_setting('lock_timeout')")
                before = cursor.fetchone()[0]
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
                for statement in locks:
                    run(cursor, statement)
                # Where this is a part of another transaction, the setting would last to its end.
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
                if unless:
                    run(cursor, unless)
                    if cursor.fetchone() is not None:
                        return False
                for statement in statements:
                    run(cursor, statement)
                return True
        except OperationalError as raised:
            if tried == TRIES or not isinstance(raised.__cause__, (errors.LockNotAvailable, errors.DeadlockDetected)):
                raise
            time.sleep(PAUSE)


def ensure(*, first: date, last: date) -> int:
    """Make the missing day partitions from `first` to `last` (UTC days, both included) and return how many; each is kept by itself.

    Rows of such a day that went to the default partition before are moved into it. Days further apart than ten years
    are refused, because a wrong clock must not make thousands of tables.
    """
    if (last - first).days > 3660:
        raise ValueError(f"Saw a span from {first} to {last}. Expected at most ten years of days.")
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return sum(
        _make(table, column, day) for table, column in TABLES.items() for day in sorted(set(days) - _days(table))
    )


def missing(days: Sequence[date]) -> list[date]:
    """Which of these UTC days lack a partition, of one table or of both. A statement a table."""
    there = set.intersection(*map(_days, TABLES))
    return [day for day in days if day not in there]


def _make(table: str, column: str, day: date) -> bool:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return _alone(
        locks=(
            "LOCK TABLE ONLY {parent} IN SHARE UPDATE EXCLUSIVE MODE",
            "LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE",
        ),
        unless="SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass({word})",
        statements=(
            "CREATE TABLE IF NOT EXISTS {name} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
            (
                "WITH moved AS (DELETE FROM {default} WHERE {key} >= {low} AND {key} < {high} RETURNING *) "
                "INSERT INTO {name} SELECT * FROM moved"
            ),
            "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})",
        ),
        name=sql.Identifier(f"{table}_p{day:%Y%m%d}"),
        word=sql.Literal(f"{table}_p{day:%Y%m%d}"),
        parent=sql.Identifier(table),
        default=sql.Identifier(f"{table}_default"),
        key=sql.Identifier(column),
        low=sql.Literal(start.isoformat()),
        high=sql.Literal((start + timedelta(days=1)).isoformat()),
    )


def drop_before(*, day: date, table: str) -> list[date]:
    """Drop the partitions of one table that lie wholly before a UTC day; return the days that went.

    Rows of conversations under a legal hold are kept, in the default partition. What lies there from days before and is
    held no longer goes as well.
    """
    gone = sorted(d for d in _days(table) if d < day)
    parent, default = sql.Identifier(table), sql.Identifier(f"{table}_default")
    for d in gone:
        _alone(
            locks=(
                "LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE",
                "LOCK TABLE {default}, {name} IN ACCESS EXCLUSIVE MODE",
            ),
            statements=(
                "ALTER TABLE {parent} DETACH PARTITION {name}",
                "INSERT INTO {parent} SELECT * FROM {name} WHERE conversation_id IN " + HELD_CONVERSATIONS,
                "DROP TABLE {name}",
            ),
            parent=parent,
            default=default,
            name=sql.Identifier(f"{table}_p{d:%Y%m%d}"),
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("DELETE FROM {default} WHERE {key} < {day} AND conversation_id NOT IN " + HELD_CONVERSATIONS)
            .format(default=default, key=sql.Identifier(TABLES[table]), day=sql.Literal(_midnight(day)))
            .as_string(connection.connection)
        )
    return gone


def _midnight(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()


def days_ahead(*, day: date) -> dict[str, int]:
    """For how many UTC days after a day each table has its partition without a gap. A statement a table."""
    found = {}
    for table in TABLES:
        present, n = _days(table), 0
        while day + timedelta(days=n + 1) in present:
            n += 1
        found[table] = n
    return found


def days_before(*, day: date, table: str) -> int:
    """How many day partitions of a table lie wholly before a UTC day. One statement."""
    return sum(1 for d in _days(table) if d < day)
