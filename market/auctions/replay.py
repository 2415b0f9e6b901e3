"""An auction replayed from its stored log by the rules, as anybody can do with what is downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from market.auctions.chain import bid_hash
from market.auctions.fold import (
    Accepted,
    Bid,
    Config,
    Course,
    Entry,
    Pause,
    Resumption,
    State,
    fold,
    ranking,
)
from market.auctions.models import Auction, AuctionPause, BidRow, Enrolment
from market.auctions.states import AuctionStatus, BidKind, EnrolmentStatus, Format

OPENED = (
    AuctionStatus.CONFIRMING,
    AuctionStatus.RESULT_PUBLICITY,
    AuctionStatus.CONCLUDED,
    AuctionStatus.DEFAULTED,
)
"""Statuses in which sealed prices are open in any case."""


@dataclass(frozen=True)
class Replay:
    """What the rules make of the stored log, and where the stored log differs from it."""

    config: Config
    course: Course
    head: str
    faults: Sequence[int]
    """Numbers of the bids that were stored otherwise than the rules or the chain say; 0: where it stands."""

    @property
    def is_sound(self) -> bool:
        return not self.faults


async def config_of(auction: Auction) -> Config:
    """Return the rules of an auction with those who were admitted to it."""
    admitted = await Enrolment.filter(auction_id=auction.id, status=EnrolmentStatus.QUALIFIED).values_list(
        "id", "has_priority"
    )
    return Config(
        format=auction.format,
        start=auction.start,
        step=auction.step,
        opens_at=auction.opens_at,
        planned_end=auction.planned_end,
        hard_end=auction.hard_end,
        window=timedelta(seconds=auction.window_s),
        extension=timedelta(seconds=auction.extension_s),
        bidders={UUID(str(enrolment)): bool(has_priority) for enrolment, has_priority in admitted},
    )


async def replay(auction: Auction) -> Replay:
    """Replay the whole log of an auction and compare each bid, the head and where the auction stands."""
    config = await config_of(auction)
    bids = await BidRow.filter(auction_id=auction.id).order_by("sequence")
    pauses = await AuctionPause.filter(auction_id=auction.id).order_by("id")
    course = fold(config, _log(bids, pauses))
    head, faults = auction.terms_hash, []
    for number, row in enumerate(bids):
        stored = as_accepted(row)
        expected = course.accepted[number] if number < len(course.accepted) else None
        is_chained = row.previous_hash == head and row.hash == bid_hash(head, auction.id, stored)
        if stored != expected or not is_chained:
            faults.append(row.sequence)
        head = row.hash
    if not _stands(auction, config, course) or head != (auction.chain_head or auction.terms_hash):
        faults.append(0)
    return Replay(config, course, head, faults)


def as_accepted(row: BidRow) -> Accepted:
    """Return a stored bid as the rules name it."""
    return Accepted(row.sequence, row.enrolment_id, row.amount, row.kind, row.arrived_at, row.at, row.ends_at)


def _log(bids: Sequence[BidRow], pauses: Sequence[AuctionPause]) -> list[Entry]:
    log: list[Entry] = []
    waiting = list(pauses)
    for after in range(len(bids) + 1):
        while waiting and waiting[0].after_sequence == after:
            pause = waiting.pop(0)
            log.append(
                Pause(pause.paused_at) if pause.paused_at else Resumption(pause.resumes_at or pause.made_at)
            )
        if after < len(bids):
            bid = bids[after]
            log.append(Bid(bid.arrived_at, bid.enrolment_id, bid.amount, bid.kind is BidKind.EQUAL))
    return log


def state_of(auction: Auction) -> State:
    """Return where an announced auction stands, as the rules name it; not who has offered a sealed price."""
    return State(
        bids_from=auction.bids_from or auction.opens_at,
        ends_at=auction.ends_at or auction.planned_end,
        hard_end=auction.last_end,
        last_at=auction.last_at or auction.opens_at,
        sequence=auction.sequence,
        price=auction.price,
        leader=auction.leader_id,
        is_equal=auction.is_equal,
        extensions=auction.extensions,
        paused_at=auction.paused_at,
    )


def _stands(auction: Auction, config: Config, course: Course) -> bool:
    """Return whether the auction stands where its log leads; sealed prices are opened when it is closed."""
    if auction.ends_at is None:
        return True
    state = course.state
    best = (state.price, state.leader)
    is_opened = auction.price is not None or auction.status in OPENED
    if auction.format is Format.SEALED and is_opened and course.accepted:
        first = ranking(config, course.accepted)[0]
        best = (first.amount, first.bidder)
    return replace(state, price=best[0], leader=best[1], sealed=frozenset()) == state_of(auction)
