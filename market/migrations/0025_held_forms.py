"""Forms that could not be taken, kept for who typed them, and forms that are carried out once."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0024_match_passes")]

    initial = False

    operations = [
        ops.CreateModel(
            name="HeldForm",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("browser_hash", fields.CharField(max_length=64)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="held_forms",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("address", fields.CharField(max_length=500)),
                ("pairs", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("file_names", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("held_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "held_forms",
                "app": "market",
                "indexes": [Index(fields=["browser_hash"])],
                "pk_attr": "id",
                "table_description": "Held forms.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Submission",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("location", fields.TextField(default="", unique=False)),
            ],
            options={
                "table": "submissions",
                "app": "market",
                "pk_attr": "key",
                "table_description": "Submissions.",
            },
            bases=["Model"],
        ),
    ]
