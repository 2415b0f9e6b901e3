"""How many papers an expert could open when a sheet was handed in, for the time that reading takes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0056_result_objections")]

    initial = False

    operations = [
        ops.AddField(model_name="SeatOpinion", name="papers", field=fields.IntField(default=0, db_default=0)),
    ]
