"""Lines name the reading that suggests their marks; marks keep what was marked first, before anything was suggested."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_calibration")]

    operations = [
        migrations.AddField(
            model_name="line",
            name="reading",
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name="mark",
            name="first_step",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        # Nothing was suggested so far: every mark is the first one.
        migrations.RunSQL(
            "UPDATE reviews_mark SET first_step = CASE WHEN is_na THEN 0 ELSE step END",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
