"""Meilisearch behind the market's protocol. For several hosts."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

import httpx2
import numpy as np
import orjson
from meilisearch_python_sdk import AsyncClient, AsyncIndex
from meilisearch_python_sdk._http_requests import AsyncHttpRequests
from meilisearch_python_sdk.errors import MeilisearchApiError, MeilisearchError
from meilisearch_python_sdk.json_handler import OrjsonHandler
from meilisearch_python_sdk.models.search import SearchParams
from meilisearch_python_sdk.models.settings import MeilisearchSettings
from meilisearch_python_sdk.models.task import TaskInfo

from market.kit.errors import SearchUnavailable
from market.search.candidates import Candidates
from market.search.documents import Prepared, prepare
from market.search.engine import (
    AnyOf,
    Document,
    Hits,
    Query,
    Refused,
    Vector,
)
from market.search.indexes import INDEXES, WITH_VECTORS, fields_of, settings_of
from market.search.meili_questions import (
    document_of,
    from_text,
    hits_of,
    in_order,
    listed,
    names_in,
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
MOST_KEPT = 50_000
"""Documents of an index whose records stay in memory, some 2 kB each."""
MOST_WAITING = 8
"""Batches that a new index waits for at once."""
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
        self._kept: dict[str, dict[str, tuple[int, bytes]]] = {}
        """Records of each index by id, with their stamps."""

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
        answer = await _asked(self._client._http_requests.get(f"indexes/{self._prefix}{index}/settings"))
        return names_in(answer.json()) != names_in(settings_of(index))

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
        limit: int = 1000,
        *,
        vectors: Mapping[str, Vector] | None = None,
        nearest: int = 0,
    ) -> Candidates:
        asked = {name: one for name, one in (vectors or {}).items() if name in self._embedders}
        holding, uid = [f"terms IN {listed(terms)}"], self._prefix + index
        brief = ["id", "stamp"]
        questions = [near(uid, [], nearest, brief, name, one) for name, one in asked.items() if nearest]
        if terms:
            # The server puts what has no vector behind all others, so each finds all that holds a term.
            questions += [near(uid, holding, limit, brief, name, one) for name, one in asked.items()] or [
                plain(uid, holding, limit, brief)
            ]
        if not questions:
            return Candidates.of([])
        found: dict[str, int] = {}
        cosines: dict[str, dict[str, float]] = {name: {} for name in asked}
        await self._note(questions, found, cosines)
        # What one model found may have a vector of another, too.
        rest = {name: [one for one in found if one not in cosines[name]] for name in asked}
        questions = [
            near(uid, [f"id IN {listed(ids)}"], len(ids), brief, name, asked[name])
            for name, ids in rest.items()
            if ids and len(asked) > 1
        ]
        if questions:
            await self._note(questions, found, cosines)
        records = await self._records(index, found)
        alike = {name: np.array([of.get(one, np.nan) for one in records]) for name, of in cosines.items()}
        return Candidates.of(list(records.values()), alike)

    async def _note(
        self, questions: Sequence[SearchParams], found: dict[str, int], cosines: dict[str, dict[str, float]]
    ) -> None:
        for question, hits in zip(questions, await self._hits(questions), strict=True):
            known = cosines[question.hybrid.embedder] if question.hybrid else {}
            for hit in hits:
                # The score of a hit by vector is the cosine, moved to 0-1; 0 is one without a vector.
                if score := hit.get("_rankingScore"):
                    known[hit["id"]] = 2 * score - 1
                if score or question.filter:
                    found[hit["id"]] = hit.get("stamp", 0)

    async def _records(self, index: str, found: Mapping[str, int]) -> dict[str, bytes]:
        """Return the records of documents that have these stamps, by id.

        They are by far the largest part of a document and seldom change: each is asked for once.
        """
        kept = self._kept.setdefault(index, {})
        unknown = [id_ for id_, stamp in found.items() if id_ not in kept or kept[id_][0] != stamp]
        if unknown:
            wanted = {"ids": unknown, "limit": len(unknown), "fields": ["id", "stamp", "record"]}
            answer = await self._answer(f"indexes/{self._prefix}{index}/documents/fetch", wanted)
            for one in answer["results"]:
                kept.pop(one["id"], None)
                if "record" in one:
                    kept[one["id"]] = one["stamp"], from_text(one["record"])
            while len(kept) > max(MOST_KEPT, len(found)):
                del kept[next(iter(kept))]
        # What was deleted between the two questions has no record, nor has what an earlier release wrote.
        return {id_: kept[id_][1] for id_ in found if id_ in kept}

    async def _hits(self, questions: Sequence[SearchParams]) -> list[list[dict[str, Any]]]:
        asked = {"queries": [one.model_dump(by_alias=True, exclude_none=True) for one in questions]}
        return [one["hits"] for one in (await self._answer("multi-search", asked))["results"]]

    async def _answer(self, path: str, asked: dict[str, Any]) -> Any:
        """Ask and return the answer as it is; the client would check each of a thousand hits."""
        answer = await _asked(self._client._http_requests.post(path, asked))
        return orjson.loads(answer.content)

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        for task in await self._send(index, documents, self._index(index)):
            await self._wait(task)

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
        # The server takes in together what waits, while we prepare what comes next.
        waiting: deque[int] = deque()
        async for documents in batches:
            waiting += await self._send(index, documents, self._client.index(beside))
            while len(waiting) > MOST_WAITING:
                await self._wait(waiting.popleft())
        for task in waiting:
            await self._wait(task)
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

    async def _send(self, index: str, documents: Sequence[Document], target: AsyncIndex) -> list[int]:
        """Send documents and return the tasks that will take them in."""
        prepared = await asyncio.to_thread(
            lambda: [self._document(index, prepare(index, one)) for one in documents]
        )
        return [
            (await _asked(target.add_documents(prepared[at : at + _BATCH], primary_key="id"))).task_uid
            for at in range(0, len(prepared), _BATCH)
        ]

    def _document(self, index: str, one: Prepared) -> dict[str, Any]:
        document = document_of(index, one)
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
        """Wait until a write is visible."""
        answer = await _asked(write)
        await self._wait(answer.task_uid if isinstance(answer, TaskInfo) else answer.json()["taskUid"])

    async def _wait(self, uid: int) -> None:
        """Wait for a task, by ourselves: the client does not know that a cancelled one has ended."""
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
