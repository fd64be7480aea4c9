from django.db import migrations

FORWARD = """
CREATE FUNCTION access_audit_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'permission denied: the audit trail is only added to (% on %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_audit_rows_stay BEFORE UPDATE OR DELETE ON access_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION access_audit_is_only_added_to();
CREATE TRIGGER access_audit_stays_whole BEFORE TRUNCATE ON access_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION access_audit_is_only_added_to();
"""
BACKWARD = """
DROP TRIGGER access_audit_stays_whole ON access_auditentry;
DROP TRIGGER access_audit_rows_stay ON access_auditentry;
DROP FUNCTION access_audit_is_only_added_to();
"""


class Migration(migrations.Migration):
    """A trigger refuses every change of the audit trail but a new row."""

    dependencies = [("access", "0002_audit_disclosures_and_masking_policy")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
