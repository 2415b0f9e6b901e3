import functools
from json import dumps, loads
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from market.budgets.models import ClawbackStatus, RunStage
from market.integrity.models import TieKind

CHECKS = {
    "clawbacks_amount": ("clawbacks", "amount > 0"),
    "clawbacks_two_people": ("clawbacks", "confirmed_by_id IS NULL OR confirmed_by_id <> started_by_id"),
    "clawback_receipts_amount": ("clawback_receipts", "amount > 0"),
    "expert_reviews_points": (
        "expert_reviews",
        "novelty BETWEEN 0 AND 100 AND maturity BETWEEN 0 AND 100 AND benefit BETWEEN 0 AND 100",
    ),
    "party_ties_share": ("party_ties", "basis_points BETWEEN 1 AND 10000"),
    "claim_contracts_equity": ("claim_contracts", "paid_in_equity_amount >= 0"),
    "year_runs_two_people": ("year_runs", "rechecker_id IS NULL OR rechecker_id <> officer_id"),
}
UNIQUE = {
    "clawbacks_one_live": ("clawbacks", "claim_id", "status IN ('started', 'confirmed')"),
    "year_runs_one_open": ("year_runs", "programme_id, year", "ended_at IS NULL"),
}


class Migration(migrations.Migration):
    dependencies = [("market", "0003_deal_room")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ClaimConflict",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "claim",
                    fields.ForeignKeyField(
                        "market.Claim",
                        source_field="claim_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="conflicts",
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
                        related_name="claim_conflicts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=400)),
                ("declared_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "claim_conflicts",
                "app": "market",
                "unique_together": (("claim", "user"),),
                "pk_attr": "id",
                "table_description": "Claim conflicts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Clawback",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                (
                    "claim",
                    fields.ForeignKeyField(
                        "market.Claim",
                        source_field="claim_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="clawbacks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "contract",
                    fields.ForeignKeyField(
                        "market.Contract",
                        source_field="contract_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="clawbacks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("amount", fields.BigIntField()),
                ("reason", fields.TextField(unique=False)),
                (
                    "status",
                    fields.CharEnumField(
                        default=ClawbackStatus.STARTED,
                        description="",
                        enum_type=ClawbackStatus,
                        max_length=24,
                    ),
                ),
                ("due_on", fields.DateField(null=True)),
                (
                    "started_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="started_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="started_clawbacks",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "confirmed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="confirmed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="confirmed_clawbacks",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("confirmed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "clawbacks",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Clawbacks.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ClawbackReceipt",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "clawback",
                    fields.ForeignKeyField(
                        "market.Clawback",
                        source_field="clawback_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="receipts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("amount", fields.BigIntField()),
                ("received_on", fields.DateField()),
                ("bank_reference", fields.CharField(max_length=80)),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="entered_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="clawback_receipts",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "clawback_receipts",
                "app": "market",
                "unique_together": (("clawback", "bank_reference"),),
                "pk_attr": "id",
                "table_description": "Clawback receipts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ExpertReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "claim",
                    fields.ForeignKeyField(
                        "market.Claim",
                        source_field="claim_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="expert_reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "reviewer",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="reviewer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="expert_reviews",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "assigned_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="assigned_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="assigned_reviews",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("assigned_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_on", fields.DateField()),
                ("novelty", fields.IntField(null=True)),
                ("maturity", fields.IntField(null=True)),
                ("benefit", fields.IntField(null=True)),
                ("opinion", fields.TextField(default="", unique=False)),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("declined_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "expert_reviews",
                "app": "market",
                "unique_together": (("claim", "reviewer"),),
                "pk_attr": "id",
                "table_description": "Expert reviews.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PartyTie",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("kind", fields.CharEnumField(description="", enum_type=TieKind, max_length=24)),
                ("uscc", fields.CharField(max_length=18)),
                ("other", fields.CharField(max_length=64)),
                ("role", fields.CharField(default="", max_length=40)),
                ("basis_points", fields.IntField(null=True)),
                ("source", fields.CharField(max_length=200)),
                (
                    "entered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="entered_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="party_ties",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "party_ties",
                "app": "market",
                "unique_together": (("kind", "uscc", "other", "role"),),
                "indexes": [Index(fields=["other"])],
                "pk_attr": "id",
                "table_description": "Party ties.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="YearRun",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "programme",
                    fields.ForeignKeyField(
                        "market.Programme",
                        source_field="programme_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="year_runs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("year", fields.IntField()),
                (
                    "stage",
                    fields.CharEnumField(
                        default=RunStage.COMPUTE, description="", enum_type=RunStage, max_length=24
                    ),
                ),
                ("total", fields.IntField(default=0)),
                ("done", fields.IntField(default=0)),
                (
                    "left",
                    fields.JSONField(
                        null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "officer",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="officer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="computed_runs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "rechecker",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="rechecker_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="rechecked_runs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "market.Batch",
                        source_field="batch_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="year_runs",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("rate_basis_points", fields.IntField(null=True)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "year_runs",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Year runs.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Claim",
            name="doubt_kinds",
            field=fields.CharField(default="", db_default="", max_length=200),
        ),
        ops.AddField(
            model_name="Claim",
            name="doubts",
            field=fields.JSONField(
                null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
            ),
        ),
        ops.AddField(
            model_name="ClaimContract",
            name="flags",
            field=fields.JSONField(
                null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
            ),
        ),
        ops.AddField(
            model_name="ClaimContract",
            name="grade",
            field=fields.CharField(null=True, max_length=12),
        ),
        ops.AddField(
            model_name="ClaimContract",
            name="mode",
            field=fields.CharField(null=True, max_length=12),
        ),
        ops.AddField(
            model_name="ClaimContract",
            name="paid_in_equity_amount",
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name="Sanction",
            name="appeal_answer",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="Sanction",
            name="appeal_text",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        ops.AddField(
            model_name="Sanction",
            name="appeal_to",
            field=fields.CharField(default="", db_default="", max_length=200),
        ),
        ops.AddField(
            model_name="Sanction",
            name="appealed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Sanction",
            name="repair_reason",
            field=fields.TextField(default="", db_default="", unique=False),
        ),
        *(
            ops.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check})",
                f"ALTER TABLE {table} DROP CONSTRAINT {name}",
            )
            for name, (table, check) in CHECKS.items()
        ),
        *(
            ops.RunSQL(
                f"CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {where}", f"DROP INDEX {name}"
            )
            for name, (table, columns, where) in UNIQUE.items()
        ),
        ops.RunSQL(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON clawback_receipts "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            "DROP TRIGGER append_only ON clawback_receipts",
        ),
        ops.RunSQL(
            "CREATE INDEX claims_waiting ON claims (submitted_at, number) WHERE submitted_at IS NOT NULL",
            "DROP INDEX claims_waiting",
        ),
    ]
