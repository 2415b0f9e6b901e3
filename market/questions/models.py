from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.kit.fields import enum_column
from market.questions.states import WORKFLOW, QuestionStatus
from market.records.transitions import Stateful


class Question(Stateful):
    """A question to the owner of a record. Its answer is public; who asked is known to the operator."""

    record_kind = "question"
    workflow = WORKFLOW

    id = fields.UUIDField(primary_key=True)
    status = enum_column(QuestionStatus, QuestionStatus.OPEN)
    subject_kind = fields.CharField(max_length=24)
    """A kind that a room declares askable, such as outcome, need or challenge."""
    subject_id = fields.UUIDField()
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    """The owner of the record, who answers."""
    organisation_id: UUID
    text = fields.CharField(max_length=500)
    asked_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    asked_by_id: UUID
    asked_at = fields.DatetimeField()
    answer = fields.CharField(max_length=1000, default="")
    answered_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    answered_by_id: UUID | None
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "questions"
        table_description = "Questions about listings."
        indexes = (("subject_kind", "subject_id"), ("organisation_id", "status"), ("asked_by_id", "status"))
