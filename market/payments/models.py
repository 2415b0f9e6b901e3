"""Tables of payments, remittances, refunds, disputes and what the gateway reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.money import Money
from market.kit.tables import Model
from market.payments.states import (
    DISPUTE,
    PAYMENT,
    REFUND,
    REMITTANCE,
    DifferenceKind,
    DisputeReason,
    DisputeStatus,
    PaymentStatus,
    RefundStatus,
    RemittanceStatus,
)
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful

if TYPE_CHECKING:
    from market.payments.statement_models import BankLine


class Payment(Stateful):
    """One attempt to pay one payable online, on the seller's own connected account."""

    record_kind = "payment"
    workflow = PAYMENT

    id = fields.UUIDField(primary_key=True)
    """Also the idempotency key at the gateway."""
    payable_kind = fields.CharField(max_length=24)
    payable_id = fields.UUIDField()
    status = enum_column(PaymentStatus, PaymentStatus.PREPARED)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    fee_amount = fields.BigIntField(default=0)
    """Our application fee, part of `amount`."""
    connected_account = fields.CharField(max_length=60)
    checkout_id = fields.CharField(max_length=120, null=True, unique=True)
    checkout_url = fields.TextField(default="")
    payment_intent_id = fields.CharField(max_length=120, default="")
    failure = fields.CharField(max_length=200, default="")
    started_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="payments", null=True, on_delete=fields.SET_NULL
    )
    started_by_id: UUID | None
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    refunds: fields.ReverseRelation[Refund]
    disputes: fields.ReverseRelation[Dispute]

    class Meta:
        table = "payments"
        table_description = "Payments."
        indexes = (("payable_kind", "payable_id"),)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Remittance(SecondPerson, Stateful):
    """A bank transfer (对公转账) recorded with its voucher by one person, confirmed by another."""

    record_kind = "remittance"
    workflow = REMITTANCE

    id = fields.UUIDField(primary_key=True)
    payable_kind = fields.CharField(max_length=24)
    payable_id = fields.UUIDField()
    status = enum_column(RemittanceStatus, RemittanceStatus.RECORDED)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    received_on = fields.DateField()
    bank_reference = fields.CharField(max_length=80, default="")
    voucher: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="remittances", on_delete=fields.RESTRICT
    )
    voucher_id: UUID
    invoice_number = fields.CharField(max_length=40, null=True)
    """Unique over the whole system among remittances that were not rejected."""
    invoice_amount = fields.BigIntField(null=True)

    class Meta:
        table = "remittances"
        table_description = "Remittances."
        indexes = (("payable_kind", "payable_id"),)


class Refund(SecondPerson, Stateful):
    """Money returned to its payer: all or part of a payment, a remittance or a bank line.

    Never more than was paid: the database enforces it. Another person confirms a refund by
    bank; one of an online payment is carried out by the gateway and has no verdict.
    """

    record_kind = "refund"
    workflow = REFUND

    id = fields.UUIDField(primary_key=True)
    """Also the idempotency key at the gateway."""
    payment: fields.ForeignKeyNullableRelation[Payment] = fields.ForeignKeyField(
        "market.Payment", related_name="refunds", null=True, on_delete=fields.RESTRICT
    )
    payment_id: UUID | None
    remittance: fields.ForeignKeyNullableRelation[Remittance] = fields.ForeignKeyField(
        "market.Remittance", related_name="refunds", null=True, on_delete=fields.RESTRICT
    )
    remittance_id: UUID | None
    line: fields.ForeignKeyNullableRelation[BankLine] = fields.ForeignKeyField(
        "market.BankLine", related_name="refunds", null=True, on_delete=fields.RESTRICT
    )
    line_id: UUID | None
    """Set for money that paid for nothing here, straight from the statement."""
    status = enum_column(RefundStatus)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    cause = fields.CharField(max_length=300)
    """Reason of the refund."""
    gateway_id = fields.CharField(max_length=80, null=True, unique=True)
    bank_reference = fields.CharField(max_length=80, default="")
    refunded_on = fields.DateField(null=True)
    voucher: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="refunds", null=True, on_delete=fields.RESTRICT
    )
    voucher_id: UUID | None
    failure = fields.CharField(max_length=200, default="")
    proposed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(  # type: ignore[assignment]  # a refund made at the gateway has no proposer
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    """None: the seller made it at the gateway itself."""
    proposed_by_id: UUID | None  # type: ignore[assignment]  # as above
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refunds"
        table_description = "Refunds."
        indexes = (("payment_id",), ("remittance_id",), ("line_id",))

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Dispute(Stateful):
    """A payer's bank asks for a card payment back (拒付); the bank decides."""

    record_kind = "dispute"
    workflow = DISPUTE

    id = fields.UUIDField(primary_key=True)
    gateway_id = fields.CharField(max_length=80, unique=True)
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "market.Payment", related_name="disputes", on_delete=fields.RESTRICT
    )
    payment_id: UUID
    status = enum_column(DisputeStatus)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    reason = enum_column(DisputeReason, DisputeReason.GENERAL)
    answer_by = fields.DatetimeField(null=True)
    """Deadline for the seller's evidence at the gateway."""
    opened_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "disputes"
        table_description = "Disputes."

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Reconciliation(Model):
    """One comparison of our record of online payments with the gateway's, in both directions."""

    id = fields.UUIDField(primary_key=True)
    since = fields.DatetimeField()
    started_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    checked_count = fields.IntField(default=0)
    """Number of payments, refunds and disputes compared, on both sides."""

    class Meta:
        table = "reconciliations"
        table_description = "Reconciliations with the payment gateway."


class Difference(Model):
    """One disagreement between our record and the gateway's."""

    id = fields.UUIDField(primary_key=True)
    reconciliation: fields.ForeignKeyRelation[Reconciliation] = fields.ForeignKeyField(
        "market.Reconciliation", related_name="differences", on_delete=fields.CASCADE
    )
    reconciliation_id: UUID
    kind = enum_column(DifferenceKind)
    account = fields.CharField(max_length=60)
    object_id = fields.CharField(max_length=120)
    """The gateway's id, or our own if the gateway has none."""
    payment: fields.ForeignKeyNullableRelation[Payment] = fields.ForeignKeyField(
        "market.Payment", related_name="differences", null=True, on_delete=fields.RESTRICT
    )
    payment_id: UUID | None
    ours = fields.CharField(max_length=80, default="")
    theirs = fields.CharField(max_length=80, default="")
    mended_at = fields.DatetimeField(null=True)
    """When the gateway's record was taken over."""

    class Meta:
        table = "reconciliation_differences"
        table_description = "Differences found by reconciliations."


class GatewayEvent(Model):
    """A signed event of the payment gateway, stored once by its id before anything is done."""

    id = fields.CharField(max_length=80, primary_key=True)
    type = fields.CharField(max_length=80)
    account = fields.CharField(max_length=60, default="")
    payload: fields.JSONField[dict[str, Any]] = fields.JSONField()
    received_at = fields.DatetimeField()
    processed_at = fields.DatetimeField(null=True)
    error = fields.TextField(default="")

    class Meta:
        table = "gateway_events"
        table_description = "Gateway events."


class ConnectedAccount(Model):
    """The account at the gateway on which an organisation is paid directly."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.OneToOneRelation[Organisation] = fields.OneToOneField(
        "market.Organisation", related_name="connected_account", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    account = fields.CharField(max_length=60, unique=True)
    charges_enabled = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "connected_accounts"
        table_description = "Connected accounts."
