from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.alerts.states import Frequency
from market.kit.fields import enum_column
from market.kit.tables import Model


class SavedSearch(Model):
    """A saved search of a person, whose new results are sent as a message and by mail."""

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="saved_searches", on_delete=fields.CASCADE
    )
    user_id: UUID
    scope = fields.CharField(max_length=24)
    """The index: outcomes, needs, organisations, brokers or policies."""
    words = fields.CharField(max_length=300)
    """Its title: the words and filters when it was saved."""
    query = fields.CharField(max_length=1500)
    """The query string in canonical form, so that equal searches have equal text."""
    frequency = enum_column(Frequency, Frequency.DAILY)
    created_at = fields.DatetimeField()
    since_at = fields.DatetimeField()
    """Only records published after this moment are sent."""
    checked_on = fields.DateField(null=True)
    """The last day on which the daily alert ran."""
    told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "saved_searches"
        table_description = "Saved searches."
        unique_together = (("user", "scope", "query"),)
        indexes = (("scope", "frequency"),)


class ToldRecord(Model):
    """A record that an alert has sent to a person, to deduplicate over all their searches."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="told_records", on_delete=fields.CASCADE
    )
    user_id: UUID
    record_id = fields.UUIDField()
    told_at = fields.DatetimeField()

    class Meta:
        table = "told_records"
        table_description = "Told records."
        unique_together = (("user", "record_id"),)
