"""Questions about listings, with their answers."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0018_review_remarks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Question",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("status", fields.CharField(default="open", max_length=24)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("text", fields.CharField(max_length=500)),
                (
                    "asked_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="asked_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("answer", fields.CharField(default="", max_length=1000)),
                (
                    "answered_by",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="answered_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "questions",
                "app": "market",
                "indexes": [
                    Index(fields=["subject_kind", "subject_id"]),
                    Index(fields=["organisation_id", "status"]),
                    Index(fields=["asked_by_id", "status"]),
                ],
                "pk_attr": "id",
                "table_description": "Questions about listings.",
            },
            bases=["Stateful"],
        ),
    ]
