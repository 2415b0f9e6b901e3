from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model
from market.listings.states import (
    CHANGE_WORKFLOW,
    NEED_WORKFLOW,
    OUTCOME_WORKFLOW,
    ChangeStatus,
    NeedStatus,
    OutcomeStatus,
)
from market.records.transitions import Stateful


class PriceKind(LabelEnum):
    FIXED = "fixed", lazy("挂牌价")
    NEGOTIABLE = "negotiable", lazy("面议")


class ReviewDecision(LabelEnum):
    PUBLISHED = "published", lazy("审核通过并发布"), "done"
    RETURNED = "returned", lazy("退回修改"), "wrong"


class Outcome(Stateful):
    """A research outcome (科技成果) on offer. JSON columns hold rows of text, typed in `rules.py`."""

    record_kind = "outcome"
    workflow = OUTCOME_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(OutcomeStatus, OutcomeStatus.DRAFT)
    revision = fields.IntField(default=1)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="outcomes", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    created_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="outcomes", null=True, on_delete=fields.SET_NULL
    )
    created_by_id: UUID | None

    title = fields.CharField(max_length=200, default="")
    highlight = fields.CharField(max_length=300, default="")
    """一句话亮点; at most 60 characters when typed, imports may be longer."""
    field = fields.CharField(max_length=24, default="")
    """技术领域: a key of `codes.fields`; empty is 未分类."""
    industries: fields.JSONField[list[str]] = fields.JSONField()
    """广西重点产业: keys of `codes.industries`."""
    trl = fields.IntField(null=True)
    """Technology readiness 1-9, GB/T 22900-2022."""
    modes: fields.JSONField[list[str]] = fields.JSONField()
    """合作方式: keys of `codes.modes`."""
    price_kind = enum_column(PriceKind, PriceKind.NEGOTIABLE)
    price_amount = fields.BigIntField(null=True)
    """Asking price in fen; null when negotiable."""
    region = fields.CharField(max_length=6, default="")

    problem = fields.TextField(default="")
    solution = fields.TextField(default="")
    comparison: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """Rows of 与现有方案对比: indicator, current, ours, change, evidence."""
    indicators = fields.TextField(default="")
    applications = fields.TextField(default="")
    economics = fields.TextField(default="")
    evidence = fields.TextField(default="")
    """成熟度证据"""
    rights: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """Rows of 知识产权: kind, number, name, status, holder, expires_on, pledged."""
    conditions = fields.TextField(default="")
    """合作条件: years, territory, payment, what the buyer must have."""
    is_exclusive_possible = fields.BooleanField(default=False)
    team: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """Rows of 团队: name, title, direction."""
    contact_name = fields.CharField(max_length=60, default="")
    contact_phone = fields.CharField(max_length=40, default="")
    contact_email = fields.CharField(max_length=254, default="")
    references = fields.TextField(default="")
    """论文、奖励、项目来源"""
    is_publicly_funded = fields.BooleanField(default=False)
    keywords: fields.JSONField[list[str]] = fields.JSONField()
    title_en = fields.CharField(max_length=400, default="")
    abstract_en = fields.TextField(default="")

    source_reference = fields.CharField(max_length=120, null=True)
    source_classification: fields.JSONField[dict[str, str]] = fields.JSONField()

    completeness = fields.IntField(default=0)
    """0-100, `rules.completeness`."""
    submitted_at = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    verified_on = fields.DateField(null=True)
    """最近核实日期"""
    expires_on = fields.DateField(null=True)
    reminded_on = fields.DateField(null=True)
    """Date of the last reminder; see `freshness.is_stale`."""
    reviewed_digest = fields.CharField(max_length=32, default="", db_default="")
    """Digest of the columns that change by review only, as last reviewed; the database writes it."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "outcomes"
        table_description = "Outcomes."
        unique_together = (("organisation", "source_reference"),)
        indexes = (("status", "published_at"), ("organisation_id", "status"), ("field",))


class Need(Stateful):
    """A technology need (技术需求) of an enterprise."""

    record_kind = "need"
    workflow = NEED_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(NeedStatus, NeedStatus.DRAFT)
    revision = fields.IntField(default=1)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="needs", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    created_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="needs", null=True, on_delete=fields.SET_NULL
    )
    created_by_id: UUID | None
    is_masked = fields.BooleanField(default=False)
    """The enterprise is shown as 某企业 to all but itself, its broker and staff."""

    title = fields.CharField(max_length=200, default="")
    field = fields.CharField(max_length=24, default="")
    industries: fields.JSONField[list[str]] = fields.JSONField()
    kind = fields.CharField(max_length=24, default="")
    """需求类型: a key of `codes.need_kinds`."""
    background = fields.TextField(default="")
    description = fields.TextField(default="")
    targets: fields.JSONField[list[dict[str, str]]] = fields.JSONField()
    """Rows of 现有指标 → 目标指标: indicator, present, target."""
    constraints = fields.TextField(default="")
    attempts = fields.TextField(default="")
    """已尝试的办法与不足"""
    expected_form = fields.CharField(max_length=200, default="")
    trl_min = fields.IntField(null=True)
    modes: fields.JSONField[list[str]] = fields.JSONField()
    rights_intent = fields.CharField(max_length=200, default="")
    budget_min_amount = fields.BigIntField(null=True)
    budget_max_amount = fields.BigIntField(null=True)
    """In fen; null is 面议."""
    payment_terms = fields.CharField(max_length=200, default="")
    requirements = fields.TextField(default="")
    """对解决方的要求"""
    keywords: fields.JSONField[list[str]] = fields.JSONField()
    deadline_on = fields.DateField(null=True)
    region = fields.CharField(max_length=6, default="")
    contact_name = fields.CharField(max_length=60, default="")
    contact_phone = fields.CharField(max_length=40, default="")
    contact_email = fields.CharField(max_length=254, default="")

    source_reference = fields.CharField(max_length=120, null=True)

    completeness = fields.IntField(default=0)
    submitted_at = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    verified_on = fields.DateField(null=True)
    expires_on = fields.DateField(null=True)
    reminded_on = fields.DateField(null=True)
    """Date of the last reminder; see `freshness.is_stale`."""
    reviewed_digest = fields.CharField(max_length=32, default="", db_default="")
    """Digest of the columns that change by review only, as last reviewed; the database writes it."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "needs"
        table_description = "Needs."
        unique_together = (("organisation", "source_reference"),)
        indexes = (("status", "published_at"), ("organisation_id", "status"), ("deadline_on",))


class Review(Model):
    """An operator's review of one revision of a listing by the rubric: four headings, 0-5 points each."""

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    """outcome or need"""
    subject_id = fields.UUIDField()
    revision = fields.IntField()
    advantage = fields.IntField()
    clarity = fields.IntField()
    cooperation = fields.IntField()
    language = fields.IntField()
    decision = enum_column(ReviewDecision)
    comment = fields.TextField(default="")
    reviewer: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="reviews", on_delete=fields.RESTRICT
    )
    reviewer_id: UUID
    reviewed_at = fields.DatetimeField()
    content: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    """The draft that was reviewed, by the fields of its form; null: reviewed by an earlier release."""

    remarks: fields.ReverseRelation[ReviewRemark]

    class Meta:
        table = "reviews"
        table_description = "Reviews."
        indexes = (("subject_kind", "subject_id"),)


class ReviewRemark(Model):
    """What the operator asks the author to mend at one field of the form."""

    id = fields.UUIDField(primary_key=True)
    review: fields.ForeignKeyRelation[Review] = fields.ForeignKeyField(
        "market.Review", related_name="remarks", on_delete=fields.RESTRICT
    )
    review_id: UUID
    field = fields.CharField(max_length=40)
    text = fields.CharField(max_length=500)

    class Meta:
        table = "review_remarks"
        table_description = "Review remarks."
        indexes = (("review_id",),)


class ListingChange(Stateful):
    """A change to a published listing: one that waits for review, or a small one that went live at once."""

    record_kind = "listing_change"
    workflow = CHANGE_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    """outcome or need"""
    subject_id = fields.UUIDField()
    base_revision = fields.IntField()
    """The listing's revision that this draft of the change was saved as: what the operator must have seen."""
    values: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """The changed fields only, as JSON; see `change_rules.to_json`."""
    before: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """The same fields as everybody read them before."""
    status = enum_column(ChangeStatus, ChangeStatus.PENDING)
    proposed_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    proposed_by_id: UUID | None
    """Null: an import."""
    proposed_at = fields.DatetimeField()
    decided_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    decided_by_id: UUID | None
    decided_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=1000, default="", db_default="")

    class Meta:
        table = "listing_changes"
        table_description = "Listing changes."
        indexes = (("status", "proposed_at"), ("subject_kind", "subject_id"))
