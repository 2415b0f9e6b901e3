"""Copies without metadata that experts of blind rounds open, and who looked at them before."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

CHECKS = {
    "blind_copies_made": (
        "blind_copies",
        "(file_id IS NULL) = (fault IS NOT NULL) AND (file_id IS NULL) = (sha256 = '') "
        "AND sha256 ~ '^([0-9a-f]{64})?$' AND source_sha256 ~ '^[0-9a-f]{64}$'",
    ),
    "blind_copies_counted": ("blind_copies", "attempt > 0 AND place > 0"),
    "blind_checks_reason": ("blind_checks", "is_shown OR reason <> ''"),
}
"""By name: table and condition."""
APPEND_ONLY = ("blind_copies", "blind_checks")


def _constraints() -> list[ops.RunSQL]:
    checks = [
        ops.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for name, (table, condition) in CHECKS.items()
    ]
    guards = [
        ops.RunSQL(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            f"DROP TRIGGER {table}_append_only ON {table}",
        )
        for table in APPEND_ONLY
    ]
    return [*checks, *guards]


class Migration(migrations.Migration):
    dependencies = [("market", "0050_auctions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="BlindCopy",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "item",
                    fields.ForeignKeyField(
                        "market.RoundItem",
                        source_field="item_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="copies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "source",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="source_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("source_sha256", fields.CharField(max_length=64)),
                ("attempt", fields.IntField()),
                ("place", fields.IntField()),
                (
                    "file",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="file_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sha256", fields.CharField(default="", db_default="", max_length=64)),
                ("fault", fields.CharField(null=True, max_length=24)),
                ("removed", fields.JSONField()),
                ("mentions", fields.JSONField()),
                ("doubts", fields.JSONField()),
                ("made_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "blind_copies",
                "app": "market",
                "unique_together": (("item", "source", "attempt"),),
                "indexes": [Index(fields=["file_id"])],
                "pk_attr": "id",
                "table_description": "Blind copies.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BlindCheck",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "copy",
                    fields.ForeignKeyField(
                        "market.BlindCopy",
                        source_field="copy_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="checks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("is_shown", fields.BooleanField()),
                ("reason", fields.CharField(default="", db_default="", max_length=300)),
                (
                    "checked_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="checked_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("checked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "blind_checks",
                "app": "market",
                "indexes": [Index(fields=["copy_id"])],
                "pk_attr": "id",
                "table_description": "Blind checks.",
            },
            bases=["Model"],
        ),
        *_constraints(),
    ]
