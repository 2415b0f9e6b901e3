"""Questions about listings: what a question is about, and until when it is taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor
from market.kit.subjects import Askable, AskedRecord
from market.listings.kinds import Kind, Listing, kind_of
from market.listings.models import Need
from market.listings.queries import get_listing_for
from market.listings.states import LIVE


def asked_listing(listing: Listing) -> AskedRecord:
    """Return a listing, fetched with its organisation, as what is asked about: while it is on offer."""
    is_masked = isinstance(listing, Need) and listing.is_masked
    return AskedRecord(
        kind=kind_of(listing).key,
        id=listing.id,
        number=listing.number,
        title=listing.title,
        owner_id=listing.organisation_id,
        is_open=listing.status in LIVE,
        masked_name=listing.organisation.name if is_masked else "",
    )


def askable(kind: Kind) -> Askable:
    """Return how questions are asked about listings of a kind."""

    async def find(actor: Actor, number: str, _now: datetime) -> AskedRecord:
        return asked_listing(await get_listing_for(kind, actor, number))

    return Askable(kind.index, find, _read(kind))


def _read(kind: Kind) -> Callable[[UUID, datetime], Awaitable[AskedRecord]]:
    async def read(listing_id: UUID, _now: datetime) -> AskedRecord:
        return asked_listing(await kind.model.get(id=listing_id).select_related("organisation"))

    return read
