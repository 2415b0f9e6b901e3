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
    OBJECTION_WORKFLOW,
    RANKING_WORKFLOW,
    WARNING_WORKFLOW,
    ObjectionStatus,
    Occasion,
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
    """When a warning is called for, see `schemes.Rule`."""
    deductions: Any = fields.JSONField(default=dict, db_default={})
    """Tenths of a point that each occasion costs, by `Occasion`."""
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
    """Written until a second person has checked it; a quarter must have one."""
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
    deduction = fields.IntField(default=0, db_default=0)
    """Taken off the score, in tenths of a point."""
    deductions: Any = fields.JSONField(default=list, db_default=[])
    """What for: rows of `words`, `decision`, `on` and `tenths`."""
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
    """The rankings that the rule looked at: rows of number, period, score in tenths, rank."""
    rule: Any = fields.JSONField(default=dict, db_default={})
    """The rule of the scheme that called for it, as `schemes.Rule` stores it."""
    is_in_doubt = fields.BooleanField(default=False, db_default=False)
    """A tie at the border of the last ones: it is people who say that this place is among them."""
    note = fields.CharField(max_length=500, default="", db_default="")
    """Why it was proposed, where it was in doubt."""
    plan_until = fields.DateField(null=True)
    """The last day of the plan to improve; null: it was not given."""
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


class RankingObjection(Stateful):
    """An objection of a place's office to a ranking that was told. What it says is never edited."""

    record_kind = "ranking_objection"
    workflow = OBJECTION_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    status = enum_column(ObjectionStatus, ObjectionStatus.FILED)
    ranking: fields.ForeignKeyRelation[Ranking] = fields.ForeignKeyField(
        "market.Ranking", related_name="objections", on_delete=fields.RESTRICT
    )
    ranking_id: UUID
    place = fields.CharField(max_length=24)
    name = fields.CharField(max_length=60)
    indicator = fields.CharField(max_length=40, default="", db_default="")
    """Which one it is about; empty: the whole."""
    text = fields.TextField()
    file: fields.ForeignKeyNullableRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    file_id: UUID | None
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    filed_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    filed_by_id: UUID
    filed_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    rulings: fields.ReverseRelation[RankingRuling]

    class Meta:
        table = "ranking_objections"
        table_description = "Objections to rankings."


class RankingRuling(SecondPerson):
    """The answer to an objection with its reason: proposed by the operator, decided by the approver."""

    id = fields.UUIDField(primary_key=True)
    objection: fields.ForeignKeyRelation[RankingObjection] = fields.ForeignKeyField(
        "market.RankingObjection", related_name="rulings", on_delete=fields.RESTRICT
    )
    objection_id: UUID
    is_upheld = fields.BooleanField()
    text = fields.TextField()

    class Meta:
        table = "ranking_rulings"
        table_description = "Rulings on objections to rankings."


class RankingDeduction(SecondPerson):
    """Points taken off a place on a day, citing the decision that they rest on."""

    id = fields.UUIDField(primary_key=True)
    kind = enum_column(PlaceKind)
    place = fields.CharField(max_length=24)
    name = fields.CharField(max_length=60)
    occasion = enum_column(Occasion)
    tenths = fields.IntField()
    """By the scheme in force on the day, in tenths of a point."""
    happened_on = fields.DateField()
    """In the month, quarter and year of this day it counts."""
    decision = fields.CharField(max_length=200)
    """Who decided, with number and date (文号)."""

    class Meta:
        table = "ranking_deductions"
        table_description = "Deductions from scores."
        indexes = (("kind", "place", "happened_on"),)


class RankingAppraisal(Model):
    """A place that experts judge for a year. Append-only."""

    id = fields.UUIDField(primary_key=True)
    kind = enum_column(PlaceKind)
    begins_on = fields.DateField()
    """The first day of the year."""
    place = fields.CharField(max_length=24)
    name = fields.CharField(max_length=60)
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    organisation_id: UUID | None
    created_at = fields.DatetimeField()

    class Meta:
        table = "ranking_appraisals"
        table_description = "Places that experts judge for a year."
        unique_together = (("kind", "begins_on", "place"),)
