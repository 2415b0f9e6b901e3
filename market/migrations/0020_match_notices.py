"""New matches are told once, and either side may ask for a broker.

Pairs that are matched when the migration runs count as told, so that an upgrade sends nothing.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

TOLD = """
INSERT INTO match_notices (id, need_id, outcome_id, told_at, mailed_at)
SELECT gen_random_uuid(), need_id, outcome_id, computed_at, computed_at FROM matches
"""


def _listing(model: str) -> fields.ForeignKeyField:
    return fields.ForeignKeyField(
        f"market.{model}",
        source_field=f"{model.lower()}_id",
        db_constraint=True,
        to_field="id",
        related_name="match_notices",
        on_delete=OnDelete.CASCADE,
    )


class Migration(migrations.Migration):
    dependencies = [("market", "0019_questions")]

    initial = False

    operations = [
        ops.AddField(model_name="Match", name="help_wanted_at", field=fields.DatetimeField(null=True)),
        ops.CreateModel(
            name="MatchNotice",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("need", _listing("Need")),
                ("outcome", _listing("Outcome")),
                ("told_at", fields.DatetimeField()),
                ("mailed_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "match_notices",
                "app": "market",
                "unique_together": (("need", "outcome"),),
                "indexes": [Index(fields=["outcome_id", "told_at"]), Index(fields=["mailed_at"])],
                "pk_attr": "id",
                "table_description": "Match notices.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(TOLD, "DELETE FROM match_notices"),
    ]
