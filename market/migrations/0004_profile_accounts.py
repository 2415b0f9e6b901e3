"""The account of a profile goes: 0003 took it over."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0003_payees")]

    initial = False

    operations = [
        ops.RemoveField(model_name="Organisation", name="bank_account"),
        ops.RemoveField(model_name="Organisation", name="bank_name"),
    ]
