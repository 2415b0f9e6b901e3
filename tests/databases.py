"""Databases of a test's own, for what runs in a process of its own and writes for real."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.connection import get_connections

from market.kit.database import Limits, connection, in_transaction, tortoise_config
from market.kit.database_roles import APPLICATION
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
async def connected_to(url: str) -> AsyncIterator[None]:
    """Have everything ask another database while the block runs, over one connection."""
    client = client_of(url, Limits())
    await client.create_connection(with_db=True)
    token = get_connections().set("default", client)
    try:
        yield
    finally:
        get_connections().reset(token)
        await client.close()


@asynccontextmanager
async def as_owner() -> AsyncIterator[None]:
    """Work as the owner of the tables while the block runs, in the test's transaction: with every right."""
    await connection().execute_script("SET LOCAL ROLE NONE")
    yield
    await connection().execute_script(f"SET LOCAL ROLE {APPLICATION}")


async def past_guards(statement: str, *arguments: object) -> None:
    """Change what the database guards, as who holds the whole server can."""
    async with as_owner():
        await connection().execute_script("SET LOCAL session_replication_role = replica")
        await connection().execute_query(statement, list(arguments))
        await connection().execute_script("SET LOCAL session_replication_role = DEFAULT")


@asynccontextmanager
async def tampered(statement: str, *arguments: object) -> AsyncIterator[None]:
    """Change what the database guards until the block ends; several such changes share one stage."""
    async with in_transaction() as transaction:
        await past_guards(statement, *arguments)
        yield
        await transaction.rollback()


async def run_as_owner(statement: str, *arguments: object) -> None:
    """Run a statement as the owner of the tables: triggers alone stand in its way."""
    async with in_transaction(), as_owner():
        await connection().execute_query(statement, list(arguments))


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
    address = get_connections().db_config["default"]["credentials"]
    other = await asyncpg.connect(
        **{name: address[name] for name in ("host", "port", "user", "password")}, database=database
    )
    try:
        return await other.fetchval(statement)
    finally:
        await other.close()
