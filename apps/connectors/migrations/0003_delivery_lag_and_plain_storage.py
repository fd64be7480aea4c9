"""How late deliveries come, for the sources' page; and sealed bodies stored as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0002_source_rate")]

    operations = [
        migrations.AddField("delivery", "least_lag_ms", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("delivery", "usual_lag_ms", models.BigIntegerField(blank=True, null=True)),
        # What is encrypted does not get smaller: without this every body is first compressed in vain.
        migrations.RunSQL(
            "ALTER TABLE connectors_delivery ALTER COLUMN body SET STORAGE EXTERNAL",
            "ALTER TABLE connectors_delivery ALTER COLUMN body SET STORAGE EXTENDED",
        ),
    ]
