"""What a page shows of an auction to one person at one moment: price, own standing, time left, bids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.actors import Actor
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
from market.kit.i18n import gettext as _

STEPS = 3
"""How many steps above the present price have a button."""


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
class Board:
    """An auction at one moment, as one person sees it."""

    status: AuctionStatus | AuctionShownStatus
    phase: Phase
    viewer: Viewer
    bids: Sequence[BidLine]
    """In their order; none of sealed prices before they are opened."""
    price: int | None
    leader: int | None
    """The number of who is ahead, or has won."""
    mine: Enrolment | None
    my_last: int | None
    """The own last price in fen."""
    offers: Sequence[int]
    """Prices that the person may offer now, the lowest first; empty: they cannot bid."""
    may_equal: bool
    """The person may take the present price by a confirmed priority."""
    admitted: int | None
    """How many may bid; None where this is not known yet."""
    left: timedelta
    winner: str = ""

    @property
    def is_live(self) -> bool:
        return self.status is AuctionStatus.LIVE

    @property
    def is_moving(self) -> bool:
        """Return whether the page changes by itself."""
        return self.status in (AuctionStatus.LIVE, AuctionShownStatus.ENDING)

    @property
    def is_ahead(self) -> bool:
        return self.mine is not None and self.leader is not None and self.mine.bidder_number == self.leader

    @property
    def left_words(self) -> str:
        """Return the time left as minutes and seconds, with hours and days where there are any."""
        days, seconds = max(0, self.left.days), self.left.seconds
        hours, rest = divmod(seconds, 3600)
        clock = f"{rest // 60:02d}:{rest % 60:02d}"
        if days:
            return _("%(days)s 天 %(clock)s", days=days, clock=f"{hours:02d}:{clock}")
        return f"{hours}:{clock}" if hours else clock


async def board_of(auction: Auction, actor: Actor | None, now: datetime) -> Board:
    """Read an auction as a person, or a guest, sees it now."""
    phase, viewer = phase_at(auction, now), viewer_of(actor, auction)
    status = shown_status(auction.status, auction.bids_from, auction.ends_at, now)
    mine = await own_enrolment(actor, auction.id)
    names = await _names(auction, viewer, phase)
    numbers = await _numbers(auction.id)
    is_open = auction.format is Format.ASCENDING or may_know(Knowledge.SEALED_PRICES, viewer, phase)
    rows = await BidRow.filter(auction_id=auction.id).order_by("sequence")
    own = [row for row in rows if mine is not None and row.enrolment_id == mine.id]
    bids = _lines(auction, rows, numbers, names, mine) if is_open else []
    may_bid = (
        status is AuctionStatus.LIVE
        and mine is not None
        and mine.status is EnrolmentStatus.QUALIFIED
        and actor is not None
        and mine.person_id == actor.user_id
    )
    leader_id = auction.winner_id or (auction.leader_id if is_open else None)
    offers = _offers(auction, mine, own) if may_bid else ()
    return Board(
        status=status,
        phase=phase,
        viewer=viewer,
        bids=bids,
        price=(auction.awarded_amount or auction.price) if is_open else None,
        leader=numbers.get(leader_id) if leader_id else None,
        mine=mine,
        my_last=own[-1].amount if own else None,
        offers=offers,
        may_equal=bool(offers)
        and mine is not None
        and mine.has_priority
        and not auction.is_equal
        and auction.price is not None,
        admitted=len(numbers) if may_know(Knowledge.COUNT, viewer, phase) else None,
        left=max(timedelta(), (auction.ends_at or now) - now),
        winner=await _winner(auction, viewer, phase),
    )


def _offers(auction: Auction, mine: Enrolment | None, own: Sequence[BidRow]) -> Sequence[int]:
    if mine is None or auction.leader_id == mine.id:
        return ()
    if auction.format is Format.SEALED:
        return () if own else (auction.start,)
    least = auction.start if auction.price is None else auction.price + auction.step
    return tuple(least + step * auction.step for step in range(STEPS))


def _lines(
    auction: Auction,
    rows: Sequence[BidRow],
    numbers: Mapping[UUID, int],
    names: Mapping[UUID, str],
    mine: Enrolment | None,
) -> list[BidLine]:
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
    return lines


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
