"""What binds shows what it binds to and is asked once: an offer accepted, a commission agreed."""

from __future__ import annotations

import httpx

from market.deals.models import Side
from market.deals.openings import introduce
from market.deals.states import DealStatus
from market.records.by import By
from tests.browser_forms import shown_forms
from tests.deals.factories import make_match, make_offered, make_parties
from tests.factories import NOW, make_broker
from tests.visitor import post, sign_in


async def test_accepting_an_offer_shows_the_whole_of_it_before_it_binds(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    address = f"/deals/{deal.number}/accept"
    await sign_in(client, parties.seller)

    page = await client.get(address)

    await deal.refresh_from_db()
    assert deal.status is DealStatus.NEGOTIATING
    assert "壹佰壹拾伍万元整" in page.text
    assert "接受，价格定为 ￥1,150,000.00" in page.text
    assert str(offer.plan[0]["condition"]) in page.text
    sent = dict(next(form for form in shown_forms(page.text) if form.action == address).pairs)
    assert "报价已接受" in (await post(client, address, sent)).text


async def test_there_is_nothing_to_accept_for_who_made_the_offer_or_before_one(
    client: httpx.AsyncClient,
) -> None:
    parties = await make_parties()
    deal, _offer = await make_offered(parties)
    await sign_in(client, parties.buyer)

    page = await client.get(f"/deals/{deal.number}/accept", follow_redirects=True)

    assert page.url.path == f"/deals/{deal.number}"


async def test_who_pays_the_commission_sees_what_it_comes_to_before_agreeing(
    client: httpx.AsyncClient,
) -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await introduce(match.id, 300, "指标吻合", payer=Side.SELLER, by=By(broker, NOW))
    address = f"/deals/{deal.number}/agree"

    await sign_in(client, parties.buyer)
    assert f'href="{address}"' not in (await client.get(f"/deals/{deal.number}")).text
    assert "您方" not in (await client.get(address)).text
    await sign_in(client, parties.seller)
    room = await client.get(f"/deals/{deal.number}")
    page = await client.get(address)

    assert f'href="{address}"' in room.text
    assert "≈ ￥36,000.00（按 120.00 万元）" in page.text
    assert "同意对接，佣金 3%" in page.text
    assert "您方已同意对接" in (await post(client, address)).text
