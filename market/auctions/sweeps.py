"""What falls due in an auction: the end of enrolment, the beginning, the end, reminders. All idempotent.

Beginning and end are facts of the clock: bids are judged by it, pages show it. These acts only write down
what is so already; run never, once, three times or late they come to the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from market.accounts.messages import notify
from market.auctions.announcements import is_disputed
from market.auctions.failures import fail, tell_organiser
from market.auctions.fold import ranking
from market.auctions.hours import CLOSE
from market.auctions.models import Auction, Enrolment
from market.auctions.replay import replay
from market.auctions.reserves import open_reserve
from market.auctions.states import (
    GRACE,
    AuctionAction,
    AuctionStatus,
    EnrolmentStatus,
    FailReason,
    Format,
)
from market.kit.database import atomic
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.moments import set_moment
from market.records.transitions import transition

REMINDED = (
    AuctionStatus.ENROLLING,
    AuctionStatus.QUALIFYING,
    AuctionStatus.READY,
)
ENROLLED = (EnrolmentStatus.APPLIED, EnrolmentStatus.QUALIFIED)


@atomic()
async def end_enrolment(auction_id: UUID, *, now: datetime) -> bool:
    """Record that nobody enrols any more; without any bidder the auction has failed."""
    auction = await _lock(auction_id)
    if auction.status is not AuctionStatus.ENROLLING or now < auction.enrol_until:
        return False
    by = By.job(now)
    await transition(auction, AuctionAction.END_ENROLMENT, by=by)
    if not await Enrolment.exists(auction_id=auction.id, status__in=list(ENROLLED)):
        await fail(auction, FailReason.NONE_ENROLLED, by=by)
    else:
        words = _("竞价 %(number)s 报名已截止，请完成资格审核并抽取竞价号。", number=auction.number)
        await tell_organiser(auction, words, by=by)
    return True


@atomic()
async def begin_bidding(auction_id: UUID, *, now: datetime) -> bool:
    """Record that bidding has begun, or that the admission was not over in time."""
    auction = await _lock(auction_id)
    if auction.bids_from is None or now < auction.bids_from:
        return False
    by = By.job(now)
    if auction.status is AuctionStatus.QUALIFYING:
        reason = FailReason.OBJECTED if await is_disputed(auction) else FailReason.NOT_ADMITTED
        await fail(auction, reason, by=by)
        return True
    if auction.status is not AuctionStatus.READY:
        return False
    await transition(auction, AuctionAction.OPEN, by=by)
    return True


@atomic()
async def end_bidding(auction_id: UUID, secret: str, *, now: datetime) -> bool:
    """Record where the bidding ended, once no bid that arrived in time can still wait for the lock.

    `secret` opens the reserve. A bid may have moved the end since the moment was set: then it is set anew.
    """
    auction = await _lock(auction_id)
    if auction.status not in (AuctionStatus.READY, AuctionStatus.LIVE) or auction.ends_at is None:
        return False
    if now < auction.ends_at + GRACE:
        await set_moment("auction", auction.id, CLOSE, auction.ends_at + GRACE)
        return False
    by = By.job(now)
    if auction.status is AuctionStatus.READY:
        await transition(auction, AuctionAction.OPEN, by=by)
    if not auction.sequence:
        await fail(auction, FailReason.NO_BID, by=by)
        return True
    changes = await _best(auction)
    price = int(changes["price"] or 0)
    reserve = open_reserve(auction, secret)
    changes["is_reserve_met"] = None if reserve is None else price >= reserve
    course: dict[str, Any] = {"head": auction.chain_head, "bids": auction.sequence, "price": price}
    if changes["is_reserve_met"] is False:
        await fail(auction, FailReason.RESERVE_UNMET, by=by, changes=changes, **course)
        return True
    await transition(auction, AuctionAction.CLOSE, by=by, changes=changes, **course)
    words = _("竞价 %(number)s 已结束，请确认结果。", number=auction.number)
    await tell_organiser(auction, words, by=by)
    return True


async def _best(auction: Auction) -> dict[str, Any]:
    """Return price and leader: where an ascending auction stands, or the best of the sealed prices."""
    if auction.format is Format.ASCENDING:
        return {"price": auction.price, "leader_id": auction.leader_id}
    course = await replay(auction)
    first = ranking(course.config, course.course.accepted)[0]
    return {"price": first.amount, "leader_id": first.bidder}


async def remind(auction_id: UUID, *, now: datetime) -> bool:
    """Remind who is enrolled that the bidding is near, and the organiser of the admission to end."""
    auction = await Auction.get(id=auction_id)
    if auction.status not in REMINDED or auction.bids_from is None or now >= auction.bids_from:
        return False
    if auction.status is AuctionStatus.QUALIFYING:
        words = _(
            "竞价 %(number)s %(at)s 开始，请在此以前完成资格审核并抽取竞价号，逾期竞价未成交。",
            number=auction.number,
            at=moment(auction.bids_from),
        )
        await tell_organiser(auction, words, by=By.job(now))
    people = await Enrolment.filter(auction_id=auction.id, status__in=list(ENROLLED)).values_list(
        "person_id", flat=True
    )
    words = _("竞价 %(number)s %(at)s 开始。", number=auction.number, at=moment(auction.bids_from))
    address = f"/auctions/{auction.number}"
    return bool(await notify(words, now=now, address=address, user_ids=[UUID(str(one)) for one in people]))


async def _lock(auction_id: UUID) -> Auction:
    return await Auction.filter(id=auction_id).select_for_update().get()
