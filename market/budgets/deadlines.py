"""What is due at a moment for lists of claims and the money set aside for them."""

from __future__ import annotations

from datetime import datetime

from market.budgets.clawbacks import start_due as start_due_clawbacks
from market.budgets.voided_awards import release_voided


async def run_due(now: datetime) -> int:
    """Release and claw back awards on rescinded contracts; return how many."""
    return await release_voided(now) + await start_due_clawbacks(now)
