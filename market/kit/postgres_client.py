"""Tortoise's client of PostgreSQL: its pool waits a bounded time and tells when the server is away."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.asyncpg.client import AsyncpgDBClient

from market.kit.errors import DatabaseAway, Overloaded

NO_CONNECTION = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


class BoundedPool(asyncpg.Pool):  # type: ignore[misc]
    """A pool in which nobody waits longer than `patience` seconds for a connection."""

    def __init__(self, *, patience: float | None, **options: Any) -> None:
        super().__init__(**options)
        self.patience = patience

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109
        if self.patience is None or not self._queue.empty():
            return await super()._acquire(timeout)
        try:
            async with asyncio.timeout(self.patience):
                return await super()._acquire(timeout)
        except TimeoutError:
            raise Overloaded from None

    async def _get_new_connection(self) -> Any:
        try:
            return await super()._get_new_connection()
        except NO_CONNECTION as error:
            raise DatabaseAway(str(error)) from error


class PostgresClient(AsyncpgDBClient):
    """The client; `patience` of its configuration is in seconds, None waits for ever.

    `connect_timeout` is how many seconds connecting to the database may take, `idle_timeout` how many a
    connection rests in the pool before it is closed.
    """

    def __init__(
        self,
        *,
        patience: float | None = None,
        connect_timeout: float = 60,
        idle_timeout: float = 300,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.patience, self.connect_timeout, self.idle_timeout = patience, connect_timeout, idle_timeout

    async def create_pool(self, **options: Any) -> Any:
        defaults = {"max_queries": 50_000, "loop": None}
        return await BoundedPool(
            patience=self.patience,
            record_class=asyncpg.Record,
            timeout=self.connect_timeout,
            max_inactive_connection_lifetime=self.idle_timeout,
            **{**defaults, **options},
        )


client_class = PostgresClient
"""By which Tortoise finds the client."""
