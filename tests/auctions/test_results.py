"""From the end of the bidding to the deal: two persons, one notice, the winner who does not sign."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from market.accounts.actors import load_actor
from market.auctions import admission, after, drafting, enrolling, hours, result_notices, results
from market.auctions.deposits import Entry, decide_movement, record_movement
from market.auctions.models import AuctionRuling, ResultSwitch
from market.auctions.personal_data import export_enrolments
from market.auctions.states import (
    AuctionStatus,
    FailReason,
    Movement,
    NextRule,
    Ruling,
    SingleRule,
)
from market.claims.claim_facts import pricing_of
from market.deals import publicity
from market.deals.models import ContractKind, Deal, Offer, Opening, PaymentWay, Pricing
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import open_interest
from market.deals.states import DealStatus, OfferStatus
from market.deals.terms import OfferTerms
from market.kit.database import in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.money import Money
from market.ledger import transfers
from market.listings.authoring import unlist
from market.listings.kinds import OUTCOME
from market.notices.models import DayKind, Notice, NoticeKind
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.auctions.factories import (
    CLOSED,
    ENROL_UNTIL,
    SALT,
    SECRET,
    Hall,
    hall_terms,
    make_announced,
    make_closed,
    make_qualifying,
    mandate_file,
)
from tests.auctions.test_fold import WAN
from tests.databases import past_guards, tampered
from tests.factories import HOLIDAYS, NOW
from tests.fakes import fake_deps
from tests.invariants import broken
from tests.moments import end_notices, run_acts
from tests.stage_cache import cached_stage

DEPS = fake_deps(Path("unused"), now=NOW, secret_key=SECRET)
NEXT_DAY = CLOSED + timedelta(days=1)
CLEAR = CLOSED + timedelta(days=20)
LATE = CLEAR + timedelta(days=30)


async def confirm(
    hall: Hall, ruling: Ruling = Ruling.RESULT, text: str = "", now: datetime = NEXT_DAY
) -> AuctionRuling:
    proposal = await results.propose(hall.number, ruling, text, by=By(hall.organiser, now))
    return await results.rule(proposal.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(hall.decider, now))


@cached_stage
async def make_published(**given: Any) -> Hall:
    """The result is confirmed by two and its notice runs."""
    hall = await make_closed(**given)
    await confirm(hall)
    await hall.reload()
    return hall


@cached_stage
async def make_concluded(**given: Any) -> Hall:
    """The notice is clear, the deal is open."""
    hall = await make_published(**given)
    await clear(hall)
    await run_acts(CLEAR, hours.SIGN_DUE, deps=DEPS)
    await hall.reload()
    return hall


async def clear(hall: Hall, now: datetime = CLEAR) -> None:
    await end_notices(now)
    await results.PUBLICITY.sweep(now)
    await hall.reload()


async def test_a_result_is_confirmed_by_two_and_published_once_with_its_price() -> None:
    hall = await make_closed(reserve=86 * WAN)
    with pytest.raises(Forbidden):
        await results.propose(hall.number, Ruling.RESULT, by=By(hall.decider, NEXT_DAY))
    proposal = await results.propose(hall.number, Ruling.RESULT, by=By(hall.organiser, NEXT_DAY))
    with pytest.raises(Conflict, match="另一人决定"):
        await results.propose(hall.number, Ruling.RESULT, by=By(hall.organiser, NEXT_DAY))
    with pytest.raises((SamePerson, Forbidden)):
        await results.rule(proposal.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(hall.organiser, NEXT_DAY))
    await results.rule(
        proposal.id, Verdict.REJECTED, reason="先核对", calendar=HOLIDAYS, by=By(hall.decider, NEXT_DAY)
    )
    await confirm(hall)

    auction = await hall.reload()
    winner = (await hall.by_number())[2]
    assert (auction.status, auction.winner_id) == (AuctionStatus.RESULT_PUBLICITY, winner.id)
    notice = await Notice.get(subject_id=auction.id, kind=NoticeKind.AUCTION_RESULT)
    # A state university's licence: 15 days by law, which carry the price too.
    assert (notice.kind, notice.days, notice.day_kind) == (
        NoticeKind.AUCTION_RESULT,
        15,
        DayKind.CALENDAR,
    )
    body = dict(notice.body)
    assert body["受让方"] == (await winner.organisation).name
    assert (body["成交价"], body["溢价"], body["保留价"]) == ("￥860,000.00", "7.5%", "已达到")
    assert notice.organisation_id == auction.organiser_id
    assert await broken("auctions", "records", "audit", "notices", secret=SECRET) == {}


async def test_the_clear_notice_makes_a_deal_at_the_price_which_a_claim_reads() -> None:
    hall = await make_concluded()
    auction = hall.auction
    deal = await Deal.get(id=auction.deal_id)
    winner = (await hall.by_number())[2]
    offer = await Offer.get(deal_id=deal.id)

    assert (auction.status, deal.status) == (AuctionStatus.CONCLUDED, DealStatus.PRICED)
    assert (deal.pricing, deal.opening, deal.kind) == (
        Pricing.AUCTION,
        Opening.AUCTION,
        ContractKind.LICENCE,
    )
    assert (deal.price_amount, deal.buyer_id) == (86 * WAN, winner.organisation_id)
    assert (offer.status, offer.price_amount, offer.is_exclusive) == (OfferStatus.ACCEPTED, 86 * WAN, True)
    assert pricing_of(deal, None) == "auction"
    await results.PUBLICITY.sweep(CLEAR)
    assert await Deal.all().count() == 1
    assert (await hall.reload()).sign_by is not None
    await publicity.skip_publicity(deal.number, by=By(hall.seller, CLEAR))
    assert (await Deal.get(id=deal.id)).status is DealStatus.TO_SIGN
    assert await broken("auctions", "records", "audit", "deals") == {}


async def test_the_holder_switches_how_long_its_results_are_published() -> None:
    hall = await make_closed(is_by_exchange=True)
    with pytest.raises(Forbidden):
        await result_notices.set_switch(is_long=False, by=By(hall.operator, NOW))
    await result_notices.set_switch(is_long=True, by=By(hall.seller, NOW))
    await result_notices.set_switch(is_long=False, by=By(hall.seller, NOW))
    await confirm(hall)

    notice = await Notice.get(subject_id=hall.auction.id, kind=NoticeKind.AUCTION_RESULT)
    assert (notice.days, notice.day_kind) == (5, DayKind.WORKING)
    assert notice.organisation_id == hall.organiser.organisation_id
    assert await ResultSwitch.all().count() == 1


async def test_the_outcome_is_held_while_the_auction_lives() -> None:
    hall = await make_announced()
    outcome = await hall.auction.outcome

    with pytest.raises(Conflict, match="正在网络竞价"):
        await open_interest(outcome.number, "想直接买", by=By(hall.firms[0], NOW))
    with pytest.raises(Conflict, match="不能另行定价或下架"):
        await unlist(OUTCOME, outcome.number, by=By(hall.seller, NOW))
    await drafting.abort(hall.number, "不卖了", by=By(hall.seller, NOW))
    deal = await open_interest(outcome.number, "想直接买", by=By(hall.firms[0], NOW))
    assert deal.status is DealStatus.INTENT
    with pytest.raises(Conflict):
        await accept_offer(deal.number, None, "", by=By(hall.firms[0], NOW))


async def make_defaulted(**given: Any) -> Hall:
    """The winner did not sign: two have found so."""
    hall = await make_concluded(**given)
    await confirm(hall, Ruling.DEFAULT, "期满未签约，两次书面催告无回应", LATE)
    await hall.reload()
    return hall


async def test_a_winner_who_does_not_sign_loses_the_deposit_and_the_next_in_line_steps_in() -> None:
    hall = await make_concluded(next_rule=NextRule.SECOND)
    with pytest.raises(Conflict, match=r"签约期限（.*还没有到"):
        await results.propose(hall.number, Ruling.DEFAULT, "不想要了", by=By(hall.organiser, CLEAR))
    with pytest.raises(Invalid):
        await results.propose(hall.number, Ruling.DEFAULT, " ", by=By(hall.organiser, LATE))
    with pytest.raises(Conflict):
        await results.agree_to_step_in(hall.number, by=By(hall.firms[0], LATE))
    hall = await make_defaulted(next_rule=NextRule.SECOND)
    first = await Deal.get(id=hall.auction.deal_id)
    assert (hall.auction.status, first.status) == (AuctionStatus.DEFAULTED, DealStatus.TERMINATED)
    _third, second, winner = await hall.by_number()
    organisation = await winner.organisation
    entry = Entry(Movement.FORFEITED, hall.auction.deposit, "F-1", organisation.name, LATE.date())
    movement = await record_movement(
        hall.number, winner.id, entry, secret=SECRET, by=By(hall.organiser, LATE)
    )
    await decide_movement(movement.id, Verdict.CONFIRMED, by=By(hall.decider, LATE))
    assert (await transfers.balance(f"forfeited:{hall.auction.id}")).amount == hall.auction.deposit

    with pytest.raises(Conflict, match="同意递补"):
        await results.propose(hall.number, Ruling.PROMOTE, by=By(hall.organiser, LATE))
    with pytest.raises(Forbidden):
        await results.agree_to_step_in(hall.number, by=By(await load_actor(winner.person_id), LATE))
    await results.agree_to_step_in(hall.number, by=By(await load_actor(second.person_id), LATE))
    await confirm(hall, Ruling.PROMOTE, "", LATE)
    await clear(hall, LATE + timedelta(days=20))
    deal = await Deal.get(id=hall.auction.deal_id)
    assert (deal.buyer_id, deal.price_amount) == (second.organisation_id, 84 * WAN)
    assert await broken("auctions", "records", "audit", "deals", "ledger") == {}


async def test_a_signed_contract_is_no_default_and_without_the_rule_nobody_steps_in() -> None:
    hall = await make_defaulted()
    with pytest.raises(Conflict, match="没有次高递补"):
        await results.propose(hall.number, Ruling.PROMOTE, by=By(hall.organiser, LATE))
    signed = await make_concluded()
    async with in_transaction():
        await past_guards("UPDATE deals SET status = 'signed' WHERE id = $1", signed.auction.deal_id)
    with pytest.raises(Conflict, match="已经签署"):
        await confirm(signed, Ruling.DEFAULT, "没有签约", LATE)


async def test_an_auction_is_held_again_without_who_defaulted() -> None:
    hall = await make_defaulted()
    later = hall_terms(
        **{
            name: getattr(hall_terms(), name) + timedelta(days=120)
            for name in ("enrol_until", "opens_at", "planned_end", "hard_end")
        }
    )
    again = await after.hold_again(
        hall.number, later, organiser_id=None, reserve=None, secret=SECRET, by=By(hall.seller, LATE)
    )
    await drafting.submit(again.number, by=By(hall.seller, LATE))
    again = await drafting.approve(again.number, calendar=HOLIDAYS, by=By(hall.operator, LATE))

    winner = (await hall.by_number())[2]
    application = enrolling.Application(again.terms_hash)
    by = By(await load_actor(winner.person_id), LATE)
    with pytest.raises(Forbidden, match="悔约"):
        await enrolling.enrol(again.number, application, mandate_file(), by=by)
    await past_guards("UPDATE auctions SET rerun_of_id = NULL")  # as if it was written anew
    with pytest.raises(Forbidden, match="悔约"):
        await enrolling.enrol(again.number, application, mandate_file(), by=by)
    with pytest.raises(Conflict, match="已有一场"):
        await after.hold_again(
            hall.number, later, organiser_id=None, reserve=None, secret=SECRET, by=By(hall.seller, LATE)
        )


async def test_with_one_bidder_the_holder_agrees_on_a_price_or_lets_it_fail() -> None:
    for agrees in (True, False):
        hall = await make_qualifying(bidders=1, single_rule=SingleRule.AGREE)
        await admission.draw_numbers(hall.number, SALT, by=By(hall.organiser, ENROL_UNTIL))
        act = after.agree_with_single if agrees else after.decline_single
        await act(hall.number, by=By(hall.seller, ENROL_UNTIL))
        auction = await hall.reload()
        assert auction.fail_reason is (FailReason.SINGLE_AGREED if agrees else FailReason.SINGLE_DECLINED)
        if auction.deal_id:
            deal = await Deal.get(id=auction.deal_id)
            assert (deal.status, deal.pricing) == (DealStatus.INTENT, Pricing.AGREED)
            await _offer_no_less(deal, By(hall.firms[0], ENROL_UNTIL))
        with pytest.raises(Conflict):
            await act(hall.number, by=By(hall.seller, ENROL_UNTIL))
    assert await broken("auctions", "records", "audit", "deals") == {}


async def _offer_no_less(deal: Deal, by: By) -> None:
    """The starting price that was published is the least; what royalties may bring does not count."""
    terms = OfferTerms(ContractKind.LICENCE, Money(80 * WAN), years=8, territory="全国")
    royalties = replace(
        terms,
        payment_way=PaymentWay.ENTRY_ROYALTY,
        entry=79 * WAN,
        royalty_basis_points=300,
        royalty_base="净销售额",
    )
    for low in (replace(terms, price=Money(80 * WAN - 1)), royalties):
        with pytest.raises(Invalid, match="不能低于起始价") as refused:
            await make_offer(deal.number, low, base_offer_id=None, valid_days=None, by=by)
        assert refused.value.field == "price"
    await make_offer(deal.number, terms, base_offer_id=None, valid_days=None, by=by)


async def test_a_person_gets_the_bids_that_they_made() -> None:
    hall = await make_closed()
    bidder = (await hall.by_number())[0]

    exported = await export_enrolments(bidder.person_id)
    assert [row["auction"] for row in exported] == [hall.number]
    assert [bid["amount"] for bid in exported[0]["bids"]] == [80 * WAN]


TAMPERED = {
    "UPDATE auctions SET awarded_amount = awarded_amount - step": "decided by two",
    "UPDATE auction_rulings SET chain_head = repeat('0', 64)": "decided by two",
    "DELETE FROM auction_rulings": "decided by two",
    "UPDATE auction_rulings SET proposed_by_id = (SELECT person_id FROM auction_enrolments LIMIT 1)": (
        "rulings are as logged"
    ),
    "DELETE FROM notices": "published",
    "UPDATE notices SET body = '[]'": "published",
    "UPDATE deals SET price_amount = price_amount + 1": "as awarded",
    "UPDATE deals SET pricing = 'agreed'": "as awarded",
    "UPDATE offers SET price_amount = price_amount + 1": "as awarded",
}


async def test_what_was_tampered_with_is_found() -> None:
    await make_concluded()

    for statement, breach in TAMPERED.items():
        async with tampered(statement):
            assert any(breach in name for name in await broken("auctions")), statement
    assert await broken("auctions") == {}
