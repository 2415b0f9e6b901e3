"""Tables of rankings: parks and their firms, schemes, rankings frozen with scores, parts and rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.rankings.states import (
    RANKING_WORKFLOW,
    WARNING_WORKFLOW,
    ParkLevel,
    PeriodKind,
    PlaceKind,
    RankingStatus,
    RowStatus,
    WarningKind,
    WarningStatus,
)
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class Park(Model):
    """A high-tech zone (高新区) with the office that manages it."""

    id = fields.UUIDField(primary_key=True)
    code = fields.CharField(max_length=24, unique=True)
    name = fields.CharField(max_length=60)
    level = enum_column(ParkLevel)
    city = fields.CharField(max_length=4)
    office: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    office_id: UUID | None
    created_at = fields.DatetimeField()

    class Meta:
        table = "parks"
        table_description = "High-tech zones."


class ParkMember(Model):
    """A period in which an organisation belongs to a park; it is ended, never reused."""

    id = fields.UUIDField(primary_key=True)
    park: fields.ForeignKeyRelation[Park] = fields.ForeignKeyField(
        "market.Park", related_name="members", on_delete=fields.RESTRICT
    )
    park_id: UUID
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    since = fields.DateField()
    until = fields.DateField(null=True)
    """The first day on which it does not belong to it any more; null: it does."""
    recorded_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    recorded_by_id: UUID
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "park_members"
        table_description = "Organisations of high-tech zones."
        indexes = (("organisation_id", "since"),)


class RankingScheme(SecondPerson):
    """How places are scored (排序方案), as data in versions; in force once a second person confirmed it."""

    id = fields.UUIDField(primary_key=True)
    kind = enum_column(PlaceKind)
    version = fields.IntField()
    valid_from = fields.DateField()
    content: Any = fields.JSONField()
    """Rows of indicator, weight and, for each kind of period, the values of 60 and of 100 points."""
    rules: Any = fields.JSONField(default=list, db_default=[])
    """When a warning is proposed: rows of its kind, `below` (tenths of a point, or null) and `times`."""
    text = fields.TextField()
    basis = fields.CharField(max_length=200)
    content_hash = fields.CharField(max_length=64)

    class Meta:
        table = "ranking_schemes"
        table_description = "Schemes of rankings."


class Ranking(SecondPerson, Stateful):
    """A ranking of a month, a quarter or a year, frozen with its rows; a correction is a further version."""

    record_kind = "ranking"
    workflow = RANKING_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(RankingStatus, RankingStatus.CHECKING)
    kind = enum_column(PlaceKind)
    period_kind = enum_column(PeriodKind)
    begins_on = fields.DateField()
    ends_on = fields.DateField()
    version = fields.IntField()
    scheme: fields.ForeignKeyRelation[RankingScheme] = fields.ForeignKeyField(
        "market.RankingScheme", related_name=False, on_delete=fields.RESTRICT
    )
    scheme_id: UUID
    note = fields.CharField(max_length=500, default="", db_default="")
    """Why there is a further version."""
    analysis = fields.TextField(default="", db_default="")
    rows_hash = fields.CharField(max_length=64)
    told_at = fields.DatetimeField(null=True)
    object_until = fields.DatetimeField(null=True)
    """Until when the places may object; null: the working days are not settled yet."""
    updated_at = fields.DatetimeField()

    class Meta:
        table = "rankings"
        table_description = "Rankings."
        unique_together = (("kind", "period_kind", "begins_on", "version"),)


class RankingRow(Model):
    """A place in a ranking. Append-only."""

    id = fields.UUIDField(primary_key=True)
    ranking: fields.ForeignKeyRelation[Ranking] = fields.ForeignKeyField(
        "market.Ranking", related_name="rows", on_delete=fields.RESTRICT
    )
    ranking_id: UUID
    place = fields.CharField(max_length=24)
    """Four digits of a city, or the code of a park."""
    name = fields.CharField(max_length=60)
    level = fields.CharField(max_length=24, default="", db_default="")
    """The level of a park: it is ranked among its like; empty: one group."""
    status = enum_column(RowStatus, RowStatus.RANKED)
    score = fields.IntField(null=True)
    """As published, in tenths of a point; null: it is not ranked."""
    rank = fields.IntField(null=True)
    is_shared = fields.BooleanField(default=False, db_default=False)
    previous_score = fields.IntField(null=True)
    previous_rank = fields.IntField(null=True)
    is_significant = fields.BooleanField(null=True)
    """Whether its first count differs from the period before by more than chance; null: it has none."""

    class Meta:
        table = "ranking_rows"
        table_description = "Places in rankings."
        unique_together = (("ranking", "place"),)


class RankingCell(Model):
    """What one indicator of a place came to. Append-only."""

    id = fields.UUIDField(primary_key=True)
    row: fields.ForeignKeyRelation[RankingRow] = fields.ForeignKeyField(
        "market.RankingRow", related_name="cells", on_delete=fields.RESTRICT
    )
    row_id: UUID
    indicator = fields.CharField(max_length=40)
    weight = fields.IntField()
    numerator = fields.BigIntField()
    """A number of rows, or their sum in fen."""
    denominator = fields.BigIntField(null=True)
    """Null: the indicator is no ratio."""
    points = fields.IntField()
    """In thousandths of a point."""

    class Meta:
        table = "ranking_cells"
        table_description = "Indicators of places in rankings."
        unique_together = (("row", "indicator"),)


class RankingCellRow(Model):
    """A record that a frozen indicator counts or adds up. Append-only."""

    id = fields.BigIntField(primary_key=True)
    cell: fields.ForeignKeyRelation[RankingCell] = fields.ForeignKeyField(
        "market.RankingCell", related_name="rows", on_delete=fields.RESTRICT
    )
    cell_id: UUID
    is_denominator = fields.BooleanField()
    record = fields.CharField(max_length=40)
    happened_on = fields.DateField()
    amount = fields.BigIntField()

    class Meta:
        table = "ranking_cell_rows"
        table_description = "Records behind rankings."
        indexes = (("cell_id", "is_denominator"),)


class MonthReport(SecondPerson):
    """What a park's office states of a month (填报), with a paper; the department decides on it."""

    id = fields.UUIDField(primary_key=True)
    park: fields.ForeignKeyRelation[Park] = fields.ForeignKeyField(
        "market.Park", related_name="reports", on_delete=fields.RESTRICT
    )
    park_id: UUID
    month = fields.DateField()
    """Its first day."""
    research_amount = fields.BigIntField()
    """Spent on research by the park's firms, in fen."""
    note = fields.TextField(default="", db_default="")
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID

    class Meta:
        table = "month_reports"
        table_description = "Month reports of high-tech zones."
        indexes = (("park_id", "month"),)


class RankingWarning(SecondPerson, Stateful):
    """A warning that a rule of the scheme calls for: proposed by one, given by another, lifted by two."""

    record_kind = "ranking_warning"
    workflow = WARNING_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    status = enum_column(WarningStatus, WarningStatus.PROPOSED)
    kind = enum_column(WarningKind)
    ranking: fields.ForeignKeyRelation[Ranking] = fields.ForeignKeyField(
        "market.Ranking", related_name="warnings", on_delete=fields.RESTRICT
    )
    ranking_id: UUID
    place = fields.CharField(max_length=24)
    name = fields.CharField(max_length=60)
    grounds: Any = fields.JSONField()
    """The rankings that the rule looked at: rows of number, period and score in tenths, or none."""
    answer = fields.TextField(default="", db_default="")
    answer_file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    answer_file_id: UUID | None
    lift_asked_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    lift_asked_by_id: UUID | None
    lifted_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    lifted_by_id: UUID | None
    updated_at = fields.DatetimeField()

    class Meta:
        table = "ranking_warnings"
        table_description = "Warnings by rankings."
        indexes = (("place", "status"),)
