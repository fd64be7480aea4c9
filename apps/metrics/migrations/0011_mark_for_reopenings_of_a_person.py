"""A conversation that was opened again is counted of who resolved it too: of what was resolved already as well."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0010_tiers_of_queues"),
        ("interactions", "0002_partition_messages_and_events"),
    ]
    operations = [
        migrations.RunSQL(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) SELECT c.id, now(), false FROM interactions_conversation c "
            "WHERE EXISTS (SELECT 1 FROM interactions_carecycle y WHERE y.conversation_id = c.id AND y.resolved_at IS NOT NULL) "
            "ORDER BY c.started_at",
            migrations.RunSQL.noop,
        )
    ]
