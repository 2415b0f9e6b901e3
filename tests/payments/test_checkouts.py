from __future__ import annotations

import pytest

from market.audit.models import AuditEvent
from market.kit.errors import GatewayUnavailable
from market.kit.money import Money
from market.payments import checkouts
from market.payments.checkouts import AlreadyPaid
from market.payments.gateway import GatewayFault, GatewayRefused
from market.payments.models import Payment
from market.payments.online_limits import MAX_ONLINE_AMOUNT, NotPayableOnline
from market.payments.payables import NothingDue
from market.payments.standin import Fault
from market.payments.states import PaymentStatus
from tests.payments.checkout_setup import FEE, NOW, PRICE, CheckoutSetup
from tests.payments.toy_payable import TOY


def pages_made(checkout: CheckoutSetup) -> int:
    """How many pages the gateway made, whatever was asked."""
    return len(checkout.standin.all("checkout.session"))


async def test_starting_to_pay_opens_a_page_on_the_sellers_own_account(checkout: CheckoutSetup) -> None:
    url = await checkout.start()

    payment = await checkout.payment()
    session = checkout.standin.get("checkout.session", str(payment.checkout_id))
    assert url == session["url"] == payment.checkout_url
    assert payment.status is PaymentStatus.PENDING
    assert (session["_account"], session["amount_total"], session["_fee"]) == (
        checkout.toy.account,
        PRICE.amount,
        FEE.amount,
    )
    assert session["metadata"] == {"payment_id": str(payment.id)}


async def test_starting_again_shows_the_same_page(checkout: CheckoutSetup) -> None:
    first = await checkout.start()

    again = await checkout.start()

    assert again == first
    assert pages_made(checkout) == 1


async def test_a_lost_answer_is_mended_by_trying_again_and_makes_one_page(checkout: CheckoutSetup) -> None:
    checkout.standin.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(GatewayUnavailable):
        await checkout.start()

    await checkout.start()

    assert pages_made(checkout) == 1
    assert (await checkout.payment()).status is PaymentStatus.PENDING


async def test_an_unreachable_gateway_leaves_the_payment_to_be_tried_again(checkout: CheckoutSetup) -> None:
    checkout.standin.fail_next(Fault.DOWN)
    with pytest.raises(GatewayUnavailable):
        await checkout.start()
    assert (await checkout.payment()).status is PaymentStatus.PREPARED

    await checkout.start()

    assert (await checkout.payment()).status is PaymentStatus.PENDING


async def test_a_crash_before_the_page_was_kept_is_mended_by_trying_again(checkout: CheckoutSetup) -> None:
    first = await checkout.start()
    await Payment.all().update(status=PaymentStatus.PREPARED, checkout_id=None, checkout_url="")

    again = await checkout.start()

    assert again == first
    assert pages_made(checkout) == 1


async def test_an_answered_fault_ends_the_payment_and_the_next_try_is_a_new_one(
    checkout: CheckoutSetup,
) -> None:
    checkout.standin.fail_next(Fault.ERROR)
    with pytest.raises(GatewayFault):
        await checkout.start()
    assert (await checkout.payment()).status is PaymentStatus.FAILED

    await checkout.start()

    statuses = {p.status for p in await Payment.filter(payable_id=checkout.toy.id)}
    assert statuses == {PaymentStatus.FAILED, PaymentStatus.PENDING}


async def test_a_refusal_is_told_to_the_person_and_ends_the_payment(checkout: CheckoutSetup) -> None:
    checkout.toy.account = "acct_nobody"

    with pytest.raises(GatewayRefused, match="支付平台没有接受"):
        await checkout.start()

    payment = await checkout.payment()
    assert payment.status is PaymentStatus.FAILED
    assert "acct_nobody" in payment.failure


async def test_a_seller_who_has_not_finished_opening_the_account_cannot_be_paid(
    checkout: CheckoutSetup,
) -> None:
    checkout.toy.account = await checkout.gateway.create_account("新学院", key="other", metadata={})

    with pytest.raises(GatewayRefused):
        await checkout.start()


async def test_another_amount_closes_the_open_page_and_opens_a_new_one(checkout: CheckoutSetup) -> None:
    first = await checkout.page()

    checkout.toy.money = PRICE - Money(100)
    await checkout.start()

    assert checkout.standin.get("checkout.session", first)["status"] == "expired"
    open_ = await Payment.get(payable_id=checkout.toy.id, status=PaymentStatus.PENDING)
    assert open_.money == PRICE - Money(100)


async def test_a_page_that_expired_is_replaced(checkout: CheckoutSetup) -> None:
    checkout.standin.hold = True
    await checkout.standin.time_out(await checkout.page())

    await checkout.start()

    statuses = [p.status for p in await Payment.filter(payable_id=checkout.toy.id).order_by("status")]
    assert sorted(statuses) == [PaymentStatus.EXPIRED, PaymentStatus.PENDING]


async def test_a_page_being_paid_is_not_opened_a_second_time(checkout: CheckoutSetup) -> None:
    checkout.standin.hold = True
    await checkout.standin.pay(await checkout.page())

    with pytest.raises(AlreadyPaid):
        await checkout.start()

    assert pages_made(checkout) == 1


async def test_what_was_paid_is_not_paid_again(checkout: CheckoutSetup) -> None:
    await checkout.standin.pay(await checkout.page())
    await checkout.settle_all()

    with pytest.raises(AlreadyPaid, match="已经支付"):
        await checkout.start()

    assert await Payment.filter(payable_id=checkout.toy.id).count() == 1


async def test_a_page_can_be_withdrawn_when_the_money_came_another_way(checkout: CheckoutSetup) -> None:
    page = await checkout.page()

    await checkouts.withdraw(TOY, checkout.toy.id, gateway=checkout.gateway, now=NOW)

    assert checkout.standin.get("checkout.session", page)["status"] == "expired"
    assert (await checkout.payment()).status is PaymentStatus.EXPIRED


async def test_a_page_that_was_paid_cannot_be_withdrawn(checkout: CheckoutSetup) -> None:
    checkout.standin.hold = True
    await checkout.standin.pay(await checkout.page())

    with pytest.raises(AlreadyPaid):
        await checkouts.withdraw(TOY, checkout.toy.id, gateway=checkout.gateway, now=NOW)


async def test_a_platform_fee_is_paid_to_our_own_account_without_a_fee_on_it(checkout: CheckoutSetup) -> None:
    checkout.toy.account = ""
    await checkout.start(fee_basis_points=0)

    payment = await checkout.payment()
    assert checkout.standin.get("checkout.session", str(payment.checkout_id))["_account"] == ""


@pytest.mark.parametrize(
    ("amount", "refusal", "words"),
    [
        (0, NothingDue, "玩具一件没有待付"),
        (-1, NothingDue, "玩具一件没有待付"),
        (MAX_ONLINE_AMOUNT + 1, NotPayableOnline, "对公转账"),
    ],
)
async def test_amounts_that_no_card_can_pay_are_refused_before_anything_is_written(
    checkout: CheckoutSetup, amount: int, refusal: type[Exception], words: str
) -> None:
    checkout.toy.money = Money(amount)

    with pytest.raises(refusal, match=words):
        await checkout.start()

    assert not await Payment.exists(payable_id=checkout.toy.id)


async def test_who_started_to_pay_stands_in_the_log(checkout: CheckoutSetup) -> None:
    await checkout.start()

    payment = await checkout.payment()
    event = await AuditEvent.get(subject_kind="payment", subject_id=payment.id, action="start")
    assert event.data == {"amount": PRICE.amount}
    assert payment.started_by_id == checkout.actor.user_id
