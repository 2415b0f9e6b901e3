"""Connections to PostgreSQL through Tortoise and asyncpg, and transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tortoise import Tortoise, connections
from tortoise.backends.base import client as base_client
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.transactions import atomic as atomic
from tortoise.transactions import in_transaction as in_transaction

from market.kit.querysets import render_columns_once

LOCK_TIMEOUT = 5
"""Seconds that a statement waits for a lock before it fails."""


@dataclass(frozen=True)
class Limits:
    """How long things may take, in seconds."""

    lock: int = LOCK_TIMEOUT
    """A statement waits for a lock."""
    statement: int = 0
    """A statement runs; 0: without end, as commands and jobs may need."""
    acquire: float | None = None
    """Somebody waits for a connection of the pool; None: without end."""
    connect: float = 60
    """A connection is made."""
    idle: float = 300
    """A connection of the pool rests before it is closed."""


JOB_LIMITS = Limits()
"""Of a process that runs jobs and commands."""
SITE_LIMITS = Limits(statement=60, acquire=10, connect=10)
"""Of a process that answers requests."""


def tortoise_config(
    url: str, modules: list[str], *, pool_size: int = 10, limits: Limits = JOB_LIMITS
) -> dict[str, Any]:
    """Return Tortoise's configuration for a `postgresql://` address."""
    parts = urlsplit(url)
    query = {k: v[0] for k, v in parse_qs(parts.query).items()}
    credentials: dict[str, Any] = {
        "host": query.get("host") or parts.hostname or "localhost",
        "port": parts.port or int(query.get("port", 5432)),
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password or ""),
        "database": parts.path.lstrip("/") or "postgres",
        "minsize": 1,
        "maxsize": pool_size,
        # One deal uses more statements than asyncpg's default of 100; an evicted one is planned again.
        "statement_cache_size": 500,
        "reset": _skip_reset,
        "patience": limits.acquire,
        "connect_timeout": limits.connect,
        "idle_timeout": limits.idle,
        "server_settings": {
            "lock_timeout": f"{limits.lock}s",
            "statement_timeout": f"{limits.statement}s",
            "timezone": "UTC",
            "application_name": "market",
            # Our statements are short: compiling them costs more than it saves, and pages lie in memory.
            "jit": "off",
            "random_page_cost": "1.1",
        },
    }
    if "sslmode" in query:
        credentials["ssl"] = query["sslmode"]
    return {
        "connections": {"default": {"engine": "market.kit.postgres_client", "credentials": credentials}},
        "apps": {
            "market": {
                "models": modules,
                "default_connection": "default",
                "migrations": "market.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def connected(
    url: str, modules: list[str], *, pool_size: int = 10, limits: Limits = JOB_LIMITS
) -> AsyncIterator[None]:
    """Keep the models connected to the database at `url` while the block runs."""
    patch_tortoise_transactions()
    config = tortoise_config(url, modules, pool_size=pool_size, limits=limits)
    context = await Tortoise.init(config=config, _enable_global_fallback=True)
    if context.apps:
        render_columns_once(context.apps["market"].values())
    try:
        yield
    finally:
        await connections.close_all()


async def _skip_reset(_connection: Any) -> None:
    """Skip asyncpg's reset on release, four statements after each of ours; open transactions are rolled back.

    Session settings and session locks therefore need a `dedicated_connection`.
    """


@asynccontextmanager
async def dedicated_connection() -> AsyncIterator[Any]:
    """Acquire a connection for session locks and settings; it is reset before it returns to the pool."""
    async with connection().acquire_connection() as session:
        try:
            yield session
        finally:
            try:
                await session.reset()
            except BaseException:
                session.terminate()
                raise


def connection() -> BaseDBAsyncClient:
    """Return the current connection: inside a transaction, the transaction's."""
    client: BaseDBAsyncClient = connections.get("default")
    return client


def patch_tortoise_transactions() -> None:
    """Patch tortoise-orm 1.1.9, which leaks a pooled connection when BEGIN is cancelled."""
    base_client.TransactionContextPooled.__aenter__ = _begin_or_release  # type: ignore[method-assign]


async def _begin_or_release(self: Any) -> Any:
    await self.ensure_connection()
    pool = self.client._parent._pool
    acquired = await pool.acquire()
    self.client._connection = acquired
    self.token = get_connections().set(self.connection_name, self.client)
    try:
        await self.client.begin()
    except BaseException:
        get_connections().reset(self.token)
        await asyncio.shield(pool.release(acquired))
        raise
    return self.client
