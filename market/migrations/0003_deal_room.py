import functools
from json import dumps, loads
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from market.deals.models import PaymentWay, Side


class Migration(migrations.Migration):
    dependencies = [("market", "0002_constraints")]

    initial = False

    operations = [
        ops.CreateModel(
            name="DealMessage",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "deal",
                    fields.ForeignKeyField(
                        "market.Deal",
                        source_field="deal_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="messages",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "author",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="author_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="deal_messages",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("side", fields.CharEnumField(null=True, description="", enum_type=Side, max_length=24)),
                ("text", fields.TextField(unique=False)),
                ("sent_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "deal_messages",
                "app": "market",
                "indexes": [Index(fields=["deal_id", "id"])],
                "pk_attr": "id",
                "table_description": "Deal messages.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DealReading",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "deal",
                    fields.ForeignKeyField(
                        "market.Deal",
                        source_field="deal_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="readings",
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
                        related_name="deal_readings",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("last_message_id", fields.BigIntField()),
                ("read_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "deal_readings",
                "app": "market",
                "unique_together": (("deal", "user"),),
                "pk_attr": "id",
                "table_description": "Deal readings.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FollowUp",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "deal",
                    fields.ForeignKeyField(
                        "market.Deal",
                        source_field="deal_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="follow_ups",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "broker",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="broker_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="follow_ups",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("way", fields.CharField(max_length=24)),
                ("happened_on", fields.DateField()),
                ("text", fields.TextField(unique=False)),
                ("next_on", fields.DateField(null=True)),
                ("written_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "follow_ups",
                "app": "market",
                "indexes": [Index(fields=["broker_id", "next_on"]), Index(fields=["deal_id", "written_at"])],
                "pk_attr": "id",
                "table_description": "Follow ups.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Introduction",
            name="agreed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Introduction",
            name="agreed_by",
            field=fields.ForeignKeyField(
                "market.User",
                source_field="agreed_by_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="agreed_commissions",
                on_delete=OnDelete.SET_NULL,
            ),
        ),
        ops.AddField(
            model_name="Introduction",
            name="mandate",
            field=fields.CharField(default="", db_default="", max_length=300),
        ),
        ops.AddField(
            model_name="Introduction",
            name="payer",
            field=fields.CharEnumField(
                default=Side.SELLER, db_default=Side.SELLER, description="", enum_type=Side, max_length=24
            ),
        ),
        ops.AddField(
            model_name="Offer",
            name="costs",
            field=fields.JSONField(
                default=list,
                db_default=[],
                encoder=functools.partial(dumps, separators=(",", ":")),
                decoder=loads,
            ),
        ),
        ops.AddField(
            model_name="Offer",
            name="entry_amount",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Offer",
            name="payment_way",
            field=fields.CharEnumField(
                default=PaymentWay.INSTALMENTS,
                db_default=PaymentWay.INSTALMENTS,
                description="",
                enum_type=PaymentWay,
                max_length=24,
            ),
        ),
        ops.AddField(
            model_name="Offer",
            name="royalty_base",
            field=fields.CharField(default="", db_default="", max_length=120),
        ),
        ops.AddField(
            model_name="Offer",
            name="royalty_basis_points",
            field=fields.IntField(null=True),
        ),
    ]


CHECKS = {
    "offers_royalty": (
        "offers",
        "(payment_way IN ('royalty', 'entry_royalty')) = (royalty_basis_points IS NOT NULL) "
        "AND (payment_way = 'entry_royalty') = (entry_amount IS NOT NULL)",
    ),
    "offers_royalty_share": ("offers", "royalty_basis_points BETWEEN 1 AND 10000"),
    "offers_entry": ("offers", "entry_amount > 0 AND entry_amount < price_amount"),
    "introductions_agreed": ("introductions", "(agreed_at IS NULL) OR agreed_at >= introduced_at"),
}
APPEND_ONLY = ("deal_messages", "follow_ups")

Migration.operations.append(
    # Who agreed to be introduced before was shown the commission then, and so has agreed to it.
    ops.RunSQL(
        "UPDATE introductions i SET agreed_at = greatest(d.seller_agreed_at, i.introduced_at) "
        "FROM deals d WHERE d.id = i.deal_id AND d.seller_agreed_at IS NOT NULL",
        "SELECT 1",
    )
)
Migration.operations += [
    ops.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
    for name, (table, condition) in CHECKS.items()
]
Migration.operations += [
    ops.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )
    for table in APPEND_ONLY
]
