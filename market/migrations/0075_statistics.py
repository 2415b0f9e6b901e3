"""Statistics: definitions, months, monthly reports with their rows; indexes by the days of contracts."""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "statistics_definitions_second_person": ("statistics_definitions", SECOND_PERSON),
    "statistics_definitions_terms": (
        "statistics_definitions",
        "version > 1 AND extract(day FROM valid_from) = 1 AND event IN ('registered', 'signed') "
        "AND content_hash ~ '^[0-9a-f]{64}$' AND text <> '' AND basis <> ''",
    ),
    "statistics_months_month": (
        "statistics_months",
        "extract(day FROM month) = 1 AND (closed_at IS NULL OR closes_at IS NOT NULL)",
    ),
    "bulletins_second_person": ("bulletins", SECOND_PERSON),
    "bulletins_month": ("bulletins", "extract(day FROM month) = 1 AND version > 0"),
    "bulletins_decided": (
        "bulletins",
        "(status NOT IN ('issued', 'replaced') OR verdict IS NOT DISTINCT FROM 'confirmed') "
        "AND (status = 'returned') = (verdict IS NOT DISTINCT FROM 'rejected') "
        "AND (status IN ('issued', 'replaced')) = (issued_at IS NOT NULL)",
    ),
    "bulletins_frozen": (
        "bulletins",
        "(status = 'building') = (figures IS NULL) AND (figures IS NULL) = (as_of IS NULL) "
        "AND (figures IS NULL) = (rows_hash = '') AND rows_hash ~ '^([0-9a-f]{64})?$'",
    ),
    "bulletin_rows_source": ("bulletin_rows", "source IN ('contracts', 'corrections', 'receipts')"),
}
"""By name: table and condition."""
UNIQUE = {
    "statistics_definitions_version": (
        "statistics_definitions",
        "(version)",
        "verdict IS DISTINCT FROM 'rejected'",
    ),
    "bulletins_version": ("bulletins", "(month, version)", "status <> 'returned'"),
    "bulletins_issued": ("bulletins", "(month)", "status = 'issued'"),
    "bulletins_open": ("bulletins", "(month)", "status IN ('building', 'checking')"),
}
"""By name: table, columns and condition."""
FUNCTIONS = """
-- A month closes once; before, the moment of its closing may move.
CREATE FUNCTION market_keep_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.month <> OLD.month THEN
        RAISE EXCEPTION 'a month closes once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- A report is counted once by its job, afterwards it is only decided on, issued and replaced.
CREATE FUNCTION market_keep_bulletin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'decided_by_id', 'decided_at', 'verdict', 'reason', 'issued_at'];
    counted text[] := ARRAY['figures', 'as_of', 'rows_hash'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved - counted IS DISTINCT FROM to_jsonb(OLD) - moved - counted
        OR (OLD.status <> 'building' AND (NEW.figures, NEW.as_of, NEW.rows_hash)
            IS DISTINCT FROM (OLD.figures, OLD.as_of, OLD.rows_hash))
        OR (OLD.issued_at IS NOT NULL AND NEW.issued_at IS DISTINCT FROM OLD.issued_at)
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'a report stays as it was counted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- The rows of a report come with it, while its job counts; asked once for all rows of a statement.
CREATE FUNCTION market_keep_bulletin_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM bulletins b WHERE b.status <> 'building'
        AND b.id IN (SELECT DISTINCT bulletin_id FROM written)) THEN
        RAISE EXCEPTION 'a report gets no further rows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION market_keep_month();
DROP FUNCTION market_keep_bulletin();
DROP FUNCTION market_keep_bulletin_rows();
"""
TRIGGERS = {
    "statistics_definitions_decide_once": (
        "statistics_definitions",
        "BEFORE UPDATE OR DELETE ON statistics_definitions FOR EACH ROW",
        "market_decide_once",
    ),
    "statistics_months_keep": (
        "statistics_months",
        "BEFORE UPDATE OR DELETE ON statistics_months FOR EACH ROW",
        "market_keep_month",
    ),
    "bulletins_keep": (
        "bulletins",
        "BEFORE UPDATE OR DELETE ON bulletins FOR EACH ROW",
        "market_keep_bulletin",
    ),
    "bulletin_rows_append_only": (
        "bulletin_rows",
        "BEFORE UPDATE OR DELETE ON bulletin_rows FOR EACH ROW",
        "market_append_only",
    ),
    "bulletin_rows_keep": (
        "bulletin_rows",
        "AFTER INSERT ON bulletin_rows REFERENCING NEW TABLE AS written FOR EACH STATEMENT",
        "market_keep_bulletin_rows",
    ),
}
"""By name: table, event and function."""
CORRECTIONS = (
    "CREATE INDEX contract_changes_ended ON contract_changes (contract_id, effective_at) "
    "WHERE kind IN ('rescission', 'cancellation') AND effective_at IS NOT NULL"
)


def _reference(model: str, column: str, *, is_null: bool = False, related_name: str | bool = False) -> tuple:
    options = {"null": True} if is_null else {}
    field = fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{column}_id",
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
        **options,
    )
    return column, field


def _moment(column: str, *, is_null: bool = False) -> tuple:
    return column, fields.DatetimeField(null=is_null, auto_now=False, auto_now_add=False)


def _decided() -> list[tuple]:
    return [
        _reference("User", "proposed_by"),
        _moment("proposed_at"),
        _reference("User", "decided_by", is_null=True),
        _moment("decided_at", is_null=True),
        ("verdict", fields.CharField(null=True, max_length=24)),
        ("reason", fields.CharField(default="", db_default="", max_length=500)),
    ]


def _id() -> tuple:
    return "id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)


def _table(
    name: str, table: str, description: str, columns: list[tuple], *, base: str = "Model", **options: object
) -> ops.CreateModel:
    return ops.CreateModel(
        name=name,
        fields=columns,
        options={
            "table": table,
            "app": "market",
            "pk_attr": "id",
            "table_description": description,
            **options,
        },
        bases=[base],
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0074_public_extensions")]

    initial = False

    operations = [
        ops.AddIndex(model_name="Contract", index=Index(fields=["registered_on"])),
        ops.AddIndex(model_name="Contract", index=Index(fields=["signed_on"])),
        ops.AddIndex(model_name="Receipt", index=Index(fields=["received_on"])),
        ops.RunSQL(CORRECTIONS, "DROP INDEX contract_changes_ended"),
        _table(
            "StatisticsDefinition",
            "statistics_definitions",
            "Definitions of statistics.",
            [
                *_decided(),
                _id(),
                ("version", fields.IntField()),
                ("valid_from", fields.DateField()),
                ("event", fields.CharField(max_length=24)),
                ("text", fields.TextField(unique=False)),
                ("basis", fields.CharField(max_length=200)),
                ("content_hash", fields.CharField(max_length=64)),
            ],
            base="SecondPerson",
        ),
        _table(
            "StatisticsMonth",
            "statistics_months",
            "Months of statistics.",
            [
                _id(),
                ("month", fields.DateField(unique=True)),
                _moment("closes_at", is_null=True),
                _moment("closed_at", is_null=True),
            ],
        ),
        _table(
            "Bulletin",
            "bulletins",
            "Monthly reports.",
            [
                *_decided(),
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="building", max_length=24)),
                ("month", fields.DateField()),
                ("version", fields.IntField()),
                ("definition", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("note", fields.CharField(default="", db_default="", max_length=500)),
                ("figures", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                _moment("as_of", is_null=True),
                ("rows_hash", fields.CharField(default="", db_default="", max_length=64)),
                _moment("issued_at", is_null=True),
                _moment("updated_at"),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["month", "status"])],
        ),
        _table(
            "BulletinRow",
            "bulletin_rows",
            "Rows behind monthly reports.",
            [
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _reference("Bulletin", "bulletin", related_name="rows"),
                ("source", fields.CharField(max_length=12)),
                ("record", fields.CharField(max_length=20)),
                ("happened_on", fields.DateField()),
                ("place", fields.CharField(max_length=12)),
                ("buyer_place", fields.CharField(max_length=12)),
                ("field", fields.CharField(max_length=24)),
                ("kind", fields.CharField(max_length=24)),
                ("seller_kind", fields.CharField(max_length=24)),
                ("flow", fields.CharField(max_length=12)),
                ("unit_id", fields.UUIDField()),
                ("buyer_id", fields.UUIDField()),
                ("contract_amount", fields.BigIntField()),
                ("trade_amount", fields.BigIntField()),
            ],
            indexes=[Index(fields=["bulletin_id", "source", "happened_on"])],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ),
        *(
            ops.RunSQL(
                f"CREATE UNIQUE INDEX {name} ON {table} {columns} WHERE {condition}", f"DROP INDEX {name}"
            )
            for name, (table, columns, condition) in UNIQUE.items()
        ),
        ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} {event} EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, (table, event, function) in TRIGGERS.items()
        ),
    ]
