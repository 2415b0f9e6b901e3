"""Tables of bank statements: accounts, mappings of columns, drafts, statements, and their lines and parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.money import Money
from market.kit.tables import Model
from market.payments.states import BANK_LINE, Bank, LineStatus, MatchBasis, SkipReason
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful

if TYPE_CHECKING:
    from market.payments.models import Remittance


class BankAccount(Model):
    """An account of an organisation, confirmed once before the first statement of it goes in."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="bank_accounts", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    account = fields.CharField(max_length=40)
    confirmed_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="bank_accounts", on_delete=fields.RESTRICT
    )
    confirmed_by_id: UUID
    confirmed_at = fields.DatetimeField()

    class Meta:
        table = "bank_accounts"
        table_description = "Bank accounts of organisations, as their statements name them."
        unique_together = (("organisation", "account"),)


class StatementMapping(Model):
    """Which column means what under heads that no layout knows, as a person of the organisation said."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="statement_mappings", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    signature = fields.CharField(max_length=64)
    """Hash of the heads; see `StatementColumns.signature`."""
    columns: fields.JSONField[dict[str, list[int]]] = fields.JSONField()
    account = fields.CharField(max_length=40, default="")
    """Of the files with these heads, where they do not name it themselves."""
    mapped_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="statement_mappings", on_delete=fields.RESTRICT
    )
    mapped_by_id: UUID
    mapped_at = fields.DatetimeField()

    class Meta:
        table = "statement_mappings"
        table_description = "Mappings of the columns of statement files."
        unique_together = (("organisation", "signature"),)


class StatementDraft(Model):
    """A file that waits until a person has said which column is which and whose account it is."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="statement_drafts", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="statement_drafts", on_delete=fields.RESTRICT
    )
    file_id: UUID
    uploaded_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="statement_drafts", on_delete=fields.RESTRICT
    )
    uploaded_by_id: UUID
    uploaded_at = fields.DatetimeField()

    class Meta:
        table = "statement_drafts"
        table_description = "Statement files whose columns or account nobody confirmed yet."


class BankStatement(Model):
    """A statement of an organisation's bank account, imported from the bank's file; once per content."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="bank_statements", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    bank = enum_column(Bank)
    """Whose layout the file has."""
    account = fields.CharField(max_length=40, default="")
    sha256 = fields.CharField(max_length=64)
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="bank_statements", on_delete=fields.RESTRICT
    )
    file_id: UUID
    line_count = fields.IntField()
    """Rows of the file below its heads: new lines and skipped rows, those known before among these."""
    new_count = fields.IntField()
    begins_on = fields.DateField()
    ends_on = fields.DateField()
    balance: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    """`BalanceCheck.to_json()`; null if the file has no balances."""
    notices: fields.JSONField[list[str]] = fields.JSONField(default=list)
    """What the reader could not use, in sentences."""
    imported_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="bank_statements", on_delete=fields.RESTRICT
    )
    imported_by_id: UUID
    imported_at = fields.DatetimeField()

    class Meta:
        table = "bank_statements"
        table_description = "Bank statements."
        unique_together = (("organisation", "sha256"),)


class StatementRow(Model):
    """A row of a statement's file that is no new line, and why; with the lines it makes up the whole file."""

    id = fields.UUIDField(primary_key=True)
    statement: fields.ForeignKeyRelation[BankStatement] = fields.ForeignKeyField(
        "market.BankStatement", related_name="skipped", on_delete=fields.RESTRICT
    )
    statement_id: UUID
    row = fields.IntField()
    reason = enum_column(SkipReason)
    word = fields.CharField(max_length=200, default="")
    """The text that was not understood."""
    text = fields.CharField(max_length=400, default="")
    line: fields.ForeignKeyNullableRelation[BankLine] = fields.ForeignKeyField(
        "market.BankLine", related_name="repeats", null=True, on_delete=fields.RESTRICT
    )
    line_id: UUID | None
    """The line of an earlier statement that it is."""

    class Meta:
        table = "statement_rows"
        table_description = "Rows of statement files that are no new lines."
        unique_together = (("statement", "row"),)


class BankLine(SecondPerson, Stateful):
    """One line of a bank statement. The bank's data is immutable, only its match changes.

    Who imported it proposes what the matching job finds, or whoever matches it by hand; another person
    confirms.
    """

    record_kind = "bank_line"
    workflow = BANK_LINE

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
    status = enum_column(LineStatus, LineStatus.NEW)
    booked_on = fields.DateField()
    booked_time = fields.CharField(max_length=5, default="")
    """Hour and minute, if the file has them."""
    is_incoming = fields.BooleanField()
    is_reversal = fields.BooleanField(default=False)
    """The bank takes another booking back by it."""
    amount = fields.BigIntField()
    currency = fields.CharField(max_length=3, default="CNY")
    payer_name = fields.CharField(max_length=200, default="")
    """Of the other side, also where it was paid."""
    payer_account = fields.CharField(max_length=60, default="")
    text = fields.CharField(max_length=400, default="")
    """摘要、用途、附言 in one."""
    bank_reference = fields.CharField(max_length=80, default="")
    balance = fields.BigIntField(null=True)
    match_basis = enum_column(MatchBasis, null=True)
    exceeds = fields.BooleanField(default=False)
    """The match pays more than was owed."""
    reverses: fields.OneToOneNullableRelation[BankLine] = fields.OneToOneField(
        "market.BankLine", related_name="reversed_by", null=True, on_delete=fields.RESTRICT
    )
    reverses_id: UUID | None
    """The line that a reversal reverses."""
    resembles: fields.ForeignKeyNullableRelation[BankLine] = fields.ForeignKeyField(
        "market.BankLine", related_name="lookalikes", null=True, on_delete=fields.RESTRICT
    )
    resembles_id: UUID | None
    """The line of an earlier statement that it may be."""
    note = fields.CharField(max_length=200, default="")

    class Meta:
        table = "bank_lines"
        table_description = "Lines of bank statements."
        unique_together = (("statement", "row"),)
        indexes = (
            ("statement_id", "status"),
            ("organisation_id", "status"),
            ("organisation_id", "booked_on"),
        )

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class LinePart(Model):
    """What a part of a line pays; the parts of a matched line add up to it."""

    id = fields.UUIDField(primary_key=True)
    line: fields.ForeignKeyRelation[BankLine] = fields.ForeignKeyField(
        "market.BankLine", related_name="parts", on_delete=fields.RESTRICT
    )
    line_id: UUID
    payable_kind = fields.CharField(max_length=24)
    payable_id = fields.UUIDField()
    amount = fields.BigIntField()
    remittance: fields.OneToOneNullableRelation[Remittance] = fields.OneToOneField(
        "market.Remittance", related_name="part", null=True, on_delete=fields.RESTRICT
    )
    remittance_id: UUID | None
    """The remittance that it is, or that it confirms."""

    class Meta:
        table = "bank_line_parts"
        table_description = "What the lines of bank statements pay, in parts."
        unique_together = (("line", "payable_kind", "payable_id"),)
        indexes = (("payable_kind", "payable_id"),)
