"""Effort, resolution and what AI agents solve are counted from now on: of what is there already, too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0004_baselines_and_repeat_contact"),
        ("interactions", "0002_partition_messages_and_events"),
    ]
    operations = [
        migrations.RunSQL(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) "
            "SELECT id, now(), false FROM interactions_conversation ORDER BY started_at",
            migrations.RunSQL.noop,
        )
    ]
