"""Messages and mails keep the ids of the people they name; those of before keep names, which erasure replaces."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0043_kept_payments")]

    initial = False

    operations = [
        ops.AddField(model_name="Message", name="people", field=fields.JSONField(null=True)),
        ops.AddField(model_name="OutgoingMail", name="people", field=fields.JSONField(null=True)),
    ]
