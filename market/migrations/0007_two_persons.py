"""Refusals of claims, rulings on objections and decisions on sanctions are proposed by one, decided by another.

What one person decided before stays as it is: the audit log says who did.
"""

from typing import Any
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

OPEN = {
    "claim_refusals": "claim_id",
    "objection_rulings": "objection_id",
    "sanction_decisions": "sanction_id",
}
"""Tables of proposals, and of what there is at most one undecided at a time."""
CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)


def _person(name: str, *, is_null: bool) -> tuple[str, Any]:
    return name, fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _proposal(
    name: str, table: str, about: str, model: str, related_name: str, *columns: Any
) -> ops.CreateModel:
    return ops.CreateModel(
        name=name,
        fields=[
            _person("proposed_by", is_null=False),
            ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            _person("decided_by", is_null=True),
            ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ("verdict", fields.CharField(null=True, max_length=24)),
            ("reason", fields.CharField(default="", db_default="", max_length=500)),
            ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
            (
                about,
                fields.ForeignKeyField(
                    model,
                    source_field=f"{about}_id",
                    db_constraint=True,
                    to_field="id",
                    related_name=related_name,
                    on_delete=OnDelete.RESTRICT,
                ),
            ),
            *columns,
        ],
        options={
            "table": table,
            "app": "market",
            "pk_attr": "id",
            "table_description": f"{table.replace('_', ' ').capitalize()}.",
        },
        bases=["SecondPerson"],
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0006_documents")]

    initial = False

    operations = [
        _proposal(
            "ClaimRefusal",
            "claim_refusals",
            "claim",
            "market.Claim",
            "refusals",
            ("clause", fields.CharField(max_length=60)),
            ("text", fields.TextField(unique=False)),
        ),
        _proposal(
            "ObjectionRuling",
            "objection_rulings",
            "objection",
            "market.Objection",
            "rulings",
            ("is_upheld", fields.BooleanField()),
            ("text", fields.TextField(unique=False)),
        ),
        _proposal(
            "SanctionDecision",
            "sanction_decisions",
            "sanction",
            "market.Sanction",
            "decisions",
            ("ruling", fields.CharField(max_length=24)),
            ("text", fields.TextField(default="", unique=False)),
        ),
        *(
            operation
            for table, about in OPEN.items()
            for operation in (
                ops.RunSQL(
                    f"ALTER TABLE {table} ADD CONSTRAINT {table}_second_person CHECK ({CHECK})",
                    f"ALTER TABLE {table} DROP CONSTRAINT {table}_second_person",
                ),
                ops.RunSQL(
                    f"CREATE UNIQUE INDEX {table}_one_open ON {table} ({about}) WHERE verdict IS NULL",
                    f"DROP INDEX {table}_one_open",
                ),
                ops.RunSQL(
                    f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
                    f"DROP TRIGGER {table}_guard ON {table}",
                ),
            )
        ),
    ]
