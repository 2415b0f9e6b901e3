from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.listings.models import Need
from market.records.transitions import Stateful
from market.surveys.states import (
    ENTRY_WORKFLOW,
    SURVEY_WORKFLOW,
    Channel,
    EntryStatus,
    SurveyStatus,
    Verdict,
)


class RecommendingUnit(Model):
    """A period in which an authority recommends entries of its region (推荐单位); ended, never reused."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    region = fields.CharField(max_length=6)
    """Whose firms it recommends; a code of `codes.regions`."""
    named_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    named_by_id: UUID
    named_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "recommending_units"
        table_description = "Recommending units."
        indexes = (("organisation_id",),)


class Survey(Stateful):
    """A survey of needs: what is wanted, of whom, until when."""

    record_kind = "survey"
    workflow = SURVEY_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(SurveyStatus, SurveyStatus.DRAFT)
    title = fields.CharField(max_length=120)
    text = fields.TextField()
    """The notice (征集通知)."""
    kinds: fields.JSONField[list[str]] = fields.JSONField()
    """Kinds of need that are wanted, keys of `codes.need_kinds`; empty: all."""
    fields_wanted: fields.JSONField[list[str]] = fields.JSONField()
    """Technical fields that are wanted, keys of `codes.fields`; empty: all."""
    channel = enum_column(Channel, Channel.OPEN)
    per_unit_most = fields.IntField()
    """Entries that one organisation may have at most."""
    opened_at = fields.DatetimeField(null=True)
    closes_at = fields.DatetimeField()
    """Until when entries are taken, exactly; a day means 24:00 of it."""
    recommend_until = fields.DatetimeField(null=True)
    """Until when units recommend; null where nobody recommends or the calendar does not reach so far."""
    contact = fields.CharField(max_length=200)
    confidentiality = fields.TextField()
    """What may not be entered."""
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: UUID
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    published_at = fields.DatetimeField(null=True)

    class Meta:
        table = "surveys"
        table_description = "Surveys."
        indexes = (("status", "closes_at"),)


class SurveyExtension(Model):
    """A longer time to enter; never shorter. Append-only."""

    id = fields.UUIDField(primary_key=True)
    survey: fields.ForeignKeyRelation[Survey] = fields.ForeignKeyField(
        "market.Survey", related_name="extensions", on_delete=fields.RESTRICT
    )
    survey_id: UUID
    old_closes_at = fields.DatetimeField()
    new_closes_at = fields.DatetimeField()
    reason = fields.CharField(max_length=300)
    extended_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    extended_by_id: UUID
    extended_at = fields.DatetimeField()

    class Meta:
        table = "survey_extensions"
        table_description = "Survey extensions."
        indexes = (("survey_id",),)


class SurveyForm(Model):
    """A version of the questions that are asked besides the form of needs. Append-only."""

    id = fields.UUIDField(primary_key=True)
    survey: fields.ForeignKeyRelation[Survey] = fields.ForeignKeyField(
        "market.Survey", related_name="forms", on_delete=fields.RESTRICT
    )
    survey_id: UUID
    version = fields.IntField()
    questions: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    """At most ten, see `questions.Question`."""
    made_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    made_by_id: UUID
    made_at = fields.DatetimeField()

    class Meta:
        table = "survey_forms"
        table_description = "Survey forms."
        unique_together = (("survey", "version"),)


class SurveyQuota(Model):
    """A unit that recommends in a survey, and how many entries are expected of it."""

    id = fields.UUIDField(primary_key=True)
    survey: fields.ForeignKeyRelation[Survey] = fields.ForeignKeyField(
        "market.Survey", related_name="quotas", on_delete=fields.RESTRICT
    )
    survey_id: UUID
    unit: fields.ForeignKeyRelation[RecommendingUnit] = fields.ForeignKeyField(
        "market.RecommendingUnit", related_name=False, on_delete=fields.RESTRICT
    )
    unit_id: UUID
    least = fields.IntField(default=0)
    most = fields.IntField(null=True)
    """Null: as many as there are."""

    class Meta:
        table = "survey_quotas"
        table_description = "Survey quotas."
        unique_together = (("survey", "unit"),)


class SurveyEntry(Stateful):
    """A need that an organisation enters in a survey, from the draft to what became of it."""

    record_kind = "survey_entry"
    workflow = ENTRY_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    survey: fields.ForeignKeyRelation[Survey] = fields.ForeignKeyField(
        "market.Survey", related_name="entries", on_delete=fields.RESTRICT
    )
    survey_id: UUID
    running = fields.IntField()
    number = fields.CharField(max_length=24, unique=True)
    """The survey's number and the running one, ZJ-2026-000001-0012."""
    status = enum_column(EntryStatus, EntryStatus.DRAFT)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    firm_name = fields.CharField(max_length=120, default="", db_default="")
    """The firm whose need it is, while it is not on the market and the unit's organisation holds it."""
    firm_code = fields.CharField(max_length=18, default="", db_default="")
    """That firm's unified social credit code, where the list named it."""
    unit: fields.ForeignKeyNullableRelation[RecommendingUnit] = fields.ForeignKeyField(
        "market.RecommendingUnit", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    unit_id: UUID | None
    created_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    created_by_id: UUID
    is_by_mandate = fields.BooleanField(default=False, db_default=False)
    """Who made it is a broker with the organisation's letter."""
    form_version = fields.IntField()
    """The version of the questions that were answered."""
    title = fields.CharField(max_length=200)
    title_key = fields.CharField(max_length=200)
    """The title's canonical form: an organisation enters a title once in a survey."""
    values: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """The form of needs as JSON, without its contact; kept from submission on."""
    contact: fields.JSONField[dict[str, str]] = fields.JSONField()
    """The contact's fields of the form of needs: a person's data, emptied when they are erased."""
    answers: fields.JSONField[dict[str, str]] = fields.JSONField()
    """Answers by the code of their question."""
    secrecy_declared = fields.BooleanField(default=False)
    """The organisation states that nothing in it is secret."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    rank = fields.IntField(null=True)
    """Its place among what its unit recommends, from 1 on."""
    decline_reason = fields.CharField(max_length=300, default="")
    recommended_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    recommended_by_id: UUID | None
    """Who recommended or declined it."""
    recommended_at = fields.DatetimeField(null=True)
    alike_group = fields.IntField(null=True)
    """Entries of a survey in one group say nearly the same; set when sorting begins."""
    verdict = enum_column(Verdict, null=True)
    verdict_reason = fields.CharField(max_length=500, default="")
    merged_into: fields.ForeignKeyNullableRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    merged_into_id: UUID | None
    """The need that the entrant follows; of one merged into another entry, known from publication on."""
    merged_entry: fields.ForeignKeyNullableRelation[SurveyEntry] = fields.ForeignKeyField(
        "market.SurveyEntry", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    merged_entry_id: UUID | None
    """The entry of the same survey that it is merged into."""
    need: fields.ForeignKeyNullableRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    need_id: UUID | None
    """The need that was made of it."""
    sorted_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    sorted_by_id: UUID | None
    sorted_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)

    @property
    def entrant(self) -> str:
        """The name of the firm whose need it is; the organisation has been loaded."""
        return self.firm_name or self.organisation.name

    class Meta:
        table = "survey_entries"
        table_description = "Survey entries."
        unique_together = (("survey", "running"),)
        indexes = (
            ("survey_id", "status"),
            ("organisation_id",),
            ("unit_id", "status"),
            ("need_id",),
            ("merged_into_id",),
        )
