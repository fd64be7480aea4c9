"""What machines would mark is kept in a table of its own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0001_initial"),
        ("reviews", "0004_suggestions_after_a_mark"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("conversation_id", models.UUIDField()),
                ("over_at", models.DateTimeField()),
                ("marks", models.JSONField(default=dict)),
                ("read_by", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField()),
                (
                    "agent",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="agents.agent"),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="reviews.rubricversion"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["over_at"], name="auto_score_by_time")],
                "constraints": [models.UniqueConstraint(fields=("conversation_id", "agent"), name="auto_score_once")],
            },
        ),
    ]
