"""What the desk keeps beside its claims: conflicts, scores, ties between parties, year runs, clawbacks."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from market.accounts.models import User
from market.contracts.models import Contract
from market.kit.fields import enum_column

if TYPE_CHECKING:
    from market.subsidies.models import Batch, Claim, Programme


class TieKind(StrEnum):
    SHAREHOLDING = "shareholding"
    PERSON = "person"


class ClawbackStatus(StrEnum):
    STARTED = "started"
    CONFIRMED = "confirmed"
    """Ordered by a second person; money is awaited."""
    SETTLED = "settled"
    DROPPED = "dropped"


class RunStage(StrEnum):
    COMPUTE = "compute"
    RECHECK = "recheck"
    LIST = "list"
    DONE = "done"


class ClaimConflict(Model):
    """A conflict of interest (回避) one of the staff declared; it cannot be taken back."""

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="conflicts", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="claim_conflicts", on_delete=fields.RESTRICT
    )
    user_id: UUID
    reason = fields.CharField(max_length=400)
    declared_at = fields.DatetimeField()

    class Meta:
        table = "claim_conflicts"
        table_description = "Claim conflicts."
        unique_together = (("claim", "user"),)


class ExpertReview(Model):
    """One expert's blind scores of a claim: neither the applicant's name nor the others' scores are seen."""

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[Claim] = fields.ForeignKeyField(
        "market.Claim", related_name="expert_reviews", on_delete=fields.RESTRICT
    )
    claim_id: UUID
    reviewer: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="expert_reviews", on_delete=fields.RESTRICT
    )
    reviewer_id: UUID
    assigned_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="assigned_reviews", null=True, on_delete=fields.SET_NULL
    )
    assigned_by_id: UUID | None
    assigned_at = fields.DatetimeField()
    due_on = fields.DateField()
    novelty = fields.IntField(null=True)
    maturity = fields.IntField(null=True)
    benefit = fields.IntField(null=True)
    opinion = fields.TextField(default="")
    submitted_at = fields.DatetimeField(null=True)
    """Scores are locked from here on."""
    declined_at = fields.DatetimeField(null=True)
    """The expert declared a conflict (回避)."""

    class Meta:
        table = "expert_reviews"
        table_description = "Expert reviews."
        unique_together = (("claim", "reviewer"),)


class PartyTie(Model):
    """A tie between organisations: one holds shares of the other, or one person serves both.

    A person is known by a hash alone; no name and no identity number is kept.
    """

    id = fields.UUIDField(primary_key=True)
    kind = enum_column(TieKind)
    uscc = fields.CharField(max_length=18)
    other = fields.CharField(max_length=64)
    """The holder's code, or the person's hash."""
    role = fields.CharField(max_length=40, default="")
    """股东, 法定代表人, 董事 …"""
    basis_points = fields.IntField(null=True)
    source = fields.CharField(max_length=200)
    entered_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="party_ties", null=True, on_delete=fields.SET_NULL
    )
    entered_by_id: UUID | None
    entered_at = fields.DatetimeField()

    class Meta:
        table = "party_ties"
        table_description = "Party ties."
        unique_together = (("kind", "uscc", "other", "role"),)
        indexes = (("other",),)


class Clawback(Model):
    """An award that must come back (追回): started by one, confirmed by another, met by receipts."""

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
    reason = fields.TextField()
    status = enum_column(ClawbackStatus, ClawbackStatus.STARTED)
    due_on = fields.DateField(null=True)
    started_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="started_clawbacks", null=True, on_delete=fields.SET_NULL
    )
    started_by_id: UUID | None
    """Null: the sweep found a rescinded contract."""
    confirmed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="confirmed_clawbacks", null=True, on_delete=fields.SET_NULL
    )
    confirmed_by_id: UUID | None
    started_at = fields.DatetimeField()
    confirmed_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    receipts: fields.ReverseRelation[ClawbackReceipt]

    class Meta:
        table = "clawbacks"
        table_description = "Clawbacks."


class ClawbackReceipt(Model):
    """Money that came back. Written once."""

    id = fields.UUIDField(primary_key=True)
    clawback: fields.ForeignKeyRelation[Clawback] = fields.ForeignKeyField(
        "market.Clawback", related_name="receipts", on_delete=fields.RESTRICT
    )
    clawback_id: UUID
    amount = fields.BigIntField()
    received_on = fields.DateField()
    bank_reference = fields.CharField(max_length=80)
    entered_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="clawback_receipts", null=True, on_delete=fields.SET_NULL
    )
    entered_by_id: UUID | None
    entered_at = fields.DatetimeField()

    class Meta:
        table = "clawback_receipts"
        table_description = "Clawback receipts."
        unique_together = (("clawback", "bank_reference"),)


class YearRun(Model):
    """One programme's year taken through the desk in stages; a run that was stopped goes on where it was."""

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
    officer: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="computed_runs", on_delete=fields.RESTRICT
    )
    officer_id: UUID
    rechecker: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="rechecked_runs", null=True, on_delete=fields.RESTRICT
    )
    rechecker_id: UUID | None
    batch: fields.ForeignKeyNullableRelation[Batch] = fields.ForeignKeyField(
        "market.Batch", related_name="year_runs", null=True, on_delete=fields.RESTRICT
    )
    batch_id: UUID | None
    rate_basis_points = fields.IntField(null=True)
    started_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "year_runs"
        table_description = "Year runs."
