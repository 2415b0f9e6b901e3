from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0006_alerts_freshness")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Undertaking",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("subject_kind", fields.CharField(max_length=24)),
                ("subject_id", fields.UUIDField()),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="undertakings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "market.Organisation",
                        source_field="organisation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="undertakings",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("text", fields.TextField(unique=False)),
                ("accepted_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "undertakings",
                "app": "market",
                "unique_together": (("subject_kind", "subject_id", "user"),),
                "pk_attr": "id",
                "table_description": "Undertakings.",
            },
            bases=["Model"],
        ),
    ]


Migration.operations.append(
    ops.RunSQL(
        "CREATE TRIGGER undertakings_append_only BEFORE UPDATE OR DELETE ON undertakings "
        "FOR EACH ROW EXECUTE FUNCTION market_append_only()",
        "DROP TRIGGER undertakings_append_only ON undertakings",
    )
)
