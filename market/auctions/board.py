"""What a page shows of an auction to one person at one moment: price, own standing, time left, bids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.actors import Actor
from market.auctions.deposit_ends import default_of
from market.auctions.models import Auction, BidRow, Enrolment
from market.auctions.queries import own_enrolment, phase_at, viewer_of
from market.auctions.states import (
    AuctionShownStatus,
    AuctionStatus,
    BidKind,
    EnrolmentStatus,
    Format,
    shown_status,
)
from market.auctions.visibility import Knowledge, Phase, Viewer, may_know
from market.kit.database import connection
from market.kit.i18n import gettext as _

STEPS = 3
"""How many steps above the present price have a button."""
MOST_LISTED = 50
"""Bids that the page of an auction lists while it is live; the files have all."""
MOST_DRAWN = 120
"""Bids in the drawing of an auction that is live, and the first and the last."""


@dataclass(frozen=True)
class BidLine:
    """A bid as everybody sees it."""

    sequence: int
    at: datetime
    bidder: int | None
    amount: int
    rise: int | None
    """Above the bid before; of the first none."""
    kind: BidKind
    extended_to: datetime | None
    """The new end, where it moved the end."""
    is_mine: bool
    name: str = ""
    """Who bid, for those who may know."""
    hash: str = ""


@dataclass(frozen=True)
class Standing:
    """Where an auction stands at one moment, and what one person may offer."""

    status: AuctionStatus | AuctionShownStatus
    price: int | None
    my_last: int | None
    """The own last price in fen."""
    offers: Sequence[int]
    """Prices that the person may offer now, the lowest first; empty: they cannot bid."""
    left: timedelta

    @property
    def is_live(self) -> bool:
        return self.status is AuctionStatus.LIVE

    @property
    def is_moving(self) -> bool:
        """Return whether the page changes by itself."""
        return self.status in (AuctionStatus.LIVE, AuctionShownStatus.ENDING)

    @property
    def left_words(self) -> str:
        """Return the time left as minutes and seconds, with hours and days where there are any."""
        days, seconds = max(0, self.left.days), self.left.seconds
        hours, rest = divmod(seconds, 3600)
        clock = f"{rest // 60:02d}:{rest % 60:02d}"
        if days:
            return _("%(days)s 天 %(clock)s", days=days, clock=f"{hours:02d}:{clock}")
        return f"{hours}:{clock}" if hours else clock


@dataclass(frozen=True)
class Board(Standing):
    """An auction at one moment, as one person sees it."""

    phase: Phase
    viewer: Viewer
    bids: Sequence[BidLine]
    """In their order, the last of a long record; none of sealed prices before they are opened."""
    total: int
    """How many bids count, also those that are not listed; 0 of sealed prices before they are opened."""
    leader: int | None
    """The number of who is ahead, or has won."""
    mine: Enrolment | None
    may_equal: bool
    """The person may take the present price by a confirmed priority."""
    admitted: int | None
    """How many may bid; None where this is not known yet."""
    winner: str = ""
    is_winner: bool = False
    """The own organisation has won."""
    has_defaulted: bool = False
    """The own organisation has won and did not sign."""
    is_for_agent: bool = False
    """Another person of the own organisation may bid now, not this one."""

    @property
    def is_over(self) -> bool:
        """Return whether everybody knows what came of it."""
        return self.phase is Phase.AFTER

    @property
    def best(self) -> BidLine | None:
        """Return the bid at the price that is shown: the winner's, else the last one."""
        own = [bid for bid in self.bids if bid.bidder == self.leader and bid.amount == self.price]
        return own[-1] if own else None

    @property
    def is_ahead(self) -> bool:
        return self.mine is not None and self.leader is not None and self.mine.bidder_number == self.leader


async def standing_of(
    auction: Auction, actor: Actor | None, mine: Enrolment | None, now: datetime
) -> Standing:
    """Read where an auction stands for a person, or a guest, with their own enrolment."""
    status = shown_status(auction.status, auction.bids_from, auction.ends_at, now)
    own = BidRow.filter(enrolment_id=mine.id).order_by("-sequence") if mine is not None else None
    last = await own.first() if own is not None else None
    may_bid = (
        status is AuctionStatus.LIVE
        and mine is not None
        and mine.status is EnrolmentStatus.QUALIFIED
        and actor is not None
        and mine.person_id == actor.user_id
    )
    is_open = _is_open(auction, viewer_of(actor, auction), phase_at(auction, now))
    return Standing(
        status=status,
        price=(auction.awarded_amount or auction.price) if is_open else None,
        my_last=last.amount if last else None,
        offers=_offers(auction, mine, has_bid=last is not None) if may_bid else (),
        left=max(timedelta(), (auction.ends_at or now) - now),
    )


async def board_of(auction: Auction, actor: Actor | None, now: datetime, *, last: int | None = None) -> Board:
    """Read an auction as a person, or a guest, sees it now, with its last bids; None: with all."""
    phase, viewer = phase_at(auction, now), viewer_of(actor, auction)
    mine = await own_enrolment(actor, auction.id)
    standing = await standing_of(auction, actor, mine, now)
    names = await _names(auction, viewer, phase)
    numbers = await _numbers(auction.id)
    is_open = _is_open(auction, viewer, phase)
    leader_id = auction.winner_id or (auction.leader_id if is_open else None)
    return Board(
        **vars(standing),
        phase=phase,
        viewer=viewer,
        bids=await _lines(auction, numbers, names, mine, last) if is_open else [],
        total=auction.sequence if is_open else 0,
        leader=numbers.get(leader_id) if leader_id else None,
        mine=mine,
        may_equal=bool(standing.offers)
        and mine is not None
        and mine.has_priority
        and not auction.is_equal
        and auction.price is not None,
        admitted=len(numbers) if may_know(Knowledge.COUNT, viewer, phase) else None,
        winner=await _winner(auction, viewer, phase),
        is_for_agent=standing.is_live
        and mine is not None
        and mine.status is EnrolmentStatus.QUALIFIED
        and actor is not None
        and mine.person_id != actor.user_id,
        is_winner=mine is not None and mine.id == auction.winner_id and phase is Phase.AFTER,
        has_defaulted=mine is not None
        and auction.winner_id is not None
        and await default_of(auction, mine) is not None,
    )


async def drawn_bids(
    auction: Auction, mine: Enrolment | None, *, most: int = MOST_DRAWN
) -> list[tuple[datetime, int, bool]]:
    """Return arrivals, amounts in fen and whether own, for a drawing: of many bids every so many-th."""
    every = -(-auction.sequence // most) or 1
    rows = await connection().execute_query_dict(
        "SELECT arrived_at, amount, enrolment_id FROM auction_bids "
        "WHERE auction_id = $1 AND (sequence % $2 = 0 OR sequence IN (1, $3)) ORDER BY sequence",
        [auction.id, every, auction.sequence],
    )
    own = mine.id if mine is not None else None
    return [(row["arrived_at"], row["amount"], row["enrolment_id"] == own) for row in rows]


def _is_open(auction: Auction, viewer: Viewer, phase: Phase) -> bool:
    """Return whether prices may be shown."""
    return auction.format is Format.ASCENDING or may_know(Knowledge.SEALED_PRICES, viewer, phase)


def _offers(auction: Auction, mine: Enrolment | None, *, has_bid: bool) -> Sequence[int]:
    if mine is None or auction.leader_id == mine.id:
        return ()
    if auction.format is Format.SEALED:
        return () if has_bid else (auction.start,)
    least = auction.start if auction.price is None else auction.price + auction.step
    return tuple(least + step * auction.step for step in range(STEPS))


async def _lines(
    auction: Auction,
    numbers: Mapping[UUID, int],
    names: Mapping[UUID, str],
    mine: Enrolment | None,
    last: int | None,
) -> list[BidLine]:
    # The one before them tells by how much the first of them rose.
    first = 0 if last is None else max(0, auction.sequence - last)
    rows = await BidRow.filter(auction_id=auction.id, sequence__gte=first).order_by("sequence")
    lines, before, end = [], None, auction.planned_end
    for row in rows:
        lines.append(
            BidLine(
                sequence=row.sequence,
                at=row.arrived_at,
                bidder=numbers.get(row.enrolment_id),
                amount=row.amount,
                rise=None if before is None or row.kind is BidKind.SEALED else row.amount - before,
                kind=row.kind,
                extended_to=row.ends_at if row.ends_at > end and row.kind is not BidKind.SEALED else None,
                is_mine=mine is not None and row.enrolment_id == mine.id,
                name=names.get(row.enrolment_id, ""),
                hash=row.hash,
            )
        )
        before, end = row.amount, max(end, row.ends_at)
    return [line for line in lines if line.sequence > first]


async def _numbers(auction_id: UUID) -> dict[UUID, int]:
    rows = await Enrolment.filter(auction_id=auction_id, bidder_number__isnull=False).values_list(
        "id", "bidder_number"
    )
    return {UUID(str(enrolment)): int(str(number)) for enrolment, number in rows}


async def _names(auction: Auction, viewer: Viewer, phase: Phase) -> dict[UUID, str]:
    """Return the names of the bidders for who may know them."""
    if not may_know(Knowledge.BIDDERS, viewer, phase):
        return {}
    rows = await Enrolment.filter(auction_id=auction.id).select_related("organisation")
    return {row.id: row.organisation.name for row in rows}


async def _winner(auction: Auction, viewer: Viewer, phase: Phase) -> str:
    if auction.winner_id is None or not may_know(Knowledge.WINNER, viewer, phase):
        return ""
    return (await Enrolment.get(id=auction.winner_id).select_related("organisation")).organisation.name
