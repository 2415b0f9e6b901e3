from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.codes.contract_lists import CHINA
from market.deals.states import DEAL_WORKFLOW, OFFER_WORKFLOW, DealStatus, OfferStatus
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.money import Money
from market.kit.subjects import SubjectRecord
from market.kit.tables import Model
from market.listings.models import Need, Outcome
from market.matching.models import Match
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class ContractKind(StrEnum):
    DEVELOPMENT = "development"
    ASSIGNMENT = "assignment"
    LICENCE = "licence"
    CONSULTING = "consulting"
    SERVICE = "service"
    EQUITY = "equity"


class Side(LabelEnum):
    SELLER = "seller", lazy("卖方")
    BUYER = "buyer", lazy("买方")


class PaymentWay(StrEnum):
    """How the price is paid, 民法典 art. 846."""

    LUMP_SUM = "lump_sum"
    """一次总算、一次总付"""
    INSTALMENTS = "instalments"
    """一次总算、分期支付"""
    ROYALTY = "royalty"
    """提成支付"""
    ENTRY_ROYALTY = "entry_royalty"
    """提成支付附加预付入门费"""


ROYALTIES = (PaymentWay.ROYALTY, PaymentWay.ENTRY_ROYALTY)
"""Ways of payment whose price is an estimate; each period's royalty is stated later."""


class Opening(LabelEnum):
    """How a deal began."""

    INTEREST = "interest", lazy("意向洽谈")
    """意向洽谈 on an outcome"""
    RESPONSE = "response", lazy("我能解决")
    """我能解决 on a need"""
    INTRODUCTION = "introduction", lazy("经纪人引荐")
    """a broker's introduction from a match"""
    AUCTION = "auction", lazy("网络竞价")
    """an auction that found the price, or its only bidder"""
    CHALLENGE = "challenge", lazy("揭榜挂帅")
    """a chosen solution of a challenge"""


class Pricing(LabelEnum):
    """How the price was formed; never entered by an applicant."""

    AGREED = "agreed", lazy("协议定价")
    """协议定价"""
    LISTED = "listed", lazy("挂牌交易")
    """挂牌交易, with an exchange's certificate"""
    AUCTION = "auction", lazy("网络竞价")
    """网络竞价 in our own auction"""


class Deal(Stateful):
    """A trade between one seller and one buyer, from intent to completion (交易)."""

    record_kind = "deal"
    workflow = DEAL_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(DealStatus, DealStatus.INTENT)
    title = fields.CharField(max_length=200)
    opening = enum_column(Opening)
    opening_note = fields.TextField(default="")
    subject_kind = fields.CharField(max_length=24, default="outcome", db_default="outcome")
    """What is sold is named by kind and id; the room that declares the kind describes it."""
    subject_id = fields.UUIDField()
    outcome: fields.ForeignKeyNullableRelation[Outcome] = fields.ForeignKeyField(
        "market.Outcome", related_name="deals", null=True, on_delete=fields.RESTRICT
    )
    """The subject where it is an outcome, else null; the database checks it."""
    outcome_id: UUID | None
    need: fields.ForeignKeyNullableRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name="deals", null=True, on_delete=fields.RESTRICT
    )
    need_id: UUID | None
    match: fields.ForeignKeyNullableRelation[Match] = fields.ForeignKeyField(
        "market.Match", related_name="deals", null=True, on_delete=fields.SET_NULL
    )
    match_id: UUID | None
    seller: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="sales", on_delete=fields.RESTRICT
    )
    seller_id: UUID
    buyer: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="purchases", on_delete=fields.RESTRICT
    )
    buyer_id: UUID
    broker: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="brokered_deals", null=True, on_delete=fields.RESTRICT
    )
    broker_id: UUID | None
    kind = enum_column(ContractKind, null=True)
    pricing = enum_column(Pricing, Pricing.AGREED, db_default=Pricing.AGREED)
    price_amount = fields.BigIntField(null=True)
    """Agreed price in minor units of `currency`; null until an offer is accepted."""
    currency = fields.CharField(max_length=3, default="CNY")
    least_price = fields.BigIntField(null=True)
    """In fen: no fixed price below it is agreed; the starting price of an auction with a single bidder."""
    seller_agreed_at = fields.DatetimeField(null=True)
    """Contacts and masked names are revealed when both sides have agreed to be introduced."""
    buyer_agreed_at = fields.DatetimeField(null=True)
    skip_reason = fields.CharField(max_length=300, default="")
    """Why no publicity was needed, of a deal that went straight to signing."""
    end_reason = fields.CharField(max_length=40, default="")
    end_comment = fields.TextField(default="")
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    subject: SubjectRecord
    """Set by `subjects.attach_subjects`."""
    offers: fields.ReverseRelation[Offer]

    class Meta:
        table = "deals"
        table_description = "Deals."
        indexes = (("status",), ("seller_id",), ("buyer_id",), ("broker_id",), ("outcome_id",))

    @property
    def price(self) -> Money | None:
        return None if self.price_amount is None else Money(self.price_amount, self.currency)


class Offer(Stateful):
    """A price and terms that one side proposes to the other (报价). Append-only but for its status."""

    record_kind = "offer"
    workflow = OFFER_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "market.Deal", related_name="offers", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    sequence = fields.IntField()
    side = enum_column(Side)
    made_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="offers", on_delete=fields.RESTRICT
    )
    made_by_id: UUID
    status = enum_column(OfferStatus, OfferStatus.OPEN)
    kind = enum_column(ContractKind)
    price_amount = fields.BigIntField()
    """With royalties: the entry fee and the royalties as estimated."""
    currency = fields.CharField(max_length=3, default="CNY")
    payment_way = enum_column(PaymentWay, PaymentWay.INSTALMENTS, db_default=PaymentWay.INSTALMENTS)
    entry_amount = fields.BigIntField(null=True)
    """入门费, where it is part of the way of payment."""
    royalty_basis_points = fields.IntField(null=True)
    royalty_base = fields.CharField(max_length=120, default="", db_default="")
    """What the royalty is a share of, such as 净销售额."""
    is_exclusive = fields.BooleanField(default=False)
    years = fields.IntField(null=True)
    territory = fields.CharField(max_length=120, default="")
    plan: fields.JSONField[list[dict[str, object]]] = fields.JSONField()
    """Payment plan: rows of condition, due_on (ISO date or null), amount; amounts add up to what is
    fixed of the price."""
    costs: fields.JSONField[list[dict[str, str]]] = fields.JSONField(default=list, db_default=[])
    """Who bears what: rows of item and bearer."""
    seller_country = fields.CharField(max_length=3, default=CHINA, db_default=CHINA)
    """ISO 3166-1 numeric, as the contract's registration form writes it."""
    buyer_country = fields.CharField(max_length=3, default=CHINA, db_default=CHINA)
    note = fields.TextField(default="")
    content_hash = fields.CharField(max_length=64)
    """What the other side consents to: SHA-256 over the canonical terms."""
    expires_at = fields.DatetimeField(null=True)
    made_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "offers"
        table_description = "Offers."
        unique_together = (("deal", "sequence"),)

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.currency)


class ExchangeCertificate(SecondPerson):
    """挂牌交易凭证: an exchange certifies that a listing found the price; the operator confirms it."""

    id = fields.UUIDField(primary_key=True)
    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "market.Deal", related_name=False, on_delete=fields.RESTRICT
    )
    deal_id: UUID
    exchange = fields.CharField(max_length=120)
    number = fields.CharField(max_length=80)
    dated_on = fields.DateField()
    price_amount = fields.BigIntField()
    """In fen."""
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID

    class Meta:
        table = "exchange_certificates"
        table_description = "Exchange certificates."


class Introduction(Model):
    """A broker's introduction of two sides (引荐), time-stamped before contacts are revealed."""

    id = fields.UUIDField(primary_key=True)
    match: fields.OneToOneRelation[Match] = fields.OneToOneField(
        "market.Match", related_name="introduction", on_delete=fields.RESTRICT
    )
    match_id: UUID
    deal: fields.OneToOneRelation[Deal] = fields.OneToOneField(
        "market.Deal", related_name="introduction", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    broker: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="introductions", on_delete=fields.RESTRICT
    )
    broker_id: UUID
    commission_basis_points = fields.IntField()
    payer = enum_column(Side, Side.SELLER, db_default=Side.SELLER)
    """Who owes the commission, and so has to agree to it before contacts are revealed."""
    mandate = fields.CharField(max_length=300, default="", db_default="")
    """委托: whose mandate the broker has, its number or date."""
    agreed_at = fields.DatetimeField(null=True)
    """When the payer agreed to the commission, which is with being introduced."""
    agreed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="agreed_commissions", null=True, on_delete=fields.SET_NULL
    )
    agreed_by_id: UUID | None
    note = fields.TextField(default="")
    introduced_at = fields.DatetimeField()

    class Meta:
        table = "introductions"
        table_description = "Introductions."


class DealMessage(Model):
    """What a person of one side, or the broker, wrote in the deal room. Append-only."""

    id = fields.BigIntField(primary_key=True)
    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "market.Deal", related_name="messages", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    author: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="deal_messages", null=True, on_delete=fields.SET_NULL
    )
    author_id: UUID | None
    side = enum_column(Side, null=True)
    """Null: the broker."""
    text = fields.TextField()
    sent_at = fields.DatetimeField()

    class Meta:
        table = "deal_messages"
        table_description = "Deal messages."
        indexes = (("deal_id", "id"),)


class DealReading(Model):
    """How far one person has read the messages of one deal."""

    id = fields.UUIDField(primary_key=True)
    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "market.Deal", related_name="readings", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="deal_readings", on_delete=fields.CASCADE
    )
    user_id: UUID
    last_message_id = fields.BigIntField()
    read_at = fields.DatetimeField()

    class Meta:
        table = "deal_readings"
        table_description = "Deal readings."
        unique_together = (("deal", "user"),)


class FollowUp(Model):
    """What a broker did for a deal (跟进记录), time-stamped. Append-only."""

    id = fields.UUIDField(primary_key=True)
    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "market.Deal", related_name="follow_ups", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    broker: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="follow_ups", on_delete=fields.RESTRICT
    )
    broker_id: UUID
    way = fields.CharField(max_length=24)
    happened_on = fields.DateField()
    text = fields.TextField()
    next_on = fields.DateField(null=True)
    """When the broker means to follow up again; the latest one counts."""
    written_at = fields.DatetimeField()

    class Meta:
        table = "follow_ups"
        table_description = "Follow ups."
        indexes = (("broker_id", "next_on"), ("deal_id", "written_at"))
