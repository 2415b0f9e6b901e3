"""The broker's introduction, commission and follow-ups."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from market.accounts.actors import Actor
from market.deals import brokerage
from market.deals.brokerage import book_commission, commission_on, follow_up
from market.deals.models import Deal, Introduction, Side
from market.deals.openings import agree_introduction, introduce
from market.kit.errors import Forbidden
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.transfers import list_entries
from market.pages.deal_worklist import deals_worklist
from market.records.by import By
from tests.deals.factories import (
    Parties,
    make_match,
    make_parties,
)
from tests.factories import NOW, make_broker
from tests.visitor import post, sign_in


async def make_introduced(parties: Parties, broker: Actor, basis_points: int = 300) -> Deal:
    match = await make_match(parties, broker)
    return await introduce(
        match.id, basis_points, "指标吻合", payer=Side.BUYER, mandate="委托书 2026-3", by=By(broker, NOW)
    )


async def test_who_owes_the_commission_agrees_to_it_with_the_introduction() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)

    await agree_introduction(deal.number, by=By(parties.seller, NOW))
    assert (await Introduction.get(deal_id=deal.id)).agreed_at is None
    await agree_introduction(deal.number, by=By(parties.buyer, NOW))

    agreed = await Introduction.get(deal_id=deal.id)
    assert (agreed.agreed_at, agreed.agreed_by_id) == (NOW, parties.buyer.user_id)


async def test_the_sides_read_the_mandate_which_may_name_one_of_them_once_both_have_agreed(
    client: httpx.AsyncClient,
) -> None:
    parties, broker = await make_parties(is_masked=True), await make_broker()
    deal = await make_introduced(parties, broker)
    await sign_in(client, parties.seller)
    before = await client.get(f"/deals/{deal.number}")

    for side in Side:
        await agree_introduction(deal.number, by=By(parties.on(side), NOW))

    assert "委托书 2026-3" not in before.text
    assert "委托书 2026-3" in (await client.get(f"/deals/{deal.number}")).text


async def test_the_commission_follows_what_has_arrived_without_losing_a_fen() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker, 333)
    for side in Side:
        await agree_introduction(deal.number, by=By(parties.on(side), NOW))
    total = 0

    for arrived in (33_333_33, 66_666_66, 1_000_000_01):
        total = arrived
        await book_commission(deal.id, Money(arrived), at=NOW)
        await book_commission(deal.id, Money(arrived), at=NOW)

    assert await brokerage.owed_commission(deal.id) == commission_on(Money(total), 333)
    assert (await ledger.balance(f"agreed:{deal.buyer_id}")).amount == -commission_on(
        Money(total), 333
    ).amount


async def test_a_commission_comes_down_by_a_counter_entry_and_stands_in_the_currency_of_the_money() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker, 250)
    for side in Side:
        await agree_introduction(deal.number, by=By(parties.on(side), NOW))

    booked = [
        await book_commission(deal.id, Money(arrived, "JPY"), at=NOW)
        for arrived in (1_000_001, 400_000, 1_000_001, 0, 0)
    ]

    assert [each.amount for each in booked] == [25_000, -15_000, 15_000, -25_000, 0]
    assert await brokerage.owed_commission(deal.id) == Money(0, "JPY")
    assert await ledger.balance(f"agreed:{deal.buyer_id}:JPY") == Money(0, "JPY")
    rows = await list_entries(brokerage.commission_account(deal.id))
    assert [each.kind for each in rows] == ["commission", "commission_back"] * 2


async def test_a_commission_nobody_agreed_to_is_not_booked() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)

    booked = await book_commission(deal.id, Money(1_000_000), at=NOW)

    assert not booked


async def test_only_the_deals_broker_logs_a_follow_up_and_is_reminded(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)
    entry = {"way": "phone", "happened_on": "2026-03-02", "text": "买方要看样品", "next_on": "2026-03-05"}
    await sign_in(client, broker)

    page = await post(client, f"/deals/{deal.number}/brokerage", entry)
    wrong = await post(client, f"/deals/{deal.number}/brokerage", entry | {"happened_on": "2026-03-03"})
    pack = await client.get(f"/deals/{deal.number}/brokerage/evidence.pdf")

    assert "买方要看样品" in page.text
    assert wrong.status_code == 422
    assert pack.content.startswith(b"%PDF")
    with pytest.raises(Forbidden):
        await follow_up(
            deal.number, "phone", "x", happened_on=NOW.date(), next_on=None, by=By(parties.buyer, NOW)
        )
    await sign_in(client, parties.buyer)
    assert (await client.get(f"/deals/{deal.number}/brokerage")).status_code == 404
    for days, key in ((3, "follow_up"), (5, "follow_up_late")):
        work = await deals_worklist(broker, NOW + timedelta(days=days))
        assert [figure.address for figure in work.figures] == [f"/deals?todo={key}"]
        assert [(todo.kind, todo.number) for todo in work.todos] == [("deals.follow_up", deal.number)]


async def test_the_brokers_board_leads_on_to_the_deal(client: httpx.AsyncClient) -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)
    await sign_in(client, broker)
    board = await client.get("/matches?view=interested")

    led = await client.get(f"/matches/{deal.match_id}/deal", follow_redirects=True)

    assert f"/matches/{deal.match_id}/deal" in board.text
    assert led.url.path == f"/deals/{deal.number}"
    await sign_in(client, await make_broker())
    assert (await client.get(f"/matches/{deal.match_id}/deal")).status_code == 404
