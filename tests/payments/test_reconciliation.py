from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from market.accounts.models import StaffRole
from market.contracts.queries import received_amount
from market.payments.models import Difference, Dispute, GatewayEvent, Payment, Refund
from market.payments.reconciliation import list_differences, reconcile
from tests.contracts.factories import LATER
from tests.contracts.online_payments import PayableContract, make_payable_contract
from tests.factories import make_member, make_staff
from tests.invariants import OF_CONTRACTS, broken
from tests.visitor import sign_in

PRICE = 80_500_000


async def found_by(payable: PayableContract) -> list[tuple[str, bool]]:
    made = await reconcile(gateway=payable.gateway, now=LATER)
    return [(each.kind, each.mended_at is not None) for each in await list_differences(made.id)]


async def test_after_a_whole_story_there_is_no_difference_over_several_pages_of_the_list() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    for _time in range(12):
        await payable.refund(payment, 100)
    await payable.standin.dispute(str(payment.checkout_id), amount=50)
    await payable.settle()

    assert len(payable.standin.all("refund")) == 12
    assert await found_by(payable) == []


async def _unheard_payment(payable: PayableContract) -> None:
    payable.standin.hold = True
    await payable.pay()


async def _unheard_refund(payable: PayableContract) -> None:
    payment = await payable.pay()
    payable.standin.hold = True
    await payable.standin.refund_at_gateway(str(payment.checkout_id), 300)


async def _unheard_failure(payable: PayableContract) -> None:
    refund = await payable.refund(await payable.pay(), PRICE)
    payable.standin.hold = True
    await payable.standin.settle_refund(str(refund.gateway_id), succeeds=False)


async def _unheard_dispute(payable: PayableContract) -> None:
    payment = await payable.pay()
    payable.standin.hold = True
    await payable.standin.dispute(str(payment.checkout_id))


async def _unheard_verdict(payable: PayableContract) -> None:
    payment = await payable.pay()
    told = await payable.standin.dispute(str(payment.checkout_id))
    await payable.settle()
    payable.standin.hold = True
    await payable.standin.decide_dispute(told["id"], "lost")


@pytest.mark.parametrize(
    ("unheard", "kind", "left"),
    [
        (_unheard_payment, "paid_there", PRICE),
        (_unheard_refund, "unknown_refund", PRICE - 300),
        (_unheard_failure, "refund_differs", PRICE),
        (_unheard_dispute, "unknown_dispute", PRICE),
        (_unheard_verdict, "dispute_differs", 0),
    ],
)
async def test_what_only_the_gateway_knows_is_found_and_taken_over(
    unheard: Callable[[PayableContract], Awaitable[None]], kind: str, left: int
) -> None:
    payable = await make_payable_contract()
    await unheard(payable)

    assert (kind, True) in await found_by(payable)

    assert await received_amount(payable.contract.id) == left
    assert await found_by(payable) == []
    assert await broken(*OF_CONTRACTS) == {}


async def test_what_only_we_know_and_what_differs_is_found_and_left_to_people() -> None:
    payable = await make_payable_contract()
    payment = await payable.pay()
    refund = await payable.refund(payment, 5)
    told = await payable.standin.dispute(str(payment.checkout_id), amount=7)
    await payable.settle()
    objects = payable.standin._state["objects"]
    del objects[str(refund.gateway_id)], objects[told["id"]]
    page = objects[str(payment.checkout_id)]

    gone = await found_by(payable)
    page["payment_status"], page["status"] = "unpaid", "open"
    unpaid = await found_by(payable)
    page["amount_total"] += 1
    differing = await found_by(payable)
    page["metadata"], page["payment_status"] = {}, "paid"
    await Payment.filter(id=payment.id).update(checkout_id="cs_other")
    unknown = await found_by(payable)

    assert gone == [("missing_dispute", False), ("missing_refund", False)]
    assert ("not_paid_there", False) in unpaid
    assert ("page_differs", False) in differing
    assert {("missing_page", False), ("unknown_page", False)} <= set(unknown)
    assert await Difference.all().count() > 0
    assert await Refund.all().count() == await Dispute.all().count() == 1
    assert await GatewayEvent.filter(error="").exists()


async def test_operators_see_all_differences_and_a_seller_only_its_own(client: httpx.AsyncClient) -> None:
    payable = await make_payable_contract()
    await _unheard_payment(payable)
    await reconcile(gateway=payable.gateway, now=LATER)

    for actor, status, is_shown in (
        (await make_staff(StaffRole.OPERATOR), 200, True),
        (payable.parties.seller_finance, 200, True),
        (payable.parties.buyer_finance, 200, False),
        (await make_member(), 403, False),
    ):
        await sign_in(client, actor)
        page = await client.get("/money/reconciliation")
        assert (page.status_code, "平台已收款，我方未记" in page.text) == (status, is_shown)
