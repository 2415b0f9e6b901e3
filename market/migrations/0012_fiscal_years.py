"""Budgets by fiscal year with source, codes and months; their changes by two persons; the year a list is paid from.

What was released stays as it is: a change is a row of its own.
"""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_generator.state import State

CHECKS = {
    "budget_changes_amount": ("budget_changes", "amount > 0"),
    "budget_changes_target": (
        "budget_changes",
        "(kind = 'carry_over') = (target_id IS NOT NULL) AND target_id IS DISTINCT FROM budget_id",
    ),
    "budget_changes_second_person": (
        "budget_changes",
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
        "AND (verdict <> 'rejected' OR reason <> '')",
    ),
    "batches_fiscal_year": ("batches", "fiscal_year >= year"),
}
GUARDS = """
CREATE TRIGGER budget_changes_guard BEFORE UPDATE OR DELETE ON budget_changes
    FOR EACH ROW EXECUTE FUNCTION market_decide_once();
CREATE FUNCTION market_keep_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a released budget is never edited' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER budgets_keep BEFORE UPDATE OR DELETE ON budgets
    FOR EACH ROW WHEN (OLD.verdict IS NOT NULL) EXECUTE FUNCTION market_keep_budget();
"""
DROP_GUARDS = """
DROP TRIGGER budget_changes_guard ON budget_changes;
DROP TRIGGER budgets_keep ON budgets;
DROP FUNCTION market_keep_budget();
"""


def _key(model: str, related_name: str | bool, column: str, *, is_null: bool = False) -> fields.Field:
    return fields.ForeignKeyField(
        model,
        source_field=column,
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class RequireFiscalYear(ops.RunSQL):
    """Make the year required by SQL: an `AlterField` would have all models drawn anew for each operation."""

    def state_forward(self, app_label: str, state: State) -> None:
        ops.AlterField("Batch", "fiscal_year", fields.IntField()).state_forward(app_label, state)


class Migration(migrations.Migration):
    dependencies = [("market", "0011_year_run_signature")]

    initial = False

    operations = [
        *[
            ops.AddField(
                model_name="Budget",
                name=name,
                field=fields.CharField(default="", db_default="", max_length=length),
            )
            for name, length in (("source", 120), ("functional_code", 20), ("economic_code", 20))
        ],
        ops.AddField(
            model_name="Budget",
            name="months",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(model_name="Batch", name="fiscal_year", field=fields.IntField(null=True)),
        ops.RunSQL("UPDATE batches SET fiscal_year = year", "SELECT 1"),
        RequireFiscalYear(
            "ALTER TABLE batches ALTER COLUMN fiscal_year SET NOT NULL",
            "ALTER TABLE batches ALTER COLUMN fiscal_year DROP NOT NULL",
        ),
        ops.CreateModel(
            name="BudgetChange",
            fields=[
                ("proposed_by", _key("market.User", False, "proposed_by_id")),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_by", _key("market.User", False, "decided_by_id", is_null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("budget", _key("market.Budget", "changes", "budget_id")),
                ("target", _key("market.Budget", "carried_in", "target_id", is_null=True)),
                ("kind", fields.CharField(max_length=24)),
                ("amount", fields.BigIntField()),
                ("document_number", fields.CharField(max_length=120)),
                ("ground", fields.CharField(max_length=500)),
            ],
            options={
                "table": "budget_changes",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Changes of released budgets.",
            },
            bases=["SecondPerson"],
        ),
        *[
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, condition) in CHECKS.items()
        ],
        ops.RunSQL(GUARDS, DROP_GUARDS),
    ]
