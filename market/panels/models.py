"""Tables of expert reviews."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from market.accounts.models import User


class ExpertReview(Model):
    """One expert's blind scores of a record, without the applicant's name and the others' scores."""

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
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
    """Scores are locked from this moment."""
    declined_at = fields.DatetimeField(null=True)
    """The expert declared a conflict (回避)."""

    class Meta:
        table = "expert_reviews"
        table_description = "Expert reviews."
        unique_together = (("subject_kind", "subject_id", "reviewer"),)
