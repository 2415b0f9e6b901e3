from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0009_rewards_and_extensions")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ListingVector",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("index_name", fields.CharField(max_length=24)),
                ("document_id", fields.UUIDField()),
                ("model", fields.CharField(max_length=80)),
                ("text_hash", fields.CharField(max_length=64)),
                ("vector", fields.BinaryField()),
            ],
            options={
                "table": "listing_vectors",
                "app": "market",
                "unique_together": (("index_name", "document_id", "model"),),
                "pk_attr": "id",
                "table_description": "Listing vectors.",
            },
            bases=["Model"],
        ),
    ]
