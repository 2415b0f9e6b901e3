"""How long an organisation has the results of its auctions published."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0054_round_fees")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ResultSwitch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.OneToOneField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_long", fields.BooleanField()),
                (
                    "changed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="changed_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "auction_switches",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Auction switches.",
            },
            bases=["Model"],
        ),
    ]
