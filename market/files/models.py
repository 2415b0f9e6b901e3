from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model


class Tier(LabelEnum):
    """Access tier of a file."""

    PUBLIC = "public", lazy("公开")
    """公开"""
    VERIFIED = "verified", lazy("实名可见")
    """实名可见"""
    UNDERTAKING = "undertaking", lazy("签承诺书后可见")
    """签承诺书后可见"""
    PARTIES = "parties", lazy("仅当事各方可见")
    """Only the parties to its record."""


class StoredFile(Model):
    """An uploaded file of a record. Its content is in the store under its hash and never changes."""

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    kind = fields.CharField(max_length=40, default="attachment")
    name = fields.CharField(max_length=200)
    media_type = fields.CharField(max_length=100)
    """As recognised from the content."""
    size = fields.BigIntField()
    sha256 = fields.CharField(max_length=64)
    tier = enum_column(Tier, Tier.PARTIES)
    version = fields.IntField(default=1)
    uploaded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="files", null=True, on_delete=fields.SET_NULL
    )
    uploaded_by_id: UUID | None
    uploaded_at = fields.DatetimeField()

    class Meta:
        table = "files"
        table_description = "Files."
        indexes = (("subject_kind", "subject_id"), ("sha256",))


class FileAccess(Model):
    """An opening of a file by a person."""

    id = fields.BigIntField(primary_key=True)
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="accesses", on_delete=fields.RESTRICT
    )
    file_id: UUID
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="file_accesses", null=True, on_delete=fields.SET_NULL
    )
    user_id: UUID | None
    opened_at = fields.DatetimeField()

    class Meta:
        table = "file_accesses"
        table_description = "File accesses."


class Undertaking(Model):
    """A person's confidentiality undertaking (保密承诺) for the files of one record. Written once."""

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="undertakings", on_delete=fields.RESTRICT
    )
    user_id: UUID
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="undertakings", null=True, on_delete=fields.RESTRICT
    )
    """The organisation the person acted for then."""
    organisation_id: UUID | None
    text = fields.TextField()
    """The text that was accepted, verbatim."""
    accepted_at = fields.DatetimeField()

    class Meta:
        table = "undertakings"
        table_description = "Undertakings."
        unique_together = (("subject_kind", "subject_id", "user"),)
