"""How organisations stand to programmes as last judged, and what they were told of it."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation
from market.eligibility.states import Answer
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.programmes.call_models import Call
from market.programmes.models import ProgrammeTerms


class EligibilityRecord(Model):
    """How an organisation stands to a version for a year, as the last run judged it."""

    id = fields.BigIntField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    terms: fields.ForeignKeyRelation[ProgrammeTerms] = fields.ForeignKeyField(
        "market.ProgrammeTerms", related_name=False, on_delete=fields.RESTRICT
    )
    terms_id: UUID
    year = fields.IntField()
    answer = enum_column(Answer)
    amount = fields.BigIntField(null=True)
    """In fen; null where the text gives no rate or nothing can be told."""
    until_at = fields.DatetimeField(null=True)
    """Until when the first of what is lacking counts, or the call closes; null: no closing is published."""
    call: fields.ForeignKeyNullableRelation[Call] = fields.ForeignKeyField(
        "market.Call", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    call_id: UUID | None
    """The call that is open or to come."""
    has_claim = fields.BooleanField(default=False, db_default=False)
    """A claim to the programme for the year is under way or granted."""
    judged_at = fields.DatetimeField()

    class Meta:
        table = "eligibility_records"
        table_description = "Eligibility records."
        unique_together = (("organisation", "terms", "year"),)
        indexes = (("call_id",), ("answer",))


class EligibilityMessage(Model):
    """That an organisation was told of an answer: once ever for a version and answer."""

    id = fields.BigIntField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    terms: fields.ForeignKeyRelation[ProgrammeTerms] = fields.ForeignKeyField(
        "market.ProgrammeTerms", related_name=False, on_delete=fields.RESTRICT
    )
    terms_id: UUID
    answer = enum_column(Answer)
    recipients = fields.IntField()
    """How many members got the message; 0: there was nobody."""
    told_at = fields.DatetimeField()
    mailed_at = fields.DatetimeField(null=True)
    """When it went into the weekly mail."""

    class Meta:
        table = "eligibility_messages"
        table_description = "Eligibility messages."
        unique_together = (("organisation", "terms", "answer"),)
        indexes = (("mailed_at",),)


class CallReminder(Model):
    """That an organisation was reminded that a call closes. Append-only."""

    id = fields.BigIntField(primary_key=True)
    call: fields.ForeignKeyRelation[Call] = fields.ForeignKeyField(
        "market.Call", related_name=False, on_delete=fields.RESTRICT
    )
    call_id: UUID
    closes_at = fields.DatetimeField()
    """The closing it told of; another one is told anew."""
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    days = fields.IntField()
    """Before the last day: 28, 7 or 1."""
    recipients = fields.IntField()
    sent_at = fields.DatetimeField()

    class Meta:
        table = "call_reminders"
        table_description = "Call reminders."
        unique_together = (("call", "closes_at", "organisation", "days"),)


class EligibilityRun(Model):
    """A run over all verified organisations, batch by batch; one that was interrupted goes on."""

    id = fields.BigIntField(primary_key=True)
    begun_at = fields.DatetimeField()
    last_organisation_id = fields.UUIDField(null=True)
    """Up to which it is done, in the order of ids."""
    finished_at = fields.DatetimeField(null=True)
    organisations = fields.IntField(default=0, db_default=0)
    told = fields.IntField(default=0, db_default=0)
    """Messages of answers that were new."""
    milliseconds = fields.BigIntField(default=0, db_default=0)
    """Of work, in real time."""

    class Meta:
        table = "eligibility_runs"
        table_description = "Eligibility runs."
