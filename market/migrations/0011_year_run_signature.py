"""A year run is signed by its second person: the sample by its seed, and what was signed."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0010_instructions")]

    initial = False

    operations = [
        ops.AddField(
            model_name="YearRun",
            name="sample_seed",
            field=fields.CharField(default="", db_default="", max_length=32),
        ),
        ops.AddField(model_name="YearRun", name="sample", field=fields.JSONField(null=True)),
        ops.AddField(model_name="YearRun", name="signed", field=fields.JSONField(null=True)),
    ]
