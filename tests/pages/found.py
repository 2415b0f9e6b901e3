"""Listings that search finds, as a site's worker would have indexed them."""

from __future__ import annotations

from market.deps import Deps
from market.kit.errors import SearchUnavailable
from market.listings.models import Need, Outcome
from market.listings.search import need_document, outcome_document
from market.search.engine import Hits, Query


async def index(deps: Deps, *listings: Outcome | Need) -> None:
    """Put the public documents of these listings into the test's own index."""
    for listing in listings:
        is_outcome = isinstance(listing, Outcome)
        await listing.fetch_related("organisation")
        document = outcome_document(listing) if isinstance(listing, Outcome) else need_document(listing)
        if document is not None:
            await deps.search.put("outcomes" if is_outcome else "needs", [document])


class Away:
    """A search engine that does not answer."""

    name = "away"

    async def ping(self) -> None:
        raise SearchUnavailable("away")

    async def search(self, query: Query) -> Hits:
        raise SearchUnavailable("away")
