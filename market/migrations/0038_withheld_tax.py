"""The income tax that a unit withholds from a person's reward, where it is known."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0037_masked_deals")]

    initial = False

    operations = [
        ops.AddField(model_name="RewardShare", name="withheld_amount", field=fields.BigIntField(null=True)),
        ops.RunSQL(
            "ALTER TABLE reward_shares ADD CONSTRAINT reward_shares_withheld CHECK "
            "(withheld_amount BETWEEN 0 AND amount)",
            "ALTER TABLE reward_shares DROP CONSTRAINT reward_shares_withheld",
        ),
    ]
