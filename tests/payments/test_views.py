from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest_asyncio

from market.app import create_app
from market.deps import Deps
from market.payments.models import GatewayEvent
from tests.payments.checkout_setup import CheckoutSetup
from tests.payments.toy_payable import toy_room

EVENT = '{"id": "evt_1", "object": "event", "type": "x", "data": {"object": {"id": "o"}}}'


@pytest_asyncio.fixture(loop_scope="session")
async def site(checkout: CheckoutSetup, deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a site whose online payments the stand-in takes."""
    app = create_app(replace(deps, gateway=checkout.gateway))
    checkout.standin.deliver = None
    with toy_room(checkout.toy):  # create_app has installed the market's own rooms
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://market.test"
        ) as client:
            yield client


async def token(site: httpx.AsyncClient, address: str) -> str:
    found = re.search(r'name="csrf_token" value="(\w+)"', (await site.get(address)).text)
    assert found
    return found[1]


async def act(site: httpx.AsyncClient, address: str, **data: str) -> httpx.Response:
    return await site.post(address, data={"csrf_token": await token(site, address), **data})


async def test_the_demo_page_says_what_it_is_and_how_much_to_whom(
    site: httpx.AsyncClient, checkout: CheckoutSetup
) -> None:
    page = await site.get(await checkout.start())

    assert page.status_code == 200
    for words in ("演示支付页", "￥300,000.00", "测试大学", "支付", "取消"):
        assert words in page.text


async def test_paying_there_brings_a_signed_webhook_and_sends_the_buyer_back(
    site: httpx.AsyncClient, checkout: CheckoutSetup
) -> None:
    address = await checkout.start()

    answer = await act(site, address, act="pay")

    assert (answer.status_code, answer.headers["location"]) == (303, "/paid")
    assert await GatewayEvent.filter(type="checkout.session.completed").count() == 1
    assert checkout.standin.waiting == 0
    assert len(await checkout.settle_all()) == 1


async def test_cancelling_sends_the_buyer_back_and_leaves_the_page_open(
    site: httpx.AsyncClient, checkout: CheckoutSetup
) -> None:
    address = await checkout.start()

    answer = await act(site, address, act="cancel")

    assert (answer.status_code, answer.headers["location"]) == (303, "/back")
    assert await checkout.start() == address


async def test_a_page_that_was_paid_cannot_be_paid_again(
    site: httpx.AsyncClient, checkout: CheckoutSetup
) -> None:
    address = await checkout.start()
    csrf = await token(site, address)
    await site.post(address, data={"csrf_token": csrf, "act": "pay"})

    again = await site.post(address, data={"csrf_token": csrf, "act": "pay"})

    assert again.status_code == 409
    assert "已经支付" in (await site.get(address)).text


async def test_the_demo_page_refuses_a_form_without_its_token(
    site: httpx.AsyncClient, checkout: CheckoutSetup
) -> None:
    answer = await site.post(await checkout.start(), data={"act": "pay"})

    assert answer.status_code == 403


async def test_an_organisation_opens_its_account_on_the_demo_page(
    site: httpx.AsyncClient, checkout: CheckoutSetup
) -> None:
    account = await checkout.gateway.create_account("桂林研究院", key="new", metadata={})
    address = await checkout.gateway.account_link(
        account, return_url="http://market.test/done", refresh_url="http://market.test/again"
    )
    assert "桂林研究院" in (await site.get(address)).text

    answer = await act(site, address)

    assert (answer.status_code, answer.headers["location"]) == (303, "/done")
    assert (await checkout.gateway.get_account(account)).charges_enabled


async def test_a_page_nobody_made_is_not_found(site: httpx.AsyncClient) -> None:
    assert (await site.get("/demo-pay/cs_none")).status_code == 404
    assert (await site.get("/demo-pay/accounts/acct_none")).status_code == 404


async def test_a_signed_webhook_is_taken(site: httpx.AsyncClient, checkout: CheckoutSetup) -> None:
    answer = await site.post(
        "/webhooks/stripe", content=EVENT, headers={"stripe-signature": checkout.standin.sign(EVENT)}
    )

    assert answer.status_code == 200
    assert await GatewayEvent.filter(id="evt_1").count() == 1


async def test_a_forged_webhook_is_refused(site: httpx.AsyncClient) -> None:
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}):
        answer = await site.post("/webhooks/stripe", content=EVENT, headers=headers)

        assert answer.status_code == 400
    assert not await GatewayEvent.exists(id="evt_1")


async def test_a_site_without_online_payment_takes_no_webhook_and_has_no_demo_page(deps: Deps) -> None:
    app = create_app(replace(deps, gateway=None))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://market.test"
    ) as site:
        webhook = await site.post("/webhooks/stripe", content=EVENT)
        page = await site.get("/demo-pay/cs_none")

    assert (webhook.status_code, page.status_code) == (404, 404)
