"""One page of a search, joined with the records in the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from market.kit.errors import SearchUnavailable
from market.kit.pagination import Page
from market.listings.kinds import Kind, Listing
from market.listings.queries import list_by_ids
from market.pages.lists import Asked, context
from market.search.engine import Hits, SearchEngine


@dataclass(frozen=True)
class Found:
    """What a search page shows; `is_away` when the engine does not answer."""

    page: Page[Listing]
    terms: tuple[str, ...]
    context: dict[str, Any]
    is_away: bool = False

    @property
    def status(self) -> int:
        return 503 if self.is_away else 200


async def search(engine: SearchEngine, asked: Asked, kind: Kind) -> Found:
    """Ask the engine. When it is away the rest of the page is still shown, with a notice."""
    try:
        hits, is_away = await engine.search(asked.query()), False
    except SearchUnavailable:
        hits, is_away = Hits(ids=(), total=0), True
    items = await list_by_ids(kind, hits.ids)
    return Found(asked.cut.page(items, hits.total), hits.terms, context(asked, hits), is_away)
