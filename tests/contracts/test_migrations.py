"""Case 95: what a migration may do to tables that a floor in use reads and writes, and what becomes of one that cannot."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import call_command
from django.db import OperationalError, connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from apps.shared.management.commands.migrate import LONGEST_WAIT

# Up to here tables are new in every portal there is. What comes later meets a million rows.
FIRST_RELEASE = {
    "access": 8, "agents": 1, "alerts": 5, "analysis": 1, "coaching": 1, "connectors": 7, "interactions": 8, "interventions": 2,
    "metrics": 6, "reviews": 3, "routing": 1, "shared": 2, "tuning": 1,
}  # fmt: skip
LARGE = {
    ("interactions", name)
    for name in ("conversation", "message", "conversationevent", "sealedvalue", "customer", "customervalue", "handoff")
} | {("connectors", "delivery"), ("connectors", "ledger"), ("analysis", "reading"), ("metrics", "observation"),
     ("metrics", "queuepoint"), ("metrics", "agentpoint"), ("metrics", "sample")}  # fmt: skip


def ours() -> list[migrations.Migration]:
    loader = MigrationLoader(None)
    return [one for (app, _), one in loader.disk_migrations.items() if app in FIRST_RELEASE]


def holds_long(app: str, operation: Operation) -> bool:
    """Whether an operation keeps a large table locked for as long as reading or writing all of it takes."""
    name = str(getattr(operation, "model_name", "") or getattr(operation, "name", "")).lower()
    if (app, name) not in LARGE:
        return False
    if isinstance(operation, AddIndexConcurrently):
        return False
    if isinstance(operation, migrations.AddField):
        field = operation.field
        return not field.null and field.db_default is models.NOT_PROVIDED
    return isinstance(operation, (migrations.AddIndex, migrations.AlterField, migrations.AddConstraint, migrations.AlterUniqueTogether))  # fmt: skip


def test_no_later_migration_keeps_a_large_table_locked() -> None:
    later = [one for one in ours() if int(one.name[:4]) > FIRST_RELEASE[one.app_label]]
    assert [
        (one.app_label, one.name) for one in later for step in one.operations if holds_long(one.app_label, step)
    ] == []


@pytest.mark.parametrize("step", [
    migrations.AddIndex("Conversation", models.Index(fields=["subject"], name="x")),
    migrations.AddField("Message", "seen", models.IntegerField(default=0)),
    migrations.AlterField("Message", "text", models.CharField(max_length=9)),
])  # fmt: skip
def test_a_step_that_would_is_seen(step: Operation) -> None:
    assert holds_long("interactions", step)
    assert not holds_long("interactions", migrations.AddField("Message", "seen", models.IntegerField(null=True)))


def test_every_step_can_be_taken_back() -> None:
    assert [(one.app_label, one.name) for one in ours() for step in one.operations if not step.reversible] == []


@pytest.fixture
def reader() -> Iterator[psycopg.Connection]:
    """Somebody else, who reads conversations and takes long over it."""
    told = connection.get_connection_params()
    words = {key: told[key] for key in ("host", "port", "user", "password", "dbname") if told.get(key)}
    with psycopg.connect(**words) as other:
        other.execute("SELECT count(*) FROM interactions_conversation")
        yield other
        other.rollback()


class Widened(migrations.Migration):
    """A release's step: a column, and rows that are written before a table cannot be had."""

    operations = [
        migrations.RunSQL("CREATE TABLE widened (n int)", "DROP TABLE widened"),
        migrations.RunSQL("ALTER TABLE interactions_conversation ADD COLUMN widened int", "ALTER TABLE interactions_conversation DROP COLUMN widened"),
    ]  # fmt: skip


def is_there() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('widened') IS NOT NULL")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_step_that_gets_no_lock_is_given_up_soon_and_leaves_nothing_and_works_later(
    reader: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor, step = MigrationExecutor(connection), Widened("widened", "interactions")
    state = executor.loader.project_state()

    def applied() -> None:
        with connection.schema_editor(atomic=True) as editor:
            step.apply(state.clone(), editor)

    def in_the_command(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == (LONGEST_WAIT,)
            cursor.execute("SET lock_timeout = '100ms'")  # the test need not wait as long
        applied()

    monkeypatch.setattr("django.core.management.commands.migrate.Command.handle", in_the_command)
    with pytest.raises(OperationalError, match="lock timeout"):
        call_command("migrate")
    assert not is_there()
    reader.rollback()
    call_command("migrate")
    assert is_there()
    with connection.schema_editor(atomic=True) as editor:
        step.unapply(state.clone(), editor)
    assert not is_there()
