"""What is due at a moment for lists of claims and the money set aside for them."""

from __future__ import annotations

from datetime import datetime

from market.budgets.batches import settle_objections
from market.budgets.clawbacks import start_due as start_due_clawbacks
from market.budgets.voided_awards import release_voided


async def run_due(now: datetime) -> int:
    """Settle decided objections, release and claw back awards on rescinded contracts; return how many."""
    moved = await settle_objections(now) + await release_voided(now)
    return moved + await start_due_clawbacks(now)
