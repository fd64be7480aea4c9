"""Everything that events leave in the tables, column by column as the database prints it, so that two runs can be held
against each other byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from apps.access.sealed import open_value

# Columns that differ between two runs that agree, and why.
LEFT_OUT: dict[str, str] = {
    "recorded_at": "the receiver's clock: when an event came in is not what happened",
}
# Sealed columns hold another random nonce each time; they are opened, with the key of the row that owns them.
OPENED_WITH: dict[str, str] = {
    "interactions_sealedvalue": "message_id",
    "interactions_customervalue": "customer_id",
    "interactions_messagechange": "message_id",
}
# Tables that no event writes.
NOT_FROM_EVENTS: dict[str, str] = {
    "agents_team": "made by an admin",
    "agents_teamuserobjectpermission": "a grant",
    "agents_shift": "planned by people",
    "agents_activity": "the same",
    "agents_weekshift": "the same",
    "agents_shiftexception": "the same",
    "interactions_queueuserobjectpermission": "a grant",
    "interactions_customerrequest": "asked by an admin",
    "interactions_hold": "placed by an admin",
    "interactions_queue_teams": "set up by an admin",
}


Rows = dict[str, list[tuple[str, ...]]]


def tables() -> dict[str, type[models.Model]]:
    """The tables of interactions and agents that events write, all of them."""
    found = {
        model._meta.db_table: model
        for app in ("interactions", "agents")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }
    return {name: model for name, model in found.items() if name not in NOT_FROM_EVENTS}


def _columns(model: type[models.Model]) -> list[str]:
    # A number that the table counts out is the order of writing and nothing else; what it numbers has a key of its own.
    return [
        field.column
        for field in model._meta.concrete_fields
        if field.column not in LEFT_OUT and not (field.primary_key and isinstance(field, models.AutoField))
    ]


def dump() -> Rows:
    """Every row of every table as text, in the order of its text."""
    told: Rows = {}
    for table, model in tables().items():
        columns = _columns(model)
        with connection.cursor() as cursor:
            chosen = ", ".join(f'"{c}"' if c == "sealed" else f'"{c}"::text' for c in columns)
            cursor.execute(f'SELECT {chosen} FROM "{table}"')
            rows = cursor.fetchall()
        read = _opener(table, columns)
        told[table] = sorted(tuple("" if v is None else v for v in read(row)) for row in rows)
    return told


def _opener(table: str, columns: list[str]) -> Callable[[tuple], tuple]:
    if "sealed" not in columns:
        return lambda row: row
    owner, place = columns.index(OPENED_WITH[table]), columns.index("sealed")

    def read(row: tuple) -> tuple:
        sealed = row[place] and open_value(bytes(row[place]), context=UUID(row[owner]).bytes).decode()
        return (*row[:place], sealed, *row[place + 1 :])

    return read


def differences(one: Rows, other: Rows) -> dict[str, str]:
    """For each table that differs: how many rows only one side has, and the first of them."""
    found = {}
    for table in one:
        if one[table] != other[table]:
            here, there = sorted(set(one[table]) - set(other[table])), sorted(set(other[table]) - set(one[table]))
            found[table] = f"{table}: {len(here)} and {len(there)}\n- {here[:2]}\n+ {there[:2]}"
    return found


def empty() -> None:
    """Forget everything that events wrote, and what the door remembers of them."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        names = [*tables(), "connectors_delivery", "connectors_ledger", "shared_outbox"]
        cursor.execute("TRUNCATE " + ", ".join(names) + " CASCADE")
