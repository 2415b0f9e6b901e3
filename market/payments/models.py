from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.money import Money


class PaymentStatus(LabelEnum):
    PREPARED = "prepared", lazy("准备中")
    """Stored; the gateway has perhaps not been asked yet."""
    PENDING = "pending", lazy("待支付"), "due"
    """The gateway has a page where the buyer can pay."""
    SUCCEEDED = "succeeded", lazy("已支付"), "done"
    FAILED = "failed", lazy("支付未成功"), "wrong"
    EXPIRED = "expired", lazy("已超时关闭")
    REFUNDED = "refunded", lazy("已退款"), "note"


class RemittanceStatus(LabelEnum):
    RECORDED = "recorded", lazy("已登记，待确认"), "due"
    CONFIRMED = "confirmed", lazy("已确认到账"), "done"
    REJECTED = "rejected", lazy("核对不符"), "wrong"


class RefundStatus(LabelEnum):
    RECORDED = "recorded", lazy("已登记，待确认"), "due"
    """A transfer back by bank, written down by one person; another confirms that it left."""
    PREPARED = "prepared", lazy("准备退款"), "due"
    """Stored; the gateway has perhaps not been asked yet."""
    PENDING = "pending", lazy("退款中"), "act"
    """The gateway has taken it on; the money is on its way."""
    SUCCEEDED = "succeeded", lazy("已退款"), "done"
    FAILED = "failed", lazy("退款未成功"), "wrong"
    REJECTED = "rejected", lazy("不予退款")


class DisputeStatus(LabelEnum):
    WARNING = "warning", lazy("拒付询问"), "due"
    """An inquiry; no money was taken yet."""
    OPEN = "open", lazy("拒付争议中"), "wrong"
    """The money is withheld from the seller until the bank decides."""
    WON = "won", lazy("争议胜诉"), "done"
    LOST = "lost", lazy("争议败诉"), "wrong"
    CLOSED = "closed", lazy("询问已结束")
    """An inquiry that ended without a dispute."""


class LineStatus(LabelEnum):
    NEW = "new", lazy("待匹配")
    """Read from the file; nobody has looked for what it pays."""
    OPEN = "open", lazy("待认领"), "due"
    """Nothing was found that it pays; a person decides."""
    MATCHED = "matched", lazy("已匹配，待确认"), "due"
    """One person, or the market on their behalf, says what it pays; another confirms."""
    BOOKED = "booked", lazy("已入账"), "done"
    """Confirmed, and a remittance."""
    RETURNED = "returned", lazy("已退回"), "note"
    """Sent back to the payer: it paid for nothing here."""
    SET_ASIDE = "set_aside", lazy("与合同无关")
    """Has nothing to do with a contract."""
    OUTGOING = "outgoing", lazy("支出")
    """Money that left."""


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

    refunds: fields.ReverseRelation[Refund]
    disputes: fields.ReverseRelation[Dispute]

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


class Refund(Model):
    """Money sent back to whoever paid: all or part of a payment, a remittance or a bank line.

    Never more than came: the database compares with what was paid.
    """

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
    reason = fields.CharField(max_length=300)
    gateway_id = fields.CharField(max_length=80, null=True, unique=True)
    bank_reference = fields.CharField(max_length=80, default="")
    refunded_on = fields.DateField(null=True)
    voucher: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="refunds", null=True, on_delete=fields.RESTRICT
    )
    voucher_id: UUID | None
    failure = fields.CharField(max_length=200, default="")
    requested_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="requested_refunds", null=True, on_delete=fields.RESTRICT
    )
    requested_by_id: UUID | None
    """None: the seller made it at the gateway itself."""
    requested_at = fields.DatetimeField()
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="decided_refunds", null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: UUID | None
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refunds"
        table_description = "Refunds."
        indexes = (("payment_id",), ("remittance_id",), ("line_id",))

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class Dispute(Model):
    """A payer's bank asks for a card payment back (拒付); it decides, not we."""

    id = fields.UUIDField(primary_key=True)
    gateway_id = fields.CharField(max_length=80, unique=True)
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "market.Payment", related_name="disputes", on_delete=fields.RESTRICT
    )
    payment_id: UUID
    status = enum_column(DisputeStatus)
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    reason = fields.CharField(max_length=60, default="")
    answer_by = fields.DatetimeField(null=True)
    """Until when the seller may hand in evidence at the gateway."""
    opened_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "disputes"
        table_description = "Disputes."

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class BankStatement(Model):
    """A statement of an organisation's bank account, taken over from the bank's file; once per content."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="bank_statements", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    bank = fields.CharField(max_length=12)
    """Whose layout the file has: icbc, ccb or boc."""
    account = fields.CharField(max_length=40, default="")
    sha256 = fields.CharField(max_length=64)
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="bank_statements", on_delete=fields.RESTRICT
    )
    file_id: UUID
    line_count = fields.IntField()
    """Lines of the file, those known from an earlier statement included."""
    new_count = fields.IntField()
    begins_on = fields.DateField()
    ends_on = fields.DateField()
    imported_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="bank_statements", on_delete=fields.RESTRICT
    )
    imported_by_id: UUID
    imported_at = fields.DatetimeField()

    class Meta:
        table = "bank_statements"
        table_description = "Bank statements."
        unique_together = (("organisation", "sha256"),)


class BankLine(Model):
    """One line of a bank statement. What the bank wrote never changes, only what we make of it."""

    id = fields.UUIDField(primary_key=True)
    statement: fields.ForeignKeyRelation[BankStatement] = fields.ForeignKeyField(
        "market.BankStatement", related_name="lines", on_delete=fields.RESTRICT
    )
    statement_id: UUID
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="bank_lines", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    row = fields.IntField()
    """Row in the file, as a spreadsheet counts."""
    fingerprint = fields.CharField(max_length=64)
    """The same for the same line in another statement; unique within the organisation."""
    status = enum_column(LineStatus, LineStatus.NEW)
    booked_on = fields.DateField()
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    payer_name = fields.CharField(max_length=200, default="")
    payer_account = fields.CharField(max_length=60, default="")
    text = fields.CharField(max_length=400, default="")
    """摘要、用途、附言 in one."""
    bank_reference = fields.CharField(max_length=80, default="")
    payable_kind = fields.CharField(max_length=24, default="")
    payable_id = fields.UUIDField(null=True)
    found_by = fields.CharField(max_length=24, default="")
    """By what it was matched: reference, recorded, payer, hand."""
    remittance: fields.ForeignKeyNullableRelation[Remittance] = fields.ForeignKeyField(
        "market.Remittance", related_name="lines", null=True, on_delete=fields.RESTRICT
    )
    remittance_id: UUID | None
    """The remittance that it is, or that it bears out."""
    matched_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="matched_lines", null=True, on_delete=fields.RESTRICT
    )
    matched_by_id: UUID | None
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="decided_lines", null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: UUID | None
    decided_at = fields.DatetimeField(null=True)
    note = fields.CharField(max_length=200, default="")

    class Meta:
        table = "bank_lines"
        table_description = "Lines of bank statements."
        unique_together = (("organisation", "fingerprint"),)
        indexes = (("statement_id", "status"), ("organisation_id", "status"))

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
    """Payments, refunds and disputes that were looked at, ours and theirs."""

    class Meta:
        table = "reconciliations"
        table_description = "Reconciliations with the payment gateway."


class Difference(Model):
    """One thing on which our record and the gateway's disagree."""

    id = fields.UUIDField(primary_key=True)
    reconciliation: fields.ForeignKeyRelation[Reconciliation] = fields.ForeignKeyField(
        "market.Reconciliation", related_name="differences", on_delete=fields.CASCADE
    )
    reconciliation_id: UUID
    kind = fields.CharField(max_length=40)
    account = fields.CharField(max_length=60)
    object_id = fields.CharField(max_length=120)
    """The gateway's id, or ours where the gateway has none."""
    payment: fields.ForeignKeyNullableRelation[Payment] = fields.ForeignKeyField(
        "market.Payment", related_name="differences", null=True, on_delete=fields.RESTRICT
    )
    payment_id: UUID | None
    ours = fields.CharField(max_length=80, default="")
    theirs = fields.CharField(max_length=80, default="")
    mended_at = fields.DatetimeField(null=True)
    """When the gateway's word was taken over."""

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
