"""Tables of the pages that join several rooms."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.kit.tables import Model


class ListExport(Model):
    """A long list on its way into a workbook, which is kept for a day."""

    id = fields.UUIDField(primary_key=True)
    """Nobody can guess it, and a guest's export is public data: whoever knows it may open it."""
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.CASCADE
    )
    """Who asked; null: a guest."""
    user_id: UUID | None
    organisation_id = fields.UUIDField(null=True)
    """The organisation that they acted for, whose masked needs they see unmasked."""
    scope = fields.CharField(max_length=24)
    query = fields.TextField()
    """The query string of the list."""
    locale = fields.CharField(max_length=10)
    total = fields.IntField()
    """Rows of the list when it was asked for."""
    done = fields.IntField(default=0)
    size = fields.BigIntField(null=True)
    """Bytes of the workbook; null until it is whole."""
    has_failed = fields.BooleanField(default=False)
    """It was tried at least once in vain."""
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "list_exports"
        table_description = "Exports of long lists."
        indexes = (("user_id",), ("expires_at",))
