"""A broker passes over matches that are nothing for them."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


def _to(model: str) -> fields.ForeignKeyField:
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{model.lower()}_id",
        db_constraint=True,
        to_field="id",
        related_name="match_passes",
        on_delete=OnDelete.CASCADE,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0023_disclosures")]

    initial = False

    operations = [
        ops.CreateModel(
            name="MatchPass",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("need", _to("Need")),
                ("outcome", _to("Outcome")),
                ("user", _to("User")),
                ("passed_at", fields.DatetimeField()),
            ],
            options={
                "table": "match_passes",
                "app": "market",
                "unique_together": (("need", "outcome", "user"),),
                "pk_attr": "id",
                "table_description": "Match passes.",
            },
            bases=["Model"],
        ),
    ]
