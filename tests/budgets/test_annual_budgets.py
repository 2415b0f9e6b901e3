"""The pot of a year."""

from __future__ import annotations

import pytest

from market.budgets.annual_budgets import draft_budget, release_budget
from market.budgets.batches import make_batch
from market.budgets.list_confirmation import confirm_batch
from market.budgets.states import BatchStatus
from market.kit.errors import Conflict, Forbidden
from market.ledger.services import available
from market.records.by import By
from tests.claims.factories import WAN, make_applicant, make_budget, make_desk, make_rechecked
from tests.factories import HOLIDAYS, NOW


async def test_a_budget_is_released_by_another_than_drafted_it() -> None:
    desk = await make_desk()
    await make_applicant()
    budget = await draft_budget("guangxi", year=2026, amount=WAN, by=By(desk.officer, NOW))
    assert (await available("budget:guangxi:2026")).amount == 0

    with pytest.raises(Forbidden):
        await release_budget(budget.id, by=By(desk.officer, NOW))
    await release_budget(budget.id, by=By(desk.approver, NOW))

    assert (await available("budget:guangxi:2026")).amount == WAN
    with pytest.raises(Conflict):
        await draft_budget("guangxi", year=2026, amount=2, by=By(desk.officer, NOW))


async def test_no_list_is_confirmed_without_a_budget() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )

    with pytest.raises(Conflict, match="预算"):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    await make_budget(desk, WAN)
    confirmed = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert confirmed.batch.status is BatchStatus.PUBLICITY
