"""Tables of contracts and their money."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.codes.contract_lists import CHINA
from market.contracts.states import ChangeKind, Disclosure, ReceiptSource
from market.deals.models import ContractKind, Deal, PaymentWay, Side
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.money import Money
from market.kit.tables import Model
from market.records.decisions import SecondPerson

INSTALMENT = "instalment"
"""The kind of payable that an instalment is, for payments and bank transfers."""


class ContractDraft(Model):
    """A contract as one side entered it, waiting for the other side's signature.

    Its id becomes the contract's. Entering it again replaces it and needs fresh consent.
    """

    id = fields.UUIDField(primary_key=True)
    deal: fields.OneToOneRelation[Deal] = fields.OneToOneField(
        "market.Deal", related_name="contract_draft", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    side = enum_column(Side)
    """Who entered it, and so has signed; the other side is asked to confirm."""
    entered_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="contract_drafts", on_delete=fields.RESTRICT
    )
    entered_by_id: UUID
    entered_at = fields.DatetimeField()
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """The terms, `contracts.terms.ContractTerms` as plain values."""
    content_hash = fields.CharField(max_length=64)
    """What the other side consents to: SHA-256 over content and file."""
    disclosure = enum_column(Disclosure, Disclosure.NOTHING, db_default=Disclosure.NOTHING)
    """What the side that entered it lets everybody know."""
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="contract_drafts", on_delete=fields.RESTRICT
    )
    """The scanned contract."""
    file_id: UUID

    class Meta:
        table = "contract_drafts"
        table_description = "Contract drafts."


class Contract(Model):
    """The signed technology contract (技术合同) with its three amounts kept apart.

    `contract_amount` 合同成交额, `trade_amount` 技术交易额 (less named non-technical parts); what was
    really received 实际到账 is never a column but the sum of the receipts.
    """

    id = fields.UUIDField(primary_key=True)
    deal: fields.OneToOneRelation[Deal] = fields.OneToOneField(
        "market.Deal", related_name="contract", on_delete=fields.RESTRICT
    )
    deal_id: UUID
    number = fields.CharField(max_length=20, unique=True)
    registration_number = fields.CharField(max_length=16, null=True, unique=True)
    """16 digits, given by the registry."""
    name = fields.CharField(max_length=200)
    kind = enum_column(ContractKind)
    field = fields.CharField(max_length=24)
    contract_amount = fields.BigIntField()
    trade_amount = fields.BigIntField()
    seller_disclosure = enum_column(Disclosure, Disclosure.NOTHING, db_default=Disclosure.NOTHING)
    buyer_disclosure = enum_column(Disclosure, Disclosure.NOTHING, db_default=Disclosure.NOTHING)
    """What each side lets everybody know; the lesser of the two holds."""
    currency = fields.CharField(max_length=3, default="CNY")
    sub_kind = fields.CharField(max_length=24, default="", db_default="")
    """The kind within the kind, key of `CONTRACT_SUB_KINDS`."""
    right_kind = fields.CharField(max_length=24, default="", db_default="")
    """What protects the technology, as the registration form asks."""
    economic_goal = fields.CharField(max_length=2, default="", db_default="")
    """社会经济目标, two digits of the registration form."""
    payment_way = enum_column(PaymentWay, PaymentWay.INSTALMENTS, db_default=PaymentWay.INSTALMENTS)
    entry_amount = fields.BigIntField(null=True)
    royalty_basis_points = fields.IntField(null=True)
    royalty_base = fields.CharField(max_length=120, default="", db_default="")
    expected_investment_amount = fields.BigIntField(null=True)
    """预计新增投资, in fen; an assignment has to state it and the output."""
    expected_output_amount = fields.BigIntField(null=True)
    seller_country = fields.CharField(max_length=3, default=CHINA, db_default=CHINA)
    """ISO 3166-1 numeric, as the registration form writes it."""
    buyer_country = fields.CharField(max_length=3, default=CHINA, db_default=CHINA)
    original_currency = fields.CharField(max_length=3, default="", db_default="")
    """What a contract with a foreign party is written in; empty when that is `currency`."""
    original_amount = fields.BigIntField(null=True)
    exchange_rate = fields.BigIntField(null=True)
    """Millionths of `currency` for one unit of `original_currency`."""
    rate_on = fields.DateField(null=True)
    signed_on = fields.DateField()
    valid_from = fields.DateField(null=True)
    valid_until = fields.DateField(null=True)
    registered_on = fields.DateField(null=True)
    registry = fields.CharField(max_length=120, default="")
    licence_years = fields.IntField(null=True)
    is_exclusive = fields.BooleanField(default=False)
    used_in = fields.CharField(max_length=6)
    """Where the outcome is put to use, GB/T 2260."""
    is_related = fields.BooleanField(default=False)
    """Buyer and seller declared themselves 隶属 / 关联."""
    is_publicly_funded = fields.BooleanField(default=False)
    signed_at = fields.DatetimeField()

    exclusions: fields.ReverseRelation[ContractExclusion]
    instalments: fields.ReverseRelation[Instalment]
    receipts: fields.ReverseRelation[Receipt]
    changes: fields.ReverseRelation[ContractChange]
    royalty_statements: fields.ReverseRelation[RoyaltyStatement]
    paid_in: fields.ReverseRelation[EquityPaidIn]

    class Meta:
        table = "contracts"
        table_description = "Contracts."
        indexes = (("registered_on",), ("signed_on",))

    @property
    def is_domestic(self) -> bool:
        """Whether both parties are in this country."""
        return self.seller_country == self.buyer_country == CHINA

    @property
    def contract_money(self) -> Money:
        return Money(self.contract_amount, self.currency)

    @property
    def trade_money(self) -> Money:
        return Money(self.trade_amount, self.currency)


class ContractExclusion(Model):
    """One named non-technical part (equipment, software …) taken off the contract amount."""

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="exclusions", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    kind = fields.CharField(max_length=24)
    name = fields.CharField(max_length=120)
    amount = fields.BigIntField()

    class Meta:
        table = "contract_exclusions"
        table_description = "Contract exclusions."


class Instalment(Model):
    """One part of a contract's price: when or on what condition it is due."""

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="instalments", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    sequence = fields.IntField()
    condition = fields.CharField(max_length=200)
    due_on = fields.DateField(null=True)
    amount = fields.BigIntField()

    class Meta:
        table = "instalments"
        table_description = "Instalments."
        unique_together = (("contract", "sequence"),)


class Receipt(Model):
    """Money that arrived for an instalment, or (below zero) went back. Written once, never edited.

    The sum of an instalment's receipts is what was really received, refunds taken off.
    """

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="receipts", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    instalment: fields.ForeignKeyRelation[Instalment] = fields.ForeignKeyField(
        "market.Instalment", related_name="receipts", on_delete=fields.RESTRICT
    )
    instalment_id: UUID
    source = enum_column(ReceiptSource)
    source_id = fields.UUIDField()
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    received_on = fields.DateField()
    booked_at = fields.DatetimeField()

    class Meta:
        table = "receipts"
        table_description = "Receipts."
        unique_together = (("source", "source_id"),)
        indexes = (("contract_id", "received_on"), ("received_on",))


class ContractChange(SecondPerson):
    """A change, a rescission or a cancelled registration.

    The side that did not propose it confirms or rejects the first two; a cancellation is the registry's act,
    which the seller only records.
    """

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="changes", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    sequence = fields.IntField()
    kind = enum_column(ChangeKind)
    side = enum_column(Side)
    """Who proposed it."""
    agreement = fields.TextField()
    """What is agreed and why, in words."""
    new_valid_until = fields.DateField(null=True)
    agreed_on = fields.DateField()
    """When the two agreed on it, or the registry cancelled."""
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="contract_changes", null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    effective_at = fields.DatetimeField(null=True)
    """When it took effect: when it was confirmed, or at once for a cancellation."""
    withdrawn_at = fields.DatetimeField(null=True)
    """When the side that proposed it withdrew it."""

    class Meta:
        table = "contract_changes"
        table_description = "Contract changes."
        unique_together = (("contract", "sequence"),)

    @property
    def is_open(self) -> bool:
        """Whether it waits for the other side."""
        return self.effective_at is None and self.verdict is None and self.withdrawn_at is None


class RoyaltyStatement(SecondPerson):
    """What royalties one period came to, stated by the buyer; confirmed, it becomes an instalment."""

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="royalty_statements", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    starts_on = fields.DateField()
    ends_on = fields.DateField()
    base_amount = fields.BigIntField()
    """What the share is taken of."""
    amount = fields.BigIntField()
    is_last = fields.BooleanField(default=False)
    """No more royalties will come: when all has arrived, the deal is complete."""
    instalment: fields.OneToOneNullableRelation[Instalment] = fields.OneToOneField(
        "market.Instalment", related_name="royalty_statement", null=True, on_delete=fields.RESTRICT
    )
    instalment_id: UUID | None

    class Meta:
        table = "royalty_statements"
        table_description = "Royalty statements."


class EquityPaidIn(SecondPerson):
    """What of an investment at an agreed value was really paid in (实缴). Only its decision is added later.

    It counts when another person, of the seller's finance, has confirmed it.
    """

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="paid_in", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    company = fields.CharField(max_length=200)
    share_basis_points = fields.IntField()
    """The share of the company that the outcome was taken for."""
    amount = fields.BigIntField()
    """Paid in, in minor units of the contract's currency."""
    paid_in_on = fields.DateField()
    voucher: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="paid_in", on_delete=fields.RESTRICT
    )
    """工商变更登记 or capital verification."""
    voucher_id: UUID

    class Meta:
        table = "equity_paid_in"
        table_description = "Equity paid in."
