"""A bid is one statement of the database, which judges as the rules do."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from tortoise.exceptions import IntegrityError

from market.auctions.bidding import ACCEPTED, Answer, offer_price
from market.auctions.fold import Bid, Course, fold
from market.auctions.models import Attempts, Auction, BidRow
from market.auctions.replay import as_accepted, replay
from market.auctions.states import Format, Refusal
from market.kit.database import in_transaction
from tests.auctions.factories import Lot, make_ready
from tests.auctions.test_fold import ENDS, WORKED, clock, logs
from tests.databases import tampered
from tests.invariants import broken


async def offer(lot: Lot, bid: Bid, key: str = "") -> Answer:
    """Offer a bid of the rules, whose bidders are counted from 1, through the database."""
    return await offer_price(
        lot.auction.id,
        lot.bidders[bid.bidder.int - 1].id if bid.bidder.int <= len(lot.bidders) else lot.auction.id,
        bid.amount,
        wants_priority=bid.wants_priority,
        arrived_at=bid.arrived_at,
        form_key=key or f"{bid.arrived_at}{bid.bidder}{bid.amount}",
    )


async def told(lot: Lot, log: list[Bid]) -> list[str]:
    answers = [await offer(lot, bid, str(number)) for number, bid in enumerate(log)]
    return [answer.refusal.value if answer.refusal else ACCEPTED for answer in answers]


async def expected(lot: Lot, log: list[Bid]) -> tuple[list[str], Course]:
    """Return what the rules answer each bid, and the course of the whole."""
    config = await lot.config()
    own = [
        replace(bid, bidder=lot.bidders[bid.bidder.int - 1].id) if bid.bidder.int <= len(lot.bidders) else bid
        for bid in log
    ]
    course = fold(config, own)
    refused = {id(bid): code.value for bid, code in course.refused}
    return [refused.get(id(bid), ACCEPTED) for bid in own], course


async def test_the_worked_auction_goes_through_the_database() -> None:
    lot = await make_ready()

    assert await told(lot, WORKED) == (await expected(lot, WORKED))[0]
    auction = await lot.reload()
    assert (auction.sequence, auction.price, auction.extensions) == (8, 92_000_000, 4)
    assert auction.leader_id == lot.bidders[3].id
    rows = await BidRow.filter(auction_id=auction.id).order_by("sequence")
    assert [row.ends_at for row in rows] == [clock(end) for end in ENDS]
    assert (await replay(auction)).is_sound
    counted = await Attempts.filter(enrolment_id=lot.bidders[1].id)
    assert {row.code: row.count for row in counted} == {Refusal.LOW: 1, Refusal.STEP: 1, Refusal.CLOSED: 1}
    assert await broken("auctions") == {}


@settings(max_examples=6)
@given(log=logs(most=25, fewest=8))
async def test_the_database_judges_as_the_rules_do(log: list[Bid]) -> None:
    lot = await make_ready(hard_end=clock("15:08"))

    answers, course = await expected(lot, log)
    assert await told(lot, log) == answers
    rows = await BidRow.filter(auction_id=lot.auction.id).order_by("sequence")
    assert [as_accepted(row) for row in rows] == course.accepted
    assert (await replay(await lot.reload())).is_sound


@settings(max_examples=3)
@given(log=logs(most=20, fewest=8))
async def test_the_database_judges_sealed_prices_as_the_rules_do(log: list[Bid]) -> None:
    lot = await make_ready(format=Format.SEALED, hard_end=None, planned_end=clock("15:05"))

    answers, course = await expected(lot, log)
    assert await told(lot, log) == answers
    rows = await BidRow.filter(auction_id=lot.auction.id).order_by("sequence")
    assert [as_accepted(row) for row in rows] == course.accepted
    auction = await lot.reload()
    assert (auction.price, auction.leader_id) == (None, None)
    assert (await replay(auction)).is_sound


async def test_a_form_that_was_sent_again_is_answered_as_before_even_after_the_end() -> None:
    lot = await make_ready()
    first = await offer(lot, WORKED[0], "form")
    late = replace(WORKED[0], arrived_at=clock("18:00"), amount=999)
    again = await offer(lot, late, "form")

    assert (first.sequence, first.is_repeated) == (1, False)
    assert again == replace(first, is_repeated=True)
    assert (await offer(lot, late, "another")).refusal is Refusal.CLOSED
    assert await BidRow.all().count() == 1


async def test_who_is_not_admitted_or_bids_elsewhere_is_refused_and_nothing_is_counted() -> None:
    lot, other = await make_ready(2), await make_ready(1)
    answer = await offer_price(
        lot.auction.id, other.bidders[0].id, 80_000_000, arrived_at=clock("14:10"), form_key="x"
    )

    assert answer.refusal is Refusal.NOT_ENROLLED
    assert not await Attempts.exists()


TAMPERED = {
    "UPDATE auction_bids SET amount = amount + 1 WHERE sequence = 3": {"chain", "bids lead"},
    "UPDATE auction_bids SET at = at + interval '1 microsecond' WHERE sequence = 8": {"chain", "bids lead"},
    "UPDATE auction_bids SET hash = translate(hash, '01234567', '12345670') WHERE sequence = 8": {
        "chain",
        "bids lead",
    },
    "UPDATE auction_bids SET enrolment_id = (SELECT enrolment_id FROM auction_bids WHERE sequence = 1) "
    "WHERE sequence = 7": {"chain", "bids lead"},
    "DELETE FROM auction_bids WHERE sequence = 8": {"chain", "bids lead"},
    "UPDATE auctions SET price = price + step": {"bids lead"},
    "UPDATE auctions SET ends_at = ends_at + interval '1 minute'": {"bids lead"},
    "UPDATE auctions SET deposit = deposit + 1": {"as published"},
    "UPDATE auction_enrolments SET terms_hash = repeat('0', 64)": {"as published"},
}


async def test_what_was_tampered_with_is_found() -> None:
    lot = await make_ready()
    for moved in ("ends_at", "bids_from", "last_end"):
        async with tampered(f"UPDATE auctions SET {moved} = {moved} + interval '1 second'"):  # noqa: S608
            assert "auctions: each stands where its bids lead" in await broken("auctions"), moved
    await told(lot, WORKED)

    for statement, breaches in TAMPERED.items():
        async with tampered(statement):
            names = await broken("auctions")
            assert all(any(breach in name for name in names) for breach in breaches), statement
    assert await broken("auctions") == {}


@pytest.mark.owner
async def test_the_database_keeps_terms_bids_and_where_an_auction_stands() -> None:
    lot = await make_ready()
    await told(lot, WORKED[:4])

    for change in ("start = start + step", "terms_text = 'x'", "price = price - step", "sequence = 0"):
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await Auction.raw(f"UPDATE auctions SET {change} RETURNING *")  # noqa: S608
    for statement in (
        "UPDATE auction_bids SET amount = 1",
        "DELETE FROM auction_bids",
        "DELETE FROM auctions",
    ):
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await Auction.raw(statement)


@pytest.mark.committed
@pytest.mark.long
async def test_of_fifty_equal_bids_at_one_moment_one_counts() -> None:
    lot = await make_ready(50, priority_from=51)
    arrived = clock("14:59:59")
    answers = await asyncio.gather(
        *(
            offer_price(lot.auction.id, bidder.id, 80_000_000, arrived_at=arrived, form_key=str(number))
            for number, bidder in enumerate(lot.bidders)
        )
    )

    assert Counter(answer.refusal for answer in answers) == {None: 1, Refusal.LOW: 49}
    auction = await lot.reload()
    assert (auction.sequence, auction.ends_at) == (1, arrived + timedelta(seconds=180))
    assert await broken("auctions") == {}
