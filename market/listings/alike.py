"""Listings that say nearly the same: shown to the author before submitting, and to the reviewer."""

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

MOST_CANDIDATES = 30
MOST_OWN = 100
MOST_SHOWN = 5


@dataclass(frozen=True)
class Alike:
    """Another listing and how much of the text is the same."""

    listing: Listing
    percent: int
    is_public: bool


def text_of(kind: Kind, listing: Any) -> str:
    """Return the text by which a listing, or what is typed in its form, is compared."""
    parts = (listing.description,) if kind is NEED else (listing.problem, listing.solution)
    return "\n".join([listing.title or "", *(part or "" for part in parts)])


async def find_alike(
    kind: Kind,
    listing: Any,
    *,
    search: SearchEngine,
    own_id: UUID | None = None,
    organisation_id: UUID | None = None,
    with_pending: bool = False,
) -> list[Alike]:
    """Return the listings that say nearly the same, the likest first.

    Looked for are those on offer, of which the search engine names some thirty; the organisation's own
    in whatever state; and, for the reviewer, those that wait as well.
    """
    text = text_of(kind, listing)
    if not text.strip():
        return []
    try:
        hits = await search.search(Query(index=kind.index, text=text, limit=MOST_CANDIDATES))
        public = await list_by_ids(kind, hits.ids)
    except SearchUnavailable:
        public = []
    found: dict[UUID, tuple[Listing, bool]] = {each.id: (each, True) for each in public}
    others: list[Listing] = []
    if organisation_id is not None:
        others += await _newest(kind.model.filter(organisation_id=organisation_id))
    if with_pending:
        others += await _newest(kind.model.filter(status=kind.pending))
    for each in others:
        found.setdefault(each.id, (each, False))
    found.pop(own_id, None)  # type: ignore[arg-type]
    return await asyncio.to_thread(_compared, kind, text, found.values())


async def _newest(found: Any) -> list[Listing]:
    return list(await found.select_related("organisation").order_by("-updated_at").limit(MOST_OWN))


def _compared(kind: Kind, text: str, found: Iterable[tuple[Listing, bool]]) -> list[Alike]:
    alike = [(similarity(text, text_of(kind, listing)), listing, is_public) for listing, is_public in found]
    near = sorted(
        (each for each in alike if each[0] >= THRESHOLD), key=lambda each: (-each[0], each[1].number)
    )
    return [Alike(listing, round(100 * share), is_public) for share, listing, is_public in near[:MOST_SHOWN]]
