"""Fixtures of all tests: a real PostgreSQL, built by the migrations; each test is rolled back."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import httpx
import pytest
import pytest_asyncio
from _pytest.runner import runtestprotocol
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
RACING = 20
"""Connections over which races are run: twice as many as a site has. Each plans every statement for itself,
and the workers share one server and its hundred connections."""
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
        # Tables that were never counted are taken for large ones, and what reads them for work of several.
        await server.execute("ALTER SYSTEM SET max_parallel_workers_per_gather = 0")
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
    limits = Limits(lock=LOCK_TIMEOUT)
    async with database(database_url, pool_size=RACING, limits=limits), kept_plans(database_url):
        yield


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give the database to tests that await; the others are pure and need none.

    What a test writes is undone within its own run of the event loop, since another run for it costs as much
    as a page. Only a test with an async fixture of its own, or with examples of Hypothesis, gets `rollback`.
    """
    if not pytest_asyncio.is_async_test(item):
        return
    info: Any = item._fixtureinfo
    definitions = [
        info.name2fixturedefs[name][-1] for name in item.fixturenames if name in info.name2fixturedefs
    ]
    # What a file or a session shares comes first: it outlives the test that is undone.
    shared = sum(definition.scope != "function" for definition in definitions)
    is_async = any(_is_async(definition.func) for definition in definitions if definition.scope == "function")
    if is_async or getattr(item.obj, "is_hypothesis_test", False):
        if "rollback" not in item.fixturenames:
            item.fixturenames.insert(shared, "rollback")
        return
    if "database_connection" not in item.fixturenames:
        item.fixturenames.insert(0, "database_connection")
    item.obj = _undone_after(item, item.obj)


def _is_async(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _undone_after(item: pytest.Item, test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @wraps(test)
    async def undone(**arguments: Any) -> None:
        async with _undone(item):
            await test(**arguments)

    return undone


@asynccontextmanager
async def _undone(item: pytest.Item) -> AsyncIterator[None]:
    """Undo whatever the block writes for this test.

    Tests marked `committed` write for real and are swept after; those marked `owner` work as the owner of the
    tables, whom triggers alone stop.
    """
    start_new_test()
    if item.get_closest_marker("committed"):
        try:
            yield
        finally:
            await _sweep()
        return
    async with in_transaction() as transaction:
        if item.get_closest_marker("owner"):
            await transaction.execute_script("SET LOCAL ROLE NONE")
        yield
        await transaction.rollback()


@pytest_asyncio.fixture(loop_scope="session")
async def rollback(request: pytest.FixtureRequest, database_connection: None) -> AsyncIterator[None]:
    """Undo whatever the test and its fixtures write."""
    async with _undone(request.node):
        yield


REPORTED_FROM = 0.3
"""Seconds from which setting up or clearing away is among the slowest durations that are printed."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test and report its call, and what is around it only if that failed or took long.

    A worker sends each report to the process that prints them: one is enough for a test that passes.
    """
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.duration >= REPORTED_FROM:
            hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


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


@pytest.fixture
def client(deps: Deps) -> httpx.AsyncClient:
    """A browser without scripts, as a guest. `tests.visitor.sign_in` makes it somebody's."""
    transport = httpx.ASGITransport(app=create_app(deps))
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://market.test",
        headers={"accept-encoding": "identity"},
        trust_env=False,
    )


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
