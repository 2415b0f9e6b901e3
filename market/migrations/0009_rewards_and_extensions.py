import functools
from json import dumps, loads
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from market.rewards.models import RewardKind, RewardStatus


class Migration(migrations.Migration):
    dependencies = [("market", "0008_contract_facts")]

    initial = False

    operations = [
        ops.CreateModel(
            name="NoticeExtension",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "notice",
                    fields.ForeignKeyField(
                        "market.Notice",
                        source_field="notice_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="extensions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("days", fields.IntField()),
                ("reason", fields.CharField(max_length=500)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ends_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "extended_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="extended_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notice_extensions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("extended_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "notice_extensions",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Notice extensions.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RewardRule",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reward_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField()),
                ("title", fields.CharField(max_length=200)),
                ("document_number", fields.CharField(default="", max_length=80)),
                ("pot_basis_points", fields.IntField()),
                ("equity_basis_points", fields.IntField()),
                ("main_basis_points", fields.IntField()),
                ("valid_from", fields.DateField()),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="entered_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reward_rules",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reward_rules",
                "app": "market",
                "unique_together": (("organisation", "version"),),
                "pk_attr": "id",
                "table_description": "Reward rules.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RewardPlan",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                (
                    "contract",
                    fields.ForeignKeyField(
                        "market.Contract",
                        source_field="contract_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reward_plans",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="reward_plans",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "kind",
                    fields.CharEnumField(
                        default=RewardKind.CASH, description="", enum_type=RewardKind, max_length=24
                    ),
                ),
                (
                    "status",
                    fields.CharEnumField(
                        default=RewardStatus.DRAFT, description="", enum_type=RewardStatus, max_length=24
                    ),
                ),
                (
                    "rule",
                    fields.ForeignKeyField(
                        "market.RewardRule",
                        source_field="rule_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="plans",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("income_amount", fields.BigIntField()),
                (
                    "deductions",
                    fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("net_amount", fields.BigIntField()),
                ("pot_basis_points", fields.IntField()),
                ("pot_amount", fields.BigIntField()),
                (
                    "units",
                    fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("currency", fields.CharField(default="CNY", max_length=3)),
                (
                    "made_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="made_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="made_reward_plans",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "confirmed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="confirmed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmed_reward_plans",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("paid_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reward_plans",
                "app": "market",
                "indexes": [Index(fields=["organisation_id", "status"]), Index(fields=["contract_id"])],
                "pk_attr": "id",
                "table_description": "Reward plans.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RewardShare",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "plan",
                    fields.ForeignKeyField(
                        "market.RewardPlan",
                        source_field="plan_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="shares",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("sequence", fields.IntField()),
                ("name", fields.CharField(max_length=60)),
                ("is_main", fields.BooleanField(default=True)),
                ("work", fields.CharField(default="", max_length=120)),
                ("account", fields.CharField(default="", max_length=80)),
                ("basis_points", fields.IntField()),
                ("amount", fields.BigIntField()),
            ],
            options={
                "table": "reward_shares",
                "app": "market",
                "unique_together": (("plan", "sequence"),),
                "pk_attr": "id",
                "table_description": "Reward shares.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Notice",
            name="change_reason",
            field=fields.CharField(default="", db_default="", max_length=500),
        ),
        ops.AddField(
            model_name="Notice",
            name="replaces",
            field=fields.ForeignKeyField(
                "market.Notice",
                source_field="replaces_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="replacements",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
    ]


CHECKS = {
    "reward_rules_floors": (
        "reward_rules",
        "pot_basis_points BETWEEN 5000 AND 10000 AND equity_basis_points BETWEEN 5000 AND 10000 "
        "AND main_basis_points BETWEEN 5000 AND 10000",
    ),
    "reward_plans_pot": ("reward_plans", "pot_basis_points BETWEEN 5000 AND 10000"),
    "reward_plans_amounts": (
        "reward_plans",
        "income_amount > 0 AND net_amount > 0 AND net_amount <= income_amount "
        "AND pot_amount > 0 AND pot_amount <= net_amount",
    ),
    "reward_plans_two_people": ("reward_plans", "confirmed_by_id IS NULL OR confirmed_by_id <> made_by_id"),
    "reward_shares_amount": ("reward_shares", "basis_points BETWEEN 1 AND 10000 AND amount >= 0"),
}
APPEND_ONLY = ("reward_rules", "notice_extensions")

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
