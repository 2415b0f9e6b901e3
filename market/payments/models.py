from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.money import Money


class PaymentStatus(StrEnum):
    PREPARED = "prepared"
    """Stored; the gateway has perhaps not been asked yet."""
    PENDING = "pending"
    """The gateway has a page where the buyer can pay."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUNDED = "refunded"


class RemittanceStatus(StrEnum):
    RECORDED = "recorded"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class Payment(Model):
    """One try to pay one payable online, on the seller's own connected account."""

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

    class Meta:
        table = "payments"
        table_description = "Payments."
        indexes = (("payable_kind", "payable_id"),)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Remittance(Model):
    """A bank transfer (对公转账) recorded with its voucher by one person, confirmed by another."""

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
    recorded_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="recorded_remittances", on_delete=fields.RESTRICT
    )
    recorded_by_id: UUID
    recorded_at = fields.DatetimeField()
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="decided_remittances", null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: UUID | None
    decided_at = fields.DatetimeField(null=True)
    reject_reason = fields.CharField(max_length=300, default="")

    class Meta:
        table = "remittances"
        table_description = "Remittances."
        indexes = (("payable_kind", "payable_id"),)


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
