"""Awards on contracts voided before they were paid."""

from __future__ import annotations

import pytest

from market.budgets.batches import approve_batch
from market.budgets.checks import money_is_set_aside, no_award_above_its_budget
from market.budgets.models import Batch
from market.budgets.states import BatchStatus
from market.budgets.voided_awards import run_due
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.ledger import transfers as book
from market.records.by import By
from tests.budgets.factories import order_and_release, rescind, settle
from tests.claims.factories import LATER, WAN, make_desk, make_published, make_rechecked


@pytest.mark.parametrize("steps", ["published", "approved", "ordered", "returned"])
async def test_what_was_set_aside_for_a_lost_contract_goes_back_to_the_budget(steps: str) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim, budget=1000 * WAN)
    if steps != "published":
        await approve_batch(batch, by=By(desk.approver, LATER))
    if steps in ("ordered", "returned"):
        order = (await order_and_release(batch, desk)).orders[0]
        if steps == "returned":
            await settle(order, desk, is_paid=False)
    await rescind(claim)

    counts = [await run_due(LATER), await run_due(LATER)]

    ended, pot = await Claim.get(id=claim.id), await book.available("budget:guangxi:2026")
    if steps == "ordered":
        assert (counts, ended.status, pot.amount < 1000 * WAN) == ([0, 0], ClaimStatus.TO_PAY, True)
    else:
        assert (counts, ended.status, pot.amount) == ([1, 0], ClaimStatus.REJECTED, 1000 * WAN)
        assert (await book.balance("reserved:guangxi:2026")).amount == 0
        assert (await Batch.get(number=batch)).status is BatchStatus.DONE
    assert [await money_is_set_aside(), await no_award_above_its_budget()] == [[], []]


async def test_an_award_whose_contract_was_rescinded_is_not_paid_out() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    await rescind(claim)

    result = await order_and_release(batch, desk)

    assert [number for number, _why in result.held] == [claim.number]
    assert result.orders == []
