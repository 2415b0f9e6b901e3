"""What the search box offers while a person types."""

from __future__ import annotations

from market.kit.errors import SearchUnavailable
from market.pages.scopes import OUTCOMES, SCOPES
from market.pages.search_results import title_of
from market.search.engine import Query, SearchEngine

MOST = 8
SHORTEST = 2


async def suggest(engine: SearchEngine, index: str, typed: str) -> list[str]:
    """Return up to eight titles for what is typed so far; none when the engine is away."""
    scope = SCOPES.get(index, OUTCOMES)
    words = " ".join(typed.replace("\x00", " ").split())
    if len(words) < SHORTEST:
        return []
    try:
        hits = await engine.search(Query(index=scope.key, text=words, limit=MOST))
    except SearchUnavailable:
        return []
    return list(dict.fromkeys(title_of(record) for record in await scope.load(hits.ids)))
