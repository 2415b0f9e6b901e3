"""Payment instructions with their orders and files, and the office's layouts of payment files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.budgets.models import Batch, Disbursement
from market.budgets.states import PaymentOutcome, ReturnReason
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.decisions import SecondPerson


class PaymentInstruction(SecondPerson):
    """The instruction (拨付指令) of one order run: made by the officer, decided on by the rechecker.

    Never edited but for that decision. Confirmed means released: its files exist from then on. Rejected
    means that it never went to the bank, and its orders are withdrawn.
    """

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    batch: fields.ForeignKeyRelation[Batch] = fields.ForeignKeyField(
        "market.Batch", related_name="instructions", on_delete=fields.RESTRICT
    )
    batch_id: UUID
    count = fields.IntField()
    total = fields.BigIntField()
    checksum = fields.CharField(max_length=64)
    """SHA-256 of its lines, see `payment_files.checksum`."""

    lines: fields.ReverseRelation[InstructionLine]
    files: fields.ReverseRelation[InstructionFile]

    class Meta:
        table = "payment_instructions"
        table_description = "Payment instructions."


class InstructionLine(Model):
    """One order as it stands in its instruction. Written once."""

    id = fields.UUIDField(primary_key=True)
    instruction: fields.ForeignKeyRelation[PaymentInstruction] = fields.ForeignKeyField(
        "market.PaymentInstruction", related_name="lines", on_delete=fields.RESTRICT
    )
    instruction_id: UUID
    order: fields.OneToOneRelation[Disbursement] = fields.OneToOneField(
        "market.Disbursement", related_name="line", on_delete=fields.RESTRICT
    )
    order_id: UUID
    sequence = fields.IntField()
    order_number = fields.CharField(max_length=20)
    claim_number = fields.CharField(max_length=20)
    payee_name = fields.CharField(max_length=200)
    payee_uscc = fields.CharField(max_length=18)
    payee_bank = fields.CharField(max_length=120)
    payee_bank_code = fields.CharField(max_length=12)
    payee_account = fields.CharField(max_length=40)
    payee_region = fields.CharField(max_length=6)
    amount = fields.BigIntField()

    class Meta:
        table = "instruction_lines"
        table_description = "Instruction lines."
        unique_together = (("instruction", "sequence"),)


class InstructionFile(Model):
    """The bytes of a released instruction in one layout and format. Written once, read for ever."""

    id = fields.UUIDField(primary_key=True)
    instruction: fields.ForeignKeyRelation[PaymentInstruction] = fields.ForeignKeyField(
        "market.PaymentInstruction", related_name="files", on_delete=fields.RESTRICT
    )
    instruction_id: UUID
    layout = fields.CharField(max_length=40)
    layout_version = fields.IntField()
    """0: the layout as shipped."""
    title = fields.CharField(max_length=60)
    format = fields.CharField(max_length=4)
    content = fields.BinaryField()
    sha256 = fields.CharField(max_length=64)

    class Meta:
        table = "instruction_files"
        table_description = "Instruction files."
        unique_together = (("instruction", "layout", "format"),)


class LayoutVersion(SecondPerson):
    """The office's version of a layout of payment files: drafted by one person, put in force by another."""

    id = fields.UUIDField(primary_key=True)
    key = fields.CharField(max_length=40)
    sequence = fields.IntField()
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()

    class Meta:
        table = "payment_layout_versions"
        table_description = "Payment layout versions."
        unique_together = (("key", "sequence"),)


class PaymentResult(SecondPerson):
    """What the bank did with an order: entered or imported by the officer, confirmed by the rechecker.

    Never edited but for that decision. A confirmed one that was wrong is taken back by a `ResultReversal`.
    """

    id = fields.UUIDField(primary_key=True)
    order: fields.ForeignKeyRelation[Disbursement] = fields.ForeignKeyField(
        "market.Disbursement", related_name="results", on_delete=fields.RESTRICT
    )
    order_id: UUID
    outcome = enum_column(PaymentOutcome)
    ended_on = fields.DateField()
    bank_reference = fields.CharField(max_length=80)
    return_reason = enum_column(ReturnReason, null=True)
    """Of a returned payment."""
    return_note = fields.CharField(max_length=200, default="", db_default="")
    source = fields.CharField(max_length=200, default="", db_default="")
    """The name of the bank's file it was read from; empty: typed."""

    reversals: fields.ReverseRelation[ResultReversal]

    class Meta:
        table = "payment_results"
        table_description = "Payment results."

    @property
    def return_words(self) -> str:
        """Return why the bank returned the payment, in words; empty for one that was paid."""
        if self.return_reason is None:
            return ""
        words = str(self.return_reason.label)
        return f"{words}：{self.return_note}" if self.return_note else words


class ResultReversal(SecondPerson):
    """A confirmed result taken back, with the ground: proposed by the rechecker, decided by the approver."""

    id = fields.UUIDField(primary_key=True)
    result: fields.ForeignKeyRelation[PaymentResult] = fields.ForeignKeyField(
        "market.PaymentResult", related_name="reversals", on_delete=fields.RESTRICT
    )
    result_id: UUID
    ground = fields.CharField(max_length=300)

    class Meta:
        table = "payment_result_reversals"
        table_description = "Payment result reversals."
