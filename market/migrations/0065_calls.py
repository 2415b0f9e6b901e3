"""Calls for applications to programmes, frozen once released; their changed closings are decided by two."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SECOND_PERSON = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
CHECKS = {
    "calls_second_person": ("calls", SECOND_PERSON),
    "calls_hours": ("calls", "opens_at < closes_at AND year BETWEEN 2000 AND 2200"),
    "calls_released": ("calls", "status <> 'released' OR verdict IS NOT DISTINCT FROM 'confirmed'"),
    "call_closings_second_person": ("call_closings", SECOND_PERSON),
    "call_closings_ground": ("call_closings", "ground <> ''"),
}
"""By name: table and condition."""
GUARDS = """
CREATE FUNCTION market_keep_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.number <> OLD.number OR NEW.programme_id <> OLD.programme_id
       OR (OLD.status IN ('released', 'discarded') AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'a released call is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER calls_keep BEFORE UPDATE OR DELETE ON calls FOR EACH ROW EXECUTE FUNCTION market_keep_call();
CREATE TRIGGER call_closings_decide_once BEFORE UPDATE OR DELETE ON call_closings
FOR EACH ROW EXECUTE FUNCTION market_decide_once();
CREATE UNIQUE INDEX call_closings_waiting ON call_closings (call_id) WHERE verdict IS NULL;
"""
WITHOUT = """
DROP INDEX call_closings_waiting;
DROP TRIGGER call_closings_decide_once ON call_closings;
DROP TRIGGER calls_keep ON calls;
DROP FUNCTION market_keep_call();
"""


def _reference(model: str, column: str, related_name: object = False, *, is_null: bool = False) -> object:
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


def _second_person() -> list[tuple[str, object]]:
    return [
        ("proposed_by", _reference("User", "proposed_by_id")),
        ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
        ("decided_by", _reference("User", "decided_by_id", is_null=True)),
        ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
        ("verdict", fields.CharField(null=True, max_length=24)),
        ("reason", fields.CharField(default="", db_default="", max_length=500)),
    ]


class Migration(migrations.Migration):
    dependencies = [("market", "0064_targets")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Call",
            fields=[
                *_second_person(),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="draft", max_length=24)),
                ("programme", _reference("Programme", "programme_id", "calls")),
                ("year", fields.IntField()),
                ("opens_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closes_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("channel", fields.CharField(max_length=200)),
                ("address", fields.CharField(default="", max_length=300)),
                ("contact", fields.CharField(max_length=120)),
                ("phone", fields.CharField(max_length=60)),
                ("papers", fields.JSONField()),
                ("text", fields.TextField(unique=False)),
                ("file", _reference("StoredFile", "file_id", is_null=True)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "calls",
                "app": "market",
                "indexes": [Index(fields=["programme_id", "status"])],
                "pk_attr": "id",
                "table_description": "Calls.",
            },
            bases=["SecondPerson", "Stateful"],
        ),
        ops.CreateModel(
            name="CallClosing",
            fields=[
                *_second_person(),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("call", _reference("Call", "call_id", "closings")),
                ("closes_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ground", fields.CharField(max_length=300)),
            ],
            options={
                "table": "call_closings",
                "app": "market",
                "indexes": [Index(fields=["call_id", "decided_at"])],
                "pk_attr": "id",
                "table_description": "Closings of calls.",
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
        ops.RunSQL(GUARDS, WITHOUT),
    ]
