"""The third net under transcripts: PostgreSQL itself says who may read which conversation.

Reads of a transcript are made in the role `midshift_reader`, which sees the rows of one conversation of one person and of no
other. The function tells the rule in its own words, from the tables of accounts and grants: it is no copy of what the
product believes at the moment. Everything else (recording, counting) is done in the owner's role and pays nothing.

A database account that may not make roles leaves the net out, and the migration says so.
"""

from __future__ import annotations

from django.db import migrations

FUNCTION = """
CREATE FUNCTION midshift_may_read(who bigint, talk uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM access_user u JOIN interactions_conversation c ON c.id = talk
        WHERE u.id = who AND u.is_active AND CASE
            WHEN u.role = 'qa_manager' THEN true
            WHEN u.role = 'agent' THEN EXISTS (
                SELECT 1 FROM interactions_participation p JOIN agents_agent a ON a.id = p.agent_id
                WHERE p.conversation_id = talk AND a.user_id = who)
            WHEN u.role IN ('qa', 'lead') THEN EXISTS (
                SELECT 1 FROM interactions_queueuserobjectpermission g
                WHERE g.user_id = who AND g.content_object_id = c.queue_id AND NOT EXISTS (
                    SELECT 1 FROM access_tenure t WHERE t.user_id = who AND t.container = 'interactions.queue'
                      AND t.key = c.queue_id::text AND t.until_at IS NULL AND t.from_at > c.last_event_at)
            ) OR EXISTS (
                SELECT 1 FROM access_tenure t WHERE t.user_id = who AND t.container = 'interactions.queue'
                  AND t.key = c.queue_id::text AND t.until_at >= c.last_event_at
                  AND (t.from_at IS NULL OR t.from_at <= c.last_event_at))
            ELSE false END)
$$
"""
POLICY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_by_whom_it_concerns ON {table} FOR SELECT USING (
    conversation_id = nullif(current_setting('midshift.conversation', true), '')::uuid
    AND (SELECT midshift_may_read(nullif(current_setting('midshift.viewer', true), '')::bigint,
                                  nullif(current_setting('midshift.conversation', true), '')::uuid)));
"""
TABLES = ("interactions_message", "interactions_conversationevent")
ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'midshift_reader') THEN
        CREATE ROLE midshift_reader NOLOGIN;
    END IF;
    GRANT midshift_reader TO CURRENT_USER;
    GRANT USAGE ON SCHEMA public TO midshift_reader;
    GRANT SELECT ON {", ".join(TABLES)} TO midshift_reader;
EXCEPTION WHEN insufficient_privilege OR unique_violation OR duplicate_object THEN
    RAISE WARNING 'This account may not make the role midshift_reader: transcripts go without their third net.';
END $$
"""
BACKWARDS = [
    *(
        f"DROP POLICY read_by_whom_it_concerns ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
        for table in TABLES
    ),
    "DROP FUNCTION midshift_may_read(bigint, uuid)",
]


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0005_requests_and_holds"),
        ("access", "0008_tenures"),
        ("agents", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL([FUNCTION, *(POLICY.format(table=table) for table in TABLES), ROLE], BACKWARDS),
    ]
