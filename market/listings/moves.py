"""Locks of listings and their transitions, shared by all acts of this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import MemberRole
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.listings import rules
from market.listings.kinds import Kind, Listing, kind_of
from market.listings.models import Need
from market.listings.permissions import ListingAct
from market.listings.states import LIVE, ListingAction
from market.records.by import By
from market.records.transitions import transition
from market.search import outbox

AUTHORS = {MemberRole.ADMIN, MemberRole.AGENT}
"""Roles that write listings and are notified about them."""


async def lock(kind: Kind, number: str) -> Listing:
    listing = await kind.model.filter(number=number).select_for_update().first()
    if listing is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, listing)


async def lock_by_id(kind: Kind, identity: UUID) -> Listing:
    return cast(Listing, await kind.model.filter(id=identity).select_for_update().get())


async def lock_own(kind: Kind, number: str, actor: Actor) -> Listing:
    actor.require(ListingAct.WRITE_LISTING)
    listing = await lock(kind, number)
    if not actor.acts_for(listing.organisation_id):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return listing


async def transition_listing(listing: Listing, action: ListingAction, *, by: By, **data: Any) -> None:
    """Transition a listing and, if it is or was on offer, enqueue it for the search index."""
    before = listing.status
    await transition(listing, action, by=by, revision=listing.revision, before=before.value, **data)
    await reindex_if_live(kind_of(listing), listing, was_live=before in LIVE)


async def reindex_if_live(kind: Kind, listing: Listing, *, was_live: bool = False) -> None:
    if was_live or listing.status in LIVE:
        await outbox.enqueue(kind.index, listing.id)


def mark_verified(listing: Listing, now: datetime) -> None:
    listing.verified_on = local_date(now)
    listing.expires_on = expiry_date(listing)


def expiry_date(listing: Listing) -> Any:
    if listing.verified_on is None:
        return None
    return rules.expires_on(listing.verified_on, listing.deadline_on if isinstance(listing, Need) else None)


def edit_address(listing: Listing) -> str:
    return f"/my/{kind_of(listing).index}/{listing.number}"
