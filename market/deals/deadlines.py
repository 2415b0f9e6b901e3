"""Deadlines of deals: offers that expire, publicity that ends."""

from __future__ import annotations

from datetime import datetime

from market.deals.offers import expire_due
from market.deals.publicity import advance_cleared_deals


async def run_due(now: datetime) -> int:
    """Expire offers and advance deals whose notice is clear; return the number of changed records.

    Call it after the notices' own `run_due`.
    """
    return await expire_due(now) + await advance_cleared_deals(now)
