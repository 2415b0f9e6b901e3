from __future__ import annotations

from uuid import UUID

from tortoise import fields

from market.accounts.models import Organisation, User
from market.contracts.models import Contract
from market.kit.fields import enum_column
from market.kit.money import Money
from market.kit.tables import Model
from market.records.decisions import SecondPerson
from market.records.transitions import Stateful
from market.rewards.states import WORKFLOW, RewardKind, RewardStatus


class RewardRule(Model):
    """A unit's own rules for sharing what its outcomes bring (转化奖励办法). A new version is a new row."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="reward_rules", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    version = fields.IntField()
    title = fields.CharField(max_length=200)
    document_number = fields.CharField(max_length=80, default="")
    pot_basis_points = fields.IntField()
    """At least this part of the net income goes to the people; the law's floor is 5000."""
    equity_basis_points = fields.IntField()
    main_basis_points = fields.IntField()
    """At least this part of the pot goes to the main contributors."""
    valid_from = fields.DateField()
    entered_by: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="reward_rules", on_delete=fields.RESTRICT
    )
    entered_by_id: UUID
    entered_at = fields.DatetimeField()

    class Meta:
        table = "reward_rules"
        table_description = "Reward rules."
        unique_together = (("organisation", "version"),)


class RewardPlan(SecondPerson, Stateful):
    """How the income of a contract received so far is shared among the unit and its people.

    One person of the unit proposes it, another confirms it.
    """

    record_kind = "reward"
    workflow = WORKFLOW

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=20, unique=True)
    contract: fields.ForeignKeyRelation[Contract] = fields.ForeignKeyField(
        "market.Contract", related_name="reward_plans", on_delete=fields.RESTRICT
    )
    contract_id: UUID
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="reward_plans", on_delete=fields.RESTRICT
    )
    """The unit that shares: the contract's seller."""
    organisation_id: UUID
    kind = enum_column(RewardKind, RewardKind.CASH)
    status = enum_column(RewardStatus, RewardStatus.DRAFT)
    rule: fields.ForeignKeyNullableRelation[RewardRule] = fields.ForeignKeyField(
        "market.RewardRule", related_name="plans", null=True, on_delete=fields.RESTRICT
    )
    rule_id: UUID | None
    income_amount = fields.BigIntField()
    """What arrived and was not shared before; of equity the value agreed."""
    deductions: fields.JSONField[list[dict[str, object]]] = fields.JSONField()
    """Rows of kind, note, amount."""
    net_amount = fields.BigIntField()
    pot_basis_points = fields.IntField()
    pot_amount = fields.BigIntField()
    units: fields.JSONField[list[dict[str, object]]] = fields.JSONField()
    """How the rest is shared among school, college, agency: rows of name, basis points, amount."""
    currency = fields.CharField(max_length=3, default="CNY")
    paid_at = fields.DatetimeField(null=True)

    shares: fields.ReverseRelation[RewardShare]

    class Meta:
        table = "reward_plans"
        table_description = "Reward plans."
        indexes = (("organisation_id", "status"), ("contract_id",))

    @property
    def net(self) -> Money:
        return Money(self.net_amount, self.currency)

    @property
    def pot(self) -> Money:
        return Money(self.pot_amount, self.currency)


class RewardShare(Model):
    """What one person gets of the pot."""

    id = fields.UUIDField(primary_key=True)
    plan: fields.ForeignKeyRelation[RewardPlan] = fields.ForeignKeyField(
        "market.RewardPlan", related_name="shares", on_delete=fields.CASCADE
    )
    plan_id: UUID
    sequence = fields.IntField()
    name = fields.CharField(max_length=60)
    is_main = fields.BooleanField(default=True)
    """A main contributor (主要贡献人员)."""
    work = fields.CharField(max_length=120, default="")
    """What the person did for the outcome or its transfer, as it is published."""
    account = fields.CharField(max_length=80, default="")
    """Bank and number for the payout list; never published."""
    basis_points = fields.IntField()
    amount = fields.BigIntField()
    withheld_amount = fields.BigIntField(null=True)
    """Income tax that the unit withholds; null: not known, the amount is listed in full."""

    @property
    def net_amount(self) -> int:
        """Return what the person is paid out."""
        net: int = self.amount - (self.withheld_amount or 0)
        return net

    class Meta:
        table = "reward_shares"
        table_description = "Reward shares."
        unique_together = (("plan", "sequence"),)
