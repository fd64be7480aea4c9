"""How much a reply is like texts that people called rude, beside what the lists say of it; and where the few rough ones are."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is built while readings are written.
    atomic = False

    dependencies = [("analysis", "0004_second_opinions_on_intents")]

    operations = [
        migrations.AddField("reading", "roughness", models.FloatField(null=True)),
        migrations.AddField("reading", "roughness_version", models.PositiveSmallIntegerField(null=True)),
        AddIndexConcurrently(
            "reading",
            models.Index(fields=["conversation_id"], condition=models.Q(roughness__gte=0.5), name="reading_rough"),
        ),
    ]
