from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from market.alerts.models import Frequency


class Migration(migrations.Migration):
    dependencies = [("market", "0005_money_rooms")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="saved_searches",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("scope", fields.CharField(max_length=24)),
                ("words", fields.CharField(max_length=300)),
                ("query", fields.CharField(max_length=1500)),
                (
                    "frequency",
                    fields.CharEnumField(
                        default=Frequency.DAILY, description="", enum_type=Frequency, max_length=24
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("since_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("checked_on", fields.DateField(null=True)),
                ("told_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "saved_searches",
                "app": "market",
                "unique_together": (("user", "scope", "query"),),
                "indexes": [Index(fields=["scope", "frequency"])],
                "pk_attr": "id",
                "table_description": "Saved searches.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ToldRecord",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="told_records",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("record_id", fields.UUIDField()),
                ("told_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "told_records",
                "app": "market",
                "unique_together": (("user", "record_id"),),
                "pk_attr": "id",
                "table_description": "Told records.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Need",
            name="reminded_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="Outcome",
            name="reminded_on",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="OutgoingMail",
            name="unsubscribe",
            field=fields.CharField(default="", db_default="", max_length=400),
        ),
    ]
