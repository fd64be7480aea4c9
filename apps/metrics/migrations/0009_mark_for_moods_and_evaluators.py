"""How customers feel and what evaluators say is counted from now on: of what is there already, too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0008_mark_for_confidence_of_fallbacks"),
        ("interactions", "0002_partition_messages_and_events"),
        ("analysis", "0001_readings_and_moods"),
    ]
    operations = [
        migrations.RunSQL(
            "INSERT INTO metrics_mark (conversation_id, marked_at, is_late) SELECT c.id, now(), false FROM interactions_conversation c "
            "WHERE EXISTS (SELECT 1 FROM analysis_mood m WHERE m.conversation_id = c.id) "
            "OR EXISTS (SELECT 1 FROM interactions_botturn t WHERE t.conversation_id = c.id AND t.details ? 'score') "
            "ORDER BY c.started_at",
            migrations.RunSQL.noop,
        )
    ]
