from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.papers.states import PaperKind


class OrganisationPaper(Model):
    """A paper that proves what an organisation says of itself. Uploaded once; a later one replaces it."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="papers", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    kind = enum_column(PaperKind)
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID
    number = fields.CharField(max_length=60, default="", db_default="")
    expires_on = fields.DateField(null=True)
    uploaded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    uploaded_by_id: UUID | None
    uploaded_at = fields.DatetimeField()
    checked_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    checked_by_id: UUID | None
    checked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "organisation_papers"
        table_description = "Organisation papers."
        indexes = (("organisation_id", "kind"), ("checked_at",))
