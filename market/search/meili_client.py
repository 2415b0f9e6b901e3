"""Client of Meilisearch: hot requests over one pool of connections, administration by the official client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Any, TypeVar

import httpx
import orjson
from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.models.task import TaskInfo

from market.kit.errors import SearchUnavailable
from market.search.engine import Rejected

Json = dict[str, Any]
TIMEOUT = 10.0
"""Seconds to wait for an answer."""
UNCOMPRESSED = {"Accept-Encoding": "identity"}
"""Refuse compression: a compressed answer of some kilobytes leaves the server in small writes and waits 40 ms
for a delayed acknowledgement."""
UNAVAILABLE = (401, 403, 404, 408, 429)
"""Statuses, beside 500 and above, that are worth a retry."""
_PAGE = 1000


class MeiliHttp:
    """The hot part of Meilisearch's API over one pool of connections."""

    def __init__(
        self,
        url: str,
        key: str | None,
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {**UNCOMPRESSED, "Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._http = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            timeout=timeout,
            transport=transport,
            verify=url.startswith("https:"),  # to load the authorities' certificates takes 15 ms
        )

    async def multi_search(self, queries: Sequence[Json]) -> list[Json]:
        """Run several searches in one request; return their answers in order."""
        answer: Json = await self._post("multi-search", {"queries": queries})
        results: list[Json] = answer["results"]
        return results

    async def fetch_documents(self, uid: str, ids: Sequence[str], fields: Sequence[str]) -> list[Json]:
        """Return these fields of the documents with these ids; unknown ids are left out."""
        body = {"ids": ids, "limit": len(ids), "fields": fields}
        answer: Json = await self._post(f"indexes/{uid}/documents/fetch", body)
        results: list[Json] = answer["results"]
        return results

    async def all_documents(self, uid: str, fields: Sequence[str]) -> AsyncIterator[Json]:
        """Yield these fields of every document, page by page."""
        offset, total = 0, 1
        while offset < total:
            params = {"offset": offset, "limit": _PAGE, "fields": ",".join(fields)}
            page = _parse(await self._send("GET", f"indexes/{uid}/documents", params=params))
            for document in page["results"]:
                yield document
            offset, total = offset + _PAGE, page["total"]

    async def add_documents(self, uid: str, documents: Sequence[Json]) -> int:
        """Enqueue the addition or replacement of whole documents; return the task's uid."""
        answer = await self._post(f"indexes/{uid}/documents", documents, {"primaryKey": "id"})
        return int(answer["taskUid"])

    async def delete_documents(self, uid: str, ids: Collection[str]) -> int:
        """Enqueue the deletion of documents, known or not; return the task's uid."""
        answer = await self._post(f"indexes/{uid}/documents/delete-batch", list(ids))
        return int(answer["taskUid"])

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _post(self, path: str, body: Any, params: dict[str, str] | None = None) -> Any:
        return _parse(await self._send("POST", path, content=orjson.dumps(body), params=params))

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise SearchUnavailable(f"{type(error).__name__} {error}".strip()) from error


def error_of(status: int, message: str) -> Exception:
    """Return what an answer that is not a success means to us.

    Only a fault of the request itself is `Rejected`; everything that may pass is `SearchUnavailable`.
    """
    if status in UNAVAILABLE or status >= 500:
        return SearchUnavailable(message)
    return Rejected(message)


def _parse(response: httpx.Response) -> Any:
    if not response.is_success:
        raise error_of(response.status_code, response.text)
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise SearchUnavailable(f"the answer is no JSON: {response.text[:100]!r}") from error


T = TypeVar("T")
TASK_TIMEOUT = 600.0
"""Seconds to wait for a task; a large batch of another index may be queued before it."""
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.25
"""Seconds between two looks at a task, growing by half each time."""
_MOST_INDEXES = 1000


class MeiliAdmin:
    """Administrative calls. Every write returns once its task has succeeded."""

    def __init__(self, url: str, key: str | None, timeout: float = TIMEOUT) -> None:
        self._url, self._key, self._timeout = url, key, timeout

    async def ping(self) -> None:
        """Return if the server answers.

        Raises:
            SearchUnavailable: it does not.
        """
        await self._call(lambda client: client.health())

    async def index_uids(self) -> set[str]:
        """Return the names of all indexes on the server, other markets' included."""
        answer: Any = await self._call(lambda client: client.get_raw_indexes({"limit": _MOST_INDEXES}))
        return {index["uid"] for index in answer["results"]}

    async def create_index(self, uid: str) -> None:
        await self._write(lambda client: client.create_index(uid, {"primaryKey": "id"}))

    async def delete_index(self, uid: str) -> None:
        await self._write(lambda client: client.delete_index(uid))

    async def swap_indexes(self, uid: str, other: str) -> None:
        """Swap two indexes with their documents and settings, atomically."""
        await self._write(lambda client: client.swap_indexes([{"indexes": [uid, other]}]))

    async def settings(self, uid: str) -> dict[str, Any]:
        """Return the settings of an index as the server holds them."""
        settings = await self._call(lambda client: client.index(uid).get_settings())
        # The client makes objects of embedders, unlike of everything else.
        embedders = settings.get("embedders") or {}
        plain = {name: of.model_dump(by_alias=True, exclude_none=True) for name, of in embedders.items()}
        return {**settings, "embedders": plain}

    async def update_settings(self, uid: str, settings: dict[str, Any]) -> None:
        await self._write(lambda client: client.index(uid).update_settings(settings))

    async def count_documents(self, uid: str) -> int:
        return (await self._call(lambda client: client.index(uid).get_stats())).number_of_documents

    async def wait_for_task(self, uid: int) -> None:
        """Wait until a task has succeeded, without holding a thread meanwhile.

        Raises:
            Rejected: it failed by a fault of the request.
            SearchUnavailable: it failed otherwise, was cancelled or takes longer than `TASK_TIMEOUT`.
        """
        deadline = asyncio.get_running_loop().time() + TASK_TIMEOUT
        pause = FIRST_PAUSE
        while True:
            task = await self._call(lambda client: client.get_task(uid))
            if task.status == "succeeded":
                return
            if task.status in ("failed", "canceled"):
                raise _failure(task.status, task.error or {})
            if asyncio.get_running_loop().time() > deadline:
                raise SearchUnavailable(f"task {uid} is still {task.status}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    async def _write(self, call: Callable[[Client], TaskInfo]) -> None:
        await self.wait_for_task((await self._call(call)).task_uid)

    async def _call(self, call: Callable[[Client], T]) -> T:
        # A client changes its own headers with every request, so no two threads may share one.
        client = Client(
            self._url,
            self._key,
            timeout=self._timeout,  # type: ignore[arg-type]  # declared whole, used as requests takes it
            custom_headers=UNCOMPRESSED,
        )
        try:
            return await asyncio.to_thread(call, client)
        except MeilisearchApiError as error:
            raise error_of(error.status_code, str(error)) from error
        except (MeilisearchError, OSError, ValueError) as error:
            # An error of `requests` that the client does not translate, or an answer it cannot read.
            raise SearchUnavailable(str(error)) from error


def _failure(status: str, error: dict[str, Any]) -> Exception:
    """Return what a failed task means: only a fault of the request itself will never pass."""
    words = f"task {status}: {error.get('code', '')} {error.get('message', '')}".strip()
    return Rejected(words) if error.get("type") == "invalid_request" else SearchUnavailable(words)
