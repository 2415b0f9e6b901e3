"""Calls for applications to a programme, and their changed closings."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.programmes.call_states import CALL_WORKFLOW, CallStatus
from market.programmes.models import Programme
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class Call(SecondPerson, Stateful):
    """A call (申报通知): for which year, from when to when and where one applies to a programme.

    Drafted by one person, released by another; then frozen. Another closing is a `CallClosing`.
    """

    record_kind = "call"
    workflow = CALL_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(CallStatus, CallStatus.DRAFT)
    programme: fields.ForeignKeyRelation[Programme] = fields.ForeignKeyField(
        "market.Programme", related_name="calls", on_delete=fields.RESTRICT
    )
    programme_id: UUID
    year = fields.IntField()
    """The year that claims are for."""
    opens_at = fields.DatetimeField()
    closes_at = fields.DatetimeField()
    """As first published; see `closings`."""
    channel = fields.CharField(max_length=200)
    """Where to apply, in words."""
    address = fields.CharField(max_length=300, default="")
    """A page outside, where there is one."""
    contact = fields.CharField(max_length=120)
    phone = fields.CharField(max_length=60)
    papers: fields.JSONField[list[str]] = fields.JSONField()
    text = fields.TextField()
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    """The notice as it was issued."""
    updated_at = fields.DatetimeField()

    closings: fields.ReverseRelation[CallClosing]

    class Meta:
        table = "calls"
        table_description = "Calls."
        indexes = (("programme_id", "status"),)


class CallClosing(SecondPerson):
    """Another closing of a released call, with its reason; proposed by one person, decided by another.

    The one confirmed last counts. Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    call: fields.ForeignKeyRelation[Call] = fields.ForeignKeyField(
        "market.Call", related_name="closings", on_delete=fields.RESTRICT
    )
    call_id: UUID
    closes_at = fields.DatetimeField()
    ground = fields.CharField(max_length=300)
    """Why, as everybody reads it; `reason` is of a rejection."""

    class Meta:
        table = "call_closings"
        table_description = "Closings of calls."
        indexes = (("call_id", "decided_at"),)
