"""The page of one deal."""

from __future__ import annotations

from datetime import timedelta

import httpx

from market.deals.models import DealMessage, Side
from market.deals.offers import make_offer
from market.deals.openings import open_interest
from market.deps import Deps
from market.kit.money import Money
from market.pages.deal_views import late_deals
from market.records.by import By
from tests.deals.factories import (
    make_offered,
    make_parties,
    move_clock,
    terms,
)
from tests.factories import NOW
from tests.visitor import post, sign_in


async def test_a_late_step_rises_for_the_side_whose_turn_it_is(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    deal = await open_interest(parties.outcome.number, "想用", by=By(parties.buyer, NOW))
    later = NOW + timedelta(days=8)

    assert await late_deals(parties.seller, NOW + timedelta(days=7)) == set()
    assert await late_deals(parties.seller, later) == {deal.id}
    assert await late_deals(parties.buyer, later) == set()
    move_clock(deps, later)
    await sign_in(client, parties.seller)
    home = await client.get("/dashboard")
    listed = await client.get("/deals?todo=late")
    assert home.text.index("已过期") < home.text.index("同意对接")
    assert "已过 1 天" in home.text
    assert 'href="/deals?todo=late"' in home.text
    assert deal.number in listed.text
    assert "已逾期" in listed.text


async def test_a_refused_act_leads_back_to_its_deal(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    await sign_in(client, parties.seller)

    page = await post(
        client, f"/deals/{deal.number}/accept", {"offer": str(offer.id), "content_hash": "another"}
    )

    assert page.status_code == 409
    assert f'href="/deals/{deal.number}"' in page.text


async def test_a_long_deal_shows_what_is_latest_and_all_of_it_when_asked(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    for at in range(1, 8):
        offer = await make_offer(
            deal.number,
            terms(Money(100_000_000 + at)),
            base_offer_id=offer.id,
            valid_days=5,
            by=By(parties.on(list(Side)[at % 2]), NOW + timedelta(minutes=at)),
        )
    await DealMessage.bulk_create(
        DealMessage(
            deal_id=deal.id,
            author_id=parties.buyer.user_id,
            side=Side.BUYER,
            text=f"留言〈{at}〉",
            sent_at=NOW,
        )
        for at in range(25)
    )
    await sign_in(client, parties.seller)

    page = await client.get(f"/deals/{deal.number}")
    offers = await client.get(f"/deals/{deal.number}?all=offers")
    messages = await client.get(f"/deals/{deal.number}?all=messages")

    assert (page.text.count("已被新报价替换"), offers.text.count("已被新报价替换")) == (5, 7)
    assert "看全部 8 份报价" in page.text
    assert "看全部 25 条留言" in page.text
    assert "25 条未读" in page.text
    assert (page.text.count("留言〈"), messages.text.count("留言〈")) == (20, 25)
    assert "留言〈24〉" in page.text
