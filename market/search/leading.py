"""A search whose first hits somebody else has put in order, such as what fits the viewer's own listings best.

The order is one person's and changes with every match, so no index holds it: the engine says which of
these are hits, and gives the rest in its own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from market.search.engine import AnyOf, Hits, NoneOf, Query, Searches


class LedSearch:
    """Answers searches with the hits among `leading` first, in that order, on every engine alike."""

    def __init__(self, search: Searches, leading: Sequence[UUID]) -> None:
        self._search = search
        self._leading = leading

    async def search(self, query: Query) -> Hits:
        """Answer one page; total and counts are those of the search itself."""
        if not self._leading:
            return await self._search.search(query)
        named = tuple(str(one) for one in self._leading)
        whole = await self._search.search(replace(query, offset=0, limit=0))
        led = await self._search.search(
            replace(
                query,
                filters=(*query.filters, AnyOf("id", named)),
                facets=(),
                offset=0,
                limit=len(named),
            )
        )
        found = set(led.ids)
        first = [one for one in self._leading if one in found]
        ids = first[query.offset : query.offset + query.limit]
        if len(ids) < query.limit:
            beside = replace(
                query,
                filters=(*query.filters, NoneOf("id", tuple(str(one) for one in first))),
                facets=(),
                offset=max(0, query.offset - len(first)),
                limit=query.limit - len(ids),
            )
            ids += (await self._search.search(beside)).ids
        return replace(whole, ids=tuple(ids))
