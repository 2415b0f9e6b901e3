"""Who was ahead is told of a higher price, at most once in ten minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.messages import notify
from market.auctions.models import Auction, BidRow, Enrolment
from market.kit.database import atomic, connection
from market.kit.formats import yuan
from market.kit.i18n import gettext as _

EVERY = timedelta(minutes=10)


async def tell_outbid(auction_id: UUID, sequence: int, *, now: datetime) -> bool:
    """Tell the bidder of the bid before this one, unless they were told lately; return whether."""
    rows = await connection().execute_query_dict(
        "SELECT b.id FROM auction_bids b JOIN auction_enrolments e ON e.id = b.enrolment_id "
        "WHERE b.auction_id = $1 AND b.sequence = $2 AND b.kind <> 'sealed' "
        "AND (e.outbid_told_at IS NULL OR e.outbid_told_at <= $3)",
        [auction_id, sequence - 1, now - EVERY],
    )
    return bool(rows) and await _tell(await BidRow.get(id=rows[0]["id"]), now=now)


@atomic()
async def _tell(before: BidRow, *, now: datetime) -> bool:
    enrolment = await Enrolment.filter(id=before.enrolment_id).select_for_update().get()
    if enrolment.outbid_told_at is not None and now < enrolment.outbid_told_at + EVERY:
        return False  # by another bid at this moment
    enrolment.outbid_told_at = now
    await enrolment.save(update_fields=["outbid_told_at"])
    auction = await Auction.get(id=before.auction_id)
    await notify(
        _(
            "竞价 %(number)s：您的报价 %(amount)s 已被超过。",
            number=auction.number,
            amount=yuan(before.amount),
        ),
        now=now,
        address=f"/auctions/{auction.number}",
        user_ids=[enrolment.person_id],
    )
    return True
