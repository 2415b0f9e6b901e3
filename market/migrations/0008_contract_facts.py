from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from market.contracts.models import ChangeKind
from market.deals.models import PaymentWay, Side


class Migration(migrations.Migration):
    dependencies = [("market", "0007_undertakings")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ContractChange",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "contract",
                    fields.ForeignKeyField(
                        "market.Contract",
                        source_field="contract_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="changes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                ("kind", fields.CharEnumField(description="", enum_type=ChangeKind, max_length=24)),
                ("side", fields.CharEnumField(description="", enum_type=Side, max_length=24)),
                ("reason", fields.TextField(unique=False)),
                ("new_valid_until", fields.DateField(null=True)),
                ("agreed_on", fields.DateField()),
                (
                    "file",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="file_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="contract_changes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="entered_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="entered_changes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "confirmed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="confirmed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmed_changes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("withdrawn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "contract_changes",
                "app": "market",
                "unique_together": (("contract", "sequence"),),
                "pk_attr": "id",
                "table_description": "Contract changes.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EquityPaidIn",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "contract",
                    fields.ForeignKeyField(
                        "market.Contract",
                        source_field="contract_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="paid_in",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("company", fields.CharField(max_length=200)),
                ("share_basis_points", fields.IntField()),
                ("amount", fields.BigIntField()),
                ("paid_in_on", fields.DateField()),
                (
                    "voucher",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="voucher_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="paid_in",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "recorded_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="recorded_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="recorded_paid_in",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "equity_paid_in",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Equity paid in.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RoyaltyStatement",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "contract",
                    fields.ForeignKeyField(
                        "market.Contract",
                        source_field="contract_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="royalty_statements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("starts_on", fields.DateField()),
                ("ends_on", fields.DateField()),
                ("base_amount", fields.BigIntField()),
                ("amount", fields.BigIntField()),
                ("is_last", fields.BooleanField(default=False)),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="entered_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="royalty_statements",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "confirmed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="confirmed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmed_royalties",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("refused_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "instalment",
                    fields.OneToOneField(
                        "market.Instalment",
                        source_field="instalment_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="royalty_statement",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "royalty_statements",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Royalty statements.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Contract",
            name="buyer_country",
            field=fields.CharField(default="156", db_default="156", max_length=3),
        ),
        ops.AddField(
            model_name="Contract",
            name="economic_goal",
            field=fields.CharField(default="", db_default="", max_length=2),
        ),
        ops.AddField(
            model_name="Contract",
            name="entry_amount",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="exchange_rate",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="expected_investment_amount",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="expected_output_amount",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="original_amount",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="original_currency",
            field=fields.CharField(default="", db_default="", max_length=3),
        ),
        ops.AddField(
            model_name="Contract",
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
            model_name="Contract",
            name="rate_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="right_kind",
            field=fields.CharField(default="", db_default="", max_length=24),
        ),
        ops.AddField(
            model_name="Contract",
            name="royalty_base",
            field=fields.CharField(default="", db_default="", max_length=120),
        ),
        ops.AddField(
            model_name="Contract",
            name="royalty_basis_points",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Contract",
            name="seller_country",
            field=fields.CharField(default="156", db_default="156", max_length=3),
        ),
        ops.AddField(
            model_name="Contract",
            name="sub_kind",
            field=fields.CharField(default="", db_default="", max_length=24),
        ),
        ops.AddField(
            model_name="Contract",
            name="valid_from",
            field=fields.DateField(null=True),
        ),
    ]


CHECKS = {
    "contracts_original": (
        "contracts",
        "(original_currency = '') = (original_amount IS NULL) "
        "AND (original_amount IS NULL) = (exchange_rate IS NULL) AND (exchange_rate IS NULL) = (rate_on IS NULL)",
    ),
    "contracts_original_above_zero": ("contracts", "original_amount > 0 AND exchange_rate > 0"),
    "contracts_royalty": ("contracts", "royalty_basis_points BETWEEN 1 AND 10000"),
    "contracts_countries": ("contracts", "seller_country ~ '^[0-9]{3}$' AND buyer_country ~ '^[0-9]{3}$'"),
    "contract_changes_two_people": (
        "contract_changes",
        "confirmed_by_id IS NULL OR confirmed_by_id <> entered_by_id OR kind = 'cancellation'",
    ),
    "royalty_statements_two_people": (
        "royalty_statements",
        "confirmed_by_id IS NULL OR confirmed_by_id <> entered_by_id",
    ),
    "royalty_statements_period": ("royalty_statements", "ends_on >= starts_on"),
    "royalty_statements_amount": ("royalty_statements", "base_amount >= 0 AND amount >= 0"),
    "equity_paid_in_amount": (
        "equity_paid_in",
        "amount > 0 AND share_basis_points BETWEEN 1 AND 10000",
    ),
}
UNIQUE = {
    "contract_changes_one_open": (
        "contract_changes",
        "contract_id",
        "confirmed_at IS NULL AND withdrawn_at IS NULL",
    ),
    "royalty_statements_one_open": (
        "royalty_statements",
        "contract_id",
        "confirmed_at IS NULL AND refused_at IS NULL",
    ),
}

Migration.operations += [
    ops.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
    for name, (table, condition) in CHECKS.items()
]
Migration.operations += [
    ops.RunSQL(
        f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {condition}",
        f"DROP INDEX {name}",
    )
    for name, (table, columns, condition) in UNIQUE.items()
]
Migration.operations.append(
    ops.RunSQL(
        "CREATE TRIGGER equity_paid_in_append_only BEFORE UPDATE OR DELETE ON equity_paid_in "
        "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        "DROP TRIGGER equity_paid_in_append_only ON equity_paid_in",
    )
)
