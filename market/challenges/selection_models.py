"""Tables of what follows the opening: admissions, what two persons chose, awards, reports of milestones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.challenges.models import Challenge
from market.challenges.selection_states import AWARD_WORKFLOW, AwardStatus, Comparison, SelectionKind
from market.challenges.solution_models import Solution
from market.deals.models import Deal
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.panels.round_models import Round
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class SolutionAdmission(Model):
    """Whether a solution passed the formal check (形式审查), and why not. Append-only."""

    id = fields.UUIDField(primary_key=True)
    solution: fields.OneToOneRelation[Solution] = fields.OneToOneField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    is_admitted = fields.BooleanField()
    reason = fields.CharField(max_length=500, default="")
    checked_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    checked_by_id: UUID
    checked_at = fields.DatetimeField()

    class Meta:
        table = "solution_admissions"
        table_description = "Solution admissions."


class Selection(SecondPerson):
    """A choice among the admitted solutions of a challenge: proposed by one person, decided by another."""

    id = fields.UUIDField(primary_key=True)
    challenge: fields.ForeignKeyRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    kind = enum_column(SelectionKind)
    stage = fields.IntField(default=1)
    round: fields.ForeignKeyNullableRelation[Round] = fields.ForeignKeyField(
        "market.Round", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    round_id: UUID | None
    """The panel's, of a government list."""
    text = fields.TextField(default="")
    """What is said for it."""

    class Meta:
        table = "selections"
        table_description = "Selections."
        indexes = (("challenge_id",),)


class SelectionRow(Model):
    """One solution in a choice: its rank, and what it is awarded or why it is not chosen. Append-only."""

    id = fields.UUIDField(primary_key=True)
    selection: fields.ForeignKeyRelation[Selection] = fields.ForeignKeyField(
        "market.Selection", related_name=False, on_delete=fields.RESTRICT
    )
    selection_id: UUID
    solution: fields.ForeignKeyRelation[Solution] = fields.ForeignKeyField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    rank = fields.IntField()
    """Among the solutions of the same package."""
    is_chosen = fields.BooleanField()
    amount = fields.BigIntField(null=True)
    """In fen, of the whole; null: not chosen."""
    points = fields.CharField(max_length=24, default="")
    """Of the panel, as an exact fraction."""
    reason = fields.CharField(max_length=500, default="")

    class Meta:
        table = "selection_rows"
        table_description = "Selection rows."
        unique_together = (("selection", "solution"),)


class PriceTest(SecondPerson):
    """With what the price of an only admitted solution was compared, and what is reasonable at most."""

    id = fields.UUIDField(primary_key=True)
    solution: fields.ForeignKeyRelation[Solution] = fields.ForeignKeyField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    basis = enum_column(Comparison)
    most = fields.BigIntField()
    """In fen."""
    text = fields.TextField()

    class Meta:
        table = "price_tests"
        table_description = "Price tests of solutions."


class ChallengeAward(Stateful):
    """What a chosen solution is awarded: a price and its milestones, to which both sides agree."""

    record_kind = "challenge_award"
    workflow = AWARD_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    challenge: fields.ForeignKeyRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    selection: fields.ForeignKeyRelation[Selection] = fields.ForeignKeyField(
        "market.Selection", related_name=False, on_delete=fields.RESTRICT
    )
    selection_id: UUID
    solution: fields.ForeignKeyRelation[Solution] = fields.ForeignKeyField(
        "market.Solution", related_name=False, on_delete=fields.RESTRICT
    )
    solution_id: UUID
    stage = fields.IntField(default=1)
    rank = fields.IntField()
    amount = fields.BigIntField()
    """In fen, of this stage."""
    status = enum_column(AwardStatus, AwardStatus.PROPOSED)
    plan: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    """`agreeing.PlanStage` as rows; their amounts add up to the award's."""
    plan_hash = fields.CharField(max_length=64)
    """What both sides agree to."""
    owner_agreed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    owner_agreed_by_id: UUID | None
    owner_agreed_at = fields.DatetimeField(null=True)
    solver_agreed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    solver_agreed_by_id: UUID | None
    solver_agreed_at = fields.DatetimeField(null=True)
    deal: fields.OneToOneNullableRelation[Deal] = fields.OneToOneField(
        "market.Deal", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    deal_id: UUID | None
    sign_by = fields.DatetimeField(null=True)
    """Until when the contract is signed, from the deal's opening on."""
    reason = fields.CharField(max_length=500, default="")
    """Why it was declined, lapsed or ended."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "challenge_awards"
        table_description = "Challenge awards."
        indexes = (("challenge_id", "status"), ("solution_id",))


class MilestoneReport(SecondPerson):
    """What the solver reports of a milestone, which the owner accepts or sends back."""

    id = fields.UUIDField(primary_key=True)
    award: fields.ForeignKeyRelation[ChallengeAward] = fields.ForeignKeyField(
        "market.ChallengeAward", related_name=False, on_delete=fields.RESTRICT
    )
    award_id: UUID
    place = fields.IntField()
    """Of the milestone among those that the challenge published, from 1 on."""
    version = fields.IntField()
    text = fields.TextField()
    reached: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    """Of each indicator its place and the value that was measured."""
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    """The report of the test, or what was delivered."""
    answer_by = fields.DatetimeField(null=True)
    """Until when the owner answers."""
    late_from = fields.DatetimeField(null=True)
    """From when on the operator looks after it."""

    class Meta:
        table = "milestone_reports"
        table_description = "Milestone reports."
        unique_together = (("award", "place", "version"),)
