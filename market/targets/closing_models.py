"""Tables of closed years: figures frozen with their rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation
from market.deals.models import ContractKind
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.targets.models import Deed
from market.targets.states import DeedStatus


class TargetClosing(SecondPerson):
    """A year's figures frozen with their rows; a correction is a further version."""

    id = fields.UUIDField(primary_key=True)
    year = fields.IntField()
    version = fields.IntField()
    note = fields.CharField(max_length=500, default="", db_default="")
    """Why there is a further version."""
    figures: Any = fields.JSONField()
    """Values by the key of the figure."""
    rows_hash = fields.CharField(max_length=64)

    class Meta:
        table = "target_closings"
        table_description = "Closed years."
        unique_together = (("year", "version"),)


class ClosedDeed(Model):
    """A deed as it counts in a closed year. Append-only."""

    id = fields.BigIntField(primary_key=True)
    closing: fields.ForeignKeyRelation[TargetClosing] = fields.ForeignKeyField(
        "market.TargetClosing", related_name="rows", on_delete=fields.RESTRICT
    )
    closing_id: UUID
    deed: fields.ForeignKeyRelation[Deed] = fields.ForeignKeyField(
        "market.Deed", related_name=False, on_delete=fields.RESTRICT
    )
    deed_id: UUID
    status = enum_column(DeedStatus)
    city = fields.CharField(max_length=4)
    unit: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    unit_id: UUID
    kind = enum_column(ContractKind)
    event_on = fields.DateField()
    verified_on = fields.DateField(null=True)
    contract_amount = fields.BigIntField()
    trade_amount = fields.BigIntField()
    received_amount = fields.BigIntField()
    is_related = fields.BooleanField()
    partner: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    partner_id: UUID | None
    partner_share = fields.IntField(null=True)
    struck_on = fields.DateField(null=True)
    is_reversal = fields.BooleanField(default=False, db_default=False)
    """A deed of an earlier year, closed with it as verified, that was struck in this year."""

    class Meta:
        table = "closed_deeds"
        table_description = "Deeds of closed years."
        unique_together = (("closing", "deed"),)
