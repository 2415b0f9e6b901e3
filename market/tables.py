"""Which modules hold tables, and how the database is brought up to date."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procrastinate.schema import SchemaManager

from market.kit.database import (
    JOB_LIMITS,
    Limits,
    connected,
    connection,
    dedicated_connection,
    tortoise_config,
)
from market.kit.database_roles import RIGHTS
from market.kit.migrating import Executor
from market.rooms import install_rooms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MODULES = install_rooms().models
RELEASE_LOCK = 0x6B7A
"""Advisory lock under which one process migrates."""

MIGRATIONS = frozenset(path.stem for path in (Path(__file__).parent / "migrations").glob("0*.py"))


class IncompatibleDatabase(Exception):
    """The database was made by another history of migrations and cannot be brought up to date."""


TORTOISE_ORM: dict[str, Any] = tortoise_config(
    os.environ.get("DATABASE_URL", "postgresql://postgres@localhost/postgres"), MODULES
)
"""For `tortoise -c market.tables.TORTOISE_ORM makemigrations`; the site does not use it."""


@asynccontextmanager
async def database(url: str, *, pool_size: int = 10, limits: Limits = JOB_LIMITS) -> AsyncIterator[None]:
    """Keep the market's tables connected while the block runs."""
    async with connected(url, MODULES, pool_size=pool_size, limits=limits):
        yield


async def migrate() -> None:
    """Bring the database up to date. Of several processes one works, the others wait for it."""
    client = connection()
    async with dedicated_connection() as lock:
        await lock.execute("SET lock_timeout = 0")
        await lock.execute("SELECT pg_advisory_lock($1)", RELEASE_LOCK)
        await refuse_foreign_history()
        await Executor(client, TORTOISE_ORM["apps"]).migrate()
        if not await _has_table("procrastinate_jobs"):
            await client.execute_script(SchemaManager.get_schema())
        await client.execute_script(RIGHTS)


async def refuse_foreign_history() -> None:
    """Refuse a database with migrations that are not ours, such as those before the squash.

    Raises:
        IncompatibleDatabase: says what to do.
    """
    if not await _has_table("tortoise_migrations"):
        return
    rows = await connection().execute_query_dict("SELECT name FROM tortoise_migrations WHERE app = 'market'")
    unknown = sorted({row["name"] for row in rows} - MIGRATIONS)
    if unknown:
        raise IncompatibleDatabase(
            f"This database was made by a release whose migrations this one does not know ({unknown[0]}). "
            "Start with an empty database or data folder; the demo market is filled in anew."
        )


async def _has_table(name: str) -> bool:
    rows = await connection().execute_query_dict("SELECT to_regclass($1) IS NOT NULL AS is_there", [name])
    return bool(rows[0]["is_there"])
