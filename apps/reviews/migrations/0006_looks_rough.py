"""One more reason to look: a machine's guess that a reply reads roughly. Choices are checked by us: the tables stay as they are."""

import django.contrib.postgres.fields
from django.db import migrations, models

RISKS = [
    ("csat", "Low rating"),
    ("alert", "Alert raised"),
    ("mood", "Turned negative"),
    ("asked", "Asked for a person"),
    ("reopened", "Reopened"),
    ("moved", "Moved twice or more"),
    ("long", "Very long"),
    ("rough", "Looks rough; a machine’s guess that only sorts"),
]


class Migration(migrations.Migration):
    dependencies = [("reviews", "0005_automatic_scores")]

    operations = [
        migrations.AlterField("assignment", "reason", models.CharField(blank=True, choices=RISKS, max_length=10)),
        migrations.AlterField("flag", "kind", models.CharField(choices=RISKS, max_length=10)),
        migrations.AlterField(
            "samplingplan",
            "risks",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=RISKS, max_length=10), default=list, size=None
            ),
        ),
    ]
