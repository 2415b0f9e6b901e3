"""Loaders of the records that alerts are about, by scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from market.accounts.models import Organisation, OrganisationStatus
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.queries import list_by_ids


@dataclass(frozen=True)
class Record:
    """Title and path of a record in an alert."""

    id: UUID
    title: str
    address: str


Loader = Callable[[Sequence[UUID]], Awaitable[list[Record]]]


def _listings(kind: Kind) -> Loader:
    async def load(ids: Sequence[UUID]) -> list[Record]:
        listings = await list_by_ids(kind, ids)
        return [Record(listing.id, listing.title, f"/{kind.index}/{listing.number}") for listing in listings]

    return load


async def _organisations(ids: Sequence[UUID]) -> list[Record]:
    organisations = await Organisation.filter(id__in=list(ids), status=OrganisationStatus.VERIFIED)
    by_id = {
        organisation.id: Record(organisation.id, organisation.name, f"/organisations/{organisation.id}")
        for organisation in organisations
    }
    return [by_id[identity] for identity in ids if identity in by_id]


LOADERS: Mapping[str, Loader] = {
    "outcomes": _listings(OUTCOME),
    "needs": _listings(NEED),
    "organisations": _organisations,
}
"""By scope. Brokers and programmes are too few for alerts."""
