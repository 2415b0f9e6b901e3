"""Tables of what experts of a blind round open: copies without metadata, and who looked at them before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.files.models import StoredFile
from market.files.plain_copy import CopyFault
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.panels.round_models import RoundItem


class BlindCopy(Model):
    """A copy of one paper of an item without metadata, or why there is none. Written once."""

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[RoundItem] = fields.ForeignKeyField(
        "market.RoundItem", related_name="copies", on_delete=fields.RESTRICT
    )
    item_id: UUID
    source: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    source_id: UUID
    source_sha256 = fields.CharField(max_length=64)
    attempt = fields.IntField()
    """From 1 on; a further one follows a fault."""
    place = fields.IntField()
    """Of the paper in its item, from 1 on: the copy is named 材料1, 材料2 …"""
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    """Null: no copy could be made."""
    file_id: UUID | None
    sha256 = fields.CharField(max_length=64, default="", db_default="")
    fault = enum_column(CopyFault, null=True)
    removed: fields.JSONField[list[str]] = fields.JSONField()
    """See `Removed`."""
    mentions: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """Where its text still names somebody: kind, place and at; never the name."""
    doubts: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """What a person has to look at: kind and at."""
    made_at = fields.DatetimeField()

    checks: fields.ReverseRelation[BlindCheck]

    class Meta:
        table = "blind_copies"
        table_description = "Blind copies."
        unique_together = (("item", "source", "attempt"),)
        indexes = (("file_id",),)

    @property
    def is_made(self) -> bool:
        return self.file_id is not None

    def as_logged(self) -> dict[str, Any]:
        """Return what the audit log says of it."""
        return {
            "copy": str(self.id),
            "source": self.source_sha256,
            "sha256": self.sha256,
            "fault": self.fault.value if self.fault else None,
        }


class BlindCheck(Model):
    """Somebody's look at a copy: from then on experts see it, or do not. The latest holds."""

    id = fields.BigIntField(primary_key=True)
    copy: fields.ForeignKeyRelation[BlindCopy] = fields.ForeignKeyField(
        "market.BlindCopy", related_name="checks", on_delete=fields.RESTRICT
    )
    copy_id: UUID
    is_shown = fields.BooleanField()
    reason = fields.CharField(max_length=300, default="", db_default="")
    """Why it is not shown, or is although its text names somebody."""
    checked_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    checked_by_id: UUID
    checked_at = fields.DatetimeField()

    class Meta:
        table = "blind_checks"
        table_description = "Blind checks."
        indexes = (("copy_id",),)
