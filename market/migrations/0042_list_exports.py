"""Exports of long lists, which a job writes."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0041_kept_identities")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ListExport",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("organisation_id", fields.UUIDField(null=True)),
                ("scope", fields.CharField(max_length=24)),
                ("query", fields.TextField(unique=False)),
                ("locale", fields.CharField(max_length=10)),
                ("total", fields.IntField()),
                ("done", fields.IntField(default=0)),
                ("size", fields.BigIntField(null=True)),
                ("has_failed", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "list_exports",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Exports of long lists.",
                "indexes": [Index(fields=["user_id"]), Index(fields=["expires_at"])],
            },
            bases=["Model"],
        ),
    ]
