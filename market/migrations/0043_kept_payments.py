"""What was paid, sent back, claimed back, contracted and imported is not edited: the database refuses it."""

from tortoise import migrations
from tortoise.migrations import operations as ops

KEPT = (
    ("claims", "submission", "submitted_at", "OLD.submitted_at IS NOT NULL"),
    (
        "clawbacks",
        "columns",
        "number claim_id contract_id amount ground interest_basis proposed_by_id proposed_at",
        "",
    ),
    ("clawbacks", "decision", "verdict decided_by_id decided_at reason", "OLD.verdict IS NOT NULL"),
    ("clawbacks", "terms", "due_on interest_after", "OLD.due_on IS NOT NULL"),
    ("clawbacks", "interest", "interest_amount", "OLD.interest_amount IS NOT NULL"),
    ("clawbacks", "end", "settled_at", "OLD.settled_at IS NOT NULL"),
    (
        "remittances",
        "columns",
        "payable_kind payable_id amount currency received_on bank_reference voucher_id invoice_number "
        "invoice_amount proposed_by_id proposed_at",
        "",
    ),
    ("remittances", "decision", "verdict decided_by_id decided_at reason", "OLD.verdict IS NOT NULL"),
    (
        "refunds",
        "columns",
        "payment_id remittance_id line_id amount currency cause voucher_id proposed_by_id proposed_at",
        "",
    ),
    ("refunds", "decision", "verdict decided_by_id decided_at reason", "OLD.verdict IS NOT NULL"),
    (
        "bank_statements",
        "columns",
        "organisation_id bank sha256 file_id line_count new_count begins_on ends_on balance notices "
        "imported_by_id imported_at",
        "",
    ),
    ("bank_statements", "account", "account", "OLD.account <> ''"),
    (
        "bank_line_parts",
        "columns",
        "line_id payable_kind payable_id amount remittance_id",
        "OLD.remittance_id IS NOT NULL",
    ),
    (
        "contracts",
        "terms",
        "name field sub_kind right_kind economic_goal payment_way royalty_base expected_investment_amount "
        "expected_output_amount seller_country buyer_country rate_on valid_from valid_until licence_years "
        "is_exclusive signed_at",
        "",
    ),
    (
        "contracts",
        "registration",
        "registration_number registered_on registry",
        "OLD.registered_on IS NOT NULL",
    ),
    ("sanctions", "subject", "subject_name source basis", ""),
    ("programme_terms", "version", "programme_id version", ""),
    ("programmes", "slug", "slug", ""),
)
"""Table, what is kept, its columns, and from when on."""
NEVER_DELETED = {
    "clawbacks": "",
    "remittances": "",
    "refunds": "",
    "bank_statements": "",
    "bank_line_parts": "OLD.remittance_id IS NOT NULL",
    "programme_terms": "OLD.released_at IS NOT NULL",
}
APPEND_ONLY = ("bank_accounts",)


def _when(condition: str) -> str:
    return f"WHEN ({condition}) " if condition else ""


def _triggers() -> dict[str, tuple[str, str]]:
    triggers = {
        f"{table}_keep_{what}": (
            table,
            f"BEFORE UPDATE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION "
            f"market_keep_columns({', '.join(repr(column) for column in columns.split())})",
        )
        for table, what, columns, condition in KEPT
    }
    triggers |= {
        f"{table}_keep_rows": (
            table,
            f"BEFORE DELETE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION market_append_only()",
        )
        for table, condition in NEVER_DELETED.items()
    }
    return triggers | {
        f"{table}_append_only": (
            table,
            f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        )
        for table in APPEND_ONLY
    }


class Migration(migrations.Migration):
    dependencies = [("market", "0042_list_exports")]

    initial = False

    operations = [
        ops.RunSQL(f"CREATE TRIGGER {name} {trigger}", reverse_sql=f"DROP TRIGGER {name} ON {table}")
        for name, (table, trigger) in _triggers().items()
    ]
