"""How long customers wait on us in all is counted from now on: of what is there already, too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0006_workdays"),
        ("interactions", "0002_partition_messages_and_events"),
    ]
    operations = [
        migrations.RunSQL(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) "
            "SELECT id, now(), false FROM interactions_conversation ORDER BY started_at",
            migrations.RunSQL.noop,
        )
    ]
