from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0012_claim_stated")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Offer",
            name="buyer_country",
            field=fields.CharField(default="156", db_default="156", max_length=3),
        ),
        ops.AddField(
            model_name="Offer",
            name="seller_country",
            field=fields.CharField(default="156", db_default="156", max_length=3),
        ),
    ]


Migration.operations += [
    ops.RunSQL(
        "CREATE UNIQUE INDEX offers_one_accepted ON offers (deal_id) WHERE status = 'accepted'",
        "DROP INDEX offers_one_accepted",
    )
]
