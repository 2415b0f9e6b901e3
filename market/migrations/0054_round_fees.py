"""What experts are paid for judging in a round: entered by one person, confirmed by another."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

CHECKS = {
    "round_fees_second_person": "(decided_by_id IS NULL) = (decided_at IS NULL) "
    "AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id AND decided_by_id <> user_id) "
    "AND (verdict <> 'rejected' OR reason <> '')",
    "round_fees_amount": "quantity BETWEEN 1 AND 200 AND per_unit > 0 AND amount = per_unit * quantity",
}
"""By name: condition."""


def _constraints() -> list[ops.RunSQL]:
    checks = [
        ops.RunSQL(
            f"ALTER TABLE round_fees ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE round_fees DROP CONSTRAINT {name}",
        )
        for name, condition in CHECKS.items()
    ]
    return [
        *checks,
        ops.RunSQL(
            "CREATE UNIQUE INDEX round_fees_one_live ON round_fees (round_id, expert_id) "
            "WHERE verdict IS NULL OR verdict = 'confirmed'",
            "DROP INDEX round_fees_one_live",
        ),
        ops.RunSQL(
            "CREATE TRIGGER round_fees_decide_once BEFORE UPDATE OR DELETE ON round_fees "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            "DROP TRIGGER round_fees_decide_once ON round_fees",
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("market", "0053_drawing_rounds")]

    initial = False

    operations = [
        ops.CreateModel(
            name="RoundFee",
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
                    "round",
                    fields.ForeignKeyField(
                        "market.Round",
                        source_field="round_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="fees",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "expert",
                    fields.ForeignKeyField(
                        "market.Expert",
                        source_field="expert_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("title_rank", fields.CharField(max_length=24)),
                ("form", fields.CharField(max_length=24)),
                ("quantity", fields.IntField()),
                ("per_unit", fields.BigIntField()),
                ("amount", fields.BigIntField()),
                ("rule_begins_on", fields.DateField()),
                ("clause", fields.CharField(max_length=120)),
            ],
            options={
                "table": "round_fees",
                "app": "market",
                "indexes": [Index(fields=["round_id"]), Index(fields=["user_id"])],
                "pk_attr": "id",
                "table_description": "Round fees.",
            },
            bases=["SecondPerson"],
        ),
        ops.RemoveField(model_name="Seat", name="fee"),
        *_constraints(),
    ]
