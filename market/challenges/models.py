"""Tables of challenges: the terms as they stand and as they were published, what two persons decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.challenges.states import (
    CHALLENGE_WORKFLOW,
    BudgetKind,
    ChallengeStatus,
    Cooperation,
    EndReason,
    Kind,
    Ownership,
    Pledge,
    Ruling,
    Winners,
)
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.listings.models import Need
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful

Rows = list[dict[str, Any]]


class Challenge(Stateful):
    """A problem with measurable indicators and money for whoever solves it (榜单)."""

    record_kind = "challenge"
    workflow = CHALLENGE_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(ChallengeStatus, ChallengeStatus.DRAFT)
    owner: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    owner_id: UUID
    """Who puts it up and pays (发榜方)."""
    need: fields.ForeignKeyNullableRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    need_id: UUID | None
    """The need that it was written from."""
    follows: fields.ForeignKeyNullableRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    follows_id: UUID | None
    """The challenge that came to nothing and is put up again by this one."""
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: UUID
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    # The terms, see `challenge_terms.ChallengeTerms`: kept by the database from the publication on.
    title = fields.CharField(max_length=200)
    kind = enum_column(Kind, Kind.ENTERPRISE)
    is_masked = fields.BooleanField(default=False)
    summary = fields.CharField(max_length=300, default="")
    background = fields.TextField(default="")
    field = fields.CharField(max_length=24, default="")
    cooperation = enum_column(Cooperation, Cooperation.COMMISSIONED)
    budget_kind = enum_column(BudgetKind, BudgetKind.CEILING)
    budget = fields.BigIntField(null=True)
    budget_least = fields.BigIntField(null=True)
    is_tax_included = fields.BooleanField(default=True)
    public_share = fields.IntField(default=0)
    public_most = fields.BigIntField(null=True)
    pledge = enum_column(Pledge, Pledge.NONE)
    pledge_note = fields.CharField(max_length=300, default="")
    ownership = enum_column(Ownership, Ownership.JOINT)
    ownership_note = fields.CharField(max_length=500, default="")
    background_rights = fields.CharField(max_length=500, default="")
    spread = fields.CharField(max_length=500, default="")
    failure = fields.CharField(max_length=500, default="")
    solvers: fields.JSONField[Rows] = fields.JSONField()
    allows_teams = fields.BooleanField(default=True)
    conditions = fields.TextField(default="")
    thresholds: fields.JSONField[Rows] = fields.JSONField()
    winners = enum_column(Winners, Winners.ONE)
    winners_most = fields.IntField(default=1)
    each = fields.BigIntField(null=True)
    race_lanes = fields.IntField(default=0)
    race_cut = fields.CharField(max_length=300, default="")
    opens_at = fields.DatetimeField(null=True)
    deadline_at = fields.DatetimeField(null=True)
    shows_count = fields.BooleanField(default=False)
    sign_days = fields.IntField(default=30)
    indicators: fields.JSONField[Rows] = fields.JSONField()
    milestones: fields.JSONField[Rows] = fields.JSONField()
    criteria: fields.JSONField[Rows] = fields.JSONField()
    packages: fields.JSONField[Rows] = fields.JSONField()
    contact = fields.CharField(max_length=200, default="")
    terms_hash = fields.CharField(max_length=64, default="")
    version = fields.IntField(default=0)
    """Of the published terms; 0: none yet."""

    # 论证, for those who decide whether it is listed; not published.
    argument_need = fields.TextField(default="")
    """Why it is needed, and what was tried before."""
    argument_measure = fields.TextField(default="")
    """Why the indicators can be measured, and whether more than one could reach them."""
    argument_input = fields.TextField(default="")
    """Why it costs that much, and where the money is from."""
    submitted_at = fields.DatetimeField(null=True)
    return_reason = fields.CharField(max_length=500, default="")

    published_at = fields.DatetimeField(null=True)
    result_due_at = fields.DatetimeField(null=True)
    """Until when the result is told; null where the calendar does not reach so far."""
    opened_at = fields.DatetimeField(null=True)
    """When the solutions were opened, all together; null: they are sealed."""
    end_reason = enum_column(EndReason, null=True)

    class Meta:
        table = "challenges"
        table_description = "Challenges."
        indexes = (("status", "deadline_at"), ("owner_id",), ("need_id",))


class PublishedTerms(Model):
    """A version of a challenge's terms as they were published. Append-only."""

    id = fields.UUIDField(primary_key=True)
    challenge: fields.ForeignKeyRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    version = fields.IntField()
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    content_hash = fields.CharField(max_length=64)
    published_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    published_by_id: UUID
    published_at = fields.DatetimeField()

    class Meta:
        table = "challenge_terms"
        table_description = "Challenge terms."
        unique_together = (("challenge", "version"),)


class ChallengeRuling(SecondPerson):
    """What one person of the public side proposed about a government list, and another decided."""

    id = fields.UUIDField(primary_key=True)
    challenge: fields.ForeignKeyRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    ruling = enum_column(Ruling)
    text = fields.CharField(max_length=500, default="")
    end_reason = enum_column(EndReason, null=True)
    """Why it is not listed, of a rejection."""
    until_at = fields.DatetimeField(null=True)
    """The later deadline, of an extension."""

    class Meta:
        table = "challenge_rulings"
        table_description = "Challenge rulings."
        indexes = (("challenge_id",),)


class ChallengeWatch(Model):
    """A person who wants to be reminded of a challenge (提醒我). Nobody else is told that they do."""

    id = fields.UUIDField(primary_key=True)
    challenge: fields.ForeignKeyRelation[Challenge] = fields.ForeignKeyField(
        "market.Challenge", related_name=False, on_delete=fields.RESTRICT
    )
    challenge_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID
    created_at = fields.DatetimeField()

    class Meta:
        table = "challenge_watches"
        table_description = "Challenge watches."
        unique_together = (("challenge", "user"),)
