"""Evidence is append-only: who added it, what it replaces, and when and why it was withdrawn."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECKS = {
    "evidence_withdrawn": (
        "evidence",
        "(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL) AND (withdrawn_at IS NULL) = (withdrawal_reason = '')",
    ),
    "evidence_amount": ("evidence", "amount >= 0"),
}
FUNCTION = """
-- Before its claim is first submitted a paper may go; afterwards it is withdrawn once, and nothing else changes.
CREATE FUNCTION market_keep_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    withdrawal text[] := ARRAY['withdrawn_by_id', 'withdrawn_at', 'withdrawal_reason'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF (SELECT submitted_at FROM claims WHERE id = OLD.claim_id) IS NOT NULL THEN
            RAISE EXCEPTION 'evidence of a submitted claim is never removed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.withdrawn_at IS NOT NULL OR to_jsonb(NEW) - withdrawal IS DISTINCT FROM to_jsonb(OLD) - withdrawal THEN
        RAISE EXCEPTION 'evidence is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER evidence_keep BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION market_keep_evidence();
"""
DROP_FUNCTION = "DROP TRIGGER evidence_keep ON evidence; DROP FUNCTION market_keep_evidence();"


class Migration(migrations.Migration):
    dependencies = [("market", "0004_profile_accounts")]

    initial = False

    operations = [
        *[
            ops.AddField(
                model_name="Evidence",
                name=name,
                field=fields.ForeignKeyField(
                    "market.User",
                    source_field=f"{name}_id",
                    null=True,
                    db_constraint=True,
                    to_field="id",
                    related_name=related_name,
                    on_delete=OnDelete.RESTRICT,
                ),
            )
            for name, related_name in (
                ("added_by", "evidence_added"),
                ("withdrawn_by", "evidence_withdrawn"),
            )
        ],
        ops.AddField(
            model_name="Evidence",
            name="replaces",
            field=fields.OneToOneField(
                "market.Evidence",
                source_field="replaces_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="replaced_by",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Evidence",
            name="explanation",
            field=fields.CharField(default="", db_default="", max_length=300),
        ),
        ops.AddField(model_name="Evidence", name="withdrawn_at", field=fields.DatetimeField(null=True)),
        ops.AddField(
            model_name="Evidence",
            name="withdrawal_reason",
            field=fields.CharField(default="", db_default="", max_length=300),
        ),
        *[
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ],
        ops.RunSQL(FUNCTION, DROP_FUNCTION),
    ]
