"""A deal names its subject by kind and id, and how its price came about."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from market.deals.models import Pricing

_RUNNING = "status IN ('intent', 'negotiating', 'priced', 'publicity', 'to_sign')"


class Migration(migrations.Migration):
    dependencies = [("market", "0016_holiday_years")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Deal",
            name="subject_kind",
            field=fields.CharField(default="outcome", db_default="outcome", max_length=24),
        ),
        ops.AddField(model_name="Deal", name="subject_id", field=fields.UUIDField(null=True)),
        ops.RunSQL("UPDATE deals SET subject_id = outcome_id", "UPDATE deals SET subject_id = NULL"),
        ops.AlterField(model_name="Deal", name="subject_id", field=fields.UUIDField()),
        ops.AlterField(
            model_name="Deal",
            name="outcome",
            field=fields.ForeignKeyField(
                "market.Outcome",
                source_field="outcome_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name="deals",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Deal",
            name="pricing",
            field=fields.CharEnumField(
                default=Pricing.AGREED,
                db_default=Pricing.AGREED,
                description="",
                enum_type=Pricing,
                max_length=24,
            ),
        ),
    ]


Migration.operations += [
    ops.RunSQL(
        "ALTER TABLE deals ADD CONSTRAINT deals_outcome CHECK "
        "((subject_kind = 'outcome') = (outcome_id IS NOT NULL) "
        "AND (outcome_id IS NULL OR outcome_id = subject_id))",
        "ALTER TABLE deals DROP CONSTRAINT deals_outcome",
    ),
    ops.RunSQL("DROP INDEX deals_one_running"),
    ops.RunSQL(
        "CREATE UNIQUE INDEX deals_one_running ON deals (subject_kind, subject_id, buyer_id) "
        f"WHERE {_RUNNING}",
        "DROP INDEX deals_one_running",
    ),
]
