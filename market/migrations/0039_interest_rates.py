"""Rates of interest on clawbacks are rows: those of the release, and later ones entered by two persons."""

import json
from pathlib import Path
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECK = (
    "is_shipped AND proposed_by_id IS NULL AND decided_by_id IS NULL AND decided_at IS NULL "
    "AND verdict IS NOT DISTINCT FROM 'confirmed' "
    "OR NOT is_shipped AND proposed_by_id IS NOT NULL "
    "AND (decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict IS DISTINCT FROM 'rejected' OR reason <> '')"
)


def _person(name: str) -> tuple[str, fields.Field]:
    return name, fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        null=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _seed() -> str:
    path = Path(__file__).parents[1] / "budgets" / "clawback_rates.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rates"]
    values = ", ".join(
        f"(gen_random_uuid(), '{row['from']}', {int(row['basis_points'])}, {_text(row['announcement'])}, "
        f"'{row['from']}', {_text(row['checked'])}, true, '{row['from']}', 'confirmed', '')"
        for row in rows
    )
    return (
        "INSERT INTO interest_rates (id, begins_on, basis_points, announcement, announced_on, ground, "
        f"is_shipped, proposed_at, verdict, reason) VALUES {values}"
    )


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


class Migration(migrations.Migration):
    dependencies = [("market", "0038_withheld_tax")]

    initial = False

    operations = [
        ops.CreateModel(
            name="InterestRate",
            fields=[
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                _person("decided_by"),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("begins_on", fields.DateField()),
                ("basis_points", fields.IntField()),
                ("announcement", fields.CharField(max_length=200)),
                ("announced_on", fields.DateField()),
                ("ground", fields.CharField(max_length=500)),
                ("is_shipped", fields.BooleanField(default=False, db_default=False)),
                _person("proposed_by"),
            ],
            options={
                "table": "interest_rates",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Rates of interest on clawbacks.",
            },
            bases=["SecondPerson"],
        ),
        ops.RunSQL(
            f"ALTER TABLE interest_rates ADD CONSTRAINT interest_rates_second_person CHECK ({CHECK})",
            "ALTER TABLE interest_rates DROP CONSTRAINT interest_rates_second_person",
        ),
        ops.RunSQL(
            "ALTER TABLE interest_rates ADD CONSTRAINT interest_rates_values CHECK "
            "(basis_points BETWEEN 1 AND 2400 AND begins_on >= announced_on)",
            "ALTER TABLE interest_rates DROP CONSTRAINT interest_rates_values",
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX interest_rates_one_open ON interest_rates (begins_on) WHERE verdict IS NULL",
            "DROP INDEX interest_rates_one_open",
        ),
        ops.RunSQL(_seed(), ""),
        ops.RunSQL(
            "CREATE TRIGGER interest_rates_guard BEFORE UPDATE OR DELETE ON interest_rates "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            "DROP TRIGGER interest_rates_guard ON interest_rates",
        ),
    ]
