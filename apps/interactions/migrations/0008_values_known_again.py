"""Each sealed value gets a keyed mark, by which it is known when it is given again in the same conversation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0007_row_policy_on_lists_and_values")]

    operations = [migrations.AddField("sealedvalue", "mark", models.BigIntegerField(null=True))]
