from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.integrity.states import WORKFLOW, SanctionRuling, SanctionStatus
from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful


class SanctionGrade(LabelEnum):
    GENERAL = "general", lazy("一般失信"), "due"
    SERIOUS = "serious", lazy("严重失信"), "wrong"


class Scope(LabelEnum):
    """What a sanction bars its subject from."""

    SUBSIDY = "subsidy", lazy("财政补助")
    PROJECT = "project", lazy("科技项目")
    REVIEW = "review", lazy("评审评估")
    BROKERAGE = "brokerage", lazy("技术中介")
    AUCTION = "auction", lazy("网络竞价")
    CHALLENGE = "challenge", lazy("揭榜挂帅")


class Sanction(Stateful):
    """A record of misconduct with a scope and a term (科研诚信, 一票否决)."""

    record_kind = "sanction"
    workflow = WORKFLOW

    id = fields.UUIDField(primary_key=True)
    subject_uscc = fields.CharField(max_length=18)
    subject_name = fields.CharField(max_length=120)
    grade = enum_column(SanctionGrade)
    scopes: fields.JSONField[list[str]] = fields.JSONField()
    decision_number = fields.CharField(max_length=80)
    source = fields.CharField(max_length=200)
    basis = fields.TextField()
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    """Null: without end."""
    status = enum_column(SanctionStatus, SanctionStatus.FILED)
    appeal_to = fields.CharField(max_length=200, default="", db_default="")
    """Where to appeal; without it, the authority that decided."""
    appeal_text = fields.TextField(default="", db_default="")
    """The subject's latest appeal (申辩、申诉)."""
    appealed_at = fields.DatetimeField(null=True)
    appeal_answer = fields.TextField(default="", db_default="")
    repair_reason = fields.TextField(default="", db_default="")
    created_at = fields.DatetimeField()

    decisions: fields.ReverseRelation[SanctionDecision]

    class Meta:
        table = "sanctions"
        table_description = "Sanctions."
        indexes = (("subject_uscc",),)


class SanctionDecision(SecondPerson):
    """What the operator proposes about a sanction, and the approver decides: confirm, repair, an appeal.

    Never edited but for that decision.
    """

    id = fields.UUIDField(primary_key=True)
    sanction: fields.ForeignKeyRelation[Sanction] = fields.ForeignKeyField(
        "market.Sanction", related_name="decisions", on_delete=fields.RESTRICT
    )
    sanction_id: UUID
    ruling = enum_column(SanctionRuling)
    text = fields.TextField(default="")
    """The ground of a repair, or the answer to an appeal."""

    class Meta:
        table = "sanction_decisions"
        table_description = "Sanction decisions."


class IntegrityCheck(Model):
    """One check of an organisation's sanctions, stored as evidence."""

    id = fields.UUIDField(primary_key=True)
    subject_uscc = fields.CharField(max_length=18)
    scope = enum_column(Scope)
    occasion = fields.CharField(max_length=40)
    """submission, list_confirmation or payment."""
    reference_kind = fields.CharField(max_length=24)
    reference_id = fields.UUIDField()
    is_clear = fields.BooleanField()
    found: fields.JSONField[list[dict[str, object]]] = fields.JSONField()
    checked_at = fields.DatetimeField()

    class Meta:
        table = "integrity_checks"
        table_description = "Integrity checks."
        indexes = (("reference_kind", "reference_id"),)


class TieKind(StrEnum):
    SHAREHOLDING = "shareholding"
    PERSON = "person"


class PartyTie(Model):
    """A tie between organisations: one holds shares of the other, or one person serves both.

    A person is stored as a keyed hash alone, without name and identity number.
    """

    id = fields.UUIDField(primary_key=True)
    kind = enum_column(TieKind)
    uscc = fields.CharField(max_length=18)
    other = fields.CharField(max_length=64)
    """The holder's code, or the person's keyed hash, see `identity_hashes`."""
    key_id = fields.CharField(max_length=16, default="", db_default="")
    """Of the key of a person's hash; empty of a holder, and of a plain hash that waits to be keyed."""
    role = fields.CharField(max_length=40, default="")
    """股东, 法定代表人, 董事 …"""
    basis_points = fields.IntField(null=True)
    source = fields.CharField(max_length=200)
    entered_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="party_ties", null=True, on_delete=fields.SET_NULL
    )
    entered_by_id: UUID | None
    entered_at = fields.DatetimeField()

    class Meta:
        table = "party_ties"
        table_description = "Party ties."
        unique_together = (("kind", "uscc", "other", "role"),)
        indexes = (("other",),)


class DeclaredConflict(Model):
    """A conflict of interest (回避) a person declared for a record; final."""

    id = fields.UUIDField(primary_key=True)
    subject_kind = fields.CharField(max_length=24)
    subject_id = fields.UUIDField()
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="declared_conflicts", on_delete=fields.RESTRICT
    )
    user_id: UUID
    reason = fields.CharField(max_length=400)
    declared_at = fields.DatetimeField()

    class Meta:
        table = "declared_conflicts"
        table_description = "Declared conflicts."
        unique_together = (("subject_kind", "subject_id", "user"),)
