"""The three ways into a deal, and the agreement of both sides to be introduced."""

from __future__ import annotations

from typing import Any

import pytest

from market.accounts.models import Message
from market.deals.models import Introduction
from market.deals.offers import make_offer
from market.deals.openings import AlreadyDealing, agree_introduction, introduce, open_interest, open_response
from market.deals.parties import buyer_name
from market.deals.queries import contacts, get_deal_for
from market.deals.states import DealStatus
from market.deals.termination import terminate
from market.kit.errors import Conflict, Forbidden, NotFound
from market.listings.states import NeedStatus, OutcomeStatus
from market.matching.models import Match
from market.matching.states import MatchStatus
from market.records.by import By
from tests.deals.factories import (
    make_agreed,
    make_match,
    make_parties,
    terms,
)
from tests.factories import NOW, make_broker, make_need, make_outcome


async def test_interest_in_an_outcome_opens_a_deal_and_tells_the_seller() -> None:
    parties = await make_parties()

    deal = await open_interest(parties.outcome.number, "想用在新产线", by=By(parties.buyer, NOW))

    assert deal.status is DealStatus.INTENT
    assert deal.number.startswith("JY-2026-")
    assert await Message.filter(user_id=parties.seller.user_id, address=f"/deals/{deal.number}").exists()
    assert not await Message.filter(user_id=parties.buyer.user_id).exists()


async def test_the_same_interest_twice_is_one_deal() -> None:
    parties = await make_parties()
    first = await open_interest(parties.outcome.number, "一", by=By(parties.buyer, NOW))

    with pytest.raises(AlreadyDealing, match=first.number):
        await open_interest(parties.outcome.number, "二", by=By(parties.buyer, NOW))


async def test_after_an_end_the_same_two_may_begin_anew() -> None:
    parties = await make_parties()
    first = await open_interest(parties.outcome.number, "一", by=By(parties.buyer, NOW))
    await terminate(first.number, "timing", "", by=By(parties.seller, NOW))

    second = await open_interest(parties.outcome.number, "二", by=By(parties.buyer, NOW))

    assert second.number != first.number


async def test_nobody_deals_with_themselves() -> None:
    parties = await make_parties()
    own = await make_outcome(parties.enterprise)

    with pytest.raises(Conflict):
        await open_interest(own.number, "自己的", by=By(parties.buyer, NOW))


async def test_a_university_does_not_buy() -> None:
    parties = await make_parties()

    with pytest.raises(Forbidden):
        await open_interest(parties.outcome.number, "想买", by=By(parties.seller, NOW))


@pytest.mark.parametrize("status", [OutcomeStatus.SOLD, OutcomeStatus.EXPIRED])
async def test_what_is_not_on_offer_any_more_opens_no_deal(status: Any) -> None:
    parties = await make_parties()
    parties.outcome.status = status
    await parties.outcome.save(update_fields=["status"])

    with pytest.raises(Conflict):
        await open_interest(parties.outcome.number, "想买", by=By(parties.buyer, NOW))


async def test_a_seller_answers_a_need_with_an_outcome_of_theirs() -> None:
    parties = await make_parties()
    match = await make_match(parties)

    deal = await open_response(
        parties.need.number, parties.outcome.number, "我们能", by=By(parties.seller, NOW)
    )

    assert (deal.seller_id, deal.buyer_id) == (parties.university.id, parties.enterprise.id)
    assert (await Match.get(id=match.id)).status is MatchStatus.INTERESTED
    await parties.need.refresh_from_db()
    assert parties.need.status is NeedStatus.MATCHING


async def test_nobody_answers_a_need_with_the_outcome_of_another() -> None:
    parties = await make_parties()
    foreign = await make_outcome()

    with pytest.raises(NotFound):
        await open_response(parties.need.number, foreign.number, "我们能", by=By(parties.seller, NOW))


async def test_a_masked_enterprise_is_named_when_both_sides_have_agreed() -> None:
    parties = await make_parties(is_masked=True)
    opened = await open_response(
        parties.need.number, parties.outcome.number, "我们能", by=By(parties.seller, NOW)
    )
    before = await get_deal_for(parties.seller, opened.number)
    names_before = [each.organisation for each in contacts(before, parties.seller)]

    await agree_introduction(opened.number, by=By(parties.buyer, NOW))

    assert buyer_name(before, parties.seller) == "某企业"
    assert names_before == ["桂南大学"]
    after = await get_deal_for(parties.seller, opened.number)
    assert buyer_name(after, parties.seller) == "南南线缆"
    assert [each.organisation for each in contacts(after, parties.seller)] == ["桂南大学", "南南线缆"]


async def test_a_broker_introduces_before_contacts_are_revealed_and_stays_on_the_deal() -> None:
    parties, broker = await make_parties(is_masked=True), await make_broker()
    match = await make_match(parties, broker)

    deal = await introduce(match.id, 300, "指标吻合", by=By(broker, NOW))

    introduction = await Introduction.get(deal_id=deal.id)
    assert (introduction.commission_basis_points, introduction.introduced_at) == (300, NOW)
    assert deal.broker_id == broker.user_id
    assert (deal.seller_agreed_at, deal.buyer_agreed_at) == (None, None)
    seen = await get_deal_for(parties.seller, deal.number)
    assert buyer_name(seen, parties.seller) == "某企业"
    assert buyer_name(seen, broker) == "南南线缆"


async def test_both_must_agree_to_an_introduction() -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await introduce(match.id, 300, "指标吻合", by=By(broker, NOW))
    await agree_introduction(deal.number, by=By(parties.seller, NOW))

    with pytest.raises(Conflict, match="双方同意对接"):
        await make_offer(deal.number, terms(), base_offer_id=None, valid_days=15, by=By(parties.seller, NOW))

    await agree_introduction(deal.number, by=By(parties.buyer, NOW))
    assert (await Match.get(id=match.id)).status is MatchStatus.TALKING


async def test_only_the_broker_who_took_the_match_up_introduces_once() -> None:
    parties, broker, rival = await make_parties(), await make_broker(), await make_broker()
    match = await make_match(parties, broker)

    with pytest.raises(NotFound):
        await introduce(match.id, 300, "抢", by=By(rival, NOW))
    await introduce(match.id, 300, "一", by=By(broker, NOW))
    with pytest.raises(Conflict):
        await introduce(match.id, 100, "二", by=By(broker, NOW))


async def test_the_deal_of_another_need_of_the_same_buyer_is_another_deal() -> None:
    parties = await make_parties()
    other = await make_outcome(parties.university)
    need = await make_need(parties.enterprise)
    await make_agreed(parties)

    second = await open_response(need.number, other.number, "也能", by=By(parties.seller, NOW))

    assert second.outcome_id == other.id
