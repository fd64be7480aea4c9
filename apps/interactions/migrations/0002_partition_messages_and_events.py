"""Messages and conversation events become tables partitioned by UTC day.

A partitioned table's key must hold the partition column, which Django's models do not say; so the tables are made in
SQL. A default partition catches rows of days that have no partition yet.
"""

from django.db import migrations

MESSAGES = """
DROP TABLE interactions_message;
CREATE TABLE interactions_message (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    author_kind varchar(10) NOT NULL,
    agent_id uuid,
    is_private boolean NOT NULL,
    kind varchar(14) NOT NULL,
    text text NOT NULL,
    sent_at timestamptz NOT NULL,
    sequence varchar(20) NOT NULL,
    language varchar(35) NOT NULL,
    offset_ms integer,
    duration_ms integer,
    attachments jsonb NOT NULL,
    edited_at timestamptz,
    removed_at timestamptz,
    delivery varchar(10) NOT NULL,
    via varchar(8) NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (id, sent_at)
) PARTITION BY RANGE (sent_at);
CREATE INDEX message_of_conversation ON interactions_message (conversation_id, sent_at);
CREATE INDEX message_by_time ON interactions_message USING brin (sent_at);
CREATE TABLE interactions_message_default PARTITION OF interactions_message DEFAULT;
"""

EVENTS = """
DROP TABLE interactions_conversationevent;
CREATE TABLE interactions_conversationevent (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    kind varchar(12) NOT NULL,
    happened_at timestamptz NOT NULL,
    sequence varchar(20) NOT NULL,
    agent_id uuid,
    queue_id uuid,
    data jsonb NOT NULL,
    via varchar(8) NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (id, happened_at)
) PARTITION BY RANGE (happened_at);
CREATE INDEX event_of_conversation ON interactions_conversationevent (conversation_id, happened_at);
CREATE TABLE interactions_conversationevent_default PARTITION OF interactions_conversationevent DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("interactions", "0001_initial")]

    operations = [
        migrations.RunSQL(MESSAGES, migrations.RunSQL.noop),
        migrations.RunSQL(EVENTS, migrations.RunSQL.noop),
    ]
