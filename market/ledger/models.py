from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields

from market.kit.fields import enum_column
from market.kit.tables import Model


class Phase(StrEnum):
    """A transfer counts when posted; a pending one holds until a later row posts or voids it."""

    POSTED = "posted"
    PENDING = "pending"
    POST = "post"
    VOID = "void"


class LedgerAccount(Model):
    """A named account of the book. Its balance is the sum of its transfers, credit less debit."""

    code = fields.CharField(max_length=100, primary_key=True)
    """Such as `budget:<programme>:<year>`, `due:<instalment>`, `met:remittance:<organisation>`."""
    currency = fields.CharField(max_length=3, default="CNY")
    may_go_negative = fields.BooleanField(default=True)
    """False: the database refuses a transfer that would leave it below zero."""

    class Meta:
        table = "ledger_accounts"
        table_description = "Ledger accounts."


class Transfer(Model):
    """One movement between two accounts of the book. Written once; never edited, never deleted."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=40)
    phase = enum_column(Phase, Phase.POSTED)
    pending: fields.ForeignKeyNullableRelation[Transfer] = fields.ForeignKeyField(
        "market.Transfer", related_name="endings", null=True, on_delete=fields.RESTRICT
    )
    """The pending transfer that this row posts or voids."""
    pending_id: UUID | None
    reverses: fields.ForeignKeyNullableRelation[Transfer] = fields.ForeignKeyField(
        "market.Transfer", related_name="reversals", null=True, on_delete=fields.RESTRICT
    )
    reverses_id: UUID | None
    debit: fields.ForeignKeyRelation[LedgerAccount] = fields.ForeignKeyField(
        "market.LedgerAccount", related_name="debits", on_delete=fields.RESTRICT
    )
    debit_id: str
    credit: fields.ForeignKeyRelation[LedgerAccount] = fields.ForeignKeyField(
        "market.LedgerAccount", related_name="credits", on_delete=fields.RESTRICT
    )
    credit_id: str
    amount = fields.BigIntField()
    """Minor units of `currency`, above zero."""
    currency = fields.CharField(max_length=3, default="CNY")
    reference = fields.CharField(max_length=120, unique=True)
    """What makes booking idempotent, such as `receipt:<id>`."""
    subject_kind = fields.CharField(max_length=24, default="")
    subject_id = fields.UUIDField(null=True)
    happened_at = fields.DatetimeField()

    class Meta:
        table = "transfers"
        table_description = "Transfers."
        indexes = (("debit_id",), ("credit_id",), ("subject_kind", "subject_id"))
