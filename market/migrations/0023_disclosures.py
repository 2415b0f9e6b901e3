"""What both sides of a contract let everybody know of it; of contracts signed before, nothing."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0022_organisation_papers")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Contract",
            name="buyer_disclosure",
            field=fields.CharField(default="nothing", db_default="nothing", max_length=24),
        ),
        ops.AddField(
            model_name="Contract",
            name="seller_disclosure",
            field=fields.CharField(default="nothing", db_default="nothing", max_length=24),
        ),
        ops.AddField(
            model_name="ContractDraft",
            name="disclosure",
            field=fields.CharField(default="nothing", db_default="nothing", max_length=24),
        ),
    ]
