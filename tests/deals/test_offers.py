"""Offers, counter-offers and their acceptance."""

from __future__ import annotations

from datetime import timedelta

import pytest

from market.accounts.models import Message
from market.deals.models import ContractKind, Deal, Offer
from market.deals.offers import OfferChanged, OwnOffer, accept_offer, make_offer
from market.deals.states import DealStatus, OfferStatus
from market.deps import Deps
from market.kit.errors import Invalid
from market.kit.money import Money
from market.records.by import By
from market.records.moments import run_moments
from market.records.transitions import history
from tests.deals.factories import (
    PRICE,
    make_agreed,
    make_offered,
    make_parties,
    terms,
)
from tests.factories import NOW


async def test_an_offer_and_its_acceptance_fix_the_price() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties, plan=(80_500_000, 34_500_000))

    await accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, NOW))

    deal = await Deal.get(id=deal.id)
    assert (deal.status, deal.price, deal.kind) == (DealStatus.PRICED, PRICE, ContractKind.LICENCE)


async def test_a_counter_offer_replaces_the_open_one() -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)

    second = await make_offer(
        deal.number,
        terms(Money(120_000_000)),
        base_offer_id=first.id,
        valid_days=15,
        by=By(parties.seller, NOW),
    )

    assert (await Offer.get(id=first.id)).status is OfferStatus.REPLACED
    assert (second.sequence, second.status) == (2, OfferStatus.OPEN)
    with pytest.raises(OfferChanged):
        await accept_offer(deal.number, first.id, first.content_hash, by=By(parties.seller, NOW))


async def test_a_changed_offer_needs_fresh_consent() -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)
    changed = await make_offer(
        deal.number,
        terms(Money(118_000_000)),
        base_offer_id=first.id,
        valid_days=15,
        by=By(parties.buyer, NOW),
    )

    with pytest.raises(OfferChanged):
        await accept_offer(deal.number, changed.id, first.content_hash, by=By(parties.seller, NOW))

    assert (await Deal.get(id=deal.id)).price is None


async def test_an_offer_made_meanwhile_is_not_swept_away_unread() -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)
    await make_offer(
        deal.number,
        terms(Money(120_000_000)),
        base_offer_id=first.id,
        valid_days=15,
        by=By(parties.seller, NOW),
    )

    with pytest.raises(OfferChanged):
        await make_offer(
            deal.number,
            terms(Money(90_000_000)),
            base_offer_id=first.id,
            valid_days=15,
            by=By(parties.buyer, NOW),
        )


async def test_nobody_accepts_their_own_offer() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)

    with pytest.raises(OwnOffer):
        await accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.buyer, NOW))


async def test_an_offer_of_another_deal_is_not_accepted_here() -> None:
    parties, others = await make_parties(), await make_parties()
    deal, _offer = await make_offered(parties)
    _deal, foreign = await make_offered(others)

    with pytest.raises(OfferChanged):
        await accept_offer(deal.number, foreign.id, foreign.content_hash, by=By(parties.seller, NOW))


async def test_an_offer_runs_out(deps: Deps) -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    late = NOW + timedelta(days=15)

    with pytest.raises(OfferChanged, match="有效期"):
        await accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, late))
    assert await run_moments(deps, late) == 1
    assert await run_moments(deps, late) == 0

    assert (await Offer.get(id=offer.id)).status is OfferStatus.EXPIRED
    told = await Message.filter(text__contains="有效期").values_list("user_id", flat=True)
    assert set(told) == {parties.seller.user_id, parties.buyer.user_id}


async def test_an_answered_offer_does_not_expire(deps: Deps) -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)
    second = await make_offer(
        deal.number,
        terms(Money(120_000_000)),
        base_offer_id=first.id,
        valid_days=15,
        by=By(parties.seller, NOW),
    )
    await accept_offer(deal.number, second.id, second.content_hash, by=By(parties.buyer, NOW))

    await run_moments(deps, NOW + timedelta(days=15))

    assert [event.status for event in await history("offer", first.id)] == ["open", "replaced"]
    assert [event.status for event in await history("offer", second.id)] == ["open", "accepted"]
    assert not await Message.filter(text__contains="有效期").exists()


async def test_a_payment_plan_must_add_up_to_the_price() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(Invalid) as refused:
        await make_offer(
            deal.number, terms(plan=(1, 2)), base_offer_id=None, valid_days=15, by=By(parties.buyer, NOW)
        )

    assert refused.value.field == "plan"


async def test_an_offer_without_a_plan_is_paid_at_once() -> None:
    parties = await make_parties()

    _deal, offer = await make_offered(parties)

    assert [row["amount"] for row in offer.plan] == [PRICE.amount]
