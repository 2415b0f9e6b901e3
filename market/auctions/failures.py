"""An auction that leads to no price (竞价未成交), and what its holder is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.accounts.messages import notify, notify_staff
from market.accounts.models import MemberRole, StaffRole
from market.auctions.hours import clear_hours, watch_deposits_from
from market.auctions.models import Auction
from market.auctions.queries import is_run_by_operator
from market.auctions.states import AuctionAction, FailReason
from market.kit.i18n import gettext as _
from market.notices.notice_acts import withdraw
from market.records.by import By
from market.records.transitions import transition

WRITERS = {MemberRole.ADMIN, MemberRole.AGENT}
"""Members who write auctions and bid, and are told about them."""


async def fail(
    auction: Auction,
    reason: FailReason,
    *,
    by: By,
    changes: Mapping[str, Any] | None = None,
    **data: Any,
) -> None:
    """Record that a locked auction led to no price, and tell holder and organiser."""
    await transition(
        auction,
        AuctionAction.FAIL,
        by=by,
        changes={**(changes or {}), "fail_reason": reason},
        reason=reason.value,
        **data,
    )
    await clear_hours(auction)
    await watch_deposits_from(auction, by.now)
    await withdraw("auction", auction.id, by=by)
    text = _("竞价 %(number)s 未成交：%(reason)s。", number=auction.number, reason=reason.label)
    await tell_holder(auction, text, by=by)
    await tell_organiser(auction, text, by=by)


async def tell_holder(auction: Auction, text: str, *, by: By) -> None:
    """Notify the holder's people who write auctions."""
    await notify(
        text,
        now=by.now,
        address=f"/auctions/{auction.number}",
        organisation_id=auction.holder_id,
        roles=WRITERS,
    )


async def tell_organiser(auction: Auction, text: str, *, by: By) -> None:
    """Notify who runs the auction: the exchange, or the operator."""
    address = f"/auctions/{auction.number}"
    if is_run_by_operator(auction):
        await notify_staff(StaffRole.OPERATOR, text, now=by.now, address=address)
    else:
        await notify(text, now=by.now, address=address, organisation_id=auction.organiser_id, roles=WRITERS)
