"""Imports of lists by their owners, their rows, and what organisations call our columns."""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0020_match_notices")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ColumnMapping",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=24)),
                ("head", fields.CharField(max_length=120)),
                ("column_name", fields.CharField(default="", max_length=40)),
            ],
            options={
                "table": "column_mappings",
                "app": "market",
                "unique_together": (("organisation", "kind", "head"),),
                "pk_attr": "id",
                "table_description": "Column mappings.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ListingImport",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.CharField(unique=True, max_length=20)),
                ("kind", fields.CharField(max_length=24)),
                ("status", fields.CharField(default="uploaded", max_length=24)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "file",
                    fields.ForeignKeyField(
                        "market.StoredFile",
                        source_field="file_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("mapping", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("counts", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("progress", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("problem", fields.CharField(default="", max_length=500)),
                ("is_all_or_nothing", fields.BooleanField(default=False)),
                (
                    "created_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="created_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "listing_imports",
                "app": "market",
                "indexes": [Index(fields=["organisation_id", "created_at"]), Index(fields=["status"])],
                "pk_attr": "id",
                "table_description": "Listing imports.",
            },
            bases=["Stateful"],
        ),
        ops.CreateModel(
            name="ListingImportRow",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "listing_import",
                    fields.ForeignKeyField(
                        "market.ListingImport",
                        source_field="listing_import_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("row_number", fields.IntField()),
                ("cells", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("faults", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("remarks", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("answers", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("title", fields.CharField(default="", max_length=200)),
                ("reference", fields.CharField(default="", max_length=120)),
                ("organisation_id", fields.UUIDField(null=True)),
                ("standing", fields.CharField(default="ready", max_length=24)),
                ("sentence", fields.CharField(default="", max_length=300)),
                ("outcome", fields.CharField(null=True, max_length=24)),
                ("listing_id", fields.UUIDField(null=True)),
                ("listing_revision", fields.IntField(null=True)),
                ("before", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("is_sampled", fields.BooleanField(default=False)),
            ],
            options={
                "table": "listing_import_rows",
                "app": "market",
                "unique_together": (("listing_import", "row_number"),),
                "indexes": [Index(fields=["listing_import_id", "standing"]), Index(fields=["listing_id"])],
                "pk_attr": "id",
                "table_description": "Listing import rows.",
            },
            bases=["Model"],
        ),
    ]
