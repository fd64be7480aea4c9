"""A message of ours keeps what kind of value it asks for, a customer's message what it may be the answer to.

Messages that are stored already ask for nothing: what they asked cannot be told from their masked texts for certain.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interactions", "0008_values_known_again")]

    operations = [
        migrations.AddField("message", "asks", models.CharField(max_length=8, blank=True, db_default="")),
        migrations.AddField("message", "answers", models.CharField(max_length=8, blank=True, db_default="")),
    ]
