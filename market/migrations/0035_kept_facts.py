"""What sums and notices rest on is not edited: the database refuses a change of these columns."""

from tortoise import migrations
from tortoise.migrations import operations as ops

KEEP = """
CREATE FUNCTION market_keep_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY TG_ARGV LOOP
        IF to_jsonb(NEW) -> kept IS DISTINCT FROM to_jsonb(OLD) -> kept THEN
            RAISE EXCEPTION '%.% is never edited', TG_TABLE_NAME, kept USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

-- A period is made longer, never shorter.
CREATE FUNCTION market_keep_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ends_at < OLD.ends_at OR (NEW.ends_at IS NULL AND OLD.ends_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the period of notice % would be shorter', OLD.number
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
KEPT = {
    "claims": ("number programme_id terms_id applicant_id year created_at", ""),
    "claim_contracts": ("claim_id contract_id", ""),
    "batches": (
        "number programme_id year fiscal_year title pot_amount computed_amount pot_mode pot_mode_reason",
        "OLD.status <> 'draft'",
    ),
    "notices": (
        "number kind subject_kind subject_id organisation_id title body body_hash entries day_kind region "
        "published_at replaces_id change_reason",
        "",
    ),
    "objections": ("notice_id entry_id objector_id reason filed_at", ""),
    "contracts": (
        "number deal_id kind contract_amount trade_amount currency signed_on used_in is_related "
        "is_publicly_funded original_amount original_currency exchange_rate royalty_basis_points entry_amount",
        "",
    ),
    "sanctions": ("subject_uscc grade scopes decision_number starts_on ends_on created_at", ""),
    "reward_plans": (
        "number contract_id organisation_id income_amount deductions net_amount pot_basis_points pot_amount "
        "units currency",
        "",
    ),
    "reward_shares": ("plan_id sequence name is_main basis_points amount", ""),
}
"""Columns by table, and from when on they are kept."""
NEVER_DELETED = {
    "claims": "OLD.submitted_at IS NOT NULL",
    "batches": "",
    "notices": "",
    "objections": "",
    "contracts": "",
    "sanctions": "",
    "sales_reports": "",
}
APPEND_ONLY = ("contract_exclusions",)


def _when(condition: str) -> str:
    return f"WHEN ({condition}) " if condition else ""


def _triggers() -> dict[str, tuple[str, str]]:
    triggers = {
        f"{table}_keep_columns": (
            table,
            f"BEFORE UPDATE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION "
            f"market_keep_columns({', '.join(repr(column) for column in columns.split())})",
        )
        for table, (columns, condition) in KEPT.items()
    }
    triggers |= {
        f"{table}_keep_rows": (
            table,
            f"BEFORE DELETE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION market_append_only()",
        )
        for table, condition in NEVER_DELETED.items()
    }
    triggers |= {
        f"{table}_append_only": (
            table,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        )
        for table in APPEND_ONLY
    }
    triggers["notices_keep_period"] = (
        "notices",
        "BEFORE UPDATE ON notices FOR EACH ROW EXECUTE FUNCTION market_keep_period()",
    )
    return triggers


class Migration(migrations.Migration):
    dependencies = [("market", "0034_clawback_interest")]

    initial = False

    operations = [
        ops.RunSQL(
            KEEP, reverse_sql="DROP FUNCTION market_keep_columns(); DROP FUNCTION market_keep_period();"
        ),
        *(
            ops.RunSQL(f"CREATE TRIGGER {name} {trigger}", reverse_sql=f"DROP TRIGGER {name} ON {table}")
            for name, (table, trigger) in _triggers().items()
        ),
    ]
