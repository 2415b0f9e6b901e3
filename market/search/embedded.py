"""The search engine inside our own process: tantivy on a folder. For one host."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from tantivy import Order, Searcher
from tantivy import Query as Asked

from market.kit.errors import SearchUnavailable
from market.search import embedded_query as asking
from market.search.candidates import Candidates
from market.search.documents import prepare
from market.search.embedded_store import IndexFolder, order_field, places_of
from market.search.embedded_writer import LINGER
from market.search.engine import Document, Filter, Hits, Query, Sort, Tenancy, Vector
from market.search.fact_file import FactFile
from market.search.indexes import INDEXES, fields_of

T = TypeVar("T")
NEAREST = 100
"""Documents that mean the like and are ordered with those that hold the words."""
REORDERED = 100
"""First hits by words that meaning may put in another order."""
MOSTLY = 0.5
"""From here on a document need not hold a word to be a hit."""
_MOST_VALUES = 10_000
"""Values of one facet that are counted."""


class EmbeddedSearch:
    """Tantivy behind the market's protocol. Its blocking calls run in threads."""

    name = f"embedded (tantivy {version('tantivy')})"

    def __init__(self, directory: Path, *, linger: float = LINGER) -> None:
        self._indexes = {index: IndexFolder(index, directory / index, linger) for index in INDEXES}

    async def ping(self) -> None:
        await self.count(INDEXES[0])

    async def apply_settings(self) -> list[str]:
        return [index for index in INDEXES if await _run(self._indexes[index].ensure)]

    async def tenancy(self) -> Tenancy:
        return Tenancy()

    async def search(self, query: Query) -> Hits:
        fields_of(query.index).check(query)
        return await _run(lambda: _search(self._indexes[query.index], query))

    async def candidates(
        self,
        index: str,
        terms: Sequence[str],
        limit: int = 1000,
        *,
        vectors: Mapping[str, Vector] | None = None,
        nearest: int = 0,
    ) -> Candidates:
        return await _run(lambda: _candidates(self._indexes[index], terms, limit, vectors or {}, nearest))

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        if documents:
            await _run(lambda: self._indexes[index].put([prepare(index, one) for one in documents]))

    async def delete(self, index: str, ids: Collection[UUID]) -> None:
        if ids:
            await _run(lambda: self._indexes[index].delete(ids))

    async def count(self, index: str) -> int:
        return await _run(lambda: int(self._indexes[index].searcher().num_docs))

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        return await _run(self._indexes[index].ids_and_revisions)

    async def term_frequencies(self, index: str) -> dict[str, int]:
        def read() -> dict[str, int]:
            return dict(self._indexes[index].searcher().terms_with_prefix("terms", ""))

        return await _run(read)

    async def words(self, index: str) -> dict[str, int]:
        def read() -> dict[str, int]:
            searcher = self._indexes[index].searcher()
            english = dict(searcher.terms_with_prefix("english", ""))
            return english | dict(searcher.terms_with_prefix("terms", ""))

        return await _run(read)

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        target = self._indexes[index]
        with await _run(target.lock):
            generation = await _run(target.new_generation)
            async for documents in batches:
                await _run(lambda part=documents: generation.add([prepare(index, one) for one in part]))  # type: ignore[misc]
            count = await _run(generation.finish)
            await _run(lambda: target.use(generation.number))
        return count

    async def close(self) -> None:
        for index in self._indexes.values():
            await _run(index.close)


async def _run(call: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(call)
    except OSError as error:
        raise SearchUnavailable(str(error)) from error


def _search(index: IndexFolder, query: Query) -> Hits:
    searcher, facts = index.snapshot()
    wording = asking.read(index.schema, query.text)
    holding = asking.held(searcher, wording) if wording else Asked.all_query()
    if wording and query.vectors and query.meaning and not query.sort:
        return _by_meaning(index, searcher, facts, query, wording, holding)
    kept = asking.both(holding, asking.limits(index.schema, query.filters))
    stale = asking.stale(index.schema, query.index)
    if query.sort:
        hits, total = _ordered(searcher, [kept], query.sort, query)
    elif wording:
        found: Any = searcher.search(wording.ranked(kept, stale), max(query.limit, 1), offset=query.offset)
        hits, total = found.hits[: query.limit], found.count
    else:
        newest = Sort(fields_of(query.index).newest_first)
        parts = [kept] if stale is None else [asking.without(kept, stale), asking.both(kept, stale)]
        hits, total = _ordered(searcher, parts, newest, query)
    return Hits(
        ids=tuple(_ids(searcher, facts, hits)),
        total=total,
        facets=_facets(index, searcher, query, holding),
        terms=wording.terms if wording else (),
    )


def _ordered(searcher: Searcher, parts: Sequence[Asked], sort: Sort, query: Query) -> tuple[list[Any], int]:
    """Return one page of all that the parts keep, part after part, each in order, and how many there are."""
    order = Order.Desc if sort.is_descending else Order.Asc
    hits: list[Any] = []
    total = 0
    for part in parts:
        wanted, skipped = query.limit - len(hits), max(0, query.offset - total)
        found: Any = searcher.search(part, max(wanted, 1), True, order_field(sort), skipped, order)
        hits += found.hits[:wanted]
        total += found.count
    return hits, total


def _by_meaning(
    index: IndexFolder,
    searcher: Searcher,
    facts: FactFile,
    query: Query,
    wording: asking.Wording,
    holding: Asked,
) -> Hits:
    """Answer a search whose first hits are ordered by words and meaning together."""
    files = index.vector_files()
    asked = {name: (files[name], vector) for name, vector in query.vectors.items() if name in files}
    near = {key for file, vector in asked.values() for key in file.nearest(vector, NEAREST)}
    alike = _any_id(index, near)
    if query.meaning >= MOSTLY:
        holding = asking.either(holding, alike)
    kept = asking.both(holding, asking.limits(index.schema, query.filters))
    most = max(query.offset + query.limit, REORDERED)
    found: Any = searcher.search(wording.ranked(kept), most)
    beside: Any = searcher.search(wording.ranked(asking.both(kept, alike)), max(len(near), 1), False)
    rest = _ids(searcher, facts, found.hits[REORDERED:])
    first = [*found.hits[:REORDERED], *beside.hits]
    words = dict(zip(_ids(searcher, facts, first), (score for score, _ in first), strict=True))
    keys = [one.bytes for one in words]
    total = dict.fromkeys(words, 0.0)
    for file, vector in asked.values():
        cosines = np.nan_to_num(file.cosines(keys, vector), nan=-1.0).tolist()
        for id_, share in _from_0_to_1(dict(zip(words, cosines, strict=True))).items():
            total[id_] += share * query.meaning / len(asked)
    for id_, share in _from_0_to_1(words).items():
        total[id_] += share * (1 - query.meaning)
    ordered = list(dict.fromkeys([*sorted(total, key=lambda one: -total[one]), *rest]))
    return Hits(
        ids=tuple(ordered[query.offset : query.offset + query.limit]),
        total=found.count,
        facets=_facets(index, searcher, query, holding),
        terms=wording.terms,
    )


def _from_0_to_1(numbers: Mapping[UUID, float]) -> dict[UUID, float]:
    least, most = min(numbers.values(), default=0.0), max(numbers.values(), default=0.0)
    return {one: (number - least) / ((most - least) or 1.0) for one, number in numbers.items()}


def _ids(searcher: Searcher, facts: FactFile, hits: Iterable[tuple[Any, Any]]) -> list[UUID]:
    return Candidates.of(facts.read(places_of(searcher, hits))).ids


def _facets(
    index: IndexFolder, searcher: Searcher, query: Query, holding: Asked
) -> dict[str, Mapping[str, int]]:
    alike: dict[tuple[Filter, ...], list[str]] = defaultdict(list)
    for name in query.facets:
        alike[tuple(one for one in query.filters if one.field != name)].append(name)
    counts: dict[str, Mapping[str, int]] = {}
    for filters, names in alike.items():
        kept = asking.both(holding, asking.limits(index.schema, filters))
        wanted = {name: {"terms": {"field": name, "size": _MOST_VALUES}} for name in names}
        answer = searcher.aggregate(kept, wanted)
        counts |= {name: _counted(answer[name]["buckets"]) for name in names}
    return {name: counts[name] for name in query.facets}


def _counted(buckets: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {
        key if isinstance(key := one["key"], str) else str(int(key)): int(one["doc_count"]) for one in buckets
    }


def _candidates(
    index: IndexFolder, terms: Sequence[str], limit: int, vectors: Mapping[str, Vector], nearest: int
) -> Candidates:
    files = index.vector_files() if vectors else {}
    asked = {name: (files[name], vector) for name, vector in vectors.items() if name in files}
    near = {key for file, vector in asked.values() for key in file.nearest(vector, nearest)}
    searcher, facts = index.snapshot()
    places: dict[int, None] = {}
    for holding, most in (
        (asking.any_of(index.schema, "terms", terms), limit),
        (_any_id(index, near), len(near)),
    ):
        if most:
            hits = searcher.search(holding, most, False, fields_of(index.name).newest_first).hits
            places |= dict.fromkeys(places_of(searcher, hits))
    found = Candidates.of(facts.read(places))
    keys = found.keys
    cosines = {name: file.cosines(keys, vector) for name, (file, vector) in asked.items()}
    return replace(found, cosines=cosines)


def _any_id(index: IndexFolder, keys: Iterable[bytes]) -> Asked:
    return asking.any_of(index.schema, "id", [str(UUID(bytes=key)) for key in keys])
