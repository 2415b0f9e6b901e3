"""Tables of statistics: definitions of what counts when, months, monthly reports with their rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.kit.fields import enum_column
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful
from market.statistics.states import BULLETIN_WORKFLOW, BulletinStatus, Event


class StatisticsDefinition(SecondPerson):
    """A version of what counts when (统计口径), in force once a second person confirmed it."""

    id = fields.UUIDField(primary_key=True)
    version = fields.IntField()
    """From 2 on: the first version is part of the program."""
    valid_from = fields.DateField()
    """Periods that begin on this day or later are counted by it."""
    event = enum_column(Event)
    text = fields.TextField()
    basis = fields.CharField(max_length=200)
    content_hash = fields.CharField(max_length=64)

    class Meta:
        table = "statistics_definitions"
        table_description = "Definitions of statistics."


class StatisticsMonth(Model):
    """A month of statistics: when it closes, so that its report can be made."""

    id = fields.UUIDField(primary_key=True)
    month = fields.DateField(unique=True)
    """Its first day."""
    closes_at = fields.DatetimeField(null=True)
    """Null: the working days of the next month are not settled yet."""
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "statistics_months"
        table_description = "Months of statistics."


class Bulletin(SecondPerson, Stateful):
    """The report of a month (月报), frozen with its rows; a correction is a further version."""

    record_kind = "bulletin"
    workflow = BULLETIN_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(BulletinStatus, BulletinStatus.BUILDING)
    month = fields.DateField()
    version = fields.IntField()
    definition: Any = fields.JSONField()
    """The version of the definition by which it was counted, as it stood."""
    note = fields.CharField(max_length=500, default="", db_default="")
    """Why there is a further version."""
    figures: Any = fields.JSONField(null=True)
    """All cells of its tables; null while a job counts them."""
    as_of = fields.DatetimeField(null=True)
    """The moment whose records it shows."""
    rows_hash = fields.CharField(max_length=64, default="", db_default="")
    issued_at = fields.DatetimeField(null=True)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "bulletins"
        table_description = "Monthly reports."
        indexes = (("month", "status"),)


class BulletinRow(Model):
    """A contract, correction or receipt of a report's month or last year's. Append-only."""

    id = fields.BigIntField(primary_key=True)
    bulletin: fields.ForeignKeyRelation[Bulletin] = fields.ForeignKeyField(
        "market.Bulletin", related_name="rows", on_delete=fields.RESTRICT
    )
    bulletin_id: UUID
    source = fields.CharField(max_length=12)
    record = fields.CharField(max_length=20)
    """Number of the contract."""
    happened_on = fields.DateField()
    place = fields.CharField(max_length=12)
    buyer_place = fields.CharField(max_length=12)
    field = fields.CharField(max_length=24)
    kind = fields.CharField(max_length=24)
    seller_kind = fields.CharField(max_length=24)
    flow = fields.CharField(max_length=12)
    unit_id = fields.UUIDField()
    buyer_id = fields.UUIDField()
    contract_amount = fields.BigIntField()
    """Of a receipt: what arrived."""
    trade_amount = fields.BigIntField()

    class Meta:
        table = "bulletin_rows"
        table_description = "Rows behind monthly reports."
        indexes = (("bulletin_id", "source", "happened_on"),)
