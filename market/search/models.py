from tortoise import fields
from tortoise.models import Model


class OutboxEntry(Model):
    """A document whose copy in the index is behind the database. Removed when the engine has it."""

    id = fields.BigIntField(primary_key=True)
    index_name = fields.CharField(max_length=24)
    document_id = fields.UUIDField()
    revision = fields.BigIntField()
    """Grows with every wish for this document; the row goes only if it has not grown since sent."""
    attempts = fields.IntField(default=0)
    error = fields.TextField(default="")
    is_quarantined = fields.BooleanField(default=False)
    asked_at = fields.DatetimeField(auto_now_add=True)

    class Meta:
        table = "search_outbox"
        table_description = "Search outbox."
        unique_together = (("index_name", "document_id"),)


class ListingVector(Model):
    """What a listing means to one model, kept while its text is the one that was read."""

    id = fields.BigIntField(primary_key=True)
    index_name = fields.CharField(max_length=24)
    document_id = fields.UUIDField()
    model = fields.CharField(max_length=80)
    text_hash = fields.CharField(max_length=64)
    vector = fields.BinaryField()
    """Numbers of half precision, see `meaning.stored`."""

    class Meta:
        table = "listing_vectors"
        table_description = "Listing vectors."
        unique_together = (("index_name", "document_id", "model"),)
