"""Partitions by day for messages and conversation events: made ahead, dropped by retention, never in a query's way."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from django.db import connection
from psycopg import sql

from apps.interactions.rights import HELD_CONVERSATIONS

TABLES = {"interactions_message": "sent_at", "interactions_conversationevent": "happened_at"}
_NAME = re.compile(r"_p(\d{8})$")


def _days(table: str) -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        names = [row[0] for row in cursor.fetchall()]
    return {
        datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date() for n in names if (found := _NAME.search(n))
    }


def ensure(*, first: date, last: date) -> int:
    """Make the missing day partitions from `first` to `last` (UTC days, both included) and return how many.

    Rows of such a day that went to the default partition before are moved into it. Days further apart than ten years
    are refused, because a wrong clock must not make thousands of tables.
    """
    if (last - first).days > 3660:
        raise ValueError(f"Saw a span from {first} to {last}. Expected at most ten years of days.")
    made = 0
    for table, column in TABLES.items():
        missing = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        present = _days(table)
        for day in missing:
            if day not in present:
                _make(table, column, day)
                made += 1
    return made


def _make(table: str, column: str, day: date) -> None:
    name = sql.Identifier(f"{table}_p{day:%Y%m%d}")
    parent, default, key = sql.Identifier(table), sql.Identifier(f"{table}_default"), sql.Identifier(column)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    bounds = {"low": sql.Literal(start.isoformat()), "high": sql.Literal((start + timedelta(days=1)).isoformat())}
    statements = (
        "LOCK TABLE {parent} IN SHARE UPDATE EXCLUSIVE MODE",
        "CREATE TABLE IF NOT EXISTS {name} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        (
            "WITH moved AS (DELETE FROM {default} WHERE {key} >= {low} AND {key} < {high} RETURNING *) "
            "INSERT INTO {name} SELECT * FROM moved"
        ),
        "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ({low}) TO ({high})",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(
                sql.SQL(statement)
                .format(name=name, parent=parent, default=default, key=key, **bounds)
                .as_string(connection.connection)
            )


def drop_before(*, day: date, table: str) -> list[date]:
    """Drop the partitions of one table that lie wholly before a UTC day; return the days that went.

    Rows of conversations under a legal hold are kept, in the default partition. What lies there from days before and is
    held no longer goes as well.
    """
    gone = sorted(d for d in _days(table) if d < day)
    parent, default = sql.Identifier(table), sql.Identifier(f"{table}_default")
    with connection.cursor() as cursor:
        for d in gone:
            name = sql.Identifier(f"{table}_p{d:%Y%m%d}")
            for statement in (
                "ALTER TABLE {parent} DETACH PARTITION {name}",
                "INSERT INTO {parent} SELECT * FROM {name} WHERE conversation_id IN " + HELD_CONVERSATIONS,
                "DROP TABLE {name}",
            ):
                cursor.execute(sql.SQL(statement).format(parent=parent, name=name).as_string(connection.connection))
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
