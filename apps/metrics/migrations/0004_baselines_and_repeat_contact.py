"""What is usual gets a table; whether customers came back is observed for the conversations that are there."""

import django.contrib.postgres.fields
from django.db import migrations, models

MARK = """
INSERT INTO metrics_mark (conversation_id, marked_at, is_late)
SELECT id, now(), false FROM interactions_conversation ORDER BY started_at
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0003_business_hours_samples_and_goals")]

    operations = [
        migrations.CreateModel(
            name="Baseline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("queue_id", models.UUIDField(null=True)),
                ("zone", models.CharField(max_length=64)),
                ("expected", django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), size=None)),
                ("dispersion", models.FloatField()),
                ("level_spread", models.FloatField()),
                ("days", models.PositiveSmallIntegerField()),
                ("learnt_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("zone", "queue_id"), name="baseline_once", nulls_distinct=False)
                ],
            },
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
