"""Orders to pay and the bank's results."""

from __future__ import annotations

import pytest

from market.accounts.models import StaffRole
from market.accounts.relations import Conflicted
from market.budgets.batches import approve_batch
from market.budgets.disbursements import order_payment
from market.budgets.models import Disbursement
from market.budgets.payment_results import enter_result
from market.budgets.states import DisbursementStatus
from market.claims.desk_review import declare_conflict
from market.kit.errors import Conflict
from market.records.by import By
from tests.budgets.factories import order_and_release, reported, settle
from tests.claims.factories import LATER, make_desk, make_published, make_rechecked
from tests.factories import make_staff


async def test_a_payment_the_bank_returned_is_ordered_again() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    first = (await order_and_release(number, desk)).orders[0]
    await settle(first, desk, is_paid=False, reference="退票 1")

    again = await order_payment(number, by=By(desk.officer, LATER))

    assert [order.status for order in await Disbursement.filter(claim_id=claim.id).order_by("number")] == [
        DisbursementStatus.RETURNED,
        DisbursementStatus.ORDERED,
    ]
    assert again.orders[0].number != first.number
    with pytest.raises(Conflict):
        await order_payment(number, by=By(desk.officer, LATER))


async def test_who_declared_a_conflict_neither_orders_nor_enters_a_payment() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    other = await make_staff(StaffRole.OFFICER)
    await declare_conflict(claim.number, reason="亲属", by=By(other, LATER))

    result = await order_payment(batch, by=By(other, LATER))
    order = (await order_and_release(batch, desk)).orders[0]

    assert ([number for number, _why in result.held], result.orders) == ([claim.number], [])
    with pytest.raises(Conflicted):
        await enter_result(order.number, reported(), by=By(other, LATER))
