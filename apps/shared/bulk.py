"""Set-based writes through psycopg: one statement a table, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def plain_cursor() -> psycopg.Cursor[Any]:
    """A cursor of psycopg's own, which sends values beside the statement, those marked `%b` in binary. Django's own writes
    each of them into its text, which for a batch costs more time than all the rest of recording it."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def _cursor() -> CursorWrapper:
    """The same, with Django's names of errors and its count of statements."""
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    return make(plain_cursor())  # type: ignore[arg-type]  # it wraps the driver's cursor; the stubs name the wrapper


def write(
    *,
    table: str,
    columns: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    conflict: str,
    update: Sequence[str] = (),
    only_if: str = "",
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert the rows in one statement and return what `returning` names, for rows that were written.

    `columns` maps a column's name to its PostgreSQL type; values of jsonb columns are given as JSON text.
    `conflict` lists the columns of the unique key; with `update` a row that stands there is changed, and only when
    something differs, so that repeating a write leaves no dead row behind. `only_if` narrows that further (SQL over
    `old` and `excluded`). Rows must not repeat a key, and are given in key order so that two writers do not deadlock.
    """
    if not rows:
        return []
    names = ", ".join(f'"{name}"' for name in columns)
    carried = {name: kind if kind != "jsonb" else "text" for name, kind in columns.items()}
    unnest = ", ".join(f"%b::{kind}[]" for kind in carried.values())
    picked = ", ".join(f'v."{name}"::{kind}' for name, kind in columns.items())
    action = "DO NOTHING"
    if update:
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
        old = ", ".join(f'old."{name}"' for name in update)
        new = ", ".join(f'excluded."{name}"' for name in update)
        action = f"DO UPDATE SET {changes} WHERE ({old}) IS DISTINCT FROM ({new})" + (
            f" AND {only_if}" if only_if else ""
        )
    # Every name in this statement is a constant of our own code; values travel as parameters.
    statement = (
        f'INSERT INTO "{table}" AS old ({names}) SELECT {picked} FROM unnest({unnest}) AS v({names}) '  # noqa: S608
        f"ON CONFLICT ({conflict}) {action}" + (f" RETURNING {returning}" if returning else "")
    )
    with _cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        return cursor.fetchall() if returning else []


def update(
    *,
    table: str,
    key: Mapping[str, str],
    columns: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    span: tuple[str, Any, Any] | None = None,
) -> None:
    """Change rows that stand there, in one statement and only where something differs.

    A row gives the columns of the key and then those to change, in the order of the mappings. `span` names a column with
    the least and the greatest value it has in these rows, so that only partitions between them are asked.
    """
    if not rows:
        return
    named = {**key, **columns}
    names = ", ".join(f'"{name}"' for name in named)
    unnest = ", ".join(f"%b::{'text' if kind == 'jsonb' else kind}[]" for kind in named.values())
    new = [f'v."{name}"::{kind}' for name, kind in columns.items()]
    changes = ", ".join(f'"{name}" = {value}' for name, value in zip(columns, new, strict=True))
    same = " AND ".join(f'old."{name}" = v."{name}"' for name in key)
    within = f' AND old."{span[0]}" >= %s AND old."{span[0]}" <= %s' if span else ""
    old = ", ".join(f'old."{name}"' for name in columns)
    # Every name in this statement is a constant of our own code; values travel as parameters.
    statement = (
        f'UPDATE "{table}" AS old SET {changes} FROM unnest({unnest}) AS v({names}) '  # noqa: S608
        f"WHERE {same}{within} AND ({old}) IS DISTINCT FROM ({', '.join(new)})"
    )
    with _cursor() as cursor:
        cursor.execute(statement, [*(list(column) for column in zip(*rows, strict=True)), *(span[1:] if span else ())])
