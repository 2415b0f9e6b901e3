"""What an expert is paid for judging in a round."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import User
from market.experts.models import Expert
from market.kit.fields import enum_column
from market.panels.fees import FeeForm
from market.panels.round_models import Round
from market.records.decisions import SecondPerson


class RoundFee(SecondPerson):
    """An expert's fee after tax, entered by one person and confirmed by another."""

    id = fields.UUIDField(primary_key=True)
    round: fields.ForeignKeyRelation[Round] = fields.ForeignKeyField(
        "market.Round", related_name="fees", on_delete=fields.RESTRICT
    )
    round_id: UUID
    expert: fields.ForeignKeyRelation[Expert] = fields.ForeignKeyField(
        "market.Expert", related_name=False, on_delete=fields.RESTRICT
    )
    expert_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, on_delete=fields.RESTRICT
    )
    user_id: UUID
    title_rank = fields.CharField(max_length=24)
    """As on the day of the draw."""
    form = enum_column(FeeForm)
    quantity = fields.IntField()
    """Days, half days or items."""
    per_unit = fields.BigIntField()
    """In fen."""
    amount = fields.BigIntField()
    """In fen, after tax."""
    rule_begins_on = fields.DateField()
    clause = fields.CharField(max_length=120)

    class Meta:
        table = "round_fees"
        table_description = "Round fees."
        indexes = (("round_id",), ("user_id",))
