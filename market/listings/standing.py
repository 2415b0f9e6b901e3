"""Transitions of listings caused by contracts, deals and time."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from market.accounts import messages
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.models import Need, Outcome
from market.listings.moves import AUTHORS, edit_address, lock_by_id, transition_listing
from market.listings.queries import live
from market.listings.states import LIVE, ListingAction, NeedStatus, OutcomeStatus
from market.records.by import By


@atomic()
async def mark_licensed(outcome_id: UUID, *, is_sold: bool, by: By) -> Outcome:
    """Mark an outcome as licensed (still on offer) or sold, when its contract is signed."""
    listing = await lock_by_id(OUTCOME, outcome_id)
    if listing.status is not OutcomeStatus.SOLD:
        await transition_listing(listing, ListingAction.SELL if is_sold else ListingAction.LICENSE, by=by)
    return cast(Outcome, listing)


@atomic()
async def mark_matching(need_id: UUID, *, by: By) -> Need:
    """Mark a published need as being matched, when a deal about it begins."""
    listing = await lock_by_id(NEED, need_id)
    if listing.status is NeedStatus.PUBLISHED:
        await transition_listing(listing, ListingAction.MATCH, by=by)
    return cast(Need, listing)


@atomic()
async def mark_solved(need_id: UUID, *, by: By) -> Need:
    """Mark a need as solved, when a contract about it is signed. Idempotent."""
    listing = await lock_by_id(NEED, need_id)
    if listing.status is not NeedStatus.SOLVED:
        await transition_listing(listing, ListingAction.SOLVE, by=by)
    return cast(Need, listing)


async def run_due(now: datetime) -> int:
    """Expire listings that were not renewed in time, each in its own transaction; return how many."""
    count = 0
    for kind in (OUTCOME, NEED):
        due = kind.model.filter(status__in=live(kind.statuses), expires_on__lt=local_date(now))
        for identity in await due.limit(1000).values_list("id", flat=True):
            count += await _expire(kind, identity, now)
    return count


@atomic()
async def _expire(kind: Kind, identity: UUID, now: datetime) -> bool:
    listing = await lock_by_id(kind, identity)
    if listing.status not in LIVE or not listing.expires_on or listing.expires_on >= local_date(now):
        return False
    await transition_listing(listing, ListingAction.EXPIRE, by=By.job(now))
    await messages.notify(
        _("《%(title)s》已过期，续期后恢复展示。", title=listing.title[:60]),
        now=now,
        address=edit_address(listing),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )
    return True
