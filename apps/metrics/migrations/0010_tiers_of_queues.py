"""How far up a queue stands, so that a transfer to a higher one is known as an escalation. Nothing is of a higher tier yet."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0009_what_messages_ask_for"),
        ("metrics", "0009_mark_for_moods_and_evaluators"),
    ]

    operations = [
        migrations.CreateModel(
            name="QueueTier",
            fields=[
                (
                    "queue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tier_row",
                        serialize=False,
                        to="interactions.queue",
                    ),
                ),
                ("tier", models.PositiveSmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("tier__gte", 2), ("tier__lte", 4)), name="queue_tier_above_the_first"
                    )
                ]
            },
        ),
    ]
