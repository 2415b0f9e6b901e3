"""HTTP client for the hot requests to Meilisearch: search, read, add and delete documents.

Answers are returned as parsed JSON, without validating each of a thousand hits. Everything else is
administration, see `market.search.meili_admin`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import httpx
import orjson

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
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout, transport=transport)

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
