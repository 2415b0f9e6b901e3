"""What waits in this room: plans to be rechecked and rewards to be paid out."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.kit.i18n import lazy
from market.kit.worklist import Pending, Recent, Turn
from market.rewards.states import RewardAct, RewardStatus


def pending(actor: Actor) -> list[Pending]:
    """Return the plans that wait for the person's unit, and whether they wait for a colleague."""
    if not actor.may(RewardAct.SEE_REWARDS) or not actor.may_sell:
        return []
    source = (
        "reward_plans p JOIN contracts c ON c.id = p.contract_id CROSS JOIN v "
        "WHERE p.organisation_id = v.organisation_id AND p.status = '{status}'"
    )
    may_pay, may_share = actor.may(RewardAct.PAY_REWARDS), actor.may(RewardAct.SHARE_REWARDS)
    return [
        Pending(
            "rewards.confirm",
            lazy("收益分配待复核"),
            lazy("看方案"),
            "/rewards/{key}",
            f"/rewards?status={RewardStatus.DRAFT}",
            source.format(status=RewardStatus.DRAFT),
            key="p.number",
            number="p.number",
            title="c.name",
            since="p.proposed_at",
            amount="p.pot_amount",
            currency="p.currency",
            turn=Turn.MINE if may_share else Turn.COLLEAGUE,
            who=lazy("经办人"),
        ),
        Pending(
            "rewards.pay",
            lazy("奖励待发放"),
            lazy("去发放") if may_pay else lazy("看方案"),
            "/rewards/{key}",
            f"/rewards?status={RewardStatus.CLEAR}",
            source.format(status=RewardStatus.CLEAR),
            key="p.number",
            number="p.number",
            title="c.name",
            since="p.decided_at",
            amount="p.pot_amount",
            currency="p.currency",
            turn=Turn.MINE if may_pay else Turn.COLLEAGUE,
            who=lazy("财务"),
        ),
    ]


def recent(actor: Actor) -> list[Recent]:
    """Return the plans of the person's unit."""
    if not actor.may(RewardAct.SEE_REWARDS):
        return []
    name = "(SELECT c.name FROM contracts c WHERE c.id = r.contract_id)"
    own = "r.organisation_id = v.organisation_id"
    return [Recent("reward", "reward_plans r", "/rewards/{key}", title=name, is_shared=own)]
