"""What every room keeps of its records in the same way: their course and their deadlines."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields

from market.kit.tables import Model

if TYPE_CHECKING:
    from market.accounts.models import User


class StatusEvent(Model):
    """One row for each change of a record's status. Written once, never edited."""

    id = fields.BigIntField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    action = fields.CharField(max_length=40, default="", db_default="")
    """Empty: the record was created."""
    status = fields.CharField(max_length=24)
    actor: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    actor_id: UUID | None
    """Null: a job acted by itself."""
    note = fields.TextField(default="", db_default="")
    """For those who see the record."""
    happened_at = fields.DatetimeField()

    class Meta:
        table = "status_events"
        table_description = "Status events."
        indexes = (("subject_kind", "subject_id", "id"), ("actor_id", "happened_at"))


class Moment(Model):
    """A business time at which something about a record falls due; the row goes when it has been done."""

    id = fields.BigIntField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    act = fields.CharField(max_length=60)
    """What falls due, a key of `Room.moments`."""
    due_at = fields.DatetimeField(db_index=True)
    attempts = fields.IntField(default=0, db_default=0)
    """How often it failed; it is retried with each sweep."""

    class Meta:
        table = "moments"
        table_description = "Moments."
        unique_together = (("subject_kind", "subject_id", "act"),)
