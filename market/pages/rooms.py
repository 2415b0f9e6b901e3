"""Which rooms give figures to the dashboard."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from market.accounts.actors import Actor
from market.budgets.dashboards import dashboard_cards as of_subsidies
from market.contracts.money_cards import dashboard_cards as of_money
from market.contracts.standing import dashboard_cards as of_contracts
from market.deals.queries import dashboard_cards as of_deals
from market.kit.cards import Card
from market.matching.board import dashboard_cards as of_matches
from market.pages.deal_steps import dashboard_cards as of_steps
from market.pages.operator_cards import dashboard_cards as of_operator
from market.rewards.queries import dashboard_cards as of_rewards

Cards = Callable[[Actor, datetime], Awaitable[list[Card]]]

OTHER_ROOMS: tuple[Cards, ...] = (
    of_operator,
    of_steps,
    of_matches,
    of_deals,
    of_contracts,
    of_money,
    of_rewards,
    of_subsidies,
)
"""Beside the listings, in the order in which their figures are shown."""
