"""The ledger in eight parts by its key: short indexes that stay in memory, and vacuum a part at a time."""

from django.db import migrations, models

PARTS = 8
FORWARDS = [
    "ALTER TABLE connectors_ledger RENAME TO connectors_ledger_whole",
    "CREATE TABLE connectors_ledger (digest bytea NOT NULL, content bytea NOT NULL, first_seen_at timestamptz NOT NULL)"
    " PARTITION BY HASH (digest)",
    *(
        f"CREATE TABLE connectors_ledger_h{n} PARTITION OF connectors_ledger"
        f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {n})"
        for n in range(PARTS)
    ),
    "INSERT INTO connectors_ledger SELECT digest, content, first_seen_at FROM connectors_ledger_whole",
    "DROP TABLE connectors_ledger_whole",
    "ALTER TABLE connectors_ledger ADD CONSTRAINT connectors_ledger_pkey PRIMARY KEY (digest)",
    # Rows are only added at the end of time and deleted from its start, so a coarse index is enough for the purge.
    "CREATE INDEX connectors_ledger_first_seen ON connectors_ledger USING brin (first_seen_at)",
]
BACKWARDS = [
    "CREATE TABLE connectors_ledger_whole (digest bytea NOT NULL PRIMARY KEY, content bytea NOT NULL,"
    " first_seen_at timestamptz NOT NULL)",
    "INSERT INTO connectors_ledger_whole SELECT digest, content, first_seen_at FROM connectors_ledger",
    "DROP TABLE connectors_ledger",
    "ALTER TABLE connectors_ledger_whole RENAME TO connectors_ledger",
    "CREATE INDEX ON connectors_ledger (first_seen_at)",
]


class Migration(migrations.Migration):
    dependencies = [("connectors", "0003_delivery_lag_and_plain_storage")]

    operations = [
        migrations.RunSQL(
            FORWARDS,
            BACKWARDS,
            state_operations=[migrations.AlterField("ledger", "first_seen_at", models.DateTimeField())],
        ),
    ]
