"""Query planning: decide by the kind of query how much vector similarity counts beside keywords.

Short queries rank best by keywords. Queries in a language the listings are not written in need vectors,
and a single topic gains a little from them. The shares were chosen on known answers, see `evaluate`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from uuid import UUID

import numpy as np

from market.search.embedders import Embedder, EmbedderUnavailable
from market.search.engine import AnyOf, Hits, NoneOf, Query, SearchEngine, Searcher, Vector
from market.search.indexes import WITH_VECTORS
from market.search.normalise import LONGEST_QUERY, LONGEST_TOPIC, STOP_WORDS, fold, is_latin, tokens
from market.search.text_embedding import EmbedTexts, embed_query, embed_uncached

LEAST_FOREIGN_WORDS = 3
"""From so many Latin words on a query without Chinese is a foreign sentence, not a name or pinyin."""
LEAST_LETTERS = 5
NEAREST = 10
"""Listings found for foreign words that none of them has."""
LEAST_COSINE, MARGIN = 0.23, 0.07
"""Least similarity of such a listing, and how far it may be behind the nearest: of the demo's eighty outcomes
sugarcane, geopolymer and oyster find theirs, football, blockchain and quantum computing nothing."""
LEAST_COSINE_BESIDE_WORDS = 0.36
"""The same where some of the foreign words stand in listings and one stands nowhere: bridge monitoring."""
LEAST_COSINE_OF_SENTENCE, MARGIN_OF_SENTENCE = 0.2, 0.12
"""The same for a foreign sentence; its ten nearest need only the least. No vector is far from all others."""
MOST_NEAR, MOST_WORDED = 200, 1000
"""Most hits of a foreign sentence by its meaning and by its words."""
CACHE_SIZE = 500
"""Query vectors cached, least recently used out first; people page and filter the same query."""


class QueryKind(Enum):
    """Kinds of query; the value is the share of vector similarity in the ranking, 0 to 1."""

    FOREIGN = 0.85
    TOPIC = 0.15
    WORDS = 0.0


def query_kind(text: str) -> QueryKind:
    """Classify a query."""
    tokens_ = list(tokens(fold(text, LONGEST_QUERY)))
    if len(tokens_) >= LEAST_FOREIGN_WORDS and not any(token.is_dense for token in tokens_):
        return (
            QueryKind.FOREIGN
            if sum(is_latin(token) for token in tokens_) >= LEAST_FOREIGN_WORDS
            else QueryKind.WORDS
        )
    if len(tokens_) == 1 and tokens_[0].is_dense and len(tokens_[0].text) <= LONGEST_TOPIC:
        return QueryKind.TOPIC
    return QueryKind.WORDS


def is_foreign(text: str) -> bool:
    """Return whether a query consists of foreign words, with at least `LEAST_LETTERS`."""
    tokens_ = list(tokens(fold(text, LONGEST_QUERY)))
    return all(map(is_latin, tokens_)) and sum(len(token.text) for token in tokens_) >= LEAST_LETTERS


class QueryPlanner:
    """Searches an engine for what people type, adding query vectors of the configured embedders."""

    def __init__(
        self, search: SearchEngine, embedders: Sequence[Embedder] = (), *, reader: EmbedTexts = embed_uncached
    ) -> None:
        self._search = search
        self._embedders = embedders
        self._reader = reader

    async def search(self, query: Query) -> Hits:
        """Return one page of hits. Falls back to keywords alone when an embedder is unavailable.

        Foreign words that no listing has find those of the nearest meaning. So does a word that no listing
        has beside one that some have; they stand before those that have just the other word.
        """
        planned = await self.plan(query)
        if planned.meaning == QueryKind.FOREIGN.value:
            planned = await self._limited(query, planned)
        hits = await self._search.search(planned)
        if not self._embedders or query.index not in WITH_VECTORS or not is_foreign(query.text):
            return hits
        if hits.total:
            return hits if planned.meaning or query.sort else await self._supplemented(query, hits)
        nearest = await self._nearest(query, NEAREST, LEAST_COSINE, MARGIN)
        if not nearest:
            return hits
        hits = await Identified(self._search, nearest).search(query)
        return replace(hits, ids=tuple(sorted(hits.ids, key=nearest.index)))

    async def _supplemented(self, query: Query, hits: Hits) -> Hits:
        """Return the hits with what is near in meaning before them, if one of the words stands nowhere."""
        words = [token.text for token in tokens(fold(query.text, LONGEST_QUERY))]
        alone = [Query(query.index, text=word, limit=0) for word in words if word not in STOP_WORDS]
        totals = [(await self._search.search(each)).total for each in alone]
        if len(alone) < LEAST_FOREIGN_WORDS - 1 or all(totals):
            return hits
        near = await self._nearest(query, NEAREST, LEAST_COSINE_BESIDE_WORDS, MARGIN)
        if not near:
            return hits
        worded = await self._search.search(replace(query, offset=0, limit=MOST_WORDED, filters=(), facets=()))
        ids = list(dict.fromkeys((*near, *worded.ids)))
        page = await PinnedResults(Identified(self._search, ids), ids).search(query)
        return replace(page, terms=hits.terms)

    async def _limited(self, query: Query, planned: Query) -> Query:
        """Limit the planned query of a foreign sentence to what is near in meaning or has its words.

        Without words and with nothing near it is the query by words alone.
        """
        worded = await self._search.search(replace(query, offset=0, limit=MOST_WORDED, filters=(), facets=()))
        near = await self._nearest(query, MOST_NEAR, LEAST_COSINE_OF_SENTENCE, MARGIN_OF_SENTENCE, NEAREST)
        if not near:
            return query
        ids = dict.fromkeys(map(str, (*near, *worded.ids)))
        return replace(planned, filters=(*planned.filters, AnyOf("id", tuple(ids))))

    async def _nearest(
        self, query: Query, most: int, least: float, margin: float, always: int = 0
    ) -> list[UUID]:
        """Return the listings whose meaning is near to the words, the nearest first; often there are none.

        They have the `least` cosine and, but for the first `always`, are within `margin` of the nearest.
        """
        embedder = self._embedders[0]
        try:
            vectors = {embedder.name: await self._vector(embedder, query.text)}
        except EmbedderUnavailable:
            return []
        candidates = await self._search.candidates(query.index, (), vectors=vectors, nearest=most)
        cosines = candidates.cosines.get(embedder.name)
        if cosines is None or not len(cosines):
            return []
        cosines = np.nan_to_num(cosines, nan=-1.0)
        order = sorted(range(len(cosines)), key=lambda at: -float(cosines[at]))
        best = float(cosines[order[0]])
        return [
            UUID(bytes=bytes(candidates.heads["id"][at]))
            for place, at in enumerate(order[:most])
            if cosines[at] >= (least if place < always else max(least, best - margin))
        ]

    async def plan(self, query: Query) -> Query:
        """Return the query with vectors and their share, where that helps."""
        kind = query_kind(query.text)
        if not kind.value or query.sort or query.index not in WITH_VECTORS or not self._embedders:
            return query
        try:
            # Only the first embedder is taken to be multilingual.
            embedders = self._embedders[:1] if kind is QueryKind.FOREIGN else self._embedders
            vectors = {embedder.name: await self._vector(embedder, query.text) for embedder in embedders}
        except EmbedderUnavailable:
            return query
        return replace(query, vectors=vectors, meaning=kind.value)

    async def _vector(self, embedder: Embedder, text: str) -> Vector:
        key = (embedder.name, text)
        if key not in _vector_cache:
            _vector_cache[key] = await asyncio.to_thread(embed_query, embedder, text, reader=self._reader)
            while len(_vector_cache) > CACHE_SIZE:
                _vector_cache.popitem(last=False)
        _vector_cache.move_to_end(key)
        return _vector_cache[key]


_vector_cache: OrderedDict[tuple[str, str], Vector] = OrderedDict()


class Identified:
    """Answers with the listings that an identifier names, whatever words stand in them."""

    def __init__(self, search: Searcher, ids: Sequence[UUID]) -> None:
        self._search = search
        self._ids = tuple(str(id_) for id_ in ids)

    async def search(self, query: Query) -> Hits:
        """Return one page of them, under the query's filters."""
        return await self._search.search(
            replace(query, text="", filters=(*query.filters, AnyOf("id", self._ids)))
        )


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
