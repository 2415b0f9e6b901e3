from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from market.accounts.models import StaffRole
from market.contracts.queries import received
from market.contracts.reconciling import reconcile
from market.ledger.checks import run_checks
from market.payments.models import Difference, Dispute, GatewayEvent, Payment, Refund
from market.payments.reconciling import list_differences
from tests.contracts.make import LATER
from tests.contracts.money import Till, make_till
from tests.factories import make_member, make_staff
from tests.visitor import sign_in

PRICE = 80_500_000


async def found_by(till: Till) -> list[tuple[str, bool]]:
    made = await reconcile(gateway=till.gateway, now=LATER)
    return [(each.kind, each.mended_at is not None) for each in await list_differences(made.id)]


async def test_after_a_whole_story_there_is_no_difference_over_several_pages_of_the_list() -> None:
    till = await make_till()
    payment = await till.pay()
    for _time in range(12):
        await till.refund(payment, 100)
    await till.standin.dispute(str(payment.checkout_id), amount=50)
    await till.settle()

    assert len(till.standin.all("refund")) == 12
    assert await found_by(till) == []


async def _unheard_payment(till: Till) -> None:
    till.standin.hold = True
    await till.pay()


async def _unheard_refund(till: Till) -> None:
    payment = await till.pay()
    till.standin.hold = True
    await till.standin.refund_there(str(payment.checkout_id), 300)


async def _unheard_failure(till: Till) -> None:
    refund = await till.refund(await till.pay(), PRICE)
    till.standin.hold = True
    await till.standin.settle_refund(str(refund.gateway_id), succeeds=False)


async def _unheard_dispute(till: Till) -> None:
    payment = await till.pay()
    till.standin.hold = True
    await till.standin.dispute(str(payment.checkout_id))


async def _unheard_verdict(till: Till) -> None:
    payment = await till.pay()
    told = await till.standin.dispute(str(payment.checkout_id))
    await till.settle()
    till.standin.hold = True
    await till.standin.decide_dispute(told["id"], "lost")


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
    unheard: Callable[[Till], Awaitable[None]], kind: str, left: int
) -> None:
    till = await make_till()
    await unheard(till)

    assert (kind, True) in await found_by(till)

    assert await received(till.contract.id) == left
    assert await found_by(till) == []
    assert [each for each in await run_checks() if not each.is_well] == []


async def test_what_only_we_know_and_what_differs_is_found_and_left_to_people() -> None:
    till = await make_till()
    payment = await till.pay()
    refund = await till.refund(payment, 5)
    told = await till.standin.dispute(str(payment.checkout_id), amount=7)
    await till.settle()
    objects = till.standin._state["objects"]
    del objects[str(refund.gateway_id)], objects[told["id"]]
    page = objects[str(payment.checkout_id)]

    gone = await found_by(till)
    page["payment_status"], page["status"] = "unpaid", "open"
    unpaid = await found_by(till)
    page["amount_total"] += 1
    differing = await found_by(till)
    page["metadata"], page["payment_status"] = {}, "paid"
    await Payment.filter(id=payment.id).update(checkout_id="cs_other")
    unknown = await found_by(till)

    assert gone == [("missing_dispute", False), ("missing_refund", False)]
    assert ("not_paid_there", False) in unpaid
    assert ("page_differs", False) in differing
    assert {("missing_page", False), ("unknown_page", False)} <= set(unknown)
    assert await Difference.all().count() > 0
    assert await Refund.all().count() == await Dispute.all().count() == 1
    assert await GatewayEvent.filter(error="").exists()


async def test_operators_see_all_differences_and_a_seller_only_its_own(client: httpx.AsyncClient) -> None:
    till = await make_till()
    await _unheard_payment(till)
    await reconcile(gateway=till.gateway, now=LATER)

    for actor, status, is_shown in (
        (await make_staff(StaffRole.OPERATOR), 200, True),
        (till.parties.seller_finance, 200, True),
        (till.parties.buyer_finance, 200, False),
        (await make_member(), 403, False),
    ):
        await sign_in(client, actor)
        page = await client.get("/money/reconciliation")
        assert (page.status_code, "平台已收款，我方未记" in page.text) == (status, is_shown)
