"""What was typed into a held form is encrypted; what was held before is shown for the hours it has left."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0070_rankings")]

    initial = False

    operations = [
        ops.AddField(model_name="HeldForm", name="sealed", field=fields.BinaryField(null=True)),
    ]
