"""Meilisearch behind the market's protocol. For several hosts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from meilisearch_python_sdk import AsyncClient, AsyncIndex
from meilisearch_python_sdk._http_requests import AsyncHttpRequests
from meilisearch_python_sdk.errors import MeilisearchApiError, MeilisearchError
from meilisearch_python_sdk.json_handler import OrjsonHandler
from meilisearch_python_sdk.models.search import SearchParams
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
    Query,
    Refused,
    Vector,
)
from market.search.indexes import INDEXES, WITH_VECTORS, fields_of, settings_of
from market.search.marks import from_text
from market.search.meili_questions import (
    document_of,
    facts_of,
    filter_of,
    filterable_in,
    hits_of,
    in_order,
    listed,
    near,
    plain,
    search_questions,
)
from market.search.normalise import LONGEST_QUERY, fold, query_words, spaced
from market.search.rescoring import FIRST

T = TypeVar("T")
TIMEOUT = 10.0
"""Seconds an answer may take."""
TASK_TIMEOUT = 600.0
"""Seconds a write may take to become visible; a large batch of another index may stand before it."""
ENOUGH = 10
"""With fewer hits, what holds one of the words only is a hit as well, as on the embedded engine."""
MOST_WORDS = 8
"""Words of a search that are looked for each by itself."""
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
        behind = list(missing)
        for index in INDEXES:
            if index not in missing and await self._has_other_fields(index):
                # Its documents lack what the settings would promise; the rebuild brings both at once.
                behind.append(index)
                continue
            try:
                await self._apply(self._prefix + index, is_new=index in missing, like=index)
            except Refused:
                # A model that is new cannot be told to documents that say nothing about it.
                behind.append(index)
        return behind

    async def _has_other_fields(self, index: str) -> bool:
        answer = await _asked(
            self._client._http_requests.get(f"indexes/{self._prefix}{index}/settings/filterable-attributes")
        )
        return filterable_in(answer.json()) != filterable_in(settings_of(index)["filterableAttributes"])

    async def search(self, query: Query) -> Hits:
        fields_of(query.index).check(query)
        folded = fold(query.text, LONGEST_QUERY)
        asked, counted = search_questions(query, self._prefix + query.index, spaced(folded))
        answers: list[Any] = list(await _asked(self._client.multi_search(asked)))
        if asked[0].show_ranking_score and (answers[0].total_hits or 0) < ENOUGH:
            looser = await self._looser(query, folded)
            if looser is not None:
                return looser
        skipped = query.offset - ((asked[0].page or 1) - 1) * (asked[0].hits_per_page or 0)
        hits = in_order(answers[0].hits, folded) if asked[0].show_ranking_score else answers[0].hits
        ids = [UUID(one["id"]) for one in hits[skipped:]]
        return hits_of(query, folded, ids[: query.limit], answers, counted)

    async def _looser(self, query: Query, folded: str) -> Hits | None:
        """Answer a search that finds hardly anything: what holds one of the words is a hit as well.

        None: without the limits there is enough, or there is but one word. The server itself only leaves
        words out from the most frequent on, so that whatever lacks the rarest is never found.
        """
        words = query_words(folded)[:MOST_WORDS]
        if len(words) < 2:
            return None
        whole = replace(query, filters=(), facets=(), offset=0, limit=FIRST)
        asked = [
            search_questions(replace(whole, text=one), self._prefix + query.index, spaced(one))[0][0]
            for one in (folded, *words)
        ]
        answers: list[Any] = list(await _asked(self._client.multi_search(asked)))
        if (answers[0].total_hits or 0) >= ENOUGH:
            return None
        found = {one["id"]: {**one, "_rankingScore": 0.0} for answer in answers[1:] for one in answer.hits}
        found |= {one["id"]: one for one in answers[0].hits}
        if not found:
            return None
        first = sorted(found.values(), key=lambda one: -one["_rankingScore"])
        order = [one["id"] for one in in_order(first, folded, len(first))]
        kept = replace(
            query, text="", filters=(*query.filters, AnyOf("id", tuple(order))), offset=0, limit=len(order)
        )
        asked, counted = search_questions(kept, self._prefix + query.index, "")
        answers = list(await _asked(self._client.multi_search(asked)))
        left = {one["id"] for one in answers[0].hits}
        ids = [UUID(one) for one in order if one in left]
        return hits_of(query, folded, ids[query.offset : query.offset + query.limit], answers, counted)

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
        kept = [filter_of(one) for one in filters]
        holding = [f"terms IN {listed(terms)}", *kept]
        uid, facts = self._prefix + index, facts_of(index)
        questions = [plain(uid, holding, limit, facts)] if terms else []
        questions += [near(uid, kept, nearest, facts, name, one) for name, one in asked.items()]
        if terms:
            questions += [near(uid, holding, limit, ["id"], name, one) for name, one in asked.items()]
        if not questions:
            return []
        found: dict[str, dict[str, Any]] = {}
        cosines: dict[str, dict[str, float]] = {}
        await self._note(questions, found, cosines)
        # What one model found near may have a vector of another, too.
        rest = {name: [one for one in found if name not in cosines.get(one, {})] for name in asked}
        questions = [
            near(uid, [f"id IN {listed(ids)}"], len(ids), ["id"], name, asked[name])
            for name, ids in rest.items()
            if ids and len(asked) > 1
        ]
        if questions:
            await self._note(questions, found, cosines)
        return [
            Candidate(id_, {**of, "id": id_, "marks": from_text(of["marks"])}, cosines.get(one, {}))
            for one, id_, of in ((one, UUID(one), of) for one, of in found.items())
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
        document = document_of(one)
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
        # Its own client is put away at once, so it reads no certificates first.
        super().__init__(
            url,
            key,
            verify=False,
            custom_headers={"Accept-Encoding": "identity"},
            json_handler=OrjsonHandler(),
        )
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
