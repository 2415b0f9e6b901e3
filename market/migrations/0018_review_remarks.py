"""Remarks of a review at fields of the form, and the draft that was reviewed, to compare the next one with."""

from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0017_listing_changes")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Review",
            name="content",
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.CreateModel(
            name="ReviewRemark",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "review",
                    fields.ForeignKeyField(
                        "market.Review",
                        source_field="review_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="remarks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("field", fields.CharField(max_length=40)),
                ("text", fields.CharField(max_length=500)),
            ],
            options={
                "table": "review_remarks",
                "app": "market",
                "indexes": [Index(fields=["review_id"])],
                "pk_attr": "id",
                "table_description": "Review remarks.",
            },
            bases=["Model"],
        ),
    ]
