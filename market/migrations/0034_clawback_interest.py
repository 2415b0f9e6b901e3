"""Clawbacks bear interest by days and are handed over when they are not paid in time.

A clawback of before bears none: nobody was told of any.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECK = (
    "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
    "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
    "AND (verdict <> 'rejected' OR reason <> '')"
)
DECIDED = (
    "(status NOT IN ({}) OR verdict IS NOT DISTINCT FROM 'confirmed') "
    "AND (status <> 'dropped' OR verdict IS NOT DISTINCT FROM 'rejected')"
)


def _person(name: str, *, is_null: bool) -> tuple[str, fields.Field]:
    return name, fields.ForeignKeyField(
        "market.User",
        source_field=f"{name}_id",
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _decided(statuses: str) -> str:
    return (
        "ALTER TABLE clawbacks DROP CONSTRAINT clawbacks_decided; "
        f"ALTER TABLE clawbacks ADD CONSTRAINT clawbacks_decided CHECK ({DECIDED.format(statuses)})"
    )


def _one_live(statuses: str) -> str:
    return (
        "DROP INDEX clawbacks_one_live; "
        f"CREATE UNIQUE INDEX clawbacks_one_live ON clawbacks (claim_id) WHERE status IN ({statuses})"
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0033_read_indexes")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Clawback",
            name="interest_basis",
            field=fields.CharField(default="from_due", db_default="none", max_length=24),
        ),
        ops.AddField(model_name="Clawback", name="interest_after", field=fields.DateField(null=True)),
        ops.AddField(model_name="Clawback", name="interest_amount", field=fields.BigIntField(null=True)),
        ops.AddField(
            model_name="ClawbackReceipt",
            name="interest_part",
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.CreateModel(
            name="ClawbackHandover",
            fields=[
                _person("proposed_by", is_null=False),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                _person("decided_by", is_null=True),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "clawback",
                    fields.ForeignKeyField(
                        "market.Clawback",
                        source_field="clawback_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="handovers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("recipient", fields.CharField(max_length=120)),
                ("ground", fields.TextField(unique=False)),
            ],
            options={
                "table": "clawback_handovers",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Clawback handovers.",
            },
            bases=["SecondPerson"],
        ),
        ops.RunSQL(
            "ALTER TABLE clawbacks ADD CONSTRAINT clawbacks_interest CHECK "
            "((interest_after IS NULL OR interest_basis <> 'none') AND interest_amount >= 0)",
            "ALTER TABLE clawbacks DROP CONSTRAINT clawbacks_interest",
        ),
        ops.RunSQL(
            "ALTER TABLE clawback_receipts ADD CONSTRAINT clawback_receipts_interest CHECK "
            "(interest_part BETWEEN 0 AND amount)",
            "ALTER TABLE clawback_receipts DROP CONSTRAINT clawback_receipts_interest",
        ),
        ops.RunSQL(_decided("'confirmed', 'handed_over', 'settled'"), _decided("'confirmed', 'settled'")),
        ops.RunSQL(_one_live("'started', 'confirmed', 'handed_over'"), _one_live("'started', 'confirmed'")),
        ops.RunSQL(
            f"ALTER TABLE clawback_handovers ADD CONSTRAINT clawback_handovers_second_person CHECK ({CHECK})",
            "ALTER TABLE clawback_handovers DROP CONSTRAINT clawback_handovers_second_person",
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX clawback_handovers_one_open ON clawback_handovers (clawback_id) "
            "WHERE verdict IS NULL",
            "DROP INDEX clawback_handovers_one_open",
        ),
        ops.RunSQL(
            "CREATE TRIGGER clawback_handovers_guard BEFORE UPDATE OR DELETE ON clawback_handovers "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            "DROP TRIGGER clawback_handovers_guard ON clawback_handovers",
        ),
    ]
