"""Tables of the pool of experts: people, where they worked, what ties them, and what was decided."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.experts.states import (
    WORKFLOW,
    ExpertKind,
    ExpertRuling,
    ExpertStatus,
    ExpertTieKind,
    TieSource,
    TitleRank,
)
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class Expert(Stateful):
    """A person's entry in the pool of experts, or the application for it; one of each person."""

    record_kind = "expert"
    workflow = WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "market.User", related_name="expert", on_delete=fields.RESTRICT
    )
    user_id: UUID
    status = enum_column(ExpertStatus, ExpertStatus.APPLIED)
    kind = enum_column(ExpertKind)
    title_rank = enum_column(TitleRank)
    title = fields.CharField(max_length=60, default="", db_default="")
    """Such as 教授 or 高级会计师."""
    fields_of_work: fields.JSONField[dict[str, int]] = fields.JSONField()
    """Weight by code of a technical field; they sum up to 100."""
    region = fields.CharField(max_length=6)
    languages = fields.CharField(max_length=120, default="", db_default="")
    phone = fields.CharField(max_length=40, default="", db_default="")
    capacity = fields.IntField()
    """Most items a month."""
    resume: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    resume_id: UUID | None
    pledge = fields.TextField(default="", db_default="")
    """The pledge as it was read and accepted."""
    applied_at = fields.DatetimeField()
    """When the present application was handed in or last changed."""
    admitted_at = fields.DatetimeField(null=True)
    """When the expert was first admitted; null: never yet."""
    barred_until = fields.DateField(null=True)
    """The last day of a bar; null of one who is barred: without end."""
    created_at = fields.DatetimeField()

    units: fields.ReverseRelation[ExpertUnit]
    ties: fields.ReverseRelation[ExpertTie]
    decisions: fields.ReverseRelation[ExpertDecision]

    class Meta:
        table = "experts"
        table_description = "Experts."
        indexes = (("status", "kind"),)


class ExpertUnit(Model):
    """A period in which an expert works for a unit, on the market or not. Ended, never reused."""

    id = fields.UUIDField(primary_key=True)
    expert: fields.ForeignKeyRelation[Expert] = fields.ForeignKeyField(
        "market.Expert", related_name="units", on_delete=fields.RESTRICT
    )
    expert_id: UUID
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    organisation_id: UUID | None
    name = fields.CharField(max_length=120)
    began_on = fields.DateField()
    ended_on = fields.DateField(null=True)
    """The last day; null: it lasts."""
    end_entered_on = fields.DateField(null=True)
    """When the expert entered the last day; null: it stood in the application that two persons decided on."""

    class Meta:
        table = "expert_units"
        table_description = "Units of experts."
        indexes = (("expert_id",), ("organisation_id",))


class ExpertTie(Model):
    """What ties an expert to an organisation or a person; ends by its last day, never deleted."""

    id = fields.UUIDField(primary_key=True)
    expert: fields.ForeignKeyRelation[Expert] = fields.ForeignKeyField(
        "market.Expert", related_name="ties", on_delete=fields.RESTRICT
    )
    expert_id: UUID
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    organisation_id: UUID | None
    name = fields.CharField(max_length=120)
    """Of the organisation or the person."""
    is_person = fields.BooleanField()
    kind = enum_column(ExpertTieKind)
    source = enum_column(TieSource)
    note = fields.CharField(max_length=300, default="", db_default="")
    entered_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    entered_by_id: UUID
    entered_at = fields.DatetimeField()
    valid_until = fields.DateField(null=True)
    """The last day on which it counts, three years after the tie itself ended; null: it lasts."""

    class Meta:
        table = "expert_ties"
        table_description = "Ties of experts."
        indexes = (("expert_id",), ("organisation_id",))


class ExpertDecision(SecondPerson):
    """What the operator proposes about an expert, and the approver decides. Never edited but for that."""

    id = fields.UUIDField(primary_key=True)
    expert: fields.ForeignKeyRelation[Expert] = fields.ForeignKeyField(
        "market.Expert", related_name="decisions", on_delete=fields.RESTRICT
    )
    expert_id: UUID
    ruling = enum_column(ExpertRuling)
    text = fields.CharField(max_length=1000)
    """What was checked, or the reason that the expert reads."""
    until = fields.DateField(null=True)
    """The last day of a bar; null: without end."""
    application_at = fields.DatetimeField()
    """The application that the operator looked at."""

    class Meta:
        table = "expert_decisions"
        table_description = "Decisions on experts."
        indexes = (("expert_id",),)


class AvoidedExpert(Model):
    """An expert whom an applicant asks to avoid, with the reason; at most three at a time.

    Named by name and unit: whether such a person is in the pool is not told.
    """

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    place = fields.SmallIntField()
    """1, 2 or 3; no two that are in force have the same."""
    name = fields.CharField(max_length=60)
    unit_name = fields.CharField(max_length=120, default="", db_default="")
    reason = fields.CharField(max_length=300)
    named_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    named_by_id: UUID
    named_at = fields.DatetimeField()
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "avoided_experts"
        table_description = "Experts to avoid."
        indexes = (("organisation_id",),)
