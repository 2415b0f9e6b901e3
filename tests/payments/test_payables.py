"""What a room that sells something hears of its payments, and what becomes of a kind that no room sells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from market.deps import Deps
from market.kit.jobs import run_pending
from market.kit.money import Money
from market.payments import jobs
from market.payments.checkouts import start_checkout
from market.payments.gateway_events import settle_event
from market.payments.models import GatewayEvent, Payment, Refund
from market.payments.payables import (
    DisputedPayment,
    FailedPayment,
    PaidPayment,
    RefundedPayment,
    UnknownPayable,
)
from market.payments.refunds import request_refund, send_refund
from market.payments.remittances import record_remittance
from market.payments.states import PaymentStatus
from market.records.by import By
from tests.factories import make_member
from tests.fakes import FixedClock
from tests.invariants import OF_CONTRACTS, broken
from tests.payments.checkout_setup import NOW, PRICE, URLS, CheckoutSetup, checkout_setup
from tests.payments.toy_payable import TOY, toy_room

TWO_HOURS_LATER = NOW + timedelta(hours=2)


async def paid(checkout: CheckoutSetup) -> Payment:
    await checkout.standin.pay(await checkout.page())
    await checkout.settle_all()
    return await checkout.payment()


async def test_a_paid_toy_is_booked_by_its_own_room(checkout: CheckoutSetup) -> None:
    payment = await paid(checkout)

    [update] = checkout.toy.booked
    assert isinstance(update, PaidPayment)
    assert (update.payment_id, update.payable_kind, update.payable_id) == (payment.id, TOY, checkout.toy.id)
    assert (update.money, update.paid_at) == (PRICE, NOW)
    assert not await GatewayEvent.filter(processed_at=None).exists()


async def test_the_job_that_settles_webhooks_books_any_payable(checkout: CheckoutSetup, deps: Deps) -> None:
    await checkout.standin.pay(await checkout.page())

    await run_pending(replace(deps, gateway=checkout.gateway))

    assert [type(update) for update in checkout.toy.booked] == [PaidPayment]


async def test_a_declined_payment_is_reported_to_the_payable(checkout: CheckoutSetup) -> None:
    page = await checkout.page()
    await checkout.standin.pay(page, slowly=True)
    await checkout.standin.settle(page, succeeds=False)

    await checkout.settle_all()

    assert {type(update) for update in checkout.toy.booked} == {FailedPayment}


async def test_an_expired_page_is_reported_to_the_payable(checkout: CheckoutSetup) -> None:
    await checkout.standin.time_out(await checkout.page())

    await checkout.settle_all()

    assert [type(update) for update in checkout.toy.booked] == [FailedPayment]


async def test_a_refund_and_a_dispute_are_booked_by_the_same_room(checkout: CheckoutSetup) -> None:
    payment = await paid(checkout)
    refund = await request_refund(payment, Money(100), "多收", by=By(checkout.actor, NOW))
    await send_refund(refund.id, gateway=checkout.gateway, now=NOW)
    await checkout.standin.dispute(str(payment.checkout_id), amount=200)
    await checkout.settle_all()

    back = [update for update in checkout.toy.booked if isinstance(update, RefundedPayment)]
    disputed = [update for update in checkout.toy.booked if isinstance(update, DisputedPayment)]
    assert {(update.refund_id, update.is_done) for update in back} == {(refund.id, True)}
    assert [update.is_new for update in disputed].count(True) == 1
    assert {update.payable_id for update in (*back, *disputed)} == {checkout.toy.id}
    assert (await Refund.get()).payment_id == payment.id


async def test_an_unknown_payable_is_refused_before_the_gateway_is_called(checkout: CheckoutSetup) -> None:
    with pytest.raises(UnknownPayable, match="ticket"):
        await start_checkout(
            "ticket", uuid4(), gateway=checkout.gateway, by=By(checkout.actor, NOW), urls=URLS
        )

    assert checkout.standin.all("checkout.session") == []
    assert not await Payment.exists()


async def test_a_bank_transfer_for_an_unknown_payable_is_refused(checkout: CheckoutSetup) -> None:
    with pytest.raises(UnknownPayable, match="ticket"):
        await record_remittance(
            "ticket",
            uuid4(),
            PRICE,
            received_on=date(2026, 3, 1),
            voucher_id=uuid4(),
            by=By(checkout.actor, NOW),
        )


async def test_money_for_an_unknown_payable_is_kept_and_retried_until_a_room_books_it(deps: Deps) -> None:
    async with checkout_setup(await make_member()) as checkout:
        await checkout.standin.pay(await checkout.page())
    event = await GatewayEvent.get(type="checkout.session.completed")

    for _attempt in range(2):
        with pytest.raises(UnknownPayable, match="toy"):
            await settle_event(event.id, gateway=checkout.gateway, now=NOW)

    event = await GatewayEvent.get(id=event.id)
    assert (event.processed_at, "toy" in event.error) == (None, True)
    assert (await checkout.payment()).status is PaymentStatus.SUCCEEDED
    findings = await broken(*OF_CONTRACTS)
    assert {
        "payments: every payable is declared",
        "payments: the gateway's amounts are ours",
    } <= findings.keys()

    later = replace(deps, gateway=checkout.gateway, clock=FixedClock(TWO_HOURS_LATER))
    with toy_room(checkout.toy):
        await jobs.retry_events(later)
        await run_pending(later)
        assert await broken(*OF_CONTRACTS) == {}

    [update] = set(checkout.toy.booked)  # by the job of the webhook and by the retry
    assert isinstance(update, PaidPayment)
    event = await GatewayEvent.get(id=event.id)
    assert (event.processed_at, event.error) == (TWO_HOURS_LATER, "")


async def test_a_processed_event_is_not_retried(checkout: CheckoutSetup, deps: Deps) -> None:
    await paid(checkout)
    later = replace(deps, gateway=checkout.gateway, clock=FixedClock(TWO_HOURS_LATER))
    await run_pending(later)
    checkout.toy.booked.clear()

    await jobs.retry_events(later)
    await run_pending(later)

    assert checkout.toy.booked == []
