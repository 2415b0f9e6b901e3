"""Identity numbers of ties are stored by a key that lies outside the database.

A migration does not know the key. The plain hashes of before keep an empty key here; the sweep of deadlines,
which knows it, keys them within a minute of the start, without knowing the numbers.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("market", "0030_objection_procedure")]

    initial = False

    operations = [
        ops.AddField(
            model_name="PartyTie",
            name="key_id",
            field=fields.CharField(default="", db_default="", max_length=16),
        ),
        ops.RunSQL(
            "ALTER TABLE party_ties ADD CONSTRAINT party_ties_key CHECK (kind = 'person' OR key_id = '')",
            "ALTER TABLE party_ties DROP CONSTRAINT party_ties_key",
        ),
    ]
