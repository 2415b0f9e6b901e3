"""Offers on the pages: made, countered, accepted, refused."""

from __future__ import annotations

from datetime import timedelta

import httpx

from market.deals.models import Deal, Offer
from market.deals.offers import make_offer
from market.deals.states import DealStatus
from market.deps import Deps
from market.records.by import By
from tests.deals.factories import (
    make_agreed,
    make_offered,
    make_parties,
    move_clock,
    terms,
)
from tests.factories import NOW
from tests.visitor import post, sign_in

OFFER = {
    "kind": "licence",
    "payment_way": "instalments",
    "price": "115",
    "years": "5",
    "valid_days": "15",
    "seen": "",
}


async def test_an_offer_with_its_plan_is_shown_to_the_other_side_with_one_green_button(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)
    plan = {"plan-0-condition": "合同生效后 10 日", "plan-0-amount": "80.5", "plan-0-due_on": "2026-04-01"}
    plan |= {"plan-1-condition": "首批合格", "plan-1-amount": "34.5"}
    await post(client, f"/deals/{deal.number}/offer", OFFER | plan)
    await sign_in(client, parties.seller)

    page = await client.get(f"/deals/{deal.number}")

    assert "接受这份报价" in page.text
    assert page.text.count("btn--act") == 1
    assert "1,150,000.00" in page.text
    offer = await Offer.get(deal_id=deal.id)
    assert [row["amount"] for row in offer.plan] == [80_500_000, 34_500_000]


async def test_a_counter_offer_marks_what_differs_and_is_accepted(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    await sign_in(client, parties.seller)
    form = await client.get(f"/deals/{deal.number}/offer")
    assert str(offer.id) in form.text

    await post(client, f"/deals/{deal.number}/offer", OFFER | {"price": "120", "seen": str(offer.id)})

    counter = await Offer.get(deal_id=deal.id, sequence=2)
    await sign_in(client, parties.buyer)
    room = await client.get(f"/deals/{deal.number}")
    assert '<strong class="changed">1,200,000.00</strong>' in room.text
    done = await post(
        client,
        f"/deals/{deal.number}/accept",
        {"offer": str(counter.id), "content_hash": counter.content_hash},
    )
    assert "￥1,200,000.00" in done.text
    assert (await Deal.get(id=deal.id)).status is DealStatus.PRICED


async def test_a_stale_acceptance_is_refused_with_a_sentence(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    await make_offer(deal.number, terms(), base_offer_id=offer.id, valid_days=15, by=By(parties.buyer, NOW))
    await sign_in(client, parties.seller)

    page = await post(
        client, f"/deals/{deal.number}/accept", {"offer": str(offer.id), "content_hash": offer.content_hash}
    )

    assert page.status_code == 409
    assert "已被替换" in page.text
    assert f'href="/deals/{deal.number}">回 {deal.number} 看现在的情况' in page.text


WRONG_OFFERS = (
    ({"price": ""}, "请填价格"),
    ({"price": "0"}, "大于零"),
    ({"price": "abc"}, "请填金额"),
    ({"price": "0.0000001"}, "最细到分"),
    ({"kind": "magic"}, "请从列表中选择"),
    ({"years": "999"}, "1 到 50"),
    ({"plan-0-condition": "一次", "plan-0-amount": "1"}, "应等于约定的"),
    ({"plan-0-condition": "只有条件"}, "每一期都要填条件和金额"),
    ({"plan-0-condition": "一次", "plan-0-amount": "115", "plan-0-due_on": "2026-02-31"}, "填日期"),
)


async def test_a_wrong_offer_comes_back_with_what_was_typed(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)

    for changes, message in WRONG_OFFERS:
        page = await post(client, f"/deals/{deal.number}/offer", OFFER | {"territory": "广西全境"} | changes)

        assert (page.status_code, message in page.text) == (422, True), changes
        assert "广西全境" in page.text
    assert not await Offer.exists()


async def test_an_offer_that_ran_out_is_not_to_be_accepted(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    deal, _offer = await make_offered(parties)
    move_clock(deps, NOW + timedelta(days=16))
    await sign_in(client, parties.seller)

    page = await client.get(f"/deals/{deal.number}")

    assert "接受这份报价" not in page.text
    assert "重新报价" in page.text
