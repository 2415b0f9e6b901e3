from tortoise import fields

from market.kit.tables import Model


class OutboxEntry(Model):
    """A document whose copy in the index is outdated. Deleted when the engine has confirmed it."""

    id = fields.BigIntField(primary_key=True)
    index_name = fields.CharField(max_length=24)
    document_id = fields.UUIDField()
    revision = fields.BigIntField()
    """Grows with every change; the row is deleted only if it has not grown since it was sent."""
    attempts = fields.IntField(default=0)
    error = fields.TextField(default="")
    is_quarantined = fields.BooleanField(default=False)
    asked_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "search_outbox"
        table_description = "Search outbox."
        unique_together = (("index_name", "document_id"),)


class ListingVector(Model):
    """The embedding of a listing by one model, valid while its text hash is the same."""

    id = fields.BigIntField(primary_key=True)
    index_name = fields.CharField(max_length=24)
    document_id = fields.UUIDField()
    model = fields.CharField(max_length=80)
    text_hash = fields.CharField(max_length=64)
    vector = fields.BinaryField()
    """Half-precision numbers, see `text_embedding.pack_vector`."""

    class Meta:
        table = "listing_vectors"
        table_description = "Listing vectors."
        unique_together = (("index_name", "document_id", "model"),)
