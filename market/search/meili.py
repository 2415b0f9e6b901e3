"""The Meilisearch engine. For several hosts."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import numpy as np

from market.search.candidates import Candidates
from market.search.documents import Prepared, prepare
from market.search.engine import KEEPS_APART, AnyOf, Document, Hits, Query, Tenancy, Vector
from market.search.indexes import WITH_VECTORS, fields_of
from market.search.meili_client import TIMEOUT, Json, MeiliAdmin, MeiliHttp
from market.search.meili_indexes import MeiliIndexes, Tenant
from market.search.meili_requests import (
    code_phrases,
    decode_record,
    document_of,
    filter_query,
    hits_of,
    reranked,
    search_queries,
    value_list,
    vector_query,
)
from market.search.normalise import LONGEST_QUERY, fold, query_words, spaced
from market.search.reranking import RERANKED

LEAST_HITS = 10
"""With fewer hits, documents with any one of the words are hits as well, as on the embedded engine."""
MAX_CODES = 1000
"""Hits of a query that is a single code."""
MAX_WORDS = 8
"""Words of a query that are searched for one by one."""
MAX_CACHED = 50_000
"""Records of an index that are cached, some 2 kB each."""
MAX_PENDING = 8
"""Batches of a rebuild that may be pending on the server."""
_BATCH = 2000


class MeiliSearch:
    """Implements `SearchEngine` on a Meilisearch server. Every write waits for its task."""

    name = "meilisearch"

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        tenant: Tenant,
        embedders: Mapping[str, int] | None = None,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = MeiliHttp(url, key, timeout, transport)
        self._admin = MeiliAdmin(url, key, timeout)
        self._embedders = embedders or {}
        """Dimensions of each model's vectors."""
        self._indexes = MeiliIndexes(self._admin, tenant, self._embedders)
        self._records_of: dict[str, dict[str, tuple[int, bytes]]] = {}
        """Cached records of each index by id, with their stamps."""

    async def ping(self) -> None:
        await self._admin.ping()

    async def apply_settings(self) -> list[str]:
        return await self._indexes.apply_settings()

    async def tenancy(self) -> Tenancy:
        return await self._indexes.tenancy()

    async def search(self, query: Query) -> Hits:
        fields_of(query.index).check(query)
        folded = fold(query.text, LONGEST_QUERY)
        if phrases := code_phrases(folded):
            return await self._search_code(query, folded, phrases)
        queries, facets = search_queries(query, await self._indexes.uid(query.index), spaced(folded))
        answers = await self._multi_search(query.index, queries)
        is_reordered = "showRankingScore" in queries[0]
        if is_reordered and (answers[0].get("totalHits") or 0) < LEAST_HITS:
            looser = await self._search_any_word(query, folded)
            if looser is not None:
                return looser
        skipped = query.offset - (queries[0]["page"] - 1) * queries[0]["hitsPerPage"]
        hits = reranked(answers[0]["hits"], folded) if is_reordered else answers[0]["hits"]
        ids = [UUID(hit["id"]) for hit in hits[skipped:]]
        return hits_of(query, folded, ids[: query.limit], answers, facets)

    async def _search_any_word(self, query: Query, folded: str) -> Hits | None:
        """Return a page in which documents with any one of the words are hits, for queries with hardly any.

        None if there are enough hits without the filters, or just one word. The server itself drops words
        from the most frequent on, so it never finds documents without the rarest.
        """
        words = query_words(folded)[:MAX_WORDS]
        if len(words) < 2:
            return None
        texts = [(word, phrase) for word in words for phrase in code_phrases(word)[:1] or [spaced(word)]]
        answers = await self._search_texts(query, [(folded, spaced(folded)), *texts], RERANKED)
        if (answers[0].get("totalHits") or 0) >= LEAST_HITS:
            return None
        hits = {hit["id"]: {**hit, "_rankingScore": 0.0} for answer in answers[1:] for hit in answer["hits"]}
        hits |= {hit["id"]: hit for hit in answers[0]["hits"]}
        return await self._page_of(query, folded, list(hits.values())) if hits else None

    async def _search_code(self, query: Query, folded: str, phrases: Sequence[str]) -> Hits:
        """Return a page of the documents that have one of these phrases, however they are spelled."""
        texts = [(folded, phrase) for phrase in phrases]
        answers = await self._search_texts(replace(query, sort=None), texts, MAX_CODES)
        hits = {hit["id"]: hit for answer in reversed(answers) for hit in answer["hits"]}
        return await self._page_of(query, folded, list(hits.values()))

    async def _search_texts(self, query: Query, texts: Sequence[tuple[str, str]], most: int) -> list[Json]:
        """Search for each of the texts (folded, and as the server takes it), without filters and facets."""
        whole = replace(query, filters=(), facets=(), offset=0, limit=most)
        uid = await self._indexes.uid(query.index)
        queries = [search_queries(replace(whole, text=text), uid, words)[0][0] for text, words in texts]
        return await self._multi_search(query.index, queries)

    async def _page_of(self, query: Query, folded: str, hits: Sequence[Json]) -> Hits:
        """Return a page of these hits, reranked unless the query has an order, under its filters."""
        first = sorted(hits, key=lambda hit: -hit.get("_rankingScore", 0.0))
        order = [hit["id"] for hit in reranked(first, folded, len(first))]
        limited = replace(
            query,
            text="",
            filters=(*query.filters, AnyOf("id", tuple(order))),
            offset=0,
            limit=len(order) or 1,
        )
        queries, facets = search_queries(limited, await self._indexes.uid(query.index), "")
        answers = await self._multi_search(query.index, queries)
        allowed = [hit["id"] for hit in answers[0]["hits"]]
        ranked = allowed if query.sort else [id_ for id_ in order if id_ in set(allowed)]
        page = ranked[query.offset : query.offset + query.limit]
        return hits_of(query, folded, [UUID(id_) for id_ in page], answers, facets)

    async def candidates(
        self,
        index: str,
        terms: Sequence[str],
        limit: int = 1000,
        *,
        vectors: Mapping[str, Vector] | None = None,
        nearest: int = 0,
    ) -> Candidates:
        models = {model: vector for model, vector in (vectors or {}).items() if model in self._embedders}
        holding, uid = [f"terms IN {value_list(terms)}"], await self._indexes.uid(index)
        brief = ["id", "stamp"]
        queries = [vector_query(uid, [], nearest, brief, *of) for of in models.items() if nearest]
        if terms:
            # The server ranks documents without a vector last, so each query finds all with a term.
            queries += [vector_query(uid, holding, limit, brief, *of) for of in models.items()] or [
                filter_query(uid, holding, limit, brief)
            ]
        if not queries:
            return Candidates.of([])
        stamps: dict[str, int] = {}
        cosines: dict[str, dict[str, float]] = {model: {} for model in models}
        await self._collect(index, queries, stamps, cosines)
        # A candidate found by one model may have a vector of another.
        rest = {model: [id_ for id_ in stamps if id_ not in cosines[model]] for model in models}
        queries = [
            vector_query(uid, [f"id IN {value_list(ids)}"], len(ids), brief, model, models[model])
            for model, ids in rest.items()
            if ids and len(models) > 1
        ]
        if queries:
            await self._collect(index, queries, stamps, cosines)
        records = await self._records(index, stamps)
        columns = {model: np.array([of.get(id_, np.nan) for id_ in records]) for model, of in cosines.items()}
        return Candidates.of(list(records.values()), columns)

    async def _multi_search(self, index: str, queries: Sequence[Json]) -> list[Json]:
        async with self._indexes.guard_against_drift(index):
            return await self._http.multi_search(queries)

    async def _collect(
        self,
        index: str,
        queries: Sequence[Json],
        stamps: dict[str, int],
        cosines: dict[str, dict[str, float]],
    ) -> None:
        """Add the hits of these queries to the stamps by id, and to the cosines by model and id."""
        for query, answer in zip(queries, await self._multi_search(index, queries), strict=True):
            of_model = cosines[query["hybrid"]["embedder"]] if "hybrid" in query else {}
            for hit in answer["hits"]:
                # The score of a hit by vector is the cosine, moved to 0-1; 0 is one without a vector.
                if score := hit.get("_rankingScore"):
                    of_model[hit["id"]] = 2 * score - 1
                if score or "filter" in query:
                    stamps[hit["id"]] = hit.get("stamp", 0)

    async def _records(self, index: str, stamps: Mapping[str, int]) -> dict[str, bytes]:
        """Return the records of documents by id, from the cache where the stamp is the same.

        Records are by far the largest part of a document and seldom change.
        """
        cache = self._records_of.setdefault(index, {})
        unknown = [id_ for id_, stamp in stamps.items() if id_ not in cache or cache[id_][0] != stamp]
        if unknown:
            fields = ["id", "stamp", "record"]
            for document in await self._http.fetch_documents(await self._indexes.uid(index), unknown, fields):
                cache.pop(document["id"], None)
                if "record" in document:
                    cache[document["id"]] = document["stamp"], decode_record(document["record"])
            while len(cache) > max(MAX_CACHED, len(stamps)):
                del cache[next(iter(cache))]
        # Documents deleted between the two requests have no record, nor those of an earlier release.
        return {id_: cache[id_][1] for id_ in stamps if id_ in cache}

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        await self._indexes.require_writable(index)
        async with self._indexes.guard_against_drift(index):
            for task in await self._send(index, documents, await self._indexes.uid(index)):
                await self._admin.wait_for_task(task)

    async def delete(self, index: str, ids: Collection[UUID]) -> None:
        if ids:
            task = await self._http.delete_documents(
                await self._indexes.uid(index), [str(id_) for id_ in ids]
            )
            await self._admin.wait_for_task(task)

    async def count(self, index: str) -> int:
        return await self._admin.count_documents(await self._indexes.uid(index))

    async def mark(self, index: str) -> str | None:
        return KEEPS_APART

    async def set_mark(self, index: str, mark: str) -> None:
        """Do nothing: the names of our indexes begin with this market's own prefix."""

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        rows = self._http.all_documents(await self._indexes.uid(index), ["id", "revision"])
        return {UUID(row["id"]): row["revision"] async for row in rows}

    async def term_frequencies(self, index: str) -> dict[str, int]:
        counts: Counter[str] = Counter()
        async for row in self._http.all_documents(await self._indexes.uid(index), ["terms"]):
            counts.update(row.get("terms", ()))
        return counts

    async def words(self, index: str) -> dict[str, int]:
        counts: Counter[str] = Counter()
        english: Counter[str] = Counter()
        async for row in self._http.all_documents(await self._indexes.uid(index), ["terms", "s_english"]):
            counts.update(row.get("terms", ()))
            english.update(set(row.get("s_english", "").split()))
        return english | counts

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        scratch = await self._indexes.create_scratch(index)
        # The server batches pending tasks while we prepare the next documents.
        pending: deque[int] = deque()
        async for documents in batches:
            pending += await self._send(index, documents, scratch)
            while len(pending) > MAX_PENDING:
                await self._admin.wait_for_task(pending.popleft())
        for task in pending:
            await self._admin.wait_for_task(task)
        count = await self._admin.count_documents(scratch)
        await self._indexes.swap_in(index, scratch)
        return count

    async def drop(self) -> None:
        """Delete every index of this tenant, for scratch ones."""
        await self._indexes.drop()

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, index: str, documents: Sequence[Document], uid: str) -> list[int]:
        """Send documents to an index by name; return the uids of the tasks."""
        prepared = await asyncio.to_thread(
            lambda: [self._document(index, prepare(index, document)) for document in documents]
        )
        return [
            await self._http.add_documents(uid, prepared[at : at + _BATCH])
            for at in range(0, len(prepared), _BATCH)
        ]

    def _document(self, index: str, prepared: Prepared) -> dict[str, Any]:
        document = document_of(index, prepared)
        if index in WITH_VECTORS and self._embedders:
            # The server fails the whole task if a vector is neither given nor null.
            document["_vectors"] = {
                model: [float(number) for number in prepared.vectors[model]]
                if model in prepared.vectors
                else None
                for model in self._embedders
            }
        return document
