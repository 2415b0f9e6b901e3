from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0068_solutions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ChallengeWatch",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "challenge",
                    fields.ForeignKeyField(
                        "market.Challenge",
                        source_field="challenge_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
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
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "challenge_watches",
                "app": "market",
                "unique_together": (("challenge", "user"),),
                "pk_attr": "id",
                "table_description": "Challenge watches.",
            },
            bases=["Model"],
        ),
    ]
