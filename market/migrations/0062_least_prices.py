"""Below which price a deal is not agreed: the starting price of an auction that found a single bidder."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0061_challenges")]

    initial = False

    operations = [
        ops.AddField(model_name="Deal", name="least_price", field=fields.BigIntField(null=True)),
        ops.RunSQL(
            "ALTER TABLE deals ADD CONSTRAINT deals_least_price CHECK (least_price IS NULL OR price_amount IS NULL "
            "OR (currency = 'CNY' AND price_amount >= least_price))",
            "ALTER TABLE deals DROP CONSTRAINT deals_least_price",
        ),
    ]
