"""Objections to rankings, deductions, letters of warnings, and places that experts judge for a year."""

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
    "ranking_objections_text": ("ranking_objections", "text <> '' AND place <> ''"),
    "ranking_rulings_second_person": ("ranking_rulings", SECOND_PERSON),
    "ranking_rulings_text": ("ranking_rulings", "text <> ''"),
    "ranking_deductions_second_person": ("ranking_deductions", SECOND_PERSON),
    "ranking_deductions_tenths": ("ranking_deductions", "tenths BETWEEN 2 AND 15 AND decision <> ''"),
    "ranking_rows_deduction": ("ranking_rows", "deduction >= 0"),
    "ranking_warnings_plan": (
        "ranking_warnings",
        "plan_until IS NULL OR status NOT IN ('proposed', 'dropped')",
    ),
    "ranking_warnings_doubt": ("ranking_warnings", "NOT is_in_doubt OR note <> ''"),
}
"""By name: table and condition."""
UNIQUE = {
    "ranking_objections_open": (
        "ranking_objections",
        "(ranking_id, place)",
        "status IN ('filed', 'answered')",
    ),
    "ranking_rulings_open": ("ranking_rulings", "(objection_id)", "verdict IS DISTINCT FROM 'rejected'"),
}
"""By name: table, columns and condition."""
FUNCTIONS = """
-- What an objection says stays; what becomes of it is written beside.
CREATE FUNCTION market_keep_ranking_objection() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved
        OR OLD.status IN ('upheld', 'denied', 'withdrawn') THEN
        RAISE EXCEPTION 'what an objection says is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- An analysis is written while the ranking waits for its check.
CREATE OR REPLACE FUNCTION market_keep_ranking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'told_at', 'object_until', 'decided_by_id', 'decided_at', 'verdict',
        'reason'];
BEGIN
    IF OLD.status = 'checking' AND OLD.verdict IS NULL THEN
        moved := moved || 'analysis'::text;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'a ranking is fixed once it was frozen' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- The plan of a warning is set when it is given.
CREATE OR REPLACE FUNCTION market_keep_warning() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'decided_by_id', 'decided_at', 'verdict', 'reason', 'answer',
        'answer_file_id', 'lift_asked_by_id', 'lifted_by_id'];
BEGIN
    IF OLD.plan_until IS NULL THEN
        moved := moved || 'plan_until'::text;
    END IF;
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved
        OR OLD.status IN ('lifted', 'dropped')
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'what a warning rests on is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = """
DROP FUNCTION market_keep_ranking_objection();
CREATE OR REPLACE FUNCTION market_keep_ranking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'told_at', 'object_until', 'decided_by_id', 'decided_at', 'verdict',
        'reason'];
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'a ranking is fixed once it was frozen' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION market_keep_warning() RETURNS trigger LANGUAGE plpgsql AS $$
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
    "ranking_objections_keep": ("ranking_objections", "market_keep_ranking_objection"),
    "ranking_rulings_decide_once": ("ranking_rulings", "market_decide_once"),
    "ranking_deductions_decide_once": ("ranking_deductions", "market_decide_once"),
    "ranking_appraisals_append_only": ("ranking_appraisals", "market_append_only"),
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


def _json(factory: type) -> fields.JSONField:
    return fields.JSONField(default=factory, db_default=factory(), encoder=JSON_DUMPS, decoder=loads)


class Migration(migrations.Migration):
    dependencies = [("market", "0078_deed_shares")]

    initial = False

    operations = [
        _table(
            "RankingAppraisal",
            "ranking_appraisals",
            "Places that experts judge for a year.",
            [
                _id(),
                ("kind", fields.CharField(max_length=24)),
                ("begins_on", fields.DateField()),
                ("place", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=60)),
                _reference("Organisation", "organisation", is_null=True),
                _moment("created_at"),
            ],
            unique_together=(("kind", "begins_on", "place"),),
        ),
        _table(
            "RankingDeduction",
            "ranking_deductions",
            "Deductions from scores.",
            [
                *_decided(),
                _id(),
                ("kind", fields.CharField(max_length=24)),
                ("place", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=60)),
                ("occasion", fields.CharField(max_length=24)),
                ("tenths", fields.IntField()),
                ("happened_on", fields.DateField()),
                ("decision", fields.CharField(max_length=200)),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["kind", "place", "happened_on"])],
        ),
        _table(
            "RankingObjection",
            "ranking_objections",
            "Objections to rankings.",
            [
                _id(),
                ("status", fields.CharField(default="filed", max_length=24)),
                _reference("Ranking", "ranking", related_name="objections"),
                ("place", fields.CharField(max_length=24)),
                ("name", fields.CharField(max_length=60)),
                ("indicator", fields.CharField(default="", db_default="", max_length=40)),
                ("text", fields.TextField(unique=False)),
                _reference("StoredFile", "file", is_null=True),
                _reference("Organisation", "organisation"),
                _reference("User", "filed_by"),
                _moment("filed_at"),
                _moment("updated_at"),
            ],
            base="Stateful",
        ),
        _table(
            "RankingRuling",
            "ranking_rulings",
            "Rulings on objections to rankings.",
            [
                *_decided(),
                _id(),
                _reference("RankingObjection", "objection", related_name="rulings"),
                ("is_upheld", fields.BooleanField()),
                ("text", fields.TextField(unique=False)),
            ],
            base="SecondPerson",
        ),
        ops.AddField(
            model_name="RankingRow", name="deduction", field=fields.IntField(default=0, db_default=0)
        ),
        ops.AddField(model_name="RankingRow", name="deductions", field=_json(list)),
        ops.AddField(model_name="RankingScheme", name="deductions", field=_json(dict)),
        ops.AddField(
            model_name="RankingWarning",
            name="is_in_doubt",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="RankingWarning",
            name="note",
            field=fields.CharField(default="", db_default="", max_length=500),
        ),
        ops.AddField(model_name="RankingWarning", name="plan_until", field=fields.DateField(null=True)),
        ops.AddField(model_name="RankingWarning", name="rule", field=_json(dict)),
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
        ops.RunSQL(FUNCTIONS, BEFORE),
        *(
            ops.RunSQL(
                f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {function}()",
                f"DROP TRIGGER {name} ON {table}",
            )
            for name, (table, function) in TRIGGERS.items()
        ),
    ]
