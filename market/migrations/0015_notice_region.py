"""A notice keeps the province whose rest days count."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0014_paid_in_decisions")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Notice",
            name="region",
            field=fields.CharField(default="450000", db_default="450000", max_length=6),
        ),
    ]


Migration.operations += [
    ops.RunSQL(
        "UPDATE notices SET region = left(o.region, 2) || '0000' FROM organisations o "
        "WHERE o.id = notices.organisation_id AND o.region <> ''",
        "UPDATE notices SET region = '450000'",
    )
]
