"""What a person did lately is read by who acted."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0028_import_jobs")]

    initial = False

    operations = [
        ops.AddIndex(model_name="StatusEvent", index=Index(fields=["actor_id", "happened_at"])),
    ]
