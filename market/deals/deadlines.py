"""What is due in deals by a moment."""

from __future__ import annotations

from datetime import datetime

from market.deals.offers import expire_due
from market.deals.publicity import move_clear_deals


async def run_due(now: datetime) -> int:
    """End the offers whose time is over, and move on the deals whose notice is clear; return how many.

    Run it after the notices' own `run_due`.
    """
    return await expire_due(now) + await move_clear_deals(now)
