"""The embedded search engine: tantivy in our own process, on a folder. For a single host."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from tantivy import Order, Searcher
from tantivy import Query as TantivyQuery

from market.kit.errors import IndexDamaged, SearchUnavailable
from market.search import embedded_query as embedded_query
from market.search.candidates import Candidates
from market.search.documents import prepare
from market.search.embedded_store import Generation, IndexFolder, Snapshot, order_field, record_places
from market.search.embedded_writer import LINGER
from market.search.engine import Document, Filter, Hits, Query, Sort, Tenancy, Vector
from market.search.indexes import INDEXES, fields_of
from market.search.record_files import RecordFile

T = TypeVar("T")
NEAREST_BY_VECTOR = 100
"""Nearest documents by vector that are ranked together with the keyword hits."""
RERANKED = 100
"""First keyword hits that are reranked by vector similarity."""
VECTOR_HITS_FROM = 0.5
"""Share of vector similarity from which the nearest documents count as hits without sharing a word."""
_MAX_FACET_VALUES = 10_000
"""Most values of one facet that are counted."""
_MOST_KEPT = 400
"""Pages of lists without words, and combinations of filters with their counts, that are kept of a commit."""
_LARGEST_KEPT = 100
"""Most rows of a page that is kept."""


class EmbeddedSearch:
    """Implements `SearchEngine` on tantivy. Its blocking calls run in threads."""

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
            await _run(lambda: self._indexes[index].put(prepare(index, document) for document in documents))

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
                await _run(partial(_add, generation, index, documents))
            count = await _run(generation.finish)
            await _run(lambda: target.use(generation.number))
        return count

    async def mark(self, index: str) -> str | None:
        return await _run(self._indexes[index].mark)

    async def set_mark(self, index: str, mark: str) -> None:
        await _run(lambda: self._indexes[index].set_mark(mark))

    async def close(self) -> None:
        for index in self._indexes.values():
            await _run(index.close)


def _add(generation: Generation, index: str, documents: Sequence[Document]) -> None:
    generation.add(prepare(index, document) for document in documents)


async def _run(call: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(call)
    except IndexDamaged:
        raise
    except OSError as error:
        raise SearchUnavailable(str(error)) from error


def _search(index: IndexFolder, query: Query) -> Hits:
    """Search the latest commit; what was found without words before is kept with it."""
    snapshot = index.snapshot()
    wording = embedded_query.parse(index.schema, query.text)
    if wording or query.limit > _LARGEST_KEPT:
        return _search_anew(index, snapshot, query, wording)
    key = (query.filters, query.facets, query.sort, query.offset, query.limit)
    hits: Hits | None = snapshot.kept.get(key)
    if hits is None:
        hits = _search_anew(index, snapshot, query, wording)
        _keep(snapshot.kept, key, hits)
    return hits


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


def _search_anew(
    index: IndexFolder, snapshot: Snapshot, query: Query, wording: embedded_query.ParsedText | None
) -> Hits:
    searcher, facts, earlier_counts = snapshot
    matching = embedded_query.matching_query(searcher, wording) if wording else TantivyQuery.all_query()
    if wording and query.vectors and query.meaning and not query.sort:
        return _hybrid_search(index, searcher, facts, query, wording, matching)
    limited = embedded_query.all_of(matching, embedded_query.filter_query(index.schema, query.filters))
    stale = embedded_query.stale_query(index.schema, query.index)
    if query.sort:
        hits, total = _sorted_search(searcher, [limited], query.sort, query)
    elif wording:
        results: Any = searcher.search(
            wording.ranked(limited, stale), max(query.limit, 1), offset=query.offset
        )
        hits, total = results.hits[: query.limit], results.count
    else:
        newest = Sort(fields_of(query.index).newest_first)
        parts = (
            [limited]
            if stale is None
            else [embedded_query.without(limited, stale), embedded_query.all_of(limited, stale)]
        )
        hits, total = _sorted_search(searcher, parts, newest, query)
    return Hits(
        ids=tuple(_ids(searcher, facts, hits)),
        total=total,
        facets=_facets(index, searcher, query, matching, {} if wording else earlier_counts),
        terms=wording.terms if wording else (),
    )


def _sorted_search(
    searcher: Searcher, parts: Sequence[TantivyQuery], sort: Sort, query: Query
) -> tuple[list[Any], int]:
    """Return one page of the concatenated results of several queries, each sorted, and their total."""
    order = Order.Desc if sort.is_descending else Order.Asc
    hits: list[Any] = []
    total = 0
    for part in parts:
        limit, skipped = query.limit - len(hits), max(0, query.offset - total)
        results: Any = searcher.search(part, max(limit, 1), True, order_field(sort), skipped, order)
        hits += results.hits[:limit]
        total += results.count
    return hits, total


def _hybrid_search(
    index: IndexFolder,
    searcher: Searcher,
    facts: RecordFile,
    query: Query,
    wording: embedded_query.ParsedText,
    matching: TantivyQuery,
) -> Hits:
    """Return a page whose first hits are ranked by keywords and vector similarity together."""
    files = index.vector_files()
    models = {name: (files[name], vector) for name, vector in query.vectors.items() if name in files}
    nearest = {key for file, vector in models.values() for key in file.nearest(vector, NEAREST_BY_VECTOR)}
    near_query = _any_id(index, nearest)
    if query.meaning >= VECTOR_HITS_FROM:
        matching = embedded_query.one_of(matching, near_query)
    limited = embedded_query.all_of(matching, embedded_query.filter_query(index.schema, query.filters))
    most = max(query.offset + query.limit, RERANKED)
    results: Any = searcher.search(wording.ranked(limited), most)
    near_results: Any = searcher.search(
        wording.ranked(embedded_query.all_of(limited, near_query)), max(len(nearest), 1), False
    )
    rest = _ids(searcher, facts, results.hits[RERANKED:])
    first = [*results.hits[:RERANKED], *near_results.hits]
    words = dict(zip(_ids(searcher, facts, first), (score for score, _ in first), strict=True))
    keys = [id_.bytes for id_ in words]
    scores = dict.fromkeys(words, 0.0)
    for file, vector in models.values():
        cosines = np.nan_to_num(file.cosines(keys, vector), nan=-1.0).tolist()
        for id_, share in _min_max_scaled(dict(zip(words, cosines, strict=True))).items():
            scores[id_] += share * query.meaning / len(models)
    for id_, share in _min_max_scaled(words).items():
        scores[id_] += share * (1 - query.meaning)
    ordered = list(dict.fromkeys([*sorted(scores, key=lambda id_: -scores[id_]), *rest]))
    return Hits(
        ids=tuple(ordered[query.offset : query.offset + query.limit]),
        total=results.count,
        facets=_facets(index, searcher, query, matching, {}),
        terms=wording.terms,
    )


def _min_max_scaled(numbers: Mapping[UUID, float]) -> dict[UUID, float]:
    least, most = min(numbers.values(), default=0.0), max(numbers.values(), default=0.0)
    return {id_: (number - least) / ((most - least) or 1.0) for id_, number in numbers.items()}


def _ids(searcher: Searcher, facts: RecordFile, hits: Iterable[tuple[Any, Any]]) -> list[UUID]:
    return Candidates.of(facts.read(record_places(searcher, hits))).ids


def _facets(
    index: IndexFolder,
    searcher: Searcher,
    query: Query,
    matching: TantivyQuery,
    earlier_counts: dict[Any, Any],
) -> dict[str, Mapping[str, int]]:
    """Count the values of each facet as if it were not filtered by; counts stay for the next list."""
    by_filters: dict[tuple[Filter, ...], list[str]] = defaultdict(list)
    for name in query.facets:
        by_filters[tuple(limit for limit in query.filters if limit.field != name)].append(name)
    counts: dict[str, Mapping[str, int]] = {}
    for filters, names in by_filters.items():
        key = (filters, tuple(names))
        group = earlier_counts.get(key)
        if group is None:
            group = _count_facets(index, searcher, matching, filters, names)
            _keep(earlier_counts, key, group)
        counts |= group
    return {name: counts[name] for name in query.facets}


def _count_facets(
    index: IndexFolder,
    searcher: Searcher,
    matching: TantivyQuery,
    filters: Sequence[Filter],
    names: Sequence[str],
) -> dict[str, Mapping[str, int]]:
    limited = embedded_query.all_of(matching, embedded_query.filter_query(index.schema, filters))
    aggregations = {name: {"terms": {"field": name, "size": _MAX_FACET_VALUES}} for name in names}
    answer = searcher.aggregate(limited, aggregations)
    return {name: _facet_counts(answer[name]["buckets"]) for name in names}


def _facet_counts(buckets: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {
        key if isinstance(key := bucket["key"], str) else str(int(key)): int(bucket["doc_count"])
        for bucket in buckets
    }


def _candidates(
    index: IndexFolder, terms: Sequence[str], limit: int, vectors: Mapping[str, Vector], nearest: int
) -> Candidates:
    files = index.vector_files() if vectors else {}
    models = {name: (files[name], vector) for name, vector in vectors.items() if name in files}
    nearby = {key for file, vector in models.values() for key in file.nearest(vector, nearest)}
    searcher, facts, _kept = index.snapshot()
    places: dict[int, None] = {}
    for query, most in (
        (embedded_query.any_of(index.schema, "terms", terms), limit),
        (_any_id(index, nearby), len(nearby)),
    ):
        if most:
            hits = searcher.search(query, most, False, fields_of(index.name).newest_first).hits
            places |= dict.fromkeys(record_places(searcher, hits))
    candidates = Candidates.of(facts.read(places))
    keys = candidates.keys
    cosines = {name: file.cosines(keys, vector) for name, (file, vector) in models.items()}
    return replace(candidates, cosines=cosines)


def _any_id(index: IndexFolder, keys: Iterable[bytes]) -> TantivyQuery:
    return embedded_query.any_of(index.schema, "id", [str(UUID(bytes=key)) for key in keys])
