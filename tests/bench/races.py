"""Fifty at once on the last of a budget, and fifty approvals of one list: never a fen over, one effect."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from market.budgets.batches import approve_batch, make_batch
from market.budgets.list_confirmation import confirm_batch
from market.claims.models import Claim
from market.kit.errors import MarketError
from market.ledger.transfers import available
from market.records.by import By
from market.records.models import StatusEvent
from tests.claims.factories import WAN, make_budget, make_desk, make_rechecked
from tests.factories import HOLIDAYS, NOW

MANY = 50
POT = 777 * WAN + 77


async def main() -> None:
    """Race, check, and say what came of it; a broken rule ends the bench."""
    desk = await make_desk()
    claims = [await make_rechecked(desk) for _ in range(MANY)]
    await make_budget(desk, POT)
    lists = [
        await make_batch(
            "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
        )
        for claim in claims
    ]
    found = await asyncio.gather(
        *(confirm_batch(one.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW)) for one in lists),
        return_exceptions=True,
    )
    confirmed = [one for one in found if not isinstance(one, BaseException)]
    refused = [one for one in found if isinstance(one, MarketError)]
    awards = sum(claim.award_amount or 0 for claim in await Claim.filter(status="publicity", year=2026))
    left = (await available("budget:guangxi:2026")).amount
    if len(confirmed) + len(refused) != MANY or awards + left != POT or left < 0:
        raise SystemExit(f"confirmations broke the budget: {awards} set aside, {left} left of {POT}")
    sys.stdout.write(f"{MANY} confirmations at once: {len(confirmed)} went through, {left} fen left\n")
    number, later = confirmed[0].batch.number, NOW + timedelta(days=10)
    answers = await asyncio.gather(
        *(approve_batch(number, by=By(desk.approver, later)) for _ in range(MANY)),
        return_exceptions=True,
    )
    ids = await Claim.filter(batch_id=confirmed[0].batch.id).values_list("id", flat=True)
    effects = await StatusEvent.filter(action="approve", subject_id__in=list(ids)).count()
    worked = [one for one in answers if not isinstance(one, BaseException)]
    if len(worked) != 1 or effects != 1 or not all(isinstance(one, (list, MarketError)) for one in answers):
        raise SystemExit(f"{MANY} approvals had {effects} effects")
    sys.stdout.write(f"{MANY} approvals at once: one effect\n")
