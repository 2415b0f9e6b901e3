"""Listings that search finds, as a site's worker would have indexed them."""

from __future__ import annotations

from market.deps import Deps
from market.kit.errors import SearchUnavailable
from market.listings.models import Need, Outcome
from market.listings.search import build_needs, build_outcomes
from market.search.engine import Hits, Query


async def index_listings(deps: Deps, *listings: Outcome | Need) -> None:
    """Put the public documents of these listings into the test's own index."""
    for name, kind, build in (("outcomes", Outcome, build_outcomes), ("needs", Need, build_needs)):
        built = await build([listing.id for listing in listings if isinstance(listing, kind)])
        await deps.search.put(name, [document for document in built.values() if document])


class UnavailableSearch:
    """A search engine that does not answer."""

    name = "away"

    async def ping(self) -> None:
        raise SearchUnavailable("away")

    async def mark(self, index: str) -> str | None:
        raise SearchUnavailable("away")

    async def search(self, query: Query) -> Hits:
        raise SearchUnavailable("away")
