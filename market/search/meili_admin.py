"""Administration of a Meilisearch by its official client: indexes, settings, tasks, health.

The client blocks, so each call runs in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchError
from meilisearch.models.task import TaskInfo

from market.kit.errors import SearchUnavailable
from market.search.engine import Rejected
from market.search.meili_http import TIMEOUT, UNCOMPRESSED, error_of

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
