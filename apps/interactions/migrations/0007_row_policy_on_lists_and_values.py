"""The third net under lists and sealed values too: the reader's role is shown the rows of the conversations that are named.

One list of names a reading, each judged once a statement by `midshift_may_read`; a transcript is a list of one.
"""

from __future__ import annotations

from django.db import migrations

OLD, NEW = "read_by_whom_it_concerns", "read_of_what_is_named"
FUNCTION = """
CREATE FUNCTION midshift_readable() RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    SELECT talk FROM unnest(string_to_array(nullif(current_setting('midshift.conversations', true), ''), ',')::uuid[]) AS talk
    WHERE midshift_may_read(nullif(current_setting('midshift.viewer', true), '')::bigint, talk)
$$
"""
OLD_POLICY = f"""
CREATE POLICY {OLD} ON {{table}} FOR SELECT USING (
    conversation_id = nullif(current_setting('midshift.conversation', true), '')::uuid
    AND (SELECT midshift_may_read(nullif(current_setting('midshift.viewer', true), '')::bigint,
                                  nullif(current_setting('midshift.conversation', true), '')::uuid)))
"""
NEW_POLICY = f"CREATE POLICY {NEW} ON {{table}} FOR SELECT USING (conversation_id IN (SELECT midshift_readable()))"
TEXTS = ("interactions_message", "interactions_conversationevent")
VALUES = "interactions_sealedvalue"
# Without the role there is nothing to give to; migration 0006 has said so.
GRANT = f"""
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'midshift_reader') THEN
        GRANT SELECT ON {VALUES} TO midshift_reader;
    END IF;
END $$
"""
FORWARDS = [
    FUNCTION,
    *(f"DROP POLICY {OLD} ON {table}" for table in TEXTS),
    f"ALTER TABLE {VALUES} ENABLE ROW LEVEL SECURITY",
    *(NEW_POLICY.format(table=table) for table in (*TEXTS, VALUES)),
    GRANT,
]
BACKWARDS = [
    *(f"DROP POLICY {NEW} ON {table}" for table in (*TEXTS, VALUES)),
    f"ALTER TABLE {VALUES} DISABLE ROW LEVEL SECURITY",
    *(OLD_POLICY.format(table=table) for table in TEXTS),
    "DROP FUNCTION midshift_readable()",
]


class Migration(migrations.Migration):
    dependencies = [("interactions", "0006_row_policy_on_transcripts")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
