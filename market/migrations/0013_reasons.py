"""Why a claim was left off a list, and why a piece of evidence was not accepted; never edited."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

APPEND_ONLY = ("evidence_rejections", "list_removals")
STATEMENTS = [
    statement
    for table in APPEND_ONLY
    for statement in (
        ops.RunSQL(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        ),
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_reason CHECK (reason <> '')",
            f"ALTER TABLE {table} DROP CONSTRAINT {table}_reason",
        ),
    )
]


class Migration(migrations.Migration):
    dependencies = [("market", "0012_fiscal_years")]

    initial = False

    operations = [
        ops.CreateModel(
            name="EvidenceRejection",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "evidence",
                    fields.OneToOneField(
                        "market.Evidence",
                        source_field="evidence_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="rejection",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=500)),
                (
                    "rejected_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="rejected_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("rejected_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "evidence_rejections",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Evidence rejections.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ListRemoval",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "batch",
                    fields.ForeignKeyField(
                        "market.Batch",
                        source_field="batch_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="removals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "claim",
                    fields.ForeignKeyField(
                        "market.Claim",
                        source_field="claim_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="list_removals",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=500)),
                (
                    "removed_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="removed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("removed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "list_removals",
                "app": "market",
                "pk_attr": "id",
                "table_description": "List removals.",
            },
            bases=["Model"],
        ),
        *STATEMENTS,
    ]
