from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.kit.fields import enum_column
from market.kit.tables import Model
from market.listings.models import Need, Outcome
from market.matching.states import WORKFLOW, MatchStatus
from market.records.transitions import Stateful


class Match(Stateful):
    """A need and an outcome that fit, with the score, its parts, and what does not fit."""

    record_kind = "match"
    workflow = WORKFLOW

    id = fields.UUIDField(primary_key=True)
    need: fields.ForeignKeyRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name="matches", on_delete=fields.CASCADE
    )
    need_id: UUID
    outcome: fields.ForeignKeyRelation[Outcome] = fields.ForeignKeyField(
        "market.Outcome", related_name="matches", on_delete=fields.CASCADE
    )
    outcome_id: UUID
    status = enum_column(MatchStatus, MatchStatus.SUGGESTED)
    score = fields.IntField()
    """0-1000."""
    parts: fields.JSONField[dict[str, int]] = fields.JSONField()
    """Points of each part; they add up to the score."""
    terms: fields.JSONField[list[str]] = fields.JSONField()
    """Common terms, the heaviest first."""
    reasons: fields.JSONField[dict[str, int]] = fields.JSONField(default=dict, db_default={})
    """Contributions of the heaviest: the drop of the score without the word in the need's text."""
    misfits: fields.JSONField[list[str]] = fields.JSONField()
    """Keys of `scoring.MISFITS`."""
    scorer_version = fields.CharField(max_length=20)
    need_revision = fields.IntField()
    outcome_revision = fields.IntField()
    broker: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="matches", null=True, on_delete=fields.SET_NULL
    )
    broker_id: UUID | None
    taken_up_at = fields.DatetimeField(null=True)
    dropped_reason = fields.CharField(max_length=40, default="")
    help_wanted_at = fields.DatetimeField(null=True)
    """When one of the two sides asked for a broker (请经纪人对接)."""
    computed_at = fields.DatetimeField()

    class Meta:
        table = "matches"
        table_description = "Matches."
        unique_together = (("need", "outcome"),)
        indexes = (("outcome_id", "score"), ("need_id", "score"), ("broker_id", "status"))


class MatchFeedback(Model):
    """不感兴趣: one side's refusal of a match, with the reason."""

    id = fields.UUIDField(primary_key=True)
    match: fields.ForeignKeyRelation[Match] = fields.ForeignKeyField(
        "market.Match", related_name="feedback", on_delete=fields.CASCADE
    )
    match_id: UUID
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="match_feedback", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    reason = fields.CharField(max_length=40)
    comment = fields.CharField(max_length=400, default="")
    given_at = fields.DatetimeField()

    class Meta:
        table = "match_feedback"
        table_description = "Match feedback."
        unique_together = (("match", "organisation"),)


class MatchNotice(Model):
    """A pair that its two sides were told of, once however often it is matched again.

    It outlives the match, which a rematch may delete and make anew.
    """

    id = fields.UUIDField(primary_key=True)
    need: fields.ForeignKeyRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name="match_notices", on_delete=fields.CASCADE
    )
    need_id: UUID
    outcome: fields.ForeignKeyRelation[Outcome] = fields.ForeignKeyField(
        "market.Outcome", related_name="match_notices", on_delete=fields.CASCADE
    )
    outcome_id: UUID
    told_at = fields.DatetimeField()
    """Message to both sides."""
    mailed_at = fields.DatetimeField(null=True)
    """Digest mail to both sides and brokers."""

    class Meta:
        table = "match_notices"
        table_description = "Match notices."
        unique_together = (("need", "outcome"),)
        indexes = (("outcome_id", "told_at"), ("mailed_at",))


class MatchPass(Model):
    """A pair that a broker does not want to be shown again; it outlives the match, which may be made anew."""

    id = fields.UUIDField(primary_key=True)
    need: fields.ForeignKeyRelation[Need] = fields.ForeignKeyField(
        "market.Need", related_name="match_passes", on_delete=fields.CASCADE
    )
    need_id: UUID
    outcome: fields.ForeignKeyRelation[Outcome] = fields.ForeignKeyField(
        "market.Outcome", related_name="match_passes", on_delete=fields.CASCADE
    )
    outcome_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="match_passes", on_delete=fields.CASCADE
    )
    user_id: UUID
    passed_at = fields.DatetimeField()

    class Meta:
        table = "match_passes"
        table_description = "Match passes."
        unique_together = (("need", "outcome", "user"),)


class TermFrequency(Model):
    """Document frequency of a term, recounted periodically, for the scorer's rarity.

    Terms of a single listing are omitted. The row of the empty term holds the total numbers of listings.
    """

    term = fields.CharField(max_length=80, primary_key=True)
    outcomes = fields.IntField()
    needs = fields.IntField()

    class Meta:
        table = "term_frequencies"
        table_description = "Term frequencies."
