"""Tables of the money of auctions: what happened to deposits, and the account of a default."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.auctions.models import AuctionRuling, Enrolment
from market.auctions.states import Movement
from market.kit.fields import enum_column
from market.records.decisions import SecondPerson


class DepositMovement(SecondPerson):
    """What happened to a deposit where it lies: recorded by one person, confirmed by another."""

    id = fields.UUIDField(primary_key=True)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "market.Enrolment", related_name="deposits", on_delete=fields.RESTRICT
    )
    enrolment_id: UUID
    movement = enum_column(Movement)
    amount = fields.BigIntField()
    voucher = fields.CharField(max_length=80)
    """The number of the receipt, the bank's line or the guarantee."""
    payer = fields.CharField(max_length=120, default="")
    """Who paid it in or got it back, as the voucher names them."""
    account = fields.CharField(max_length=40, default="", db_default="")
    """Masked, of who paid it in or got it back; none of a guarantee."""
    fingerprint = fields.CharField(max_length=64, default="", db_default="")
    """Keyed hash of that account's number: equal accounts have equal ones."""
    happened_on = fields.DateField()

    class Meta:
        table = "auction_deposits"
        table_description = "Auction deposits."
        indexes = (("enrolment_id",),)


class DefaultSettlement(SecondPerson):
    """The account of a default (悔约) after the lot was sold again; amounts in fen.

    Costs are entered with what they were for; all else is computed, and computed again by the database.
    """

    id = fields.UUIDField(primary_key=True)
    ruling: fields.ForeignKeyRelation[AuctionRuling] = fields.ForeignKeyField(
        "market.AuctionRuling", related_name="settlements", on_delete=fields.RESTRICT
    )
    ruling_id: UUID
    """By which two persons found the default."""
    sale: fields.ForeignKeyRelation[AuctionRuling] = fields.ForeignKeyField(
        "market.AuctionRuling", related_name=False, on_delete=fields.RESTRICT
    )
    sale_id: UUID
    """By which the lot was sold again, to the next in line or in another auction."""
    price = fields.BigIntField()
    resale = fields.BigIntField()
    deposit = fields.BigIntField()
    costs = fields.BigIntField()
    costs_text = fields.CharField(max_length=300, default="")
    shortfall = fields.BigIntField()
    owed = fields.BigIntField()
    covered = fields.BigIntField()
    claim = fields.BigIntField()
    kept = fields.BigIntField()
    returned = fields.BigIntField()

    class Meta:
        table = "auction_settlements"
        table_description = "Auction settlements."
        indexes = (("ruling_id",),)
