"""Table of moves of organisations."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.kit.tables import Model


class OrganisationMove(Model):
    """That an organisation moved to another region on a day. Append-only."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="moves", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    moved_on = fields.DateField()
    """The first day in the new region."""
    before_region = fields.CharField(max_length=6)
    region = fields.CharField(max_length=6)
    recorded_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    recorded_by_id: UUID
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "organisation_moves"
        table_description = "Moves of organisations."
        unique_together = (("organisation", "moved_on"),)
