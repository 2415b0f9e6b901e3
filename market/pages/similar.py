"""Outcomes similar to one: found by its title and keywords, shown only where they really share something."""

from __future__ import annotations

from uuid import UUID

from market.kit.errors import SearchUnavailable
from market.listings.kinds import OUTCOME
from market.listings.models import Outcome
from market.listings.queries import list_by_ids
from market.search.duplicates import similarity
from market.search.engine import Query, SearchEngine
from market.search.normalise import fold

MAX_SHOWN = 4
CANDIDATES = 12
LEAST = 0.2
"""Similarity of two titles from which they are of one matter without a common keyword."""
CACHE_SIZE = 5000
_cache: dict[tuple[UUID, int], tuple[UUID, ...]] = {}


async def similar_outcomes(outcome: Outcome, search: SearchEngine) -> tuple[UUID, ...]:
    """Return the outcomes most like this one, the most like first; none while the engine is away.

    They are kept in memory by outcome and revision: some may be off offer since.
    """
    key = (outcome.id, outcome.revision)
    if key not in _cache:
        if len(_cache) >= CACHE_SIZE:
            _cache.clear()
        try:
            _cache[key] = await _find(outcome, search)
        except SearchUnavailable:
            return ()
    return _cache[key]


async def _find(outcome: Outcome, search: SearchEngine) -> tuple[UUID, ...]:
    text = " ".join([outcome.title, *outcome.keywords])
    if not text.strip():
        return ()
    hits = await search.search(Query(index=OUTCOME.index, text=text, limit=CANDIDATES))
    candidates = await list_by_ids(OUTCOME, hits.ids)
    return tuple(
        candidate.id
        for candidate in candidates
        if isinstance(candidate, Outcome) and candidate.id != outcome.id and is_similar(outcome, candidate)
    )[:MAX_SHOWN]


def is_similar(one: Outcome, other: Outcome) -> bool:
    """Return whether two outcomes share a keyword, or much of their titles."""
    shared = {fold(word) for word in one.keywords} & {fold(word) for word in other.keywords}
    return bool(shared) or similarity(one.title, other.title) >= LEAST
