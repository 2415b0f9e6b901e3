"""Databases of a test's own, for what runs in a process of its own and writes for real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.connection import get_connections

from market.kit.database import Limits, connection, tortoise_config
from market.kit.postgres_client import PostgresClient


def client_of(url: str, limits: Limits) -> PostgresClient:
    """Return a client of its own, with one connection, that is not connected yet."""
    config = tortoise_config(url, [], pool_size=1, limits=limits)["connections"]["default"]
    return PostgresClient(connection_name="default", **config["credentials"])


@contextmanager
def no_database(folder: Path) -> Iterator[None]:
    """Let everything ask a server that does not listen while the block runs."""
    dead = client_of(f"postgresql:///none?host={folder}", Limits())
    token = get_connections().set("default", dead)
    try:
        yield
    finally:
        get_connections().reset(token)


@asynccontextmanager
async def own_database(name: str, template: str = "") -> AsyncIterator[str]:
    """Create a database beside the tests' own while the block runs, with the tables of today.

    The tests' own is in use and cannot be copied; the template that it came from can. Another template may be
    named, such as template0 for an empty database.
    """
    if not template:
        rows = await connection().execute_query_dict(
            "SELECT datname FROM pg_database WHERE datname ~ '^template_[0-9a-f]{12}$' ORDER BY oid DESC"
        )
        template = rows[0]["datname"]
    await run_in(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await run_in(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield name
    await run_in(f"DROP DATABASE {name} WITH (FORCE)")


async def run_in(statement: str, database: str = "postgres") -> Any:
    """Run what may not stand in a transaction, on a connection of its own."""
    rows = await connection().execute_query_dict(
        "SELECT current_setting('unix_socket_directories') AS folder, current_setting('port') AS port"
    )
    other = await asyncpg.connect(
        host=rows[0]["folder"].split(",")[0], port=int(rows[0]["port"]), user="postgres", database=database
    )
    try:
        return await other.fetchval(statement)
    finally:
        await other.close()
