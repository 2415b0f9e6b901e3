"""Who a verified organisation is, and what was uploaded, is not edited: the database refuses it."""

from tortoise import migrations
from tortoise.migrations import operations as ops

KEPT = {
    "organisations": (
        "name uscc kind region industry nature_code established_on is_state_owned is_manufacturer is_high_tech "
        "is_sme verified_at",
        "OLD.verified_at IS NOT NULL",
    ),
    "files": (
        "subject_kind subject_id kind name media_type size sha256 version uploaded_at",
        "",
    ),
}
"""Columns by table, and from when on they are kept."""
NEVER_DELETED = {"organisations": "OLD.verified_at IS NOT NULL", "files": ""}


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
    return triggers | {
        f"{table}_keep_rows": (
            table,
            f"BEFORE DELETE ON {table} FOR EACH ROW {_when(condition)}EXECUTE FUNCTION market_append_only()",
        )
        for table, condition in NEVER_DELETED.items()
    }


class Migration(migrations.Migration):
    dependencies = [("market", "0040_desk_accesses")]

    initial = False

    operations = [
        ops.RunSQL(f"CREATE TRIGGER {name} {trigger}", reverse_sql=f"DROP TRIGGER {name} ON {table}")
        for name, (table, trigger) in _triggers().items()
    ]
