"""Deposits of auctions: from which account, until when they are to be back, and the account of a default."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

TABLE = "auction_settlements"
CHECKS = {
    "second_person": (
        "(decided_by_id IS NULL) = (decided_at IS NULL) AND (decided_at IS NULL) = (verdict IS NULL) "
        "AND (decided_by_id IS NULL OR decided_by_id <> proposed_by_id) "
        "AND (verdict <> 'rejected' OR reason <> '')"
    ),
    "computed": (
        "price > 0 AND resale > 0 AND deposit >= 0 AND costs >= 0 AND (costs = 0 OR costs_text <> '') "
        "AND shortfall = greatest(0, price - resale) AND owed = shortfall + costs "
        "AND covered = least(owed, deposit) AND claim = owed - covered "
        "AND kept IN (covered, deposit) AND returned = deposit - kept"
    ),
}


def _reference(model: str, column: str, related_name: str | bool = False, is_null: bool = False):
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=column,
        null=is_null,
        db_constraint=True,
        to_field="id",
        related_name=related_name,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0062_least_prices")]

    initial = False

    operations = [
        ops.AddField(
            model_name="DepositMovement",
            name="account",
            field=fields.CharField(default="", db_default="", max_length=40),
        ),
        ops.AddField(
            model_name="DepositMovement",
            name="fingerprint",
            field=fields.CharField(default="", db_default="", max_length=64),
        ),
        ops.AddField(model_name="Enrolment", name="return_by", field=fields.DateField(null=True)),
        ops.AddField(
            model_name="Enrolment", name="return_told", field=fields.SmallIntField(default=0, db_default=0)
        ),
        ops.CreateModel(
            name="DefaultSettlement",
            fields=[
                ("proposed_by", _reference("User", "proposed_by_id")),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_by", _reference("User", "decided_by_id", is_null=True)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("verdict", fields.CharField(null=True, max_length=24)),
                ("reason", fields.CharField(default="", db_default="", max_length=500)),
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("ruling", _reference("AuctionRuling", "ruling_id", "settlements")),
                ("sale", _reference("AuctionRuling", "sale_id")),
                ("price", fields.BigIntField()),
                ("resale", fields.BigIntField()),
                ("deposit", fields.BigIntField()),
                ("costs", fields.BigIntField()),
                ("costs_text", fields.CharField(default="", max_length=300)),
                ("shortfall", fields.BigIntField()),
                ("owed", fields.BigIntField()),
                ("covered", fields.BigIntField()),
                ("claim", fields.BigIntField()),
                ("kept", fields.BigIntField()),
                ("returned", fields.BigIntField()),
            ],
            options={
                "table": TABLE,
                "app": "market",
                "indexes": [Index(fields=["ruling_id"])],
                "pk_attr": "id",
                "table_description": "Auction settlements.",
            },
            bases=["SecondPerson"],
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_{name} CHECK ({condition})",
                f"ALTER TABLE {TABLE} DROP CONSTRAINT {TABLE}_{name}",
            )
            for name, condition in CHECKS.items()
        ),
        ops.RunSQL(
            f"CREATE UNIQUE INDEX {TABLE}_one ON {TABLE} (ruling_id) WHERE verdict IS DISTINCT FROM 'rejected'",
            f"DROP INDEX {TABLE}_one",
        ),
        ops.RunSQL(
            f"CREATE TRIGGER {TABLE}_decide_once BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION market_decide_once()",
            f"DROP TRIGGER {TABLE}_decide_once ON {TABLE}",
        ),
    ]
