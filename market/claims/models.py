"""Claims and what comes of them: contracts, evidence, computations, events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.claims.states import WORKFLOW, ClaimStatus
from market.contracts.models import Contract
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.payees.models import PayeeAccount
from market.programmes.models import Programme, ProgrammeTerms
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful

if TYPE_CHECKING:
    from market.budgets.models import Batch, Clawback, Disbursement, ListRemoval


class SalesReport(Model):
    """新增销售收入: what the buyer sold thanks to the outcome of one contract in one year."""

    id = fields.UUIDField(primary_key=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="sales_reports", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    year = fields.IntField()
    amount = fields.BigIntField()
    note = fields.TextField(default="")
    reported_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="sales_reports", on_delete=fields.RESTRICT
    )
    reported_by_id: UUID
    reported_at = fields.DatetimeField()

    class Meta:
        table = "sales_reports"
        table_description = "Sales reports."
        unique_together = (("contract", "year"),)


class Claim(Stateful):
    """An application (申报) of one organisation to one programme for one year."""

    record_kind = "claim"
    workflow = WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(ClaimStatus, ClaimStatus.DRAFT)
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="claims", on_delete=fields.RESTRICT
    )
    programme_id: UUID
    terms: fields.ForeignKeyRelation[ProgrammeTerms] = fields.ForeignKeyField(
        "market.ProgrammeTerms", related_name="claims", on_delete=fields.RESTRICT
    )
    terms_id: UUID
    """The version in force for the claim's year; a claim keeps it."""
    applicant: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="claims", on_delete=fields.RESTRICT
    )
    applicant_id: UUID
    year = fields.IntField()
    declared_at = fields.DatetimeField(null=True)
    """When the applicant declared that all stated is true."""
    award_amount = fields.BigIntField(null=True)
    """What stands at present: computed, then scaled to the pot."""
    stated: fields.JSONField[dict[str, int]] = fields.JSONField(null=True)
    """Yearly totals in fen that a set asks for and no record holds, such as `vat_payable`."""
    supplement_note = fields.TextField(default="")
    supplement_due_on = fields.DateField(null=True)
    supplement_papers: fields.JSONField[list[str]] = fields.JSONField(null=True)
    """Papers of the rule set's list that the last supplement request names."""
    reject_reason = fields.TextField(default="")
    doubts: fields.JSONField[list[dict[str, str]]] = fields.JSONField(null=True)
    """What speaks for a closer look (疑点), found anew at submission and computation."""
    doubt_kinds = fields.CharField(max_length=200, default="", db_default="")
    """Their kinds between commas, `,related,split,`, for the queue's filter."""
    batch: fields.ForeignKeyNullableRelation[Batch] = fields.ForeignKeyField(
        "market.Batch", related_name="claims", null=True, on_delete=fields.RESTRICT
    )
    batch_id: UUID | None
    payee: fields.ForeignKeyNullableRelation[PayeeAccount] = fields.ForeignKeyField(
        "market.PayeeAccount", related_name="claims", null=True, on_delete=fields.RESTRICT
    )
    """The account frozen at submission; another one only by a confirmed `ClaimPayeeChange`."""
    payee_id: UUID | None
    handler: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="claims_handled", null=True, on_delete=fields.RESTRICT
    )
    """The officer (经办人) whose it is to work on; others may, and see whose it is."""
    handler_id: UUID | None
    shown_status: str
    """Not a column: the status as people see it, where `queries.with_shown_status` read the claim."""
    created_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    updated_at = fields.DatetimeField()

    contracts: fields.ReverseRelation[ClaimContract]
    assessments: fields.ReverseRelation[Assessment]
    evidence: fields.ReverseRelation[Evidence]
    clawbacks: fields.ReverseRelation[Clawback]
    disbursements: fields.ReverseRelation[Disbursement]
    list_removals: fields.ReverseRelation[ListRemoval]

    class Meta:
        table = "claims"
        table_description = "Claims."
        indexes = (("status",), ("applicant_id", "year"))


class ClaimContract(Model):
    """A contract that a claim is about."""

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="contracts", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="claims", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    award_amount = fields.BigIntField(null=True)
    mode = fields.CharField(max_length=12, null=True)
    """How the price came about as the applicant of a claim of before stated it; the deal records it now."""
    grade = fields.CharField(max_length=12, null=True)
    """general or major; null while it is not known."""
    paid_in_equity_amount = fields.BigIntField(null=True)
    flags: fields.JSONField[dict[str, bool]] = fields.JSONField(null=True)
    """Facts that a set names and no record holds, such as `witnessed`."""

    class Meta:
        table = "claim_contracts"
        table_description = "Claim contracts."
        unique_together = (("claim", "contract"),)


class Evidence(Model):
    """One typed paper that supports a claim.

    Until the claim is first submitted a paper may be taken out; from then on it is withdrawn with a reason,
    or replaced by another, and stays. The database refuses anything else.
    """

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="evidence", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    kind = fields.CharField(max_length=40)
    number = fields.CharField(max_length=80, default="")
    dated_on = fields.DateField(null=True)
    amount = fields.BigIntField(null=True)
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name="evidence", null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    added_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="evidence_added", null=True, on_delete=fields.RESTRICT
    )
    added_by_id: UUID | None
    """Null: taken from the records of the market."""
    added_at = fields.DatetimeField()
    replaces: fields.OneToOneNullableRelation[Evidence] = fields.OneToOneField(
        "market.Evidence", related_name="replaced_by", null=True, on_delete=fields.RESTRICT
    )
    replaces_id: UUID | None
    explanation = fields.CharField(max_length=300, default="", db_default="")
    """Why it was added after the first submission."""
    withdrawn_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="evidence_withdrawn", null=True, on_delete=fields.RESTRICT
    )
    withdrawn_by_id: UUID | None
    withdrawn_at = fields.DatetimeField(null=True)
    withdrawal_reason = fields.CharField(max_length=300, default="", db_default="")

    class Meta:
        table = "evidence"
        table_description = "Evidence."

    @property
    def is_current(self) -> bool:
        return self.withdrawn_at is None


class EvidenceRejection(Model):
    """A piece of evidence that the desk does not accept (不采信), with the reason. Append-only."""

    id = fields.UUIDField(primary_key=True)
    evidence: fields.OneToOneRelation[Evidence] = fields.OneToOneField(
        "market.Evidence", related_name="rejection", on_delete=fields.RESTRICT
    )
    evidence_id: UUID
    reason = fields.CharField(max_length=500)
    rejected_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    rejected_by_id: UUID
    rejected_at = fields.DatetimeField()

    class Meta:
        table = "evidence_rejections"
        table_description = "Evidence rejections."


class Assessment(SecondPerson):
    """One computation of a claim: the facts it saw, the terms it used, the lines it made.

    Proposed by the officer who computed it, decided on by the rechecker: confirmed, or rejected with the
    reason, after which the claim is computed anew. Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="assessments", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    sequence = fields.IntField()
    terms: fields.ForeignKeyRelation[ProgrammeTerms] = fields.ForeignKeyField(
        "market.ProgrammeTerms", related_name="assessments", on_delete=fields.RESTRICT
    )
    terms_id: UUID
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()
    result: fields.JSONField[dict[str, Any]] = fields.JSONField()
    award_amount = fields.BigIntField()
    is_provisional = fields.BooleanField()

    class Meta:
        table = "assessments"
        table_description = "Assessments."
        unique_together = (("claim", "sequence"),)

    @property
    def given(self) -> Mapping[str, Any]:
        """Return the rate that was decided on below the ceiling, with its reason; empty where none was."""
        return self.result.get("given") or {}


class ClaimRefusal(SecondPerson):
    """A refusal of a claim (不予支持): proposed by the officer, decided on by the rechecker.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="refusals", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    clause = fields.CharField(max_length=60)
    """The condition of the terms it rests on, by name."""
    text = fields.TextField()
    """Basis and reason, as the applicant reads them once it is decided."""

    class Meta:
        table = "claim_refusals"
        table_description = "Claim refusals."


class ClaimPayeeChange(SecondPerson):
    """Another account for a claim that was submitted: proposed by the rechecker, decided on by the approver.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="payee_changes", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    before: fields.ForeignKeyNullableRelation[PayeeAccount] = fields.ForeignKeyField(
        "market.PayeeAccount", related_name="changes_from", null=True, on_delete=fields.RESTRICT
    )
    """Null: nothing was frozen, for the claim was submitted before accounts were kept in versions."""
    before_id: UUID | None
    account: fields.ForeignKeyRelation[PayeeAccount] = fields.ForeignKeyField(
        "market.PayeeAccount", related_name="changes_to", on_delete=fields.RESTRICT
    )
    account_id: UUID

    class Meta:
        table = "claim_payee_changes"
        table_description = "Claim payee changes."


class SavedQueue(Model):
    """A filter of the desk's queue that a person keeps under a name."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="saved_queues", on_delete=fields.CASCADE
    )
    user_id: UUID
    name = fields.CharField(max_length=30)
    query = fields.CharField(max_length=600)
    """The query string of the queue, without its page."""
    created_at = fields.DatetimeField()

    class Meta:
        table = "saved_queues"
        table_description = "Saved filters of the desk's queue."
        unique_together = (("user", "name"),)
