"""The moments of an auction: rows that are read every few seconds, see `records.moments`."""

from __future__ import annotations

from datetime import datetime, timedelta

from market.auctions.models import Auction
from market.auctions.states import GRACE, AuctionStatus
from market.records.moments import set_moment, set_moments

END_ENROLMENT, OPEN, CLOSE = "auctions.end_enrolment", "auctions.open", "auctions.close"
REMIND_DAY, REMIND_HOUR = "auctions.remind_day", "auctions.remind_hour"
SIGN_DUE = "auctions.sign_due"
DEPOSITS = "auctions.deposits"
"""Acts that fall due at a moment of an auction."""
COURSE = (END_ENROLMENT, OPEN, CLOSE, REMIND_DAY, REMIND_HOUR, SIGN_DUE)
"""Those that end with it; deposits are watched beyond."""


async def set_hours(auction: Auction) -> None:
    """Set the moments that are ahead of an announced or resumed auction."""
    opens, ends = auction.bids_from, auction.ends_at
    if opens is None or ends is None:
        return
    moments = [
        (auction.id, OPEN, opens),
        (auction.id, CLOSE, ends + GRACE),
        (auction.id, REMIND_HOUR, opens - timedelta(hours=1)),
    ]
    if auction.status is AuctionStatus.ENROLLING:
        moments += [
            (auction.id, END_ENROLMENT, auction.enrol_until),
            (auction.id, REMIND_DAY, opens - timedelta(days=1)),
        ]
    await set_moments("auction", moments)


async def clear_hours(auction: Auction) -> None:
    """Clear the moments of an auction that is suspended or over."""
    await set_moments("auction", [(auction.id, act, None) for act in COURSE])


async def watch_deposits_from(auction: Auction, at: datetime) -> None:
    """Have deposits that lie looked at from a moment on: something may have freed one."""
    await set_moment("auction", auction.id, DEPOSITS, at)
