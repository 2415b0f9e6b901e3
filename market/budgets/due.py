"""What time brings to claims and to money set aside for them."""

from __future__ import annotations

from datetime import datetime

from market.budgets.batches import settle_objections
from market.budgets.clawbacks import run_due as start_due_clawbacks
from market.budgets.releasing import release_lost
from market.claims.reviewing import end_overdue_supplements


async def run_due(now: datetime) -> int:
    """Do what time brings: supplements that did not come, objections decided, contracts rescinded."""
    moved = await end_overdue_supplements(now) + await settle_objections(now)
    return moved + await release_lost(now) + await start_due_clawbacks(now)
