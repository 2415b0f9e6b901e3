"""On which day an expert entered that a unit was left, which nobody confirms."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0058_alike_opinions")]

    initial = False

    operations = [
        ops.AddField(model_name="ExpertUnit", name="end_entered_on", field=fields.DateField(null=True))
    ]
