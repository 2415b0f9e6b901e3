"""Meilisearch behind the market's protocol. For several hosts."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from meilisearch_python_sdk import AsyncClient, AsyncIndex
from meilisearch_python_sdk._http_requests import AsyncHttpRequests
from meilisearch_python_sdk.errors import MeilisearchApiError, MeilisearchError
from meilisearch_python_sdk.models.search import Hybrid, SearchParams
from meilisearch_python_sdk.models.settings import MeilisearchSettings
from meilisearch_python_sdk.models.task import TaskInfo

from market.kit.errors import SearchUnavailable
from market.search.documents import Prepared, prepare
from market.search.engine import (
    AnyOf,
    Candidate,
    Document,
    Filter,
    Hits,
    NoneOf,
    Query,
    Range,
    Refused,
    Vector,
)
from market.search.indexes import INDEXES, WITH_VECTORS, fields_of, settings_of
from market.search.marks import as_text, from_text
from market.search.normalise import LONGEST_QUERY, fold, query_words, spaced
from market.search.rescoring import FIRST, Hit, reordered

T = TypeVar("T")
TIMEOUT = 10.0
"""Seconds an answer may take."""
TASK_TIMEOUT = 600.0
"""Seconds a write may take to become visible; a large batch of another index may stand before it."""
MOSTLY = 0.5
"""From here on meaning is asked for beside the words."""
_PAGE = 1000
_BATCH = 2000


class MeiliSearch:
    """A Meilisearch server. Writes are its tasks, and every one is waited for."""

    name = "meilisearch"

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        prefix: str = "",
        embedders: Mapping[str, int] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = _Client(url, key, transport)
        self._prefix = prefix
        """Before the name of every index; scratch indexes live beside the market's."""
        self._embedders = embedders or {}
        """How long the vectors of each model are; the server must know beforehand."""

    async def ping(self) -> None:
        await _asked(self._client.health())

    async def apply_settings(self) -> list[str]:
        known = {one.uid for one in await _asked(self._client.get_raw_indexes(limit=1000)) or []}
        missing = [index for index in INDEXES if self._prefix + index not in known]
        for index in INDEXES:
            try:
                await self._apply(self._prefix + index, is_new=index in missing, like=index)
            except Refused:
                # A model that is new cannot be told to documents that say nothing about it.
                missing.append(index)
        return missing

    async def search(self, query: Query) -> Hits:
        fields_of(query.index).check(query)
        folded = fold(query.text, LONGEST_QUERY)
        asked, counted = _questions(query, self._prefix + query.index, spaced(folded))
        answers: list[Any] = list(await _asked(self._client.multi_search(asked)))
        skipped = query.offset - ((asked[0].page or 1) - 1) * (asked[0].hits_per_page or 0)
        found_hits = _in_order(answers[0].hits, folded) if asked[0].show_ranking_score else answers[0].hits
        ids = [UUID(one["id"]) for one in found_hits[skipped:]]
        facets: dict[str, dict[str, int]] = {}
        for answer, names in zip(answers, counted, strict=True):
            found = answer.facet_distribution or {}
            facets |= {name: found.get(name, {}) for name in names}
        return Hits(
            ids=tuple(ids[: query.limit]),
            total=answers[0].total_hits or 0,
            facets={name: facets[name] for name in query.facets},
            terms=tuple(query_words(folded)),
        )

    async def candidates(
        self,
        index: str,
        terms: Sequence[str],
        filters: Sequence[Filter] = (),
        limit: int = 1000,
        *,
        vectors: Mapping[str, Vector] | None = None,
        nearest: int = 0,
    ) -> list[Candidate]:
        fields_of(index).check_filters(filters)
        asked = {name: one for name, one in (vectors or {}).items() if name in self._embedders}
        kept = [_filter(one) for one in filters]
        holding = [f"terms IN {_list(terms)}", *kept]
        uid, facts = self._prefix + index, _facts(index)
        questions = [_plain(uid, holding, limit, facts)] if terms else []
        questions += [_near(uid, kept, nearest, facts, name, one) for name, one in asked.items()]
        if terms:
            questions += [_near(uid, holding, limit, ["id"], name, one) for name, one in asked.items()]
        if not questions:
            return []
        found: dict[str, dict[str, Any]] = {}
        cosines: dict[str, dict[str, float]] = {}
        await self._note(questions, found, cosines)
        # What one model found near may have a vector of another, too.
        rest = {name: [one for one in found if name not in cosines.get(one, {})] for name in asked}
        questions = [
            _near(uid, [f"id IN {_list(ids)}"], len(ids), ["id"], name, asked[name])
            for name, ids in rest.items()
            if ids and len(asked) > 1
        ]
        if questions:
            await self._note(questions, found, cosines)
        return [
            Candidate(UUID(one), {**of, "marks": from_text(of["marks"])}, cosines.get(one, {}))
            for one, of in found.items()
        ]

    async def _note(
        self,
        questions: Sequence[SearchParams],
        found: dict[str, dict[str, Any]],
        cosines: dict[str, dict[str, float]],
    ) -> None:
        answers: list[Any] = list(await _asked(self._client.multi_search(list(questions))))
        for question, answer in zip(questions, answers, strict=True):
            for hit in answer.hits:
                if question.hybrid and not hit["_rankingScore"]:
                    continue  # one without a vector, which the server (1.50) puts behind all others
                if "marks" in hit:
                    found[hit["id"]] = {key: of for key, of in hit.items() if key != "_rankingScore"}
                if question.hybrid:
                    # The server's score is the cosine, moved to 0-1.
                    alike = 2 * hit["_rankingScore"] - 1
                    cosines.setdefault(hit["id"], {})[question.hybrid.embedder] = alike

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        if documents:
            await self._put(index, documents)

    async def delete(self, index: str, ids: Collection[UUID]) -> None:
        if ids:
            await self._done(self._index(index).delete_documents([str(one) for one in ids]))

    async def count(self, index: str) -> int:
        return (await _asked(self._index(index).get_stats())).number_of_documents

    async def ids_and_revisions(self, index: str) -> dict[UUID, int]:
        return {UUID(one["id"]): one["revision"] async for one in self._all(index, ["id", "revision"])}

    async def term_frequencies(self, index: str) -> dict[str, int]:
        counts: Counter[str] = Counter()
        async for one in self._all(index, ["terms"]):
            counts.update(one.get("terms", ()))
        return counts

    async def words(self, index: str) -> dict[str, int]:
        counts: Counter[str] = Counter()
        english: Counter[str] = Counter()
        async for one in self._all(index, ["terms", "s_english"]):
            counts.update(one.get("terms", ()))
            english.update(set(one.get("s_english", "").split()))
        return english | counts

    async def rebuild(self, index: str, batches: AsyncIterator[Sequence[Document]]) -> int:
        beside = f"{self._prefix}{index}_next"
        if await _asked(self._client.get_raw_index(beside)):
            await self._done(self._client.index(beside).delete())
        await self._apply(beside, is_new=True, like=index)
        async for documents in batches:
            if documents:
                await self._put(index, documents, into=beside)
        count = (await _asked(self._client.index(beside).get_stats())).number_of_documents
        await self._done(self._client.swap_indexes([(self._prefix + index, beside)]))
        await self._done(self._client.index(beside).delete())
        return count

    async def drop(self) -> None:
        """Remove every index of this prefix, for scratch ones."""
        for one in await _asked(self._client.get_raw_indexes(limit=1000)) or []:
            if self._prefix and one.uid.startswith(self._prefix):
                await self._done(self._client.index(one.uid).delete())

    async def close(self) -> None:
        await self._client.aclose()

    def _index(self, index: str) -> AsyncIndex:
        return self._client.index(self._prefix + index)

    async def _apply(self, name: str, *, is_new: bool, like: str) -> None:
        if is_new:
            await self._done(self._client._http_requests.post("indexes", {"uid": name, "primaryKey": "id"}))
        told = dict(settings_of(like))
        if like in WITH_VECTORS and self._embedders:
            told["embedders"] = {
                name: {"source": "userProvided", "dimensions": size} for name, size in self._embedders.items()
            }
        body = MeilisearchSettings.model_validate(told)
        await self._done(self._client.index(name).update_settings(body))

    async def _put(self, index: str, documents: Sequence[Document], *, into: str | None = None) -> None:
        prepared = await asyncio.to_thread(
            lambda: [self._document(index, prepare(index, one)) for one in documents]
        )
        target = self._client.index(into) if into else self._index(index)
        for start in range(0, len(prepared), _BATCH):
            await self._done(target.add_documents(prepared[start : start + _BATCH], primary_key="id"))

    def _document(self, index: str, one: Prepared) -> dict[str, Any]:
        document = _document(one)
        if index in WITH_VECTORS and self._embedders:
            # What is not said about a vector fails the whole task; null says that there is none.
            document["_vectors"] = {
                name: [float(number) for number in one.vectors[name]] if name in one.vectors else None
                for name in self._embedders
            }
        return document

    async def _all(self, index: str, fields: list[str]) -> AsyncIterator[dict[str, Any]]:
        offset = 0
        while True:
            page = await _asked(self._index(index).get_documents(offset=offset, limit=_PAGE, fields=fields))
            for one in page.results:
                yield one
            offset += _PAGE
            if offset >= page.total:
                return

    async def _done(self, write: Awaitable[Any]) -> None:
        """Wait until a write is visible.

        Asks by itself: the client's own waiting does not know that a cancelled task has ended.
        """
        answer = await _asked(write)
        uid = answer.task_uid if isinstance(answer, TaskInfo) else answer.json()["taskUid"]
        deadline = asyncio.get_running_loop().time() + TASK_TIMEOUT
        pause = 0.005
        while True:
            task = await _asked(self._client.get_task(uid))
            if task.status == "succeeded":
                return
            if task.status in ("failed", "canceled"):
                raise _failure(task.status, task.error or {})
            if asyncio.get_running_loop().time() > deadline:
                raise SearchUnavailable(f"task {uid} is still {task.status}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.25)


class _Client(AsyncClient):
    """The official client over a transport of our choice.

    Compression is refused: a compressed answer of some kilobytes leaves the server in small writes
    and waits forty milliseconds for a delayed acknowledgement.
    """

    def __init__(self, url: str, key: str | None, transport: httpx2.AsyncBaseTransport | None) -> None:
        super().__init__(url, key, custom_headers={"Accept-Encoding": "identity"})
        self.http_client = httpx2.AsyncClient(
            base_url=url, headers=self._headers, timeout=TIMEOUT, transport=transport
        )
        self._http_requests = AsyncHttpRequests(self.http_client, json_handler=self.json_handler)


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except MeilisearchApiError as error:
        if error.status_code in (401, 403, 404, 408, 429) or error.status_code >= 500:
            raise SearchUnavailable(str(error)) from error
        raise Refused(str(error)) from error
    except (MeilisearchError, httpx2.HTTPError) as error:
        raise SearchUnavailable(str(error)) from error


def _failure(status: str, error: dict[str, Any]) -> Exception:
    """Return what a failed task means: only a fault of the request itself will never pass."""
    words = f"task {status}: {error.get('code', '')} {error.get('message', '')}".strip()
    return Refused(words) if error.get("type") == "invalid_request" else SearchUnavailable(words)


def _questions(query: Query, uid: str, words: str) -> tuple[list[SearchParams], list[list[str]]]:
    """Return the search, and one question beside it for each facet that is itself filtered on."""
    filtered = {one.field for one in query.filters}
    free = [name for name in query.facets if name not in filtered]
    page, size = _page(query)
    sort = None
    if query.sort:
        sort = [f"{query.sort.field}:{'desc' if query.sort.is_descending else 'asc'}"]

    # Short questions are the home of the server's own ranking; a foreign language is not.
    name = next(iter(query.vectors), None)
    near: dict[str, Any] = {}
    if name is not None and query.meaning >= MOSTLY and not query.sort:
        near["vector"] = [float(one) for one in query.vectors[name]]
        near["hybrid"] = Hybrid(semantic_ratio=query.meaning, embedder=name)

    def ask(filters: Sequence[Filter], facets: list[str], page: int, size: int) -> SearchParams:
        return SearchParams(
            index_uid=uid,
            q=words,
            filter=[_filter(one) for one in filters] or None,
            facets=facets or None,
            sort=sort,
            matching_strategy="frequency",
            locales=["cmn", "eng"] if words else None,
            page=page,
            hits_per_page=size,
            attributes_to_retrieve=["id"],
            **near,
        )

    asked = [ask(query.filters, free, page, size)]
    if (
        words
        and not near
        and not query.sort
        and query.offset < FIRST
        and "is_stale" in fields_of(query.index).numbers
    ):
        asked[0].page, asked[0].hits_per_page = 1, max(query.offset + query.limit, FIRST)
        asked[0].attributes_to_retrieve = ["id", "marks", "counts", "is_stale"]
        asked[0].show_ranking_score = True
    counted = [free]
    for name in query.facets:
        if name in filtered:
            asked.append(ask([one for one in query.filters if one.field != name], [name], 1, 1))
            counted.append([name])
    return asked, counted


def _in_order(hits: Sequence[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Return hits with the first of them looked at again."""
    first = [
        Hit(one["_rankingScore"], from_text(one["marks"]), one["counts"], bool(one.get("is_stale")))
        for one in hits[:FIRST]
    ]
    return [*(hits[at] for at in reordered(text, first)), *hits[FIRST:]]


def _page(query: Query) -> tuple[int, int]:
    """Return page and size that hold the wanted hits; only numbered pages have an exact total."""
    if query.limit and query.offset % query.limit == 0:
        return query.offset // query.limit + 1, query.limit
    return 1, query.offset + query.limit or 1


def _filter(limit: Filter) -> str:
    if isinstance(limit, AnyOf):
        return f"{limit.field} IN {_list(limit.values)}"
    if isinstance(limit, NoneOf):
        return f"{limit.field} NOT IN {_list(limit.values)}"
    return _range(limit)


def _range(limit: Range) -> str:
    bounds = [
        f"{limit.field} {sign} {bound}"
        for sign, bound in ((">=", limit.least), ("<=", limit.most))
        if bound is not None
    ]
    kept = " AND ".join(bounds) or f"{limit.field} EXISTS"
    return f"(({kept}) OR {limit.field} NOT EXISTS)" if limit.or_missing else f"({kept})"


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"


def _plain(uid: str, kept: Sequence[str], limit: int, fields: list[str]) -> SearchParams:
    return SearchParams(index_uid=uid, q="", filter=list(kept), limit=limit, attributes_to_retrieve=fields)


def _near(
    uid: str, kept: Sequence[str], limit: int, fields: list[str], name: str, vector: Vector
) -> SearchParams:
    return SearchParams(
        index_uid=uid,
        q="",
        filter=list(kept) or None,
        limit=limit,
        attributes_to_retrieve=fields,
        vector=[float(one) for one in vector],
        hybrid=Hybrid(semantic_ratio=1.0, embedder=name),
        show_ranking_score=True,
    )


def _facts(index: str) -> list[str]:
    """Return what a candidate brings: all that is displayed but its words, which stand in its marks."""
    return [name for name in settings_of(index)["displayedAttributes"] if name not in ("terms", "s_english")]


def _document(one: Prepared) -> dict[str, Any]:
    return {
        **one.facts(),
        "marks": as_text(one.facts()["marks"]),
        "terms": one.indexed_terms(),
        "s_title": spaced(one.title.folded),
        "s_keywords": spaced(one.keywords.folded),
        "s_text": spaced(one.text.folded),
        "s_english": spaced(one.english.folded),
        "s_names": spaced(one.names.folded),
        "pinyin": " ".join(one.pinyin),
    }
