from __future__ import annotations

import pytest

from market.audit.models import AuditEvent
from market.kit.errors import GatewayUnavailable
from market.kit.money import Money
from market.payments import services
from market.payments.gateway import GatewayFault, GatewayRefused
from market.payments.models import Payment, PaymentStatus
from market.payments.rules import MOST_ONLINE, NotPayableOnline
from market.payments.services import AlreadyPaid
from market.payments.standin import Fault
from tests.payments.world import FEE, NOW, PRICE, World


def pages_made(world: World) -> int:
    """How many pages the gateway made, whatever was asked."""
    return len(world.standin.all("checkout.session"))


async def test_starting_to_pay_opens_a_page_on_the_sellers_own_account(world: World) -> None:
    url = await world.start()

    payment = await world.payment()
    session = world.standin.get("checkout.session", str(payment.checkout_id))
    assert url == session["url"] == payment.checkout_url
    assert payment.status is PaymentStatus.PENDING
    assert (session["_account"], session["amount_total"], session["_fee"]) == (
        world.account,
        PRICE.amount,
        FEE.amount,
    )
    assert session["metadata"] == {"payment_id": str(payment.id)}


async def test_starting_again_shows_the_same_page(world: World) -> None:
    first = await world.start()

    again = await world.start()

    assert again == first
    assert pages_made(world) == 1


async def test_a_lost_answer_is_mended_by_trying_again_and_makes_one_page(world: World) -> None:
    world.standin.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(GatewayUnavailable):
        await world.start()

    await world.start()

    assert pages_made(world) == 1
    assert (await world.payment()).status is PaymentStatus.PENDING


async def test_an_unreachable_gateway_leaves_the_payment_to_be_tried_again(world: World) -> None:
    world.standin.fail_next(Fault.DOWN)
    with pytest.raises(GatewayUnavailable):
        await world.start()
    assert (await world.payment()).status is PaymentStatus.PREPARED

    await world.start()

    assert (await world.payment()).status is PaymentStatus.PENDING


async def test_a_crash_before_the_page_was_kept_is_mended_by_trying_again(world: World) -> None:
    first = await world.start()
    await Payment.all().update(status=PaymentStatus.PREPARED, checkout_id=None, checkout_url="")

    again = await world.start()

    assert again == first
    assert pages_made(world) == 1


async def test_an_answered_fault_ends_the_payment_and_the_next_try_is_a_new_one(world: World) -> None:
    world.standin.fail_next(Fault.ERROR)
    with pytest.raises(GatewayFault):
        await world.start()
    assert (await world.payment()).status is PaymentStatus.FAILED

    await world.start()

    statuses = {p.status for p in await Payment.filter(payable_id=world.payable.id)}
    assert statuses == {PaymentStatus.FAILED, PaymentStatus.PENDING}


async def test_a_refusal_is_told_to_the_person_and_ends_the_payment(world: World) -> None:
    with pytest.raises(GatewayRefused, match="支付平台没有接受"):
        await world.start(account="acct_nobody")

    payment = await world.payment()
    assert payment.status is PaymentStatus.FAILED
    assert "acct_nobody" in payment.failure


async def test_a_seller_who_has_not_finished_opening_the_account_cannot_be_paid(world: World) -> None:
    unfinished = await world.gateway.create_account("新学院", key="other", metadata={})

    with pytest.raises(GatewayRefused):
        await world.start(account=unfinished)


async def test_another_amount_closes_the_open_page_and_opens_a_new_one(world: World) -> None:
    first = await world.page()

    await world.start(PRICE - Money(100))

    assert world.standin.get("checkout.session", first)["status"] == "expired"
    open_ = await Payment.get(payable_id=world.payable.id, status=PaymentStatus.PENDING)
    assert open_.money == PRICE - Money(100)


async def test_a_page_that_expired_is_replaced(world: World) -> None:
    world.standin.hold = True
    await world.standin.time_out(await world.page())

    await world.start()

    statuses = [p.status for p in await Payment.filter(payable_id=world.payable.id).order_by("status")]
    assert sorted(statuses) == [PaymentStatus.EXPIRED, PaymentStatus.PENDING]


async def test_a_page_being_paid_is_not_opened_a_second_time(world: World) -> None:
    world.standin.hold = True
    await world.standin.pay(await world.page())

    with pytest.raises(AlreadyPaid):
        await world.start()

    assert pages_made(world) == 1


async def test_what_was_paid_is_not_paid_again(world: World) -> None:
    await world.standin.pay(await world.page())
    await world.settle_all()

    with pytest.raises(AlreadyPaid, match="已经支付"):
        await world.start()

    assert await Payment.filter(payable_id=world.payable.id).count() == 1


async def test_a_page_can_be_withdrawn_when_the_money_came_another_way(world: World) -> None:
    page = await world.page()

    await services.withdraw(world.payable.kind, world.payable.id, gateway=world.gateway, now=NOW)

    assert world.standin.get("checkout.session", page)["status"] == "expired"
    assert (await world.payment()).status is PaymentStatus.EXPIRED


async def test_a_page_that_was_paid_cannot_be_withdrawn(world: World) -> None:
    world.standin.hold = True
    await world.standin.pay(await world.page())

    with pytest.raises(AlreadyPaid):
        await services.withdraw(world.payable.kind, world.payable.id, gateway=world.gateway, now=NOW)


async def test_a_platform_fee_is_paid_to_our_own_account_without_a_fee_on_it(world: World) -> None:
    await world.start(account="", fee=Money(0))

    payment = await world.payment()
    assert world.standin.get("checkout.session", str(payment.checkout_id))["_account"] == ""


@pytest.mark.parametrize("amount", [0, -1, MOST_ONLINE + 1])
async def test_amounts_that_no_card_can_pay_are_refused_before_anything_is_written(
    world: World, amount: int
) -> None:
    with pytest.raises(NotPayableOnline, match="对公转账"):
        await world.start(Money(amount), fee=Money(0))

    assert not await Payment.exists(payable_id=world.payable.id)


async def test_who_started_to_pay_stands_in_the_log(world: World) -> None:
    await world.start()

    payment = await world.payment()
    event = await AuditEvent.get(subject_kind="payment", subject_id=payment.id)
    assert (event.action, event.data) == ("start", {"amount": PRICE.amount})
    assert payment.started_by_id == world.actor.user_id
