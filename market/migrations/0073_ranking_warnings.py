"""Rules of schemes, month reports of high-tech zones, warnings that are given and lifted by two."""

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
    "month_reports_second_person": ("month_reports", SECOND_PERSON),
    "month_reports_month": ("month_reports", "extract(day FROM month) = 1 AND research_amount >= 0"),
    "ranking_warnings_second_person": ("ranking_warnings", SECOND_PERSON),
    "ranking_warnings_given": (
        "ranking_warnings",
        "(status IN ('proposed', 'dropped') OR verdict IS NOT DISTINCT FROM 'confirmed') "
        "AND (status <> 'dropped' OR verdict IS NOT DISTINCT FROM 'rejected')",
    ),
    "ranking_warnings_lifted": (
        "ranking_warnings",
        "(status = 'lifted') = (lifted_by_id IS NOT NULL) AND (lifted_by_id IS NULL OR lifted_by_id <> lift_asked_by_id) "
        "AND (status <> 'to_lift' OR lift_asked_by_id IS NOT NULL)",
    ),
}
"""By name: table and condition."""
UNIQUE = {
    "month_reports_standing": ("month_reports", "(park_id, month)", "verdict IS DISTINCT FROM 'rejected'"),
    "ranking_warnings_once": ("ranking_warnings", "(ranking_id, place, kind)", "true"),
}
"""By name: table, columns and condition."""
FUNCTIONS = """
-- What a warning rests on stays; what becomes of it is written beside.
CREATE FUNCTION market_keep_warning() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'decided_by_id', 'decided_at', 'verdict', 'reason', 'answer',
        'answer_file_id', 'lift_asked_by_id', 'lifted_by_id'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved
        OR OLD.status IN ('lifted', 'dropped')
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'what a warning rests on is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGERS = {
    "month_reports_decide_once": ("month_reports", "market_decide_once"),
    "ranking_warnings_keep": ("ranking_warnings", "market_keep_warning"),
}
"""By name: table and function."""


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


class Migration(migrations.Migration):
    dependencies = [("market", "0072_selections")]

    initial = False

    operations = [
        ops.AddField(
            model_name="RankingScheme",
            name="rules",
            field=fields.JSONField(default=list, db_default=[], encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.CreateModel(
            name="MonthReport",
            fields=[
                *_decided(),
                _id(),
                _reference("Park", "park", related_name="reports"),
                ("month", fields.DateField()),
                ("research_amount", fields.BigIntField()),
                ("note", fields.TextField(default="", db_default="", unique=False)),
                _reference("StoredFile", "file"),
            ],
            options={
                "table": "month_reports",
                "app": "market",
                "indexes": [Index(fields=["park_id", "month"])],
                "pk_attr": "id",
                "table_description": "Month reports of high-tech zones.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="RankingWarning",
            fields=[
                *_decided(),
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="proposed", max_length=24)),
                ("kind", fields.CharField(max_length=24)),
                _reference("Ranking", "ranking", related_name="warnings"),
                ("place", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=60)),
                ("grounds", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("answer", fields.TextField(default="", db_default="", unique=False)),
                _reference("StoredFile", "answer_file", is_null=True),
                _reference("User", "lift_asked_by", is_null=True),
                _reference("User", "lifted_by", is_null=True),
                _moment("updated_at"),
            ],
            options={
                "table": "ranking_warnings",
                "app": "market",
                "indexes": [Index(fields=["place", "status"])],
                "pk_attr": "id",
                "table_description": "Warnings by rankings.",
            },
            bases=["SecondPerson"],
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
        ops.RunSQL(FUNCTIONS, "DROP FUNCTION market_keep_warning()"),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, (table, function) in TRIGGERS.items()
        ),
    ]
