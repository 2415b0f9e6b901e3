"""Near-duplicates of a listing: shown to the author before submitting, and to the reviewer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from market.kit.errors import SearchUnavailable
from market.listings.kinds import NEED, Kind, Listing
from market.listings.queries import list_by_ids
from market.search.duplicates import THRESHOLD, similarity
from market.search.engine import Query, SearchEngine

MAX_CANDIDATES = 30
MAX_OWN = 100
MAX_RESULTS = 5


@dataclass(frozen=True)
class NearDuplicate:
    """Another listing with its text similarity in percent."""

    listing: Listing
    percent: int
    is_public: bool


def text_of(kind: Kind, listing: Any) -> str:
    """Return the text by which a listing, or the content of its form, is compared."""
    parts = (listing.description,) if kind is NEED else (listing.problem, listing.solution)
    return "\n".join([listing.title or "", *(part or "" for part in parts)])


async def find_near_duplicates(
    kind: Kind,
    listing: Any,
    *,
    search: SearchEngine,
    own_id: UUID | None = None,
    organisation_id: UUID | None = None,
    with_pending: bool = False,
) -> list[NearDuplicate]:
    """Return the near-duplicates of a listing, the most similar first.

    Candidates are the first thirty that the search engine finds among those on offer, the organisation's
    own in any status and, `with_pending`, those that wait for review. Without the engine those on offer
    are left out.
    """
    text = text_of(kind, listing)
    if not text.strip():
        return []
    try:
        hits = await search.search(Query(index=kind.index, text=text, limit=MAX_CANDIDATES))
        public = await list_by_ids(kind, hits.ids)
    except SearchUnavailable:
        public = []
    candidates: dict[UUID, tuple[Listing, bool]] = {match.id: (match, True) for match in public}
    others: list[Listing] = []
    if organisation_id is not None:
        others += await _newest(kind.model.filter(organisation_id=organisation_id))
    if with_pending:
        others += await _newest(kind.model.filter(status=kind.pending))
    for other in others:
        candidates.setdefault(other.id, (other, False))
    candidates.pop(own_id, None)  # type: ignore[arg-type]
    return await asyncio.to_thread(_rank, kind, text, candidates.values())


async def _newest(listings: Any) -> list[Listing]:
    return list(await listings.select_related("organisation").order_by("-updated_at").limit(MAX_OWN))


def _rank(kind: Kind, text: str, candidates: Iterable[tuple[Listing, bool]]) -> list[NearDuplicate]:
    compared = [
        (similarity(text, text_of(kind, listing)), listing, is_public) for listing, is_public in candidates
    ]
    ranked = sorted(
        (entry for entry in compared if entry[0] >= THRESHOLD),
        key=lambda entry: (-entry[0], entry[1].number),
    )
    return [
        NearDuplicate(listing, round(100 * share), is_public)
        for share, listing, is_public in ranked[:MAX_RESULTS]
    ]
