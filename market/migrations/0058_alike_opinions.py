"""Which opinions were alike when a sheet was handed in, so that pages need not compare them all."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0057_opinion_papers")]

    initial = False

    operations = [ops.AddField(model_name="SeatOpinion", name="alike", field=fields.JSONField(null=True))]
