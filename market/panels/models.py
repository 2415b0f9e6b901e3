"""Tables of single experts who scored records before there were rounds: kept, never written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.panels.states import SecondLook


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
    overdue_at = fields.DatetimeField(null=True)
    """The due day passed without scores: expert and officer were told."""
    unassigned_at = fields.DatetimeField(null=True)
    """The operator took the expert off the panel, to be replaced by another."""
    unassigned_reason = fields.CharField(max_length=300, default="", db_default="")
    earlier: fields.JSONField[dict[str, Any]] = fields.JSONField(null=True)
    """Scores, opinion and time of the first round, where there is a second; null: none."""

    @property
    def is_live(self) -> bool:
        """Return whether the expert sits on the panel: neither declined nor taken off."""
        return self.declined_at is None and self.unassigned_at is None

    @property
    def is_waiting(self) -> bool:
        return self.is_live and self.submitted_at is None

    class Meta:
        table = "expert_reviews"
        table_description = "Expert reviews."
        unique_together = (("subject_kind", "subject_id", "reviewer"),)


class Panel(Model):
    """What experts were asked once more about a record, and how their panel was concluded; decided once."""

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    way = enum_column(SecondLook, null=True)
    """How a spread across a band was looked at once more; null: it was not."""
    asked_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    asked_by_id: UUID | None
    asked_at = fields.DatetimeField(null=True)
    extended_at = fields.DatetimeField(null=True)
    """When the deadline was extended, which is done once."""
    concluded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    concluded_by_id: UUID | None
    concluded_at = fields.DatetimeField(null=True)
    points = fields.CharField(max_length=40, default="", db_default="")
    """The exact mean as a fraction, `79` or `238/3`."""
    rate_basis_points = fields.IntField(null=True)
    is_flagged = fields.BooleanField(default=False, db_default=False)
    """The scores lie in different bands; the flag changes no number and stays printed."""
    reason = fields.CharField(max_length=1000, default="", db_default="")
    """Why the concluding person follows the mean."""

    class Meta:
        table = "panels"
        table_description = "Panels."
        unique_together = (("subject_kind", "subject_id"),)
