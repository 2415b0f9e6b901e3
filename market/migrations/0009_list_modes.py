"""How a list shares a pot that does not suffice, where it was chosen otherwise than by its rules, and why."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

CONDITION = "(pot_mode IS NULL) = (pot_mode_reason = '')"


class Migration(migrations.Migration):
    dependencies = [("market", "0008_desk_queue")]

    initial = False

    operations = [
        ops.AddField(model_name="Batch", name="pot_mode", field=fields.CharField(null=True, max_length=24)),
        ops.AddField(
            model_name="Batch",
            name="pot_mode_reason",
            field=fields.CharField(default="", db_default="", max_length=300),
        ),
        ops.RunSQL(
            f"ALTER TABLE batches ADD CONSTRAINT batches_pot_mode CHECK ({CONDITION})",
            "ALTER TABLE batches DROP CONSTRAINT batches_pot_mode",
        ),
    ]
