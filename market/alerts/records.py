"""The kinds of record that an alert can tell of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from market.accounts.models import Organisation, OrganisationStatus
from market.listings.kinds import NEED, OUTCOME, Kind
from market.listings.queries import list_by_ids


@dataclass(frozen=True)
class Record:
    """A record as an alert names it."""

    id: UUID
    title: str
    address: str


Loader = Callable[[Sequence[UUID]], Awaitable[list[Record]]]


def _listings(kind: Kind) -> Loader:
    async def load(ids: Sequence[UUID]) -> list[Record]:
        found = await list_by_ids(kind, ids)
        return [Record(each.id, each.title, f"/{kind.index}/{each.number}") for each in found]

    return load


async def _organisations(ids: Sequence[UUID]) -> list[Record]:
    found = await Organisation.filter(id__in=list(ids), status=OrganisationStatus.VERIFIED)
    by_id = {each.id: Record(each.id, each.name, f"/organisations/{each.id}") for each in found}
    return [by_id[identity] for identity in ids if identity in by_id]


LOADERS: Mapping[str, Loader] = {
    "outcomes": _listings(OUTCOME),
    "needs": _listings(NEED),
    "organisations": _organisations,
}
"""By scope. Brokers and programmes are so few that nobody waits for a new one."""
