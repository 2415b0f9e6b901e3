"""Budgets and what is paid from them: lists, orders to pay, clawbacks, year runs."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.budgets.states import (
    BATCH_WORKFLOW,
    CLAWBACK_WORKFLOW,
    DISBURSEMENT_WORKFLOW,
    BatchStatus,
    BudgetChangeKind,
    ClawbackStatus,
    DisbursementStatus,
    InterestBasis,
    PotMode,
)
from market.claims.models import Claim
from market.contracts.models import Contract
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model
from market.payees.models import PayeeAccount
from market.programmes.models import Programme
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class RunStage(LabelEnum):
    COMPUTE = "compute", lazy("核算"), "due"
    RECHECK = "recheck", lazy("复核"), "act"
    LIST = "list", lazy("列批次"), "act"
    DONE = "done", lazy("完成"), "done"


class Clawback(SecondPerson, Stateful):
    """A clawback (追回) of a paid award: proposed, confirmed by a second person, settled by receipts."""

    record_kind = "clawback"
    workflow = CLAWBACK_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="clawbacks", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    contract: fields.ForeignKeyNullableRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="clawbacks", null=True, on_delete=fields.RESTRICT
    )
    contract_id: UUID | None
    """The rescinded contract, where that is the reason."""
    amount = fields.BigIntField()
    ground = fields.TextField()
    """Why the money has to come back, as the applicant reads it."""
    status = enum_column(ClawbackStatus, ClawbackStatus.STARTED)
    due_on = fields.DateField(null=True)
    interest_basis = enum_column(InterestBasis, InterestBasis.FROM_DUE, db_default=InterestBasis.NONE)
    interest_after = fields.DateField(null=True)
    """The day before the first that bears interest, set by the confirmation; null: none does."""
    interest_amount = fields.BigIntField(null=True)
    """Computed once when the principal was whole again; null before."""
    proposed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(  # type: ignore[assignment]  # the sweep that finds a rescinded contract is nobody
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    """Null: the sweep found a rescinded contract."""
    proposed_by_id: UUID | None  # type: ignore[assignment]  # as above
    settled_at = fields.DatetimeField(null=True)

    receipts: fields.ReverseRelation[ClawbackReceipt]
    handovers: fields.ReverseRelation[ClawbackHandover]

    def is_overdue(self, today: date) -> bool:
        """Return whether the money should have come back before this day."""
        return self.status is ClawbackStatus.CONFIRMED and self.due_on is not None and self.due_on < today

    class Meta:
        table = "clawbacks"
        table_description = "Clawbacks."


class ClawbackReceipt(SecondPerson):
    """Money that came back for a clawback: recorded by one person, booked when another confirms it.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    clawback: fields.ForeignKeyRelation[Clawback] = fields.ForeignKeyField(
        "market.Clawback", related_name="receipts", on_delete=fields.RESTRICT
    )
    clawback_id: UUID
    amount = fields.BigIntField()
    interest_part = fields.BigIntField(default=0, db_default=0)
    """What of the amount pays interest; the rest pays principal."""
    received_on = fields.DateField()
    bank_reference = fields.CharField(max_length=80)

    class Meta:
        table = "clawback_receipts"
        table_description = "Clawback receipts."


class ClawbackHandover(SecondPerson):
    """The handing over (移送) of a clawback that was not paid in time: proposed by one, confirmed by another.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    clawback: fields.ForeignKeyRelation[Clawback] = fields.ForeignKeyField(
        "market.Clawback", related_name="handovers", on_delete=fields.RESTRICT
    )
    clawback_id: UUID
    recipient = fields.CharField(max_length=120)
    """The authority that collects it."""
    ground = fields.TextField()
    """What was done to collect it, as the letter says."""

    class Meta:
        table = "clawback_handovers"
        table_description = "Clawback handovers."


class InterestRate(SecondPerson):
    """A yearly rate of interest on clawbacks, from a day on, by an announcement.

    Shipped with the release, or entered by one person and confirmed by another; never edited but for that
    decision.
    """

    id = fields.UUIDField(primary_key=True)
    begins_on = fields.DateField()
    basis_points = fields.IntField()
    announcement = fields.CharField(max_length=200)
    """Who published it, with number or title."""
    announced_on = fields.DateField()
    ground = fields.CharField(max_length=500)
    """Where it can be read; why it replaces another of the same day."""
    is_shipped = fields.BooleanField(default=False, db_default=False)
    proposed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(  # type: ignore[assignment]  # who shipped it is nobody of the office
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    proposed_by_id: UUID | None  # type: ignore[assignment]  # as above

    class Meta:
        table = "interest_rates"
        table_description = "Rates of interest on clawbacks."


class YearRun(SecondPerson):
    """A bulk run of one programme's year through the desk in resumable stages.

    Proposed by the officer who computes, decided on by the rechecker who signs it.
    """

    id = fields.UUIDField(primary_key=True)
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="year_runs", on_delete=fields.RESTRICT
    )
    programme_id: UUID
    year = fields.IntField()
    stage = enum_column(RunStage, RunStage.COMPUTE)
    total = fields.IntField(default=0)
    done = fields.IntField(default=0)
    left: fields.JSONField[dict[str, str]] = fields.JSONField(null=True)
    """Claims that did not go through, with the reason, by number."""
    sample_seed = fields.CharField(max_length=32, default="", db_default="")
    """What the sample was drawn by, so that anybody can draw it again; empty: not drawn."""
    sample: fields.JSONField[list[str]] = fields.JSONField(null=True)
    """Numbers of the claims whose sheets the second person looks at one by one before signing."""
    signed: fields.JSONField[dict[str, int]] = fields.JSONField(null=True)
    """The computation that was signed, by number of the claim; null: not signed."""
    batch: fields.ForeignKeyNullableRelation[Batch] = fields.ForeignKeyField(
        "market.Batch", related_name="year_runs", null=True, on_delete=fields.RESTRICT
    )
    batch_id: UUID | None
    rate_basis_points = fields.IntField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "year_runs"
        table_description = "Year runs."


class Batch(SecondPerson, Stateful):
    """A list of claims put forward together: confirmed, published, approved, paid.

    Proposed for approval by the rechecker who confirms it (a draft: by who made it), decided on by the
    approver.
    """

    record_kind = "batch"
    workflow = BATCH_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="batches", on_delete=fields.RESTRICT
    )
    programme_id: UUID
    year = fields.IntField()
    """Of its claims."""
    fiscal_year = fields.IntField()
    """Of the budget it is paid from: claims of one year may be paid from the budget of a later one."""
    status = enum_column(BatchStatus, BatchStatus.DRAFT)
    title = fields.CharField(max_length=200)
    pot_amount = fields.BigIntField(null=True)
    """What the budget had when the list was confirmed; null before, and on lists of earlier releases."""
    computed_amount = fields.BigIntField(null=True)
    """Sum of what was computed for the claims on the confirmed list; above the pot it was shared."""
    created_at = fields.DatetimeField()
    pot_mode = enum_column(PotMode, null=True)
    """How it shares a pot that does not suffice; null: as its rules say."""
    pot_mode_reason = fields.CharField(max_length=300, default="", db_default="")
    """Why it does not share as its rules say."""

    claims: fields.ReverseRelation[Claim]
    removals: fields.ReverseRelation[ListRemoval]

    class Meta:
        table = "batches"
        table_description = "Batches."


class ListRemoval(Model):
    """A claim that was left off a list, or taken off it with the list, with the reason. Append-only."""

    id = fields.UUIDField(primary_key=True)
    batch: fields.ForeignKeyRelation[Batch] = fields.ForeignKeyField(
        "market.Batch", related_name="removals", on_delete=fields.RESTRICT
    )
    batch_id: UUID
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="list_removals", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    reason = fields.CharField(max_length=500)
    removed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    removed_by_id: UUID | None
    removed_at = fields.DatetimeField()

    class Meta:
        table = "list_removals"
        table_description = "List removals."


class Disbursement(Stateful):
    """One order to pay an approved award, with its result (拨付)."""

    record_kind = "disbursement"
    workflow = DISBURSEMENT_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="disbursements", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    amount = fields.BigIntField()
    status = enum_column(DisbursementStatus, DisbursementStatus.ORDERED)
    payee: fields.ForeignKeyNullableRelation[PayeeAccount] = fields.ForeignKeyField(
        "market.PayeeAccount", related_name="disbursements", null=True, on_delete=fields.RESTRICT
    )
    """The account frozen into the claim, copied below; null only of orders from before it was."""
    payee_id: UUID | None
    payee_bank = fields.CharField(max_length=120)
    payee_account = fields.CharField(max_length=40)
    ordered_at = fields.DatetimeField()
    is_taken_over = fields.BooleanField(default=False, db_default=False)
    """Ordered before there were instructions; what it was paid by is not known."""
    ended_on = fields.DateField(null=True)
    bank_reference = fields.CharField(max_length=80, default="")
    entered_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="disbursements", null=True, on_delete=fields.SET_NULL
    )
    entered_by_id: UUID | None

    class Meta:
        table = "disbursements"
        table_description = "Disbursements."


class Budget(SecondPerson):
    """The pot of one programme in one fiscal year: drafted by one person, released by another.

    Its money moves in the book, `budget:<slug>:<year>`.
    """

    id = fields.UUIDField(primary_key=True)
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="budgets", on_delete=fields.RESTRICT
    )
    programme_id: UUID
    year = fields.IntField()
    amount = fields.BigIntField()
    source = fields.CharField(max_length=120, default="", db_default="")
    """Where the money comes from (资金来源)."""
    functional_code = fields.CharField(max_length=20, default="", db_default="")
    """功能分类科目, as text: codes begin with noughts."""
    economic_code = fields.CharField(max_length=20, default="", db_default="")
    """经济分类科目."""
    months = fields.JSONField[list[int]](null=True)
    """What is planned to be paid in each month, twelve amounts in fen that add up to the budget."""

    changes: fields.ReverseRelation[BudgetChange]

    class Meta:
        table = "budgets"
        table_description = "Budgets."
        unique_together = (("programme", "year"),)


class BudgetChange(SecondPerson):
    """A change of a released budget (追加、调减、结转), booked when a second person confirms it.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    budget: fields.ForeignKeyRelation[Budget] = fields.ForeignKeyField(
        "market.Budget", related_name="changes", on_delete=fields.RESTRICT
    )
    budget_id: UUID
    target: fields.ForeignKeyNullableRelation[Budget] = fields.ForeignKeyField(
        "market.Budget", related_name="carried_in", null=True, on_delete=fields.RESTRICT
    )
    """The next year's budget, where money is carried over."""
    target_id: UUID | None
    kind = enum_column(BudgetChangeKind)
    amount = fields.BigIntField()
    document_number = fields.CharField(max_length=120)
    """Number of the document that orders it (文号)."""
    ground = fields.CharField(max_length=500)

    class Meta:
        table = "budget_changes"
        table_description = "Changes of released budgets."
