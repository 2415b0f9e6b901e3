"""Listings that search finds, as a site's worker would have indexed them."""

from __future__ import annotations

from market.deps import Deps
from market.kit.errors import SearchUnavailable
from market.listings.models import Need, Outcome
from market.listings.search import need_document, outcome_document
from market.search.engine import Document, Hits, Query


async def index(deps: Deps, *listings: Outcome | Need) -> None:
    """Put the public documents of these listings into the test's own index."""
    documents: dict[str, list[Document]] = {"outcomes": [], "needs": []}
    for listing in listings:
        await listing.fetch_related("organisation")
        if isinstance(listing, Outcome):
            documents["outcomes"] += filter(None, [outcome_document(listing)])
        else:
            documents["needs"] += filter(None, [need_document(listing)])
    for name, made in documents.items():
        await deps.search.put(name, made)


class Away:
    """A search engine that does not answer."""

    name = "away"

    async def ping(self) -> None:
        raise SearchUnavailable("away")

    async def search(self, query: Query) -> Hits:
        raise SearchUnavailable("away")
