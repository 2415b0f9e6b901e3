"""Who was ahead is told of a higher price, at most once in ten minutes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.messages import notify
from market.auctions.models import Auction, BidRow, Enrolment
from market.auctions.states import Format
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _

EVERY = timedelta(minutes=10)


@atomic()
async def tell_outbid(auction_id: UUID, sequence: int, *, now: datetime) -> bool:
    """Tell the bidder of the bid before this one, unless they were told lately; return whether."""
    auction = await Auction.get(id=auction_id)
    if auction.format is Format.SEALED or sequence < 2:
        return False
    before = await BidRow.get(auction_id=auction_id, sequence=sequence - 1)
    enrolment = await Enrolment.filter(id=before.enrolment_id).select_for_update().get()
    if enrolment.outbid_told_at is not None and now < enrolment.outbid_told_at + EVERY:
        return False
    enrolment.outbid_told_at = now
    await enrolment.save(update_fields=["outbid_told_at"])
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
