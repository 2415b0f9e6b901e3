"""The stand-in behaves as Stripe does, seen through the real SDK."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from market.kit.money import Money
from market.payments.gateway import CheckoutState, GatewayRefused, RefundState
from market.payments.standin import StandIn
from market.payments.standin_gateway import StandInGateway, demo_gateway
from market.payments.standin_refunds import read_form
from market.payments.stripe_gateway import from_stripe, to_stripe
from tests.payments.checkout_setup import FEE, PRICE, CheckoutSetup

NONE: Mapping[str, str] = {}


async def make_page(
    checkout: CheckoutSetup, key: str = "key-1", money: Money = PRICE, fee: Money = FEE
) -> Any:
    return await checkout.gateway.create_checkout(
        money,
        key=key,
        description="第 1 期",
        account=checkout.toy.account,
        fee=fee,
        success_url="http://market.test/paid",
        cancel_url="http://market.test/back",
        metadata={"payment_id": "1"},
    )


async def test_the_same_key_gives_the_saved_answer(checkout: CheckoutSetup) -> None:
    first = await make_page(checkout)

    assert await make_page(checkout) == first
    assert (await make_page(checkout, "key-2")).id != first.id


async def test_the_same_key_with_other_parameters_is_refused(checkout: CheckoutSetup) -> None:
    await make_page(checkout)

    with pytest.raises(GatewayRefused, match="other parameters"):
        await make_page(checkout, money=PRICE + Money(1))


async def test_an_object_of_one_account_is_not_seen_from_another(checkout: CheckoutSetup) -> None:
    page = await make_page(checkout)

    with pytest.raises(GatewayRefused, match="No such"):
        await checkout.gateway.get_checkout(page.id, "")


async def test_a_page_goes_from_open_to_paid(checkout: CheckoutSetup) -> None:
    page = await make_page(checkout)
    assert page.state is CheckoutState.OPEN

    await checkout.standin.pay(page.id)

    paid = await checkout.gateway.get_checkout(page.id, checkout.toy.account)
    assert (paid.state, paid.money, paid.metadata) == (CheckoutState.PAID, PRICE, {"payment_id": "1"})


async def test_a_paid_page_cannot_be_closed_nor_a_closed_one_paid(checkout: CheckoutSetup) -> None:
    paid, closed = await make_page(checkout, "1"), await make_page(checkout, "2")
    await checkout.standin.pay(paid.id)
    assert (
        await checkout.gateway.expire_checkout(closed.id, checkout.toy.account)
    ).state is CheckoutState.EXPIRED

    with pytest.raises(GatewayRefused):
        await checkout.gateway.expire_checkout(paid.id, checkout.toy.account)
    with pytest.raises(Exception, match="no longer open"):
        await checkout.standin.pay(closed.id)


@pytest.mark.parametrize(("money", "fee"), [(Money(100_000_000), FEE), (Money(100), Money(100))])
async def test_amounts_and_fees_that_stripe_refuses_are_refused(
    checkout: CheckoutSetup, money: Money, fee: Money
) -> None:
    with pytest.raises(GatewayRefused):
        await make_page(checkout, money=money, fee=fee)


async def test_refunds_never_exceed_what_was_paid(checkout: CheckoutSetup) -> None:
    page = await make_page(checkout)
    await checkout.standin.pay(page.id)
    intent = (await checkout.gateway.get_checkout(page.id, checkout.toy.account)).payment_intent

    async def refund(amount: int, key: str) -> Any:
        return await checkout.gateway.refund(
            intent, Money(amount), key=key, account=checkout.toy.account, with_fee=True, metadata=NONE
        )

    assert (await refund(100_000_00, "1")).state is RefundState.SUCCEEDED
    await refund(100_000_00, "1")
    await refund(200_000_00, "2")
    with pytest.raises(GatewayRefused, match="already been refunded"):
        await refund(1, "3")


async def test_the_demo_remembers_its_pages_after_a_restart(tmp_path: Path) -> None:
    before = demo_gateway(tmp_path)
    page = await before.create_checkout(
        PRICE,
        key="1",
        description="x",
        account="",
        fee=Money(0),
        success_url="http://market.test/",
        cancel_url="http://market.test/",
        metadata=NONE,
    )

    after = demo_gateway(tmp_path)

    assert (await after.get_checkout(page.id, "")) == page


async def test_site_and_worker_see_what_the_other_did_with_the_demos_gateway(tmp_path: Path) -> None:
    site, worker = demo_gateway(tmp_path), demo_gateway(tmp_path)
    delivered: list[bytes] = []

    async def deliver(body: bytes, signature: str) -> None:
        delivered.append(body)
        # The site works on while it is told.
        created.append(await site.create_account("甲公司", key="b", metadata={}))

    created: list[str] = []
    worker.standin.deliver = deliver
    account_id = await site.create_account("乙公司", key="a", metadata={})
    await site.standin.finish_onboarding(account_id)

    await worker.standin.flush()

    site.standin.refresh()
    assert b"account.updated" in delivered[0]
    assert worker.standin.waiting == site.standin.waiting == 0
    assert {account["id"] for account in site.standin.all("account")} == {account_id, *created}


async def test_events_the_site_did_not_take_are_brought_again(checkout: CheckoutSetup) -> None:
    deliver, checkout.standin.deliver = checkout.standin.deliver, refuse
    page = await make_page(checkout)
    await checkout.standin.pay(page.id)

    checkout.standin.deliver = deliver
    await checkout.standin.flush()

    assert checkout.standin.waiting == 0


async def refuse(body: bytes, signature: str) -> None:
    raise ConnectionError


async def test_requests_that_stripe_does_not_know_are_not_known() -> None:
    gateway = StandInGateway(StandIn())

    with pytest.raises(GatewayRefused, match="No access"):
        await gateway.get_account("acct_none")


def test_stripes_brackets_become_nested_values() -> None:
    assert read_form("a[0][b]=1&a[0][c][d]=2&e=") == {
        "a": [{"b": "1", "c": {"d": "2"}}],
        "e": "",
    }


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(12_34), 12_34),
        (Money(500, "JPY"), 500),
        (Money(500, "UGX"), 500_00),
        (Money(1_234, "KWD"), 1_234),
    ],
)
def test_amounts_go_to_stripe_in_its_units_and_come_back_whole(money: Money, units: int) -> None:
    assert to_stripe(money) == units
    assert from_stripe(units, money.currency.lower()) == money
