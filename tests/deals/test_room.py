"""Messages, follow-ups, commission and deadlines: what keeps a deal moving."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import Message
from market.deals import brokerage, services
from market.deals.brokerage import commission_of
from market.deals.digests import write_digests
from market.deals.messages import unread_counts
from market.deals.models import Deal, DealMessage, Introduction, PaymentWay, Side
from market.deals.terms import CostRow, OfferTerms, complete_plan, differences
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.models import OutgoingMail
from market.kit.money import Money
from market.ledger import services as ledger
from market.ledger.queries import list_entries
from market.pages.deal_steps import dashboard_cards, late_deals
from market.records.by import By
from tests.deals.factories import (
    Parties,
    make_agreed,
    make_match,
    make_offered,
    make_parties,
    move_clock,
    terms,
)
from tests.factories import NOW, make_broker, make_member
from tests.visitor import post, sign_in


async def make_introduced(parties: Parties, broker: Actor, basis_points: int = 300) -> Deal:
    match = await make_match(parties, broker)
    return await services.introduce(
        match.id, basis_points, "指标吻合", payer=Side.BUYER, mandate="委托书 2026-3", by=By(broker, NOW)
    )


def royalty(**changes: Any) -> OfferTerms:
    given: dict[str, Any] = {
        "payment_way": PaymentWay.ENTRY_ROYALTY,
        "entry": 20_000_000,
        "royalty_basis_points": 300,
        "royalty_base": "净销售额",
    }
    return replace(terms(), **(given | changes))


def test_the_plan_of_an_offer_with_royalties_is_its_entry_fee() -> None:
    made = complete_plan(royalty())

    assert [row.amount for row in made.plan] == [20_000_000]
    assert made.price == Money(115_000_000)


def test_royalties_alone_have_no_plan() -> None:
    assert complete_plan(royalty(payment_way=PaymentWay.ROYALTY, entry=None)).plan == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"royalty_basis_points": None}, "royalty_basis_points"),
        ({"royalty_base": ""}, "royalty_basis_points"),
        ({"entry": None}, "entry"),
        ({"entry": 115_000_000}, "entry"),
        ({"payment_way": PaymentWay.LUMP_SUM}, "payment_way"),
        ({"payment_way": PaymentWay.ROYALTY}, "payment_way"),
    ],
)
def test_a_way_of_payment_asks_for_its_own_terms(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        complete_plan(royalty(**changes))

    assert refused.value.field == field


def test_who_bears_what_is_part_of_what_is_consented_to() -> None:
    before = royalty()
    after = replace(before, costs=(CostRow("taxes", "both"),))

    assert differences(before, after) == {"costs"}
    assert before.content_hash != after.content_hash


async def test_a_message_tells_each_person_once_until_they_have_read() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await Message.all().delete()

    for text in ("样品何时能寄？", "下周可以吗？"):
        await services.send_message(deal.number, text, by=By(parties.buyer, NOW))

    assert await Message.filter(user_id=parties.seller.user_id).count() == 1
    assert await unread_counts(parties.seller.user_id, [deal.id]) == {deal.id: 2}
    await services.mark_read(deal.number, by=By(parties.seller, NOW))
    assert await unread_counts(parties.seller.user_id, [deal.id]) == {}
    await services.send_message(deal.number, "可以。", by=By(parties.buyer, NOW))
    assert await Message.filter(user_id=parties.seller.user_id).count() == 2


async def test_the_sides_write_once_both_have_agreed_and_the_broker_at_any_time() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)

    with pytest.raises(Conflict):
        await services.send_message(deal.number, "电话 139", by=By(parties.buyer, NOW))
    with pytest.raises(NotFound):
        await services.send_message(deal.number, "你好", by=By(await make_member(), NOW))
    message = await services.send_message(deal.number, "请先同意对接", by=By(broker, NOW))

    assert message.side is None


async def test_the_daily_digest_names_the_deals_with_unread_messages() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await services.send_message(deal.number, "样品何时能寄？", by=By(parties.buyer, NOW))
    await OutgoingMail.all().delete()

    written = await write_digests(NOW)

    mails = await OutgoingMail.all()
    assert written == len(mails) == 3
    assert all(deal.number in mail.text and "1 条未读" in mail.text for mail in mails)
    assert parties.buyer.email not in {mail.recipient for mail in mails}


async def test_who_owes_the_commission_agrees_to_it_with_the_introduction() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker)

    await services.agree_introduction(deal.number, by=By(parties.seller, NOW))
    assert (await Introduction.get(deal_id=deal.id)).agreed_at is None
    await services.agree_introduction(deal.number, by=By(parties.buyer, NOW))

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
        await services.agree_introduction(deal.number, by=By(parties.on(side), NOW))

    assert "委托书 2026-3" not in before.text
    assert "委托书 2026-3" in (await client.get(f"/deals/{deal.number}")).text


async def test_the_commission_follows_what_has_arrived_without_losing_a_fen() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker, 333)
    for side in Side:
        await services.agree_introduction(deal.number, by=By(parties.on(side), NOW))
    total = 0

    for arrived in (33_333_33, 66_666_66, 1_000_000_01):
        total = arrived
        await services.book_commission(deal.id, Money(arrived), at=NOW)
        await services.book_commission(deal.id, Money(arrived), at=NOW)

    assert await brokerage.owed_commission(deal.id) == commission_of(Money(total), 333)
    assert (await ledger.balance(f"agreed:{deal.buyer_id}")).amount == -commission_of(
        Money(total), 333
    ).amount


async def test_a_commission_comes_down_by_a_counter_entry_and_stands_in_the_currency_of_the_money() -> None:
    parties, broker = await make_parties(), await make_broker()
    deal = await make_introduced(parties, broker, 250)
    for side in Side:
        await services.agree_introduction(deal.number, by=By(parties.on(side), NOW))

    booked = [
        await services.book_commission(deal.id, Money(arrived, "JPY"), at=NOW)
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

    booked = await services.book_commission(deal.id, Money(1_000_000), at=NOW)

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
        await services.follow_up(
            deal.number, "phone", "x", happened_on=NOW.date(), next_on=None, by=By(parties.buyer, NOW)
        )
    await sign_in(client, parties.buyer)
    assert (await client.get(f"/deals/{deal.number}/brokerage")).status_code == 404
    for days, key in ((3, "follow_up"), (5, "follow_up_late")):
        cards = await dashboard_cards(broker, NOW + timedelta(days=days))
        assert [card.address for card in cards] == [f"/deals?todo={key}"]


async def test_a_late_step_rises_for_the_side_whose_turn_it_is(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    deal = await services.open_interest(parties.outcome.number, "想用", by=By(parties.buyer, NOW))
    later = NOW + timedelta(days=8)

    assert await late_deals(parties.seller, NOW + timedelta(days=7)) == set()
    assert await late_deals(parties.seller, later) == {deal.id}
    assert await late_deals(parties.buyer, later) == set()
    move_clock(deps, later)
    await sign_in(client, parties.seller)
    home = await client.get("/dashboard")
    listed = await client.get("/deals?todo=late")
    assert home.text.index("超期未办") < home.text.index("新意向")
    assert deal.number in listed.text
    assert "已逾期" in listed.text


async def test_a_message_is_written_read_and_refused_on_the_page(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    await sign_in(client, parties.buyer)
    await post(client, f"/deals/{deal.number}/messages", {"text": "样品何时能寄？"})
    empty = await post(client, f"/deals/{deal.number}/messages", {"text": " "})
    await sign_in(client, parties.seller)

    room = await client.get(f"/deals/{deal.number}")
    listed = await client.get("/deals?todo=unread")
    read = await post(client, f"/deals/{deal.number}/read")

    assert empty.status_code == 422
    assert "样品何时能寄？" in room.text
    assert "1 条未读" in room.text
    assert "1 条未读留言" in listed.text
    assert "1 条未读" not in read.text


async def test_a_refused_act_leads_back_to_its_deal(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    await sign_in(client, parties.seller)

    page = await post(
        client, f"/deals/{deal.number}/accept", {"offer": str(offer.id), "content_hash": "another"}
    )

    assert page.status_code == 409
    assert f'href="/deals/{deal.number}"' in page.text


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


async def test_a_long_deal_shows_what_is_latest_and_all_of_it_when_asked(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    for at in range(1, 8):
        offer = await services.make_offer(
            deal.number,
            terms(Money(100_000_000 + at)),
            seen=offer.id,
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
