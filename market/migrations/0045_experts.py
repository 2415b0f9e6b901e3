"""The pool of experts: applications, units, ties, decisions by two persons, whom applicants ask to avoid."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

CHECKS = {
    "experts_capacity": ("experts", "capacity BETWEEN 1 AND 60"),
    "experts_barred": ("experts", "barred_until IS NULL OR status = 'barred'"),
    "expert_units_period": ("expert_units", "ended_on IS NULL OR ended_on >= began_on"),
    "expert_decisions_until": ("expert_decisions", "until IS NULL OR ruling = 'bar'"),
    "expert_decisions_text": ("expert_decisions", "text <> ''"),
    "expert_decisions_second_person": (
        "expert_decisions",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
        "AND (verdict <> 'rejected' OR reason <> '')",
    ),
    "avoided_experts_place": ("avoided_experts", "place BETWEEN 1 AND 3 AND reason <> ''"),
}
UNIQUE = {
    "expert_units_one_current": ("expert_units", "expert_id", "ended_on IS NULL"),
    "expert_decisions_one_open": ("expert_decisions", "expert_id", "verdict IS NULL"),
    "avoided_experts_three": ("avoided_experts", "organisation_id, place", "withdrawn_at IS NULL"),
}
FUNCTION = """
-- Where an expert worked and what ties them is kept from the first admission on: draws rest on it.
CREATE FUNCTION market_keep_expert_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM experts e WHERE e.id = OLD.expert_id AND e.admitted_at IS NOT NULL) THEN
        RAISE EXCEPTION '% of an admitted expert are never deleted', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
"""
KEPT = {
    "experts_keep_columns": ("experts", "BEFORE UPDATE", "", "id number user_id created_at"),
    "experts_keep_verified": (
        "experts",
        "BEFORE UPDATE",
        "OLD.status IN ('in_pool', 'paused') AND NEW.status IN ('in_pool', 'paused')",
        "kind title_rank fields_of_work admitted_at",
    ),
    "expert_units_keep_columns": (
        "expert_units",
        "BEFORE UPDATE",
        "",
        "expert_id organisation_id name began_on",
    ),
    "expert_ties_keep_columns": (
        "expert_ties",
        "BEFORE UPDATE",
        "",
        "expert_id organisation_id name is_person kind source note entered_by_id entered_at",
    ),
    "avoided_experts_keep_columns": (
        "avoided_experts",
        "BEFORE UPDATE",
        "",
        "organisation_id place name unit_name reason named_by_id named_at",
    ),
}
GUARDS = {
    "experts_keep_rows": ("experts", "BEFORE DELETE", "", "market_append_only"),
    "expert_units_end_once": (
        "expert_units",
        "BEFORE UPDATE",
        "OLD.ended_on IS NOT NULL",
        "market_append_only",
    ),
    "expert_ties_end_once": (
        "expert_ties",
        "BEFORE UPDATE",
        "OLD.valid_until IS NOT NULL",
        "market_append_only",
    ),
    "expert_units_keep_rows": ("expert_units", "BEFORE DELETE", "", "market_keep_expert_facts"),
    "expert_ties_keep_rows": ("expert_ties", "BEFORE DELETE", "", "market_keep_expert_facts"),
    "expert_decisions_guard": ("expert_decisions", "BEFORE UPDATE OR DELETE", "", "market_decide_once"),
    "avoided_experts_end_once": (
        "avoided_experts",
        "BEFORE UPDATE",
        "OLD.withdrawn_at IS NOT NULL",
        "market_append_only",
    ),
    "avoided_experts_keep_rows": ("avoided_experts", "BEFORE DELETE", "", "market_append_only"),
}


def _when(condition: str) -> str:
    return f"WHEN ({condition}) " if condition else ""


def _constraints() -> list[ops.RunSQL]:
    operations = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    operations += [
        ops.RunSQL(
            f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {condition}", f"DROP INDEX {name}"
        )
        for name, (table, columns, condition) in UNIQUE.items()
    ]
    operations.append(ops.RunSQL(FUNCTION, "DROP FUNCTION market_keep_expert_facts()"))
    actions = {
        name: (
            table,
            event,
            f"{_when(condition)}EXECUTE FUNCTION "
            f"market_keep_columns({', '.join(repr(column) for column in columns.split())})",
        )
        for name, (table, event, condition, columns) in KEPT.items()
    } | {
        name: (table, event, f"{_when(condition)}EXECUTE FUNCTION {function}()")
        for name, (table, event, condition, function) in GUARDS.items()
    }
    operations += [
        ops.RunSQL(
            f"CREATE TRIGGER {name} {event} ON {table} FOR EACH ROW {action}",
            f"DROP TRIGGER {name} ON {table}",
        )
        for name, (table, event, action) in actions.items()
    ]
    return operations


class Migration(migrations.Migration):
    dependencies = [("market", "0044_marked_people")]

    initial = False

    operations = [
        ops.CreateModel(
            name="AvoidedExpert",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("place", fields.SmallIntField()),
                ("name", fields.CharField(max_length=60)),
                ("unit_name", fields.CharField(default="", db_default="", max_length=120)),
                ("reason", fields.CharField(max_length=300)),
                (
                    "named_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="named_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("named_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "avoided_experts",
                "app": "market",
                "indexes": [Index(fields=["organisation_id"])],
                "pk_attr": "id",
                "table_description": "Experts to avoid.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Expert",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                (
                    "user",
                    fields.OneToOneField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="expert",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharField(default="applied", max_length=24)),
                ("kind", fields.CharField(max_length=24)),
                ("title_rank", fields.CharField(max_length=24)),
                ("title", fields.CharField(default="", db_default="", max_length=60)),
                ("fields_of_work", fields.JSONField()),
                ("region", fields.CharField(max_length=6)),
                ("languages", fields.CharField(default="", db_default="", max_length=120)),
                ("phone", fields.CharField(default="", db_default="", max_length=40)),
                ("capacity", fields.IntField()),
                (
                    "resume",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="resume_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("pledge", fields.TextField(default="", db_default="", unique=False)),
                ("applied_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("admitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("barred_until", fields.DateField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "experts",
                "app": "market",
                "indexes": [Index(fields=["status", "kind"])],
                "pk_attr": "id",
                "table_description": "Experts.",
            },
            bases=["Stateful"],
        ),
        ops.CreateModel(
            name="ExpertDecision",
            fields=[
                (
                    "proposed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="proposed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="decided_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "expert",
                    fields.ForeignKeyField(
                        "market.Expert",
                        source_field="expert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="decisions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("ruling", fields.CharField(max_length=24)),
                ("text", fields.CharField(max_length=1000)),
                ("until", fields.DateField(null=True)),
                ("application_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "expert_decisions",
                "app": "market",
                "indexes": [Index(fields=["expert_id"])],
                "pk_attr": "id",
                "table_description": "Decisions on experts.",
            },
            bases=["SecondPerson"],
        ),
        ops.CreateModel(
            name="ExpertTie",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "expert",
                    fields.ForeignKeyField(
                        "market.Expert",
                        source_field="expert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="ties",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("is_person", fields.BooleanField()),
                ("kind", fields.CharField(max_length=24)),
                ("source", fields.CharField(max_length=24)),
                ("note", fields.CharField(default="", db_default="", max_length=300)),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="entered_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("valid_until", fields.DateField(null=True)),
            ],
            options={
                "table": "expert_ties",
                "app": "market",
                "indexes": [Index(fields=["expert_id"]), Index(fields=["organisation_id"])],
                "pk_attr": "id",
                "table_description": "Ties of experts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ExpertUnit",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "expert",
                    fields.ForeignKeyField(
                        "market.Expert",
                        source_field="expert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="units",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=120)),
                ("began_on", fields.DateField()),
                ("ended_on", fields.DateField(null=True)),
            ],
            options={
                "table": "expert_units",
                "app": "market",
                "indexes": [Index(fields=["expert_id"]), Index(fields=["organisation_id"])],
                "pk_attr": "id",
                "table_description": "Units of experts.",
            },
            bases=["Model"],
        ),
        *_constraints(),
    ]
