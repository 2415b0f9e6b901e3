"""Targets of years, deeds that count towards them, their verification by sample and two persons, closed years."""

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
DECIDED = (
    *("target_definitions", "deed_statements", "deed_verdicts"),
    *("rest_rulings", "deed_follow_ups", "target_closings"),
)
APPEND_ONLY = ("deed_samples", "closed_deeds")
CHECKS = {
    **{f"{table}_second_person": (table, SECOND_PERSON) for table in (*DECIDED, "target_plans")},
    "target_definitions_limits": (
        "target_definitions",
        "least_amount >= 0 AND sample_all_from >= 0 AND sample_least >= 0 AND least_received BETWEEN 0 AND 10000 "
        "AND sample_share BETWEEN 0 AND 10000 AND most_errors BETWEEN 0 AND 10000 "
        "AND content_hash ~ '^[0-9a-f]{64}$' AND text <> '' AND basis <> ''",
    ),
    "target_plans_total": ("target_plans", "total > 0 AND version > 0 AND year BETWEEN 2000 AND 2200"),
    "target_plans_decided": (
        "target_plans",
        "(status NOT IN ('issued', 'replaced') OR verdict IS NOT DISTINCT FROM 'confirmed') "
        "AND (status <> 'returned' OR verdict IS NOT DISTINCT FROM 'rejected')",
    ),
    "target_shares_counts": ("target_shares", "weight >= 0 AND target >= 0"),
    "deed_samples_seed": ("deed_samples", "seed ~ '^[0-9a-f]{64}$' AND chain_head ~ '^[0-9a-f]{64}$'"),
    "deeds_year": ("deeds", "extract(year FROM event_on) = year AND city ~ '^[0-9]{4}$'"),
    "deeds_verified": (
        "deeds",
        "(verified_on IS NOT NULL) = (status IN ('verified', 'partial', 'struck')) "
        "AND (NOT is_sampled OR sample_id IS NOT NULL)",
    ),
    "deeds_unrelated": ("deeds", "status IN ('found', 'lapsed') OR NOT is_related"),
    "deed_follow_ups_months": (
        "deed_follow_ups",
        "months IN (12, 24) AND sales_amount >= 0 AND (is_in_use OR sales_amount = 0)",
    ),
    "rest_rulings_counts": ("rest_rulings", "errors BETWEEN 0 AND sampled AND accepted > 0"),
    "target_closings_hash": (
        "target_closings",
        "rows_hash ~ '^[0-9a-f]{64}$' AND (version = 1 OR note <> '')",
    ),
}
"""By name: table and condition."""
UNIQUE = {
    "target_definitions_version": ("target_definitions", "(version)", "verdict IS DISTINCT FROM 'rejected'"),
    "target_plans_issued": ("target_plans", "(year)", "status = 'issued'"),
    "target_plans_open": ("target_plans", "(year)", "status IN ('draft', 'waiting')"),
    "deed_statements_open": ("deed_statements", "(deed_id)", "verdict IS NULL"),
    "deed_verdicts_open": ("deed_verdicts", "(deed_id)", "verdict IS NULL"),
    "rest_rulings_standing": ("rest_rulings", "(sample_id, city)", "verdict IS DISTINCT FROM 'rejected'"),
    "deed_follow_ups_standing": (
        "deed_follow_ups",
        "(deed_id, months)",
        "verdict IS DISTINCT FROM 'rejected'",
    ),
    "target_closings_open": ("target_closings", "(year)", "verdict IS NULL"),
}
"""By name: table, columns and condition."""
FUNCTIONS = """
-- A plan is edited while it is a draft, afterwards it is only decided on, issued and replaced.
CREATE FUNCTION market_keep_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved text[] := ARRAY['status', 'updated_at', 'decided_by_id', 'decided_at', 'verdict', 'reason'];
BEGIN
    IF TG_OP = 'DELETE' OR (OLD.status <> 'draft'
        AND to_jsonb(NEW) - moved IS DISTINCT FROM to_jsonb(OLD) - moved)
        OR (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.decided_by_id, NEW.decided_at, NEW.reason)
            IS DISTINCT FROM (OLD.verdict, OLD.decided_by_id, OLD.decided_at, OLD.reason)) THEN
        RAISE EXCEPTION 'a plan is fixed once it was submitted' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- The shares of a plan are fixed with it.
CREATE FUNCTION market_keep_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND NOT EXISTS (
        SELECT 1 FROM target_plans WHERE id = OLD.plan_id AND status = 'draft') THEN
        RAISE EXCEPTION 'the shares of a plan are fixed with it' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP <> 'DELETE' AND NOT EXISTS (
        SELECT 1 FROM target_plans WHERE id = NEW.plan_id AND status = 'draft') THEN
        RAISE EXCEPTION 'the shares of a plan are fixed with it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
-- A deed stays, counts in one year, city and unit for ever, and tells by its revision that it changed.
CREATE FUNCTION market_keep_deed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a deed is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.id, NEW.number, NEW.contract_id) IS DISTINCT FROM (OLD.id, OLD.number, OLD.contract_id)
        OR (OLD.status NOT IN ('found', 'lapsed')
            AND (NEW.year, NEW.definition_id, NEW.event_on, NEW.city, NEW.unit_id, NEW.kind)
                IS DISTINCT FROM (OLD.year, OLD.definition_id, OLD.event_on, OLD.city, OLD.unit_id, OLD.kind))
        OR (OLD.sample_id IS NOT NULL AND (NEW.sample_id, NEW.is_sampled)
            IS DISTINCT FROM (OLD.sample_id, OLD.is_sampled)) THEN
        RAISE EXCEPTION 'where and when a declared deed counts is fixed' USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
-- Rows of a closed year come with it, before it is decided.
CREATE FUNCTION market_keep_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM target_closings WHERE id = NEW.closing_id AND verdict IS NULL) THEN
        RAISE EXCEPTION 'a closed year gets no further rows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
DROP_FUNCTIONS = """
DROP FUNCTION market_keep_plan();
DROP FUNCTION market_keep_share();
DROP FUNCTION market_keep_deed();
DROP FUNCTION market_keep_closed();
"""
TRIGGERS = {
    "target_plans_keep": ("target_plans", "BEFORE UPDATE OR DELETE", "market_keep_plan"),
    "target_shares_keep": ("target_shares", "BEFORE INSERT OR UPDATE OR DELETE", "market_keep_share"),
    "deeds_keep": ("deeds", "BEFORE UPDATE OR DELETE", "market_keep_deed"),
    "closed_deeds_keep": ("closed_deeds", "BEFORE INSERT", "market_keep_closed"),
    **{f"{table}_decide_once": (table, "BEFORE UPDATE OR DELETE", "market_decide_once") for table in DECIDED},
    **{
        f"{table}_append_only": (table, "BEFORE UPDATE OR DELETE", "market_append_only")
        for table in APPEND_ONLY
    },
}
"""By name: table, event and function."""


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


def _person_or_none(column: str) -> tuple:
    field = fields.ForeignKeyField(
        "market.User",
        source_field=f"{column}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.SET_NULL,
    )
    return column, field


def _moment(column: str, *, is_null: bool = False) -> tuple:
    return column, fields.DatetimeField(null=is_null, auto_now=False, auto_now_add=False)


def _json(column: str) -> tuple:
    return column, fields.JSONField(encoder=JSON_DUMPS, decoder=loads)


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


def _statements() -> list[ops.RunSQL]:
    statements = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    statements += [
        ops.RunSQL(f"CREATE UNIQUE INDEX {name} ON {table} {columns} WHERE {condition}", f"DROP INDEX {name}")
        for name, (table, columns, condition) in UNIQUE.items()
    ]
    statements.append(ops.RunSQL(FUNCTIONS, DROP_FUNCTIONS))
    statements += [
        ops.RunSQL(
            f"CREATE TRIGGER {name} {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()",
            f"DROP TRIGGER {name} ON {table}",
        )
        for name, (table, event, function) in TRIGGERS.items()
    ]
    return statements


class Migration(migrations.Migration):
    dependencies = [("market", "0063_deposit_ends")]

    initial = False

    operations = [
        _table(
            "TargetDefinition",
            "target_definitions",
            "Definitions of deeds.",
            [
                *_decided(),
                _id(),
                ("version", fields.IntField()),
                ("valid_from", fields.DateField()),
                ("event", fields.CharField(max_length=24)),
                ("least_amount", fields.BigIntField()),
                ("least_received", fields.IntField()),
                ("sample_all_from", fields.BigIntField()),
                ("sample_share", fields.IntField()),
                ("sample_least", fields.IntField()),
                ("most_errors", fields.IntField()),
                ("text", fields.TextField(unique=False)),
                ("basis", fields.CharField(max_length=200)),
                ("content_hash", fields.CharField(max_length=64)),
            ],
            base="SecondPerson",
        ),
        _table(
            "TargetPlan",
            "target_plans",
            "Targets of years.",
            [
                *_decided(),
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="draft", max_length=24)),
                ("year", fields.IntField()),
                ("version", fields.IntField()),
                ("title", fields.CharField(max_length=80)),
                ("total", fields.IntField()),
                _reference("TargetDefinition", "definition"),
                _moment("updated_at"),
            ],
            base="SecondPerson",
            unique_together=(("year", "version"),),
        ),
        _table(
            "TargetShare",
            "target_shares",
            "Shares of targets.",
            [
                _id(),
                _reference("TargetPlan", "plan", related_name="shares"),
                ("scope_kind", fields.CharField(max_length=24)),
                ("key", fields.CharField(max_length=40)),
                ("weight", fields.IntField()),
                ("target", fields.IntField()),
            ],
            unique_together=(("plan", "scope_kind", "key"),),
        ),
        _table(
            "DeedSample",
            "deed_samples",
            "Samples of deeds.",
            [
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("year", fields.IntField()),
                _reference("TargetDefinition", "definition"),
                _json("population"),
                _json("picked"),
                ("salt", fields.CharField(max_length=60)),
                ("chain_head", fields.CharField(max_length=64)),
                ("seed", fields.CharField(max_length=64)),
                _reference("User", "drawn_by"),
                _moment("drawn_at"),
            ],
        ),
        _table(
            "Deed",
            "deeds",
            "Deeds.",
            [
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="found", max_length=24)),
                ("year", fields.IntField()),
                _reference("TargetDefinition", "definition"),
                (
                    "contract",
                    fields.OneToOneField(
                        "market.Contract",
                        source_field="contract_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("event_on", fields.DateField()),
                ("city", fields.CharField(max_length=4)),
                _reference("Organisation", "unit"),
                _reference("Organisation", "seller"),
                _reference("Organisation", "buyer"),
                ("kind", fields.CharField(max_length=24)),
                ("field", fields.CharField(max_length=24)),
                ("used_in", fields.CharField(max_length=6)),
                ("contract_amount", fields.BigIntField()),
                ("trade_amount", fields.BigIntField()),
                ("received_amount", fields.BigIntField()),
                ("received_share", fields.IntField()),
                ("is_registered", fields.BooleanField()),
                ("is_in_use", fields.BooleanField()),
                ("is_related", fields.BooleanField()),
                ("is_ended", fields.BooleanField()),
                ("alarm", fields.CharField(default="", db_default="", max_length=40)),
                _reference("DeedSample", "sample", is_null=True),
                ("is_sampled", fields.BooleanField(default=False, db_default=False)),
                _person_or_none("declared_by"),
                _person_or_none("checked_by"),
                ("verified_on", fields.DateField(null=True)),
                ("revision", fields.IntField(default=1, db_default=1)),
                _moment("found_at"),
                _moment("updated_at"),
            ],
            base="Stateful",
            indexes=[
                Index(fields=["year", "status"]),
                Index(fields=["unit_id", "status"]),
                Index(fields=["city", "status"]),
            ],
        ),
        _table(
            "DeedStatement",
            "deed_statements",
            "Statements about deeds.",
            [
                *_decided(),
                _id(),
                _reference("Deed", "deed", related_name="statements"),
                ("text", fields.TextField(unique=False)),
                _reference("StoredFile", "file"),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["deed_id"])],
        ),
        _table(
            "DeedVerdict",
            "deed_verdicts",
            "Results of verification.",
            [
                *_decided(),
                _id(),
                _reference("Deed", "deed", related_name="verdicts"),
                ("result", fields.CharField(max_length=24)),
                ("words", fields.TextField(unique=False)),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["deed_id"])],
        ),
        _table(
            "RestRuling",
            "rest_rulings",
            "Rulings on deeds that were not drawn.",
            [
                *_decided(),
                _id(),
                _reference("DeedSample", "sample", related_name="rulings"),
                ("city", fields.CharField(max_length=4)),
                ("sampled", fields.IntField()),
                ("errors", fields.IntField()),
                ("accepted", fields.IntField()),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["sample_id"])],
        ),
        _table(
            "DeedFollowUp",
            "deed_follow_ups",
            "Follow-ups of deeds.",
            [
                *_decided(),
                _id(),
                _reference("Deed", "deed", related_name="follow_ups"),
                ("months", fields.IntField()),
                ("is_in_use", fields.BooleanField()),
                ("sales_amount", fields.BigIntField()),
                ("text", fields.TextField(unique=False)),
                _reference("StoredFile", "file"),
            ],
            base="SecondPerson",
            indexes=[Index(fields=["deed_id"])],
        ),
        _table(
            "TargetClosing",
            "target_closings",
            "Closed years.",
            [
                *_decided(),
                _id(),
                ("year", fields.IntField()),
                ("version", fields.IntField()),
                ("note", fields.CharField(default="", db_default="", max_length=500)),
                _json("figures"),
                ("rows_hash", fields.CharField(max_length=64)),
            ],
            base="SecondPerson",
            unique_together=(("year", "version"),),
        ),
        _table(
            "ClosedDeed",
            "closed_deeds",
            "Deeds of closed years.",
            [
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _reference("TargetClosing", "closing", related_name="rows"),
                _reference("Deed", "deed"),
                ("status", fields.CharField(max_length=24)),
                ("city", fields.CharField(max_length=4)),
                _reference("Organisation", "unit"),
                ("kind", fields.CharField(max_length=24)),
                ("event_on", fields.DateField()),
                ("verified_on", fields.DateField(null=True)),
                ("contract_amount", fields.BigIntField()),
                ("trade_amount", fields.BigIntField()),
                ("received_amount", fields.BigIntField()),
                ("is_related", fields.BooleanField()),
            ],
            unique_together=(("closing", "deed"),),
        ),
        *_statements(),
    ]
