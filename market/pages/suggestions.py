"""What the search box offers while a person types."""

from __future__ import annotations

from market.kit.errors import SearchUnavailable
from market.listings.kinds import NEED, OUTCOME
from market.listings.queries import list_by_ids
from market.search.engine import Query, SearchEngine

MOST = 8
SHORTEST = 2


async def suggest(engine: SearchEngine, index: str, typed: str) -> list[str]:
    """Return up to eight titles for what is typed so far; none when the engine is away."""
    kind = {each.index: each for each in (OUTCOME, NEED)}.get(index, OUTCOME)
    words = " ".join(typed.replace("\x00", " ").split())
    if len(words) < SHORTEST:
        return []
    try:
        hits = await engine.search(Query(index=kind.index, text=words, limit=MOST))
    except SearchUnavailable:
        return []
    return list(dict.fromkeys(each.title for each in await list_by_ids(kind, hits.ids)))
