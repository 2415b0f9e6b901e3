"""Tables of review rounds: what is judged, who was drawn, and what each expert gave."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.audit.export_format import canonical_json
from market.experts.models import Expert
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.panels.round_states import (
    OVER,
    ROUND_WORKFLOW,
    SCORED,
    SEAT_WORKFLOW,
    SEATED,
    WAITING,
    Extension,
    RoundStatus,
    SeatStatus,
)
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful

BLIND = "double"
"""What rules say of a round in which neither side knows the other."""


class Round(Stateful):
    """One review of one or several records of a kind, by experts who are drawn."""

    record_kind = "round"
    workflow = ROUND_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    subject_kind = fields.CharField(max_length=24)
    title = fields.CharField(max_length=120)
    scope: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """What the client needs, such as programme and year."""
    rules: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """See `round_rules`; fixed by the draw."""
    salt = fields.CharField(max_length=120)
    """Typed by the operator before anybody knows the head of the audit chain."""
    note = fields.CharField(max_length=500, default="", db_default="")
    """Why its experts could not be drawn, or why it was discarded."""
    status = enum_column(RoundStatus, RoundStatus.DRAFTING)
    prepared_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    prepared_by_id: UUID
    drawn_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    drawn_by_id: UUID | None
    extension = enum_column(Extension, null=True)
    """How a crossed band was looked at once more, which is done once."""
    extended_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    extended_by_id: UUID | None
    extended_at = fields.DatetimeField(null=True)
    concluded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    concluded_by_id: UUID | None
    concluded_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=1000, default="", db_default="")
    """Why the concluding person follows the statistic."""
    published_at = fields.DatetimeField(null=True)
    """When applicants were told."""
    object_until = fields.DatetimeField(null=True)
    """The end of the working days in which they may object."""
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    items: fields.ReverseRelation[RoundItem]
    draws: fields.ReverseRelation[RoundDraw]

    class Meta:
        table = "rounds"
        table_description = "Rounds."
        indexes = (("subject_kind", "status"),)

    @property
    def is_over(self) -> bool:
        """Return whether it is concluded or discarded."""
        return self.status in OVER or self.status is RoundStatus.DISCARDED

    @property
    def rules_digest(self) -> str:
        """The SHA-256 of the rules, which the log keeps of each draw."""
        return _sha256(self.rules)

    @property
    def is_blind(self) -> bool:
        """Return whether experts read copies without names instead of the papers themselves."""
        return bool(self.rules["blind"] == BLIND)


class RoundItem(Model):
    """One record that a round judges, and the result of it."""

    id = fields.UUIDField(primary_key=True)
    round: fields.ForeignKeyRelation[Round] = fields.ForeignKeyField(
        "market.Round", related_name="items", on_delete=fields.RESTRICT
    )
    round_id: UUID
    place = fields.IntField()
    """From 1 on, as pages for experts name it."""
    subject_id = fields.UUIDField()
    result: fields.JSONField[dict[str, Any]] = fields.JSONField(null=True)
    """Points as a fraction, statistic, band, scores, flags; null until the round is concluded."""

    seats: fields.ReverseRelation[Seat]

    class Meta:
        table = "round_items"
        table_description = "Round items."
        unique_together = (("round", "subject_id"), ("round", "place"))
        indexes = (("subject_id",),)


class Seat(Stateful):
    """An expert on the panel of an item, or in reserve for it."""

    record_kind = "seat"
    workflow = SEAT_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[RoundItem] = fields.ForeignKeyField(
        "market.RoundItem", related_name="seats", on_delete=fields.RESTRICT
    )
    item_id: UUID
    expert: fields.ForeignKeyRelation[Expert] = fields.ForeignKeyField(
        "market.Expert", related_name=False, on_delete=fields.RESTRICT
    )
    expert_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID
    kind = fields.CharField(max_length=24)
    unit = fields.CharField(max_length=120)
    """Where the expert worked on the day of the draw."""
    title_rank = fields.CharField(max_length=24)
    draw_number = fields.IntField()
    place = fields.IntField()
    """In the order of the draw, first the panel, then the reserves."""
    is_reserve = fields.BooleanField()
    """Drawn as a reserve, also when called since."""
    label = fields.CharField(max_length=12)
    """专家A, 专家B …: all that others see of the expert."""
    status = enum_column(SeatStatus, SeatStatus.RESERVE)
    declare_by = fields.DatetimeField(null=True)
    score_by = fields.DatetimeField(null=True)
    declared_at = fields.DatetimeField(null=True)
    """When the expert accepted, declined or declared a conflict."""
    note = fields.CharField(max_length=300, default="", db_default="")
    """Why the expert declined, was returned a sheet or was replaced."""
    version = fields.IntField(default=0, db_default=0)
    """The sheet that counts; 0: none was submitted yet."""
    draft: fields.JSONField[dict[str, str]] = fields.JSONField(null=True)
    """What was typed and not submitted yet."""
    submitted_at = fields.DatetimeField(null=True)

    scores: fields.ReverseRelation[SeatScore]
    opinions: fields.ReverseRelation[SeatOpinion]

    class Meta:
        table = "seats"
        table_description = "Seats."
        unique_together = (("item", "expert"), ("item", "user"), ("item", "label"))
        indexes = (("user_id", "status"),)

    @property
    def is_waiting(self) -> bool:
        return self.status in WAITING

    @property
    def is_seated(self) -> bool:
        return self.status in SEATED

    @property
    def has_scored(self) -> bool:
        return self.status in SCORED

    @property
    def due_at(self) -> datetime | None:
        return self.declare_by if self.status is SeatStatus.INVITED else self.score_by


class SeatScore(Model):
    """What an expert gave under one heading in one version of the sheet: a score, or why there is none."""

    id = fields.BigIntField(primary_key=True)
    seat: fields.ForeignKeyRelation[Seat] = fields.ForeignKeyField(
        "market.Seat", related_name="scores", on_delete=fields.RESTRICT
    )
    seat_id: UUID
    version = fields.IntField()
    heading = fields.CharField(max_length=40)
    most = fields.IntField()
    """The highest score of this heading."""
    score = fields.IntField(null=True)
    reason = fields.CharField(max_length=300, null=True)

    class Meta:
        table = "seat_scores"
        table_description = "Seat scores."
        unique_together = (("seat", "version", "heading"),)


class SeatOpinion(Model):
    """What an expert wrote in one version of the sheet."""

    id = fields.BigIntField(primary_key=True)
    seat: fields.ForeignKeyRelation[Seat] = fields.ForeignKeyField(
        "market.Seat", related_name="opinions", on_delete=fields.RESTRICT
    )
    seat_id: UUID
    version = fields.IntField()
    for_applicant = fields.TextField()
    """Shown to the applicant after the result, without a name."""
    for_organiser = fields.TextField(default="", db_default="")
    submitted_at = fields.DatetimeField()
    papers = fields.IntField(default=0, db_default=0)
    """Papers of the item that the expert could open then."""
    alike: fields.JSONField[list[list[Any]]] = fields.JSONField(null=True)
    """Seats and versions of like opinions when it was handed in, of item or expert; null: none."""

    class Meta:
        table = "seat_opinions"
        table_description = "Seat opinions."
        unique_together = (("seat", "version"),)


class RoundDraw(Model):
    """A draw with all that replays it."""

    id = fields.UUIDField(primary_key=True)
    round: fields.ForeignKeyRelation[Round] = fields.ForeignKeyField(
        "market.Round", related_name="draws", on_delete=fields.RESTRICT
    )
    round_id: UUID
    number = fields.IntField()
    chain_head = fields.CharField(max_length=64)
    """Hash of the audit event that began the draw."""
    salt = fields.CharField(max_length=120)
    seed = fields.CharField(max_length=64)
    eligible: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    """Experts sorted by id: id, kind, unit, capacity, conflicts (items)."""
    terms: fields.JSONField[dict[str, Any]] = fields.JSONField()
    """Items, quotas, affinities, and who sat already."""
    picked: fields.JSONField[dict[str, list[str]]] = fields.JSONField()
    """Expert ids by item."""
    reserves: fields.JSONField[dict[str, list[str]]] = fields.JSONField()
    method = fields.CharField(max_length=24)
    """draw, greedy or optimum"""
    reason = fields.CharField(max_length=500, default="", db_default="")
    """Why it was drawn again."""
    drawn_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    drawn_by_id: UUID
    approved_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.RESTRICT
    )
    approved_by_id: UUID | None
    drawn_at = fields.DatetimeField()

    class Meta:
        table = "round_draws"
        table_description = "Round draws."
        unique_together = (("round", "number"),)

    @property
    def digest(self) -> str:
        """The SHA-256 of who could be drawn, by which terms, and who was; the log keeps it."""
        names = ("eligible", "terms", "picked", "reserves")
        return _sha256({name: getattr(self, name) for name in names})


def _sha256(value: dict[str, Any]) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


class Redraw(SecondPerson):
    """A further draw that the operator asks for, with the reason, and the approver decides on."""

    id = fields.UUIDField(primary_key=True)
    round: fields.ForeignKeyRelation[Round] = fields.ForeignKeyField(
        "market.Round", related_name="redraws", on_delete=fields.RESTRICT
    )
    round_id: UUID
    ground = fields.CharField(max_length=500)
    salt = fields.CharField(max_length=120)

    class Meta:
        table = "round_redraws"
        table_description = "Round redraws."


class ResultObjection(SecondPerson):
    """An applicant's objection to the result of one record; confirmed by the approver it sets it aside."""

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[RoundItem] = fields.ForeignKeyField(
        "market.RoundItem", related_name="objections", on_delete=fields.RESTRICT
    )
    item_id: UUID
    grounds = fields.TextField()
    """Facts and reasons of the applicant."""

    class Meta:
        table = "result_objections"
        table_description = "Objections to results of rounds."
        indexes = (("item_id",),)


class Solicitation(Model):
    """An expert's report of having been asked for a favour (请托), sealed to the auditor."""

    id = fields.UUIDField(primary_key=True)
    seat: fields.ForeignKeyRelation[Seat] = fields.ForeignKeyField(
        "market.Seat", related_name=False, on_delete=fields.RESTRICT
    )
    seat_id: UUID
    text = fields.TextField()
    reported_at = fields.DatetimeField()

    class Meta:
        table = "solicitations"
        table_description = "Solicitations."
        indexes = (("seat_id",),)
