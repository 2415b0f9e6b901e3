from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from market.kit.database import connection
from market.kit.errors import NotFound
from market.payments import checks, gateway_events, settlement
from market.payments.gateway import ForgedEvent
from market.payments.models import GatewayEvent, Payment
from market.payments.payables import PaidPayment
from market.payments.states import PaymentStatus
from tests.invariants import OF_CONTRACTS, broken
from tests.payments.checkout_setup import FEE, NOW, PRICE, CheckoutSetup
from tests.payments.toy_payable import TOY


async def jobs(name: str = gateway_events.PROCESS_EVENT) -> int:
    rows = await connection().execute_query_dict(
        "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = $1", [name]
    )
    return int(rows[0]["n"])


async def test_a_payment_that_succeeded_is_told_with_its_amount_and_our_fee(checkout: CheckoutSetup) -> None:
    await checkout.standin.pay(await checkout.page())

    [paid] = await checkout.settle_all()

    payment = await checkout.payment()
    assert (paid.payable_kind, paid.payable_id) == (TOY, checkout.toy.id)
    assert (paid.money, paid.fee, paid.paid_at) == (PRICE, FEE, NOW)
    assert payment.status is PaymentStatus.SUCCEEDED
    assert payment.payment_intent_id.startswith("pi_")


async def test_a_webhook_delivered_twice_is_stored_once_and_asks_for_one_job(checkout: CheckoutSetup) -> None:
    page, before = await checkout.page(), await jobs()
    checkout.standin.deliver_twice = True

    await checkout.standin.pay(page)

    assert await GatewayEvent.filter(type="checkout.session.completed").count() == 1
    assert await jobs() == before + 1


async def test_settling_an_event_twice_tells_the_same_and_changes_nothing(checkout: CheckoutSetup) -> None:
    await checkout.standin.pay(await checkout.page())
    first = await checkout.settle_all()

    again = await checkout.settle_all()

    assert again == first
    assert await Payment.filter(status=PaymentStatus.SUCCEEDED).count() == 1


async def test_a_payment_of_several_days_counts_when_the_money_is_there(checkout: CheckoutSetup) -> None:
    page = await checkout.page()
    await checkout.standin.pay(page, slowly=True)
    assert await checkout.settle_all() == []
    assert (await checkout.payment()).status is PaymentStatus.PENDING

    await checkout.standin.settle(page)

    assert {paid.money for paid in await checkout.settle_all()} == {PRICE}
    assert (await checkout.payment()).status is PaymentStatus.SUCCEEDED


async def test_a_payment_of_several_days_may_fail_and_be_tried_again(checkout: CheckoutSetup) -> None:
    page = await checkout.page()
    await checkout.standin.pay(page, slowly=True)
    await checkout.standin.settle(page, succeeds=False)

    assert await checkout.settle_all() == []

    assert (await checkout.payment()).status is PaymentStatus.FAILED
    await checkout.start()
    assert await Payment.filter(status=PaymentStatus.PENDING).count() == 1


async def test_webhooks_in_the_wrong_order_lead_to_the_same_end(checkout: CheckoutSetup) -> None:
    page = await checkout.page()
    checkout.standin.hold = True
    await checkout.standin.pay(page, slowly=True)
    await checkout.standin.settle(page)

    await checkout.standin.flush(newest_first=True)
    told = await checkout.settle_all()

    assert {paid.payment_id for paid in told} == {(await checkout.payment()).id}
    assert (await checkout.payment()).status is PaymentStatus.SUCCEEDED


async def test_a_page_that_expired_ends_its_payment(checkout: CheckoutSetup) -> None:
    await checkout.standin.time_out(await checkout.page())

    await checkout.settle_all()

    assert (await checkout.payment()).status is PaymentStatus.EXPIRED


async def test_money_that_arrives_after_we_gave_up_is_recorded_all_the_same(checkout: CheckoutSetup) -> None:
    await checkout.standin.pay(await checkout.page())
    await Payment.all().update(status=PaymentStatus.EXPIRED)

    [paid] = await checkout.settle_all()

    assert paid.money == PRICE
    assert (await checkout.payment()).status is PaymentStatus.SUCCEEDED


async def test_a_webhook_that_comes_before_we_kept_the_page_is_understood(checkout: CheckoutSetup) -> None:
    await checkout.standin.pay(await checkout.page())
    await Payment.all().update(status=PaymentStatus.PREPARED, checkout_id=None)

    await checkout.settle_all()

    payment = await checkout.payment()
    assert payment.status is PaymentStatus.SUCCEEDED
    assert str(payment.checkout_id).startswith("cs_")


async def test_without_a_webhook_the_gateway_can_be_asked(checkout: CheckoutSetup) -> None:
    checkout.standin.hold = True
    await checkout.standin.pay(await checkout.page())

    await settlement.refresh_payment((await checkout.payment()).id, gateway=checkout.gateway, now=NOW)

    [paid] = checkout.toy.booked
    assert isinstance(paid, PaidPayment)
    assert paid.money == PRICE


async def tell(checkout: CheckoutSetup, kind: str, thing: dict[str, Any], account: str | None = None) -> str:
    """Sign and bring an event as the gateway would."""
    event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "data": {"object": thing}}
    event["account"] = checkout.toy.account if account is None else account
    body = json.dumps(event)
    await checkout.deliver(body.encode(), checkout.standin.sign(body))
    return str(event["id"])


@pytest.mark.parametrize("metadata", [None, {}, {"payment_id": "x"}, {"payment_id": str(uuid4())}, []])
async def test_an_event_about_something_unknown_is_stored_and_has_no_effect(
    checkout: CheckoutSetup, metadata: object
) -> None:
    event = await tell(checkout, "checkout.session.completed", {"id": "cs_x", "metadata": metadata})

    assert await gateway_events.settle_event(event, gateway=checkout.gateway, now=NOW) == []

    assert (await GatewayEvent.get(id=event)).processed_at == NOW


async def test_an_event_of_another_account_cannot_pay_our_payment(checkout: CheckoutSetup) -> None:
    await checkout.start()
    payment = await checkout.payment()
    thing = {"id": payment.checkout_id, "metadata": {"payment_id": str(payment.id)}}

    event = await tell(checkout, "checkout.session.completed", thing, account="acct_other")

    assert await gateway_events.settle_event(event, gateway=checkout.gateway, now=NOW) == []
    assert (await checkout.payment()).status is PaymentStatus.PENDING


async def test_an_event_that_claims_success_is_not_believed_over_the_gateway(checkout: CheckoutSetup) -> None:
    await checkout.start()
    payment = await checkout.payment()
    thing = {
        "id": payment.checkout_id,
        "payment_status": "paid",
        "metadata": {"payment_id": str(payment.id)},
    }

    event = await tell(checkout, "checkout.session.completed", thing)

    assert await gateway_events.settle_event(event, gateway=checkout.gateway, now=NOW) == []
    assert (await checkout.payment()).status is PaymentStatus.PENDING


async def test_another_amount_than_we_asked_for_is_no_success_and_fails_the_check(
    checkout: CheckoutSetup,
) -> None:
    page = await checkout.page()
    checkout.standin.get("checkout.session", page)["amount_total"] -= 1

    await checkout.standin.pay(page)

    assert await checkout.settle_all() == []
    assert (await checkout.payment()).status is PaymentStatus.PENDING
    assert len(await checks.events_are_settled()) == 1


async def test_kinds_of_events_we_do_not_use_are_stored_and_left(checkout: CheckoutSetup) -> None:
    event = await tell(checkout, "invoice.paid", {"id": "in_1"})

    assert await gateway_events.settle_event(event, gateway=checkout.gateway, now=NOW) == []


async def test_an_event_that_was_never_stored_cannot_be_settled(checkout: CheckoutSetup) -> None:
    with pytest.raises(NotFound):
        await gateway_events.settle_event("evt_none", gateway=checkout.gateway, now=NOW)


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (b'{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {}}}', "t=1,v1=00"),
        (b'{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {}}}', ""),
        (b'{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {}}}', "nonsense"),
        (b"\xff\xfe", "t=1,v1=00"),
        (b"", ""),
    ],
)
async def test_a_forged_webhook_is_refused_and_not_stored(
    checkout: CheckoutSetup, body: bytes, signature: str
) -> None:
    before = await GatewayEvent.all().count()

    with pytest.raises(ForgedEvent):
        await checkout.deliver(body, signature)

    assert await GatewayEvent.all().count() == before


async def test_a_signed_body_that_was_changed_on_the_way_is_refused(checkout: CheckoutSetup) -> None:
    body = '{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {}}}'
    signature = checkout.standin.sign(body)

    with pytest.raises(ForgedEvent):
        await checkout.deliver(body.replace("evt_1", "evt_2").encode(), signature)


def event_text(event_id: str = '"evt_1"', name: str = '""') -> str:
    """Return the JSON of an event with these values, as they stand."""
    return f'{{"id": {event_id}, "type": "x", "data": {{"object": {{"name": {name}}}}}}}'


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "null",
        "{}",
        '{"id": "e", "type": "x"}',
        "no json",
        *(event_text(event_id) for event_id in (f'"evt_{"9" * 5000}"', '"evt_\\u0000"', "[]", "{}", "7")),
        *(
            event_text(name=name)
            for name in ('"\\u0000"', '"\\ud800"', "NaN", "1e999", "9" * 5000, "[" * 100_000)
        ),
    ],
    ids=lambda body: body[:60],
)
async def test_a_signed_body_that_is_no_event_is_refused(checkout: CheckoutSetup, body: str) -> None:
    with pytest.raises(ForgedEvent):
        await checkout.deliver(body.encode(), checkout.standin.sign(body))


async def test_all_is_well_after_a_whole_story(checkout: CheckoutSetup) -> None:
    await checkout.standin.pay(await checkout.page())
    await checkout.settle_all()

    assert await broken(*OF_CONTRACTS) == {}
