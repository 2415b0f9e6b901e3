from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from market.accounts.models import User
from market.deals.models import ContractKind, Deal, Side
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.money import Money


class ReceiptSource(StrEnum):
    REMITTANCE = "remittance"
    PAYMENT = "payment"
    REFUND = "refund"
    """Money that went back; its amount is below zero."""
    DISPUTE = "dispute"
    """Money that the payer's bank took back; below zero."""
    RESTORED = "restored"
    """A refund that did not go through after all; its source is the refund."""


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
    currency = fields.CharField(max_length=3, default="CNY")
    signed_on = fields.DateField()
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

    class Meta:
        table = "contracts"
        table_description = "Contracts."

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
        indexes = (("contract_id", "received_on"),)
