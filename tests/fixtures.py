"""Fixtures of all tests: a real PostgreSQL, built by the migrations; each test is rolled back."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from tortoise import Tortoise
from tortoise.transactions import in_transaction
from uvicorn.loops.auto import auto_loop_factory

from market.accounts.passwords import use_hasher
from market.app import create_app
from market.deps import Deps
from market.kit.database import Limits, connection, tortoise_config
from market.kit.database_roles import APPLICATION, RIGHTS, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.rooms import ROOMS
from market.tables import database
from tests.fakes import fake_deps
from tests.stage_cache import kept_plans, start_new_test

ROOT = Path(__file__).parent.parent
# A busy machine is no reason for a test to fail.
settings.register_profile("market", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("market")
LOCK_TIMEOUT = 300
"""Seconds the tests' connections wait for a lock."""
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""When tests happen unless they say otherwise: a Monday, 10:00 in Nanning."""


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests on the event loop that the site runs on."""
    return {"site": auto_loop_factory()}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server: `TEST_DATABASE_URL`, or an embedded one kept in `var/`."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    server = EmbeddedPostgres(ROOT / "var" / "tests" / "postgres")
    yield server.start()
    server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database_url(postgres: str) -> AsyncIterator[str]:
    """A database of this run's own, copied from a template that the migrations built."""
    template = f"template_{_schema_hash()}"
    name = f"test_{os.getpid()}"
    await make_application_role(postgres)
    async with _administering(postgres) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            await server.execute(f"ALTER SYSTEM SET {setting} = off")
        await server.execute("SELECT pg_reload_conf()")
        # Of several workers one builds the template, the others wait for it.
        await server.execute("SELECT pg_advisory_lock(1)")
        if not await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", template):
            await _build(server, postgres, template)
        await server.execute(f"DROP DATABASE IF EXISTS {name}")
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        # Tests work as the site does, with the application's rights; `databases.as_owner` has all.
        await server.execute(f"ALTER DATABASE {name} SET role = '{APPLICATION}'")
    yield named(postgres, name)
    async with _administering(postgres) as server:
        await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def _administering(postgres: str) -> AsyncIterator[Any]:
    """Connect to the server itself while the block runs."""
    server = await asyncpg.connect(postgres)
    try:
        yield server
    finally:
        await server.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database_connection(database_url: str) -> AsyncIterator[None]:
    # The site gives up on a lock after seconds; fifty racers on a busy machine may well need longer.
    # What races opened is closed soon: the workers share one server and its hundred connections.
    limits = Limits(lock=LOCK_TIMEOUT, idle=2)
    async with database(database_url, pool_size=60, limits=limits), kept_plans(database_url):
        yield


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give the database to tests that await, before all else they ask for; the others are pure and need none.

    What a file or a session shares comes first: it outlives the test that is rolled back. A fixture that
    every test has to ask about itself would cost the pure ones a tenth of their time.
    """
    if pytest_asyncio.is_async_test(item) and "rollback" not in item.fixturenames:
        info: Any = item._fixtureinfo
        shared = [
            name
            for name in item.fixturenames
            if name in info.name2fixturedefs and info.name2fixturedefs[name][-1].scope != "function"
        ]
        item.fixturenames.insert(len(shared), "rollback")


@pytest_asyncio.fixture(loop_scope="session")
async def rollback(request: pytest.FixtureRequest, database_connection: None) -> AsyncIterator[None]:
    """Undo whatever the test wrote. Tests marked `committed` write for real and are swept after; those marked
    `owner` work as the owner of the tables, whom triggers alone stop."""
    start_new_test()
    if request.node.get_closest_marker("committed"):
        yield
        await _sweep()
        return
    async with in_transaction() as transaction:
        if request.node.get_closest_marker("owner"):
            await transaction.execute_script("SET LOCAL ROLE NONE")
        yield
        await transaction.rollback()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Prepare the process once, for all tests that it runs."""
    _relate_models()
    # Hashing is slow on purpose; here it is done by the same way with less work.
    use_hasher(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),)))


def _relate_models() -> None:
    """Give models their relations: pure tests make records too, also where no test opens the database."""
    config = tortoise_config("postgresql://nobody@nowhere/none", ROOMS.models)
    loop = asyncio.new_event_loop()
    # Nothing connects before the first query.
    loop.run_until_complete(Tortoise.init(config=config))
    loop.close()


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names of folders of their own that are not made yet: few tests write a file."""
    base = tmp_path_factory.mktemp("deps")
    return (base / str(number) for number in count())


@pytest.fixture
def deps(folders: Iterator[Path]) -> Deps:
    """What the app is given: a fixed clock and everything outside as a stand-in."""
    return fake_deps(next(folders), now=NOW)


@pytest_asyncio.fixture(loop_scope="session")
async def client(deps: Deps) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without scripts, as a guest. `tests.visitor.sign_in` makes it somebody's."""
    transport = httpx.ASGITransport(app=create_app(deps))
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://market.test",
        headers={"accept-encoding": "identity"},
        trust_env=False,
    ) as made:
        yield made


async def _build(server: Any, postgres: str, template: str) -> None:
    """Make the template in a process of its own, since this one's connections are in use."""
    code = (
        "import asyncio, sys; from market.tables import database, migrate\n"
        "async def main():\n    async with database(sys.argv[1], pool_size=2):\n        await migrate()\n"
        "asyncio.run(main())"
    )
    await server.execute(f"DROP DATABASE IF EXISTS {template}_new")
    await server.execute(f"CREATE DATABASE {template}_new")
    address = named(postgres, f"{template}_new")
    built = await asyncio.create_subprocess_exec(sys.executable, "-c", code, address, cwd=ROOT)
    assert await built.wait() == 0, "the migrations failed"
    await server.execute(f"ALTER DATABASE {template}_new RENAME TO {template}")


def _schema_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "market" / "migrations").glob("*.py")):
        digest.update(path.read_bytes())
    digest.update(RIGHTS.encode())
    return digest.hexdigest()[:12]


def named(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    return re.sub(r"(://[^/]*)/[^?]*", rf"\1/{name}", url)


async def _sweep() -> None:
    """Empty the tables that hold rows: to truncate all of them makes new files for each.

    Rates of interest that were shipped stay: a migration wrote them.
    """
    await connection().execute_script(
        """
        SET ROLE NONE;
        SET session_replication_role = replica;
        DO $$
        DECLARE name text; filled boolean;
        BEGIN
            FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'
                AND tablename NOT LIKE 'tortoise%'
                AND tablename NOT IN ('procrastinate_version', 'interest_rates')
            LOOP
                EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
                IF filled THEN EXECUTE format('DELETE FROM %s', name); END IF;
            END LOOP;
            DELETE FROM interest_rates WHERE NOT is_shipped;
        END $$;
        SET session_replication_role = DEFAULT;
        RESET ROLE;
        """
    )
