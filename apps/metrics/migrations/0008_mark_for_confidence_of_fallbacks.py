"""What a fallback prints counts as no confidence any more: what is there already is counted again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0007_mark_for_requester_wait"),
        ("interactions", "0002_partition_messages_and_events"),
    ]
    operations = [
        migrations.RunSQL(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) SELECT c.id, now(), false FROM interactions_conversation c "
            "WHERE EXISTS (SELECT 1 FROM interactions_botturn t WHERE t.conversation_id = c.id AND t.is_fallback) "
            "ORDER BY c.started_at",
            migrations.RunSQL.noop,
        )
    ]
