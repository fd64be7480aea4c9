from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0001_initial"),
        ("metrics", "0005_mark_for_new_measures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Workday",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("goals_seen_at", models.DateTimeField(null=True)),
                ("went_well", models.CharField(blank=True, max_length=600)),
                ("one_point", models.CharField(blank=True, max_length=600)),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="workdays", to="agents.agent"
                    ),
                ),
            ],
            options={"ordering": ["-day"]},
        ),
        migrations.AddConstraint(
            model_name="workday",
            constraint=models.UniqueConstraint(fields=("agent", "day"), name="workday_once"),
        ),
    ]
