from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.codes.regions import GUANGXI
from market.files.models import StoredFile
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model
from market.notices.states import (
    NOTICE_WORKFLOW,
    OBJECTION_WORKFLOW,
    NoticeShownStatus,
    NoticeStatus,
    ObjectionStatus,
    StatementSide,
    shown_status,
)
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class NoticeKind(LabelEnum):
    PRICE = "price", lazy("协议定价公示")
    """协议定价公示"""
    SUBSIDY = "subsidy", lazy("补助拟支持名单公示")
    """补助拟支持名单公示"""
    REWARD = "reward", lazy("现金奖励公示")
    """现金奖励公示"""
    AUCTION = "auction", lazy("竞价公告")
    """竞价公告"""
    AUCTION_RESULT = "auction_result", lazy("竞价结果公示")
    """竞价结果公示"""
    CHALLENGE_RESULT = "challenge_result", lazy("拟揭榜公示")
    """拟揭榜公示"""
    RANKING = "ranking", lazy("年考核公示")
    """年考核公示"""


class DayKind(LabelEnum):
    CALENDAR = "calendar", lazy("自然日")
    WORKING = "working", lazy("工作日")


class Notice(Stateful):
    """A public notice (公示): frozen text, a legal period, objections."""

    record_kind = "notice"
    workflow = NOTICE_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    kind = enum_column(NoticeKind)
    status = enum_column(NoticeStatus, NoticeStatus.OPEN)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="notices", null=True, on_delete=fields.RESTRICT
    )
    """The unit that publishes and answers objections; null when the authority does."""
    organisation_id: UUID | None
    address = fields.CharField(max_length=200, default="")
    """Path of the record it is about, for those who may open it."""
    title = fields.CharField(max_length=200)
    body: fields.JSONField[list[list[str]]] = fields.JSONField()
    """Pairs of label and text, in the order they are shown; frozen at publication."""
    body_hash = fields.CharField(max_length=64)
    """SHA-256 over the canonical JSON of title and body."""
    entries: fields.JSONField[list[list[str]]] = fields.JSONField()
    """Pairs of id and name of what the notice lists, so that an objection can name one entry."""
    days = fields.IntField()
    day_kind = enum_column(DayKind)
    region = fields.CharField(max_length=6, default=GUANGXI, db_default=GUANGXI)
    """GB/T 2260: the province whose rest days count, frozen at publication."""
    published_at = fields.DatetimeField()
    ends_at = fields.DatetimeField(null=True)
    """Null: the end is undetermined, since the holiday years do not reach so far."""
    closed_at = fields.DatetimeField(null=True)

    replaces: fields.ForeignKeyNullableRelation[Notice] = fields.ForeignKeyField(
        "market.Notice", related_name="replacements", null=True, on_delete=fields.RESTRICT
    )
    """The notice that this one replaces: it is archived, and the period started again."""
    replaces_id: UUID | None
    change_reason = fields.CharField(max_length=500, default="", db_default="")
    """Why the text had to change, when this notice replaces another."""

    objections: fields.ReverseRelation[Objection]
    extensions: fields.ReverseRelation[NoticeExtension]
    replacements: fields.ReverseRelation[Notice]

    @property
    def shown_status(self) -> NoticeStatus | NoticeShownStatus:
        """Return the status as people see it; the objections must be fetched."""
        return shown_status(
            self.status, ((objection.status, objection.entry_id) for objection in self.objections)
        )

    class Meta:
        table = "notices"
        table_description = "Notices."
        indexes = (("subject_kind", "subject_id"), ("status", "ends_at"))


class Objection(Stateful):
    """An objection by a named person to a notice, or to one entry of it."""

    record_kind = "objection"
    workflow = OBJECTION_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    notice: fields.ForeignKeyRelation[Notice] = fields.ForeignKeyField(
        "market.Notice", related_name="objections", on_delete=fields.RESTRICT
    )
    notice_id: UUID
    entry_id = fields.UUIDField(null=True)
    """The one record of the notice it is about (a claim in a list); null for the whole."""
    objector: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="objections", on_delete=fields.RESTRICT
    )
    objector_id: UUID
    respondent: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="objections_against", null=True, on_delete=fields.RESTRICT
    )
    """The unit whose entry it is about, which may answer; null where it is about the whole notice."""
    respondent_id: UUID | None
    respond_by = fields.DatetimeField(null=True)
    """The end of the respondent's period to answer; null: nobody answers, or the end is undetermined."""
    reason = fields.TextField()
    status = enum_column(ObjectionStatus, ObjectionStatus.FILED)
    answer = fields.TextField(default="")
    decision = fields.TextField(default="")
    filed_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    decided_at = fields.DatetimeField(null=True)

    rulings: fields.ReverseRelation[ObjectionRuling]
    statements: fields.ReverseRelation[ObjectionStatement]

    def is_late(self, statement: ObjectionStatement) -> bool:
        """Return whether the respondent stated this after its period."""
        return (
            statement.side is StatementSide.RESPONDENT
            and self.respond_by is not None
            and statement.stated_at >= self.respond_by
        )

    class Meta:
        table = "objections"
        table_description = "Objections."


class ObjectionStatement(Model):
    """What one side says to an objection, with the papers that prove it. Append-only."""

    id = fields.UUIDField(primary_key=True)
    objection: fields.ForeignKeyRelation[Objection] = fields.ForeignKeyField(
        "market.Objection", related_name="statements", on_delete=fields.RESTRICT
    )
    objection_id: UUID
    side = enum_column(StatementSide)
    text = fields.TextField(default="")
    """Public; empty where there are papers only."""
    author: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    author_id: UUID
    stated_at = fields.DatetimeField()

    papers: fields.ReverseRelation[ObjectionPaper]

    class Meta:
        table = "objection_statements"
        table_description = "Objection statements."
        indexes = (("objection_id",),)


class ObjectionPaper(Model):
    """A paper that proves a statement, with the hash it had. Append-only, read by parties and desk alone."""

    id = fields.UUIDField(primary_key=True)
    statement: fields.ForeignKeyRelation[ObjectionStatement] = fields.ForeignKeyField(
        "market.ObjectionStatement", related_name="papers", on_delete=fields.RESTRICT
    )
    statement_id: UUID
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "market.StoredFile", related_name=False, on_delete=fields.RESTRICT
    )
    file_id: UUID
    sha256 = fields.CharField(max_length=64)

    class Meta:
        table = "objection_papers"
        table_description = "Objection papers."
        indexes = (("statement_id",),)


class ObjectionRuling(SecondPerson):
    """A ruling on an objection: proposed by the operator, public once the approver has confirmed it."""

    id = fields.UUIDField(primary_key=True)
    objection: fields.ForeignKeyRelation[Objection] = fields.ForeignKeyField(
        "market.Objection", related_name="rulings", on_delete=fields.RESTRICT
    )
    objection_id: UUID
    is_upheld = fields.BooleanField()
    text = fields.TextField()
    """The public reason."""
    listed_amount = fields.BigIntField(null=True)
    corrected_amount = fields.BigIntField(null=True)
    """Upheld in part: what the entry had when it was proposed, and the lower amount it gets, in fen."""

    class Meta:
        table = "objection_rulings"
        table_description = "Objection rulings."


class NoticeExtension(Model):
    """An extension of a period with its published reason; append-only."""

    id = fields.UUIDField(primary_key=True)
    notice: fields.ForeignKeyRelation[Notice] = fields.ForeignKeyField(
        "market.Notice", related_name="extensions", on_delete=fields.RESTRICT
    )
    notice_id: UUID
    days = fields.IntField()
    """The whole period now, in the notice's kind of days."""
    reason = fields.CharField(max_length=500)
    ended_at = fields.DatetimeField(null=True)
    """When the period would have ended."""
    ends_at = fields.DatetimeField(null=True)
    extended_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="notice_extensions", null=True, on_delete=fields.RESTRICT
    )
    extended_by_id: UUID | None
    """Null: the end was recalculated because the holiday years changed; `days` is unchanged."""
    extended_at = fields.DatetimeField()

    class Meta:
        table = "notice_extensions"
        table_description = "Notice extensions."


class HolidayYearVersion(SecondPerson):
    """The days of one year and region, proposed by one person and decided by another.

    The version confirmed last is in force and overrides the shipped file. A decided row is never edited,
    and no row is deleted.
    """

    id = fields.UUIDField(primary_key=True)
    year = fields.IntField()
    region = fields.CharField(max_length=6)
    """`codes.holidays.NATIONAL`, or the GB/T 2260 code of a province."""
    rest_days: fields.JSONField[list[str]] = fields.JSONField()
    make_up_days: fields.JSONField[list[str]] = fields.JSONField()
    """ISO dates, in order."""
    source = fields.CharField(max_length=200)
    """The document that published the days."""

    class Meta:
        table = "holiday_years"
        table_description = "Holiday years."
        indexes = (("year", "region"),)
