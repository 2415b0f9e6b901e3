"""The desk's queue: the handler of a claim, saved filters, and the papers that a supplement request names."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0007_two_persons")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Claim",
            name="handler",
            field=fields.ForeignKeyField(
                "market.User",
                source_field="handler_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="claims_handled",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(model_name="Claim", name="supplement_papers", field=fields.JSONField(null=True)),
        ops.CreateModel(
            name="SavedQueue",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "market.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="saved_queues",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=30)),
                ("query", fields.CharField(max_length=600)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "saved_queues",
                "app": "market",
                "unique_together": (("user", "name"),),
                "pk_attr": "id",
                "table_description": "Saved filters of the desk's queue.",
            },
            bases=["Model"],
        ),
    ]
