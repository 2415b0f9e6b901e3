"""Pinned results: hits in a given order first, such as the best matches of the viewer's own listings.

The order is personal and changes with every match, so no index stores it: the engine filters the pinned
documents, and ranks the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from market.search.engine import AnyOf, Hits, NoneOf, Query, Searcher


class PinnedResults:
    """Puts the hits among `pinned` first, in that order, on any engine."""

    def __init__(self, search: Searcher, pinned: Sequence[UUID]) -> None:
        self._search = search
        self._pinned = pinned

    async def search(self, query: Query) -> Hits:
        """Return one page; total and facet counts are those of the unpinned search."""
        if not self._pinned:
            return await self._search.search(query)
        names = tuple(str(id_) for id_ in self._pinned)
        whole = await self._search.search(replace(query, offset=0, limit=0))
        hits = await self._search.search(
            replace(
                query,
                filters=(*query.filters, AnyOf("id", names)),
                facets=(),
                offset=0,
                limit=len(names),
            )
        )
        hit_ids = set(hits.ids)
        first = [id_ for id_ in self._pinned if id_ in hit_ids]
        ids = first[query.offset : query.offset + query.limit]
        if len(ids) < query.limit:
            rest = replace(
                query,
                filters=(*query.filters, NoneOf("id", tuple(str(id_) for id_ in first))),
                facets=(),
                offset=max(0, query.offset - len(first)),
                limit=query.limit - len(ids),
            )
            ids += (await self._search.search(rest)).ids
        return replace(whole, ids=tuple(ids))
