"""Reasons for which the desk opened records that no submitted claim names."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0039_interest_rates")]

    initial = False

    operations = [
        ops.CreateModel(
            name="DeskAccess",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="desk_accesses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.CharField(max_length=24)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                ("reason", fields.CharField(max_length=300)),
                ("stated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("valid_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "desk_accesses",
                "app": "market",
                "pk_attr": "id",
                "table_description": "Reasons for opening records outside claims.",
                "indexes": [Index(fields=["user_id", "subject_id"]), Index(fields=["stated_at"])],
            },
            bases=["Model"],
        ),
        ops.RunSQL(
            "CREATE TRIGGER desk_accesses_append_only BEFORE UPDATE OR DELETE ON desk_accesses "
            "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
            "DROP TRIGGER desk_accesses_append_only ON desk_accesses",
        ),
    ]
