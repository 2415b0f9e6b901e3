"""The library of policies: frozen once released but for their status."""

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
    "policies_second_person": ("policies", SECOND_PERSON),
    "policies_days": (
        "policies",
        "issued_on <= effective_on AND (ends_on IS NULL OR ends_on >= effective_on)",
    ),
    "policies_effect": ("policies", "(affects_id IS NULL) = (effect IS NULL) AND affects_id <> id"),
    "policies_released": (
        "policies",
        "status IN ('draft', 'returned', 'discarded') OR verdict IS NOT DISTINCT FROM 'confirmed'",
    ),
    "policy_ends_second_person": ("policy_ends", SECOND_PERSON),
    "policy_ends_ground": ("policy_ends", "ground <> ''"),
}
"""By name: table and condition."""
GUARDS = """
CREATE FUNCTION market_keep_policy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    course text[] := ARRAY['status', 'revision', 'updated_at'];
BEGIN
    IF TG_OP = 'DELETE' OR NEW.number <> OLD.number OR (OLD.status NOT IN ('draft', 'returned')
       AND to_jsonb(NEW) - course IS DISTINCT FROM to_jsonb(OLD) - course) THEN
        RAISE EXCEPTION 'a released policy is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION market_keep_policy_programme() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    policy uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.policy_id ELSE OLD.policy_id END;
BEGIN
    IF (SELECT status FROM policies WHERE id = policy) NOT IN ('draft', 'returned') THEN
        RAISE EXCEPTION 'a released policy is never edited' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER policies_keep BEFORE UPDATE OR DELETE ON policies
FOR EACH ROW EXECUTE FUNCTION market_keep_policy();
CREATE TRIGGER policy_programmes_keep BEFORE INSERT OR UPDATE OR DELETE ON policy_programmes
FOR EACH ROW EXECUTE FUNCTION market_keep_policy_programme();
CREATE TRIGGER policy_ends_decide_once BEFORE UPDATE OR DELETE ON policy_ends
FOR EACH ROW EXECUTE FUNCTION market_decide_once();
CREATE UNIQUE INDEX policies_title ON policies (document_number, title) WHERE status <> 'discarded';
CREATE UNIQUE INDEX policy_ends_waiting ON policy_ends (policy_id) WHERE verdict IS NULL;
"""
WITHOUT = """
DROP INDEX policy_ends_waiting;
DROP INDEX policies_title;
DROP TRIGGER policy_ends_decide_once ON policy_ends;
DROP TRIGGER policy_programmes_keep ON policy_programmes;
DROP TRIGGER policies_keep ON policies;
DROP FUNCTION market_keep_policy_programme();
DROP FUNCTION market_keep_policy();
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


def _id() -> tuple[str, object]:
    return ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True))


class Migration(migrations.Migration):
    dependencies = [("market", "0065_calls")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Policy",
            fields=[
                *_second_person(),
                _id(),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("status", fields.CharField(default="draft", max_length=24)),
                ("title", fields.CharField(max_length=200)),
                ("document_number", fields.CharField(default="", max_length=80)),
                ("issuer", fields.CharField(max_length=120)),
                ("level", fields.CharField(max_length=24)),
                ("region", fields.CharField(default="", max_length=6)),
                ("issued_on", fields.DateField()),
                ("effective_on", fields.DateField()),
                ("ends_on", fields.DateField(null=True)),
                ("topics", fields.JSONField()),
                ("audience", fields.JSONField()),
                ("source_url", fields.CharField(default="", max_length=300)),
                ("summary", fields.TextField(unique=False)),
                ("points", fields.JSONField()),
                ("text", fields.TextField(default="", unique=False)),
                ("file", _reference("StoredFile", "file_id", is_null=True)),
                ("affects", _reference("Policy", "affects_id", "affected_by", is_null=True)),
                ("effect", fields.CharField(null=True, max_length=24)),
                ("revision", fields.IntField(default=1)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "policies",
                "app": "market",
                "indexes": [Index(fields=["status"])],
                "pk_attr": "id",
                "table_description": "Policies.",
            },
            bases=["SecondPerson", "Stateful"],
        ),
        ops.CreateModel(
            name="PolicyProgramme",
            fields=[
                _id(),
                ("policy", _reference("Policy", "policy_id", "programmes")),
                ("programme", _reference("Programme", "programme_id", "policies")),
            ],
            options={
                "table": "policy_programmes",
                "app": "market",
                "unique_together": (("policy", "programme"),),
                "indexes": [Index(fields=["programme_id"])],
                "pk_attr": "id",
                "table_description": "Programmes of policies.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PolicyEnd",
            fields=[
                *_second_person(),
                _id(),
                ("policy", _reference("Policy", "policy_id", "ends")),
                ("ends_on", fields.DateField()),
                ("ground", fields.CharField(max_length=300)),
            ],
            options={
                "table": "policy_ends",
                "app": "market",
                "indexes": [Index(fields=["policy_id"])],
                "pk_attr": "id",
                "table_description": "Ends of policies.",
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
