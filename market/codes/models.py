from tortoise import fields

from market.kit.tables import Model


class Counter(Model):
    """The last record number of one kind (CG, XQ, JY …) in one year."""

    id = fields.IntField(primary_key=True)
    family = fields.CharField(max_length=4)
    year = fields.IntField()
    value = fields.IntField(default=0)

    class Meta:
        table = "counters"
        table_description = "Counters."
        unique_together = (("family", "year"),)
