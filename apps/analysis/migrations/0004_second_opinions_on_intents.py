"""A second opinion on what an AI agent understood: what is learnt of each, and the intent that is read of a message."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analysis", "0003_a_second_tier_of_moods")]

    operations = [
        migrations.AddField("reading", "intent", models.CharField(max_length=200, blank=True, db_default="")),
        migrations.CreateModel(
            name="Lesson",
            fields=[
                ("agent_id", models.UUIDField(primary_key=True, serialize=False)),
                ("weights", models.BinaryField()),
                ("examples", models.PositiveIntegerField()),
                ("intents", models.PositiveSmallIntegerField()),
                ("learnt_at", models.DateTimeField()),
                ("version", models.PositiveSmallIntegerField()),
            ],
        ),
    ]
