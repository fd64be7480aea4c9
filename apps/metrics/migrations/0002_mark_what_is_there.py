"""Conversations recorded before numbers were kept are marked, so that the first recount observes them."""

from django.db import migrations

MARK = """
INSERT INTO metrics_mark (conversation_id, marked_at, is_late)
SELECT id, now(), false FROM interactions_conversation ORDER BY started_at
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial"), ("interactions", "0002_partition_messages_and_events")]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
