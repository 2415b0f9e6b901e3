"""Invariants of the shares of inventors."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant


async def shares_add_up() -> list[str]:
    """The shares of each plan add up to its pot, and income and pot are those that its log has."""
    return await find_rows(
        "SELECT p.number, p.currency, p.pot_amount, s.total FROM reward_plans p LEFT JOIN "
        "(SELECT plan_id, sum(amount) AS total FROM reward_shares GROUP BY plan_id) AS s ON s.plan_id = p.id "
        "WHERE p.pot_amount IS DISTINCT FROM s.total OR NOT EXISTS (SELECT 1 FROM audit_events e "
        "WHERE e.subject_kind = 'reward' AND e.subject_id = p.id AND e.action = 'make' "
        "AND (e.data ->> 'income')::bigint = p.income_amount AND (e.data ->> 'pot')::bigint = p.pot_amount)",
        lazy("收益分配 %(number)s：奖励 ￥%(pot_amount)s，各人合计 ￥%(total)s，或与提出时的日志不同"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "rewards: shares add up to the pot": Invariant(lazy("收益：各人的奖励合计等于奖励总额"), shares_add_up),
}
