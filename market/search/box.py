"""How a person's search is asked, by the kind of question.

Short questions live on words. What is asked in a language the listings are not written in lives on
meaning, and one topic gains a little from it. The shares were chosen on known answers, see `evaluate`.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from market.search.embedders import Embedder, Unusable
from market.search.engine import Hits, Query, SearchEngine, Vector
from market.search.indexes import WITH_VECTORS
from market.search.meaning import Reader, one_vector, read_directly
from market.search.normalise import LONGEST_QUERY, LONGEST_TOPIC, fold, is_latin, tokens

FOREIGN_WORDS = 3
"""So many Latin words and nothing else are a sentence, no name and no pinyin."""
REMEMBERED = 500
"""Vectors of latest questions; people page and filter."""


class Question(Enum):
    """What a question is like, and how much its meaning counts."""

    FOREIGN = 0.85
    TOPIC = 0.15
    WORDS = 0.0


def kind_of(text: str) -> Question:
    """Return what a question is like."""
    found = list(tokens(fold(text, LONGEST_QUERY)))
    if len(found) >= FOREIGN_WORDS and not any(one.is_dense for one in found):
        return Question.FOREIGN if sum(is_latin(one) for one in found) >= FOREIGN_WORDS else Question.WORDS
    if len(found) == 1 and found[0].is_dense and len(found[0].text) <= LONGEST_TOPIC:
        return Question.TOPIC
    return Question.WORDS


class SearchBox:
    """Asks an engine what people type, with the help of the models that there are."""

    def __init__(
        self, search: SearchEngine, embedders: Sequence[Embedder] = (), *, reader: Reader = read_directly
    ) -> None:
        self._search = search
        self._embedders = embedders
        self._reader = reader

    async def search(self, query: Query) -> Hits:
        """Answer one page of a person's search. With a model away, words alone decide."""
        return await self._search.search(await self.with_meaning(query))

    async def with_meaning(self, query: Query) -> Query:
        """Return the search with what its words mean, where that helps."""
        kind = kind_of(query.text)
        if not kind.value or query.sort or query.index not in WITH_VECTORS or not self._embedders:
            return query
        try:
            # Of several models the first is the one for other languages; a second is seldom for them too.
            asked = self._embedders[:1] if kind is Question.FOREIGN else self._embedders
            vectors = {one.name: await self._vector(one, query.text) for one in asked}
        except Unusable:
            return query
        return replace(query, vectors=vectors, meaning=kind.value)

    async def _vector(self, embedder: Embedder, text: str) -> Vector:
        key = (embedder.name, text)
        if key not in _remembered:
            _remembered[key] = await asyncio.to_thread(one_vector, embedder, text, reader=self._reader)
            while len(_remembered) > REMEMBERED:
                _remembered.popitem(last=False)
        _remembered.move_to_end(key)
        return _remembered[key]


_remembered: OrderedDict[tuple[str, str], Vector] = OrderedDict()
