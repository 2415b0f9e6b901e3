"""Why a version of rules is valid from a day that was past when it was drafted."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0014_results")]

    initial = False

    operations = [
        ops.AddField(
            model_name="ProgrammeTerms",
            name="retroactive_reason",
            field=fields.CharField(default="", db_default="", max_length=300),
        ),
    ]
