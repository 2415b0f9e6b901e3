"""Reasons for which the desk opened a record that no submitted claim names."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model


class DeskAccessVerb(LabelEnum):
    OPEN_FOR_REASON = "open_for_reason", lazy("说明理由后查看")


class DeskAccess(Model):
    """A person of the desk stated why to open a record. Written once."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="desk_accesses", on_delete=fields.RESTRICT
    )
    user_id: UUID
    role = fields.CharField(max_length=24)
    """The role in which the person opened it."""
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    reason = fields.CharField(max_length=300)
    stated_at = fields.DatetimeField()
    valid_until = fields.DatetimeField()
    """Until when the reason is not asked for again, in real time, as sessions are."""

    class Meta:
        table = "desk_accesses"
        table_description = "Reasons for opening records outside claims."
        indexes = (("user_id", "subject_id"), ("stated_at",))
