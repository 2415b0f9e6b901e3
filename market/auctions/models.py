from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.auctions.states import (
    AUCTION_WORKFLOW,
    ENROLMENT_WORKFLOW,
    AuctionStatus,
    Basis,
    BidKind,
    DefaultRule,
    DepositPlace,
    EnrolmentStatus,
    FailReason,
    Format,
    NextRule,
    PriorityClaim,
    PriorityMode,
    Refusal,
    Right,
    Ruling,
    SingleRule,
)
from market.deals.models import Deal
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.listings.models import Outcome
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class Auction(Stateful):
    """A lot (标的) whose price is found by bidding: its terms, its hours, where its bidding stands."""

    record_kind = "auction"
    workflow = AUCTION_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(AuctionStatus, AuctionStatus.DRAFT)
    outcome: fields.ForeignKeyRelation[Outcome] = fields.ForeignKeyField(
        "market.Outcome", related_name=False, on_delete=fields.RESTRICT
    )
    outcome_id: UUID
    holder: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    holder_id: UUID
    """Who transfers (转让方)."""
    organiser: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organiser_id: UUID
    """The exchange; where it is the holder itself, the operator admits, draws and confirms (README e)."""
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: UUID
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    published_at = fields.DatetimeField(null=True)
    return_reason = fields.CharField(max_length=500, default="")
    rerun_of: fields.ForeignKeyNullableRelation[Auction] = fields.ForeignKeyField(
        "market.Auction", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    rerun_of_id: UUID | None
    """The auction that failed, or whose winner did not sign, and is held again by this one."""

    # The published terms, see `lot_terms.LotTerms`: kept by the database from the announcement on.
    title = fields.CharField(max_length=200)
    format = enum_column(Format)
    right = enum_column(Right)
    years = fields.IntField(null=True)
    territory = fields.CharField(max_length=120, default="")
    start = fields.BigIntField()
    step = fields.BigIntField()
    basis = enum_column(Basis, Basis.NONE)
    reserve_hash = fields.CharField(max_length=64, default="")
    deposit = fields.BigIntField()
    deposit_place = enum_column(DepositPlace, DepositPlace.EXCHANGE)
    deposit_account = fields.CharField(max_length=200, default="")
    enrol_until = fields.DatetimeField()
    opens_at = fields.DatetimeField()
    planned_end = fields.DatetimeField()
    hard_end = fields.DatetimeField(null=True)
    window_s = fields.IntField()
    extension_s = fields.IntField()
    min_bidders = fields.IntField()
    priority = enum_column(PriorityMode, PriorityMode.NONE)
    single_rule = enum_column(SingleRule, SingleRule.FAIL)
    next_rule = enum_column(NextRule, NextRule.NONE)
    default_rule = enum_column(DefaultRule, DefaultRule.ALL)
    sign_days = fields.IntField()
    terms_text = fields.TextField(default="")
    contact = fields.CharField(max_length=200, default="")
    terms_hash = fields.CharField(max_length=64, default="")
    version = fields.IntField(default=0)
    """Of the published terms; 0: none yet."""
    reserve_sealed = fields.BinaryField(null=True)
    """The reserve and a salt, encrypted; `reserve_hash` commits to them."""

    # Where the bidding stands; written by the database's function and by the acts of the clock.
    bids_from = fields.DatetimeField(null=True)
    """From when bids are taken: the opening, or the resumption after a suspension."""
    ends_at = fields.DatetimeField(null=True)
    last_end = fields.DatetimeField(null=True)
    """Beyond which nothing extends: the published one, moved by suspensions."""
    last_at = fields.DatetimeField(null=True)
    """The time of the last bid that counts, at least `bids_from`."""
    sequence = fields.IntField(default=0)
    price = fields.BigIntField(null=True)
    """The present price; of sealed prices null until the end."""
    leader_id: Any = fields.UUIDField(null=True)
    is_equal = fields.BooleanField(default=False)
    """The present price was taken by priority."""
    extensions = fields.IntField(default=0)
    chain_head = fields.CharField(max_length=64, default="")
    paused_at = fields.DatetimeField(null=True)

    # What came of it.
    fail_reason = enum_column(FailReason, null=True)
    is_reserve_met = fields.BooleanField(null=True)
    """Null: there is none, or the bidding is not over."""
    winner_id: Any = fields.UUIDField(null=True)
    """The enrolment that gets the lot by a confirmed result."""
    awarded_amount = fields.BigIntField(null=True)
    deal: fields.ForeignKeyNullableRelation[Deal] = fields.ForeignKeyField(
        "market.Deal", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    deal_id: UUID | None
    sign_by = fields.DatetimeField(null=True)
    """Until when the winner signs; null where the calendar does not reach so far."""

    class Meta:
        table = "auctions"
        table_description = "Auctions."
        indexes = (("status", "opens_at"), ("outcome_id",), ("holder_id",), ("organiser_id",))


class AuctionTerms(Model):
    """A version of the terms as they were published. Append-only."""

    id = fields.UUIDField(primary_key=True)
    auction: fields.ForeignKeyRelation[Auction] = fields.ForeignKeyField(
        "market.Auction", related_name="terms", on_delete=fields.RESTRICT
    )
    auction_id: UUID
    version = fields.IntField()
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    content_hash = fields.CharField(max_length=64)
    published_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    published_by_id: UUID
    published_at = fields.DatetimeField()

    class Meta:
        table = "auction_terms"
        table_description = "Auction terms."
        unique_together = (("auction", "version"),)


class Enrolment(Stateful):
    """An organisation that wants to bid, by one authorised person."""

    record_kind = "enrolment"
    workflow = ENROLMENT_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    auction: fields.ForeignKeyRelation[Auction] = fields.ForeignKeyField(
        "market.Auction", related_name="enrolments", on_delete=fields.RESTRICT
    )
    auction_id: UUID
    status = enum_column(EnrolmentStatus, EnrolmentStatus.APPLIED)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    person: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    person_id: UUID
    """The authorised agent (受托人), who alone bids."""
    terms_hash = fields.CharField(max_length=64)
    """Of the terms that the undertaking was given for."""
    mandate: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    mandate_id: UUID
    """授权委托书"""
    priority_claim = enum_column(PriorityClaim, PriorityClaim.NONE)
    priority_reason = fields.CharField(max_length=300, default="")
    has_priority = fields.BooleanField(default=False)
    """The organiser has confirmed the claim, before anybody bid."""
    waits_second = fields.BooleanField(default=False)
    """Stays at its price, with its deposit, until the winner has signed."""
    bidder_number = fields.SmallIntField(null=True)
    """竞价号, drawn when the admission is over."""
    reason = fields.CharField(max_length=300, default="")
    """Why it was not admitted."""
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: UUID | None
    decided_at = fields.DatetimeField(null=True)
    applied_at = fields.DatetimeField()
    agreed_next_at = fields.DatetimeField(null=True)
    """When it agreed to step in for a winner who did not sign."""
    outbid_told_at = fields.DatetimeField(null=True)
    """When its person was last told of a higher price."""
    return_by = fields.DateField(null=True)
    """Until when its deposit is to be back; null while it is bound, or there is none."""
    return_told = fields.SmallIntField(default=0, db_default=0)
    """How often somebody was reminded of it: not yet, once, that it is late."""

    class Meta:
        table = "auction_enrolments"
        table_description = "Auction enrolments."
        unique_together = (
            ("auction", "organisation"),
            ("auction", "person"),
            ("auction", "bidder_number"),
        )
        indexes = (("organisation_id",),)


class BidRow(Model):
    """A bid that counts, in the order in which it was taken up. Append-only, a hash chain."""

    id = fields.BigIntField(primary_key=True)
    auction: fields.ForeignKeyRelation[Auction] = fields.ForeignKeyField(
        "market.Auction", related_name="bids", on_delete=fields.RESTRICT
    )
    auction_id: UUID
    sequence = fields.IntField()
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "market.Enrolment", related_name=False, on_delete=fields.RESTRICT
    )
    enrolment_id: UUID
    amount = fields.BigIntField()
    kind = enum_column(BidKind)
    arrived_at = fields.DatetimeField()
    """When it reached the site, before it waited for anything."""
    at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    """The end of the auction after it."""
    form_key = fields.CharField(max_length=64)
    """Names the form that was sent; sent again it is answered as before."""
    previous_hash = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)
    address_hash = fields.CharField(max_length=64, default="")
    """Keyed hash of the network address, for signs of collusion; not in the chain."""

    class Meta:
        table = "auction_bids"
        table_description = "Auction bids."
        unique_together = (("auction", "sequence"), ("enrolment", "form_key"))


class Attempts(Model):
    """How often a bidder was refused for one reason: counted, so that a flood leaves no rows."""

    id = fields.UUIDField(primary_key=True)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "market.Enrolment", related_name="attempts", on_delete=fields.RESTRICT
    )
    enrolment_id: UUID
    code = enum_column(Refusal)
    count = fields.IntField()
    last_amount = fields.BigIntField()
    last_at = fields.DatetimeField()

    class Meta:
        table = "auction_attempts"
        table_description = "Auction attempts."
        unique_together = (("enrolment", "code"),)


class AuctionPause(Model):
    """A suspension or a resumption, a part of the log that is replayed. Append-only."""

    id = fields.BigIntField(primary_key=True)
    auction: fields.ForeignKeyRelation[Auction] = fields.ForeignKeyField(
        "market.Auction", related_name="pauses", on_delete=fields.RESTRICT
    )
    auction_id: UUID
    after_sequence = fields.IntField()
    """The last bid before it in the log."""
    paused_at = fields.DatetimeField(null=True)
    resumes_at = fields.DatetimeField(null=True)
    """One of the two: when the clock stopped, or from when it goes on."""
    reason = fields.CharField(max_length=500, default="")
    made_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    made_by_id: UUID
    made_at = fields.DatetimeField()

    class Meta:
        table = "auction_pauses"
        table_description = "Auction pauses."
        indexes = (("auction_id", "id"),)


class NumberDraw(Model):
    """The draw of the bidder numbers, which anybody can repeat from it. Append-only."""

    id = fields.UUIDField(primary_key=True)
    auction: fields.OneToOneRelation[Auction] = fields.OneToOneField(
        "market.Auction", related_name="draw", on_delete=fields.RESTRICT
    )
    auction_id: UUID
    chain_head = fields.CharField(max_length=64)
    """Of the auction's audit chain before the draw."""
    salt = fields.CharField(max_length=120)
    seed = fields.CharField(max_length=64)
    drawn: fields.JSONField[list[str]] = fields.JSONField()
    """Ids of the enrolments in the order of their numbers."""
    drawn_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    drawn_by_id: UUID
    drawn_at = fields.DatetimeField()

    class Meta:
        table = "auction_draws"
        table_description = "Auction draws."


class AuctionRuling(SecondPerson):
    """A result, a default or a promotion: proposed by one person of the organiser, decided by another."""

    id = fields.UUIDField(primary_key=True)
    auction: fields.ForeignKeyRelation[Auction] = fields.ForeignKeyField(
        "market.Auction", related_name="rulings", on_delete=fields.RESTRICT
    )
    auction_id: UUID
    ruling = enum_column(Ruling)
    enrolment: fields.ForeignKeyRelation[Enrolment] = fields.ForeignKeyField(
        "market.Enrolment", related_name=False, on_delete=fields.RESTRICT
    )
    enrolment_id: UUID
    """Who wins, defaulted, or steps in."""
    amount = fields.BigIntField()
    chain_head = fields.CharField(max_length=64)
    """Of the bids it rests on."""
    text = fields.CharField(max_length=500, default="")

    @property
    def is_default(self) -> bool:
        """Return whether two persons found a default by it."""
        return self.ruling is Ruling.DEFAULT and self.is_confirmed

    class Meta:
        table = "auction_rulings"
        table_description = "Auction rulings."
        indexes = (("auction_id",),)


class ResultSwitch(Model):
    """How long an organisation has the results of its auctions published."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.OneToOneRelation[Organisation] = fields.OneToOneField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    is_long = fields.BooleanField()
    """As long as an agreed price, with the price; else five working days."""
    changed_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    changed_by_id: UUID
    changed_at = fields.DatetimeField()

    class Meta:
        table = "auction_switches"
        table_description = "Auction switches."
