"""The composition root: chooses engine, store, mailer and gateway by the settings."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from market.deps import Deps
from market.files.store import FileStore, LocalStore, S3Address, S3Store
from market.kit.clock import BusinessClock
from market.kit.database import JOB_LIMITS, Limits, connection
from market.kit.database_roles import as_application, make_application_role
from market.kit.embedded_postgres import EmbeddedPostgres
from market.kit.letterhead import use_letterhead
from market.kit.mail import Mailer, PageMailer, SmtpMailer
from market.payments.gateway import PaymentGateway
from market.payments.standin_gateway import demo_gateway
from market.payments.stripe_gateway import StripeGateway
from market.rooms import install_rooms
from market.search.embedded import EmbeddedSearch
from market.search.embedders import EmbedderUnavailable
from market.search.embedders.configured import configured_embedders
from market.search.engine import SearchEngine
from market.search.meili_indexes import MarketTenant
from market.settings import Settings, SettingsError
from market.tables import database

log = logging.getLogger("market")


def build_deps(settings: Settings) -> Deps:
    """Build the dependencies by the settings; nothing is connected yet.

    Raises:
        SettingsError: a model that the settings name cannot be used.
    """
    install_rooms()
    use_letterhead(settings.letterhead)
    try:
        embedders = configured_embedders(settings.embedders, settings.embeddings_key)
        # Meilisearch must be told how long vectors are before the first is sent.
        lengths = {embedder.name: embedder.dimensions for embedder in embedders} if settings.meili_url else {}
    except EmbedderUnavailable as error:
        raise SettingsError(f"EMBEDDERS: {error}") from error
    return Deps(
        settings=settings,
        clock=BusinessClock(),
        search=_search(settings, lengths),
        mailer=_mailer(settings),
        store=_store(settings),
        gateway=_gateway(settings),
        embedders=embedders,
    )


@asynccontextmanager
async def running(
    deps: Deps,
    *,
    limits: Limits = JOB_LIMITS,
    prepare: Callable[[], Awaitable[None]] | None = None,
    as_owner: bool = False,
) -> AsyncIterator[str]:
    """Keep the database connected (and the embedded one running) while the block runs.

    The block works as the application's role, or as the owner of the tables; `prepare` is called before, as
    the owner and without limits. Yields the database's address.
    """
    settings = deps.settings
    embedded = None if settings.database_url else EmbeddedPostgres(postgres_directory(settings))
    owner = await asyncio.to_thread(embedded.start) if embedded else _owner_url(settings)
    keeping = asyncio.create_task(keep_alive(embedded)) if embedded else None
    try:
        if embedded:
            await make_application_role(owner)
        url = owner if as_owner else str(settings.database_url or as_application(owner))
        if prepare:
            async with database(owner, pool_size=settings.pool_size):
                if await has_tables():
                    await load_clock(deps)
                await prepare()
        async with database(url, pool_size=settings.pool_size, limits=limits):
            if await has_tables():
                await load_clock(deps)
            try:
                yield url
            finally:
                await deps.search.close()
    finally:
        if embedded and keeping:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await asyncio.to_thread(embedded.stop)


def _owner_url(settings: Settings) -> str:
    return str(settings.owner_database_url or settings.database_url)


async def keep_alive(embedded: EmbeddedPostgres, *, every: float = 1.0) -> None:
    """Start the embedded PostgreSQL again whenever it died; end this process when that does not work."""
    while True:
        await asyncio.sleep(every)
        if embedded.is_running():
            continue
        log.error("PostgreSQL has ended; it is started again")
        try:
            await asyncio.to_thread(embedded.revive)
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            log.critical("PostgreSQL cannot be started again", extra={"error": str(error)[:300]})
            sys.stderr.write(
                f"PostgreSQL in {embedded.directory} cannot be started again, so this process ends. "
                f"Its own words are in {embedded.directory / 'log'}.\n"
            )
            os.kill(os.getpid(), signal.SIGTERM)
            return
        log.warning("PostgreSQL runs again")


async def load_clock(deps: Deps) -> None:
    """Load the demo's clock, which another process may have moved."""
    if deps.settings.is_demo and isinstance(deps.clock, BusinessClock):
        await deps.clock.load()


async def has_tables() -> bool:
    """Tell whether the database has been migrated at all."""
    rows = await connection().execute_query_dict("SELECT to_regclass('system_state') IS NOT NULL AS there")
    return bool(rows[0]["there"])


def postgres_directory(settings: Settings) -> Path:
    return settings.data_directory / "postgres"


def _search(settings: Settings, lengths: Mapping[str, int]) -> SearchEngine:
    if settings.meili_url:
        from market.search.meili import MeiliSearch  # its client is slow to load

        tenant = MarketTenant(settings.meili_prefix)
        return MeiliSearch(settings.meili_url, settings.meili_key, tenant=tenant, embedders=lengths)
    return EmbeddedSearch(settings.data_directory / "index")


def _mailer(settings: Settings) -> Mailer:
    return SmtpMailer(settings.smtp_url, settings.mail_from) if settings.smtp_url else PageMailer()


def _store(settings: Settings) -> FileStore:
    if settings.file_store_url:
        return S3Store(S3Address.parse(settings.file_store_url), httpx.AsyncClient())
    return LocalStore(settings.data_directory / "files")


def _gateway(settings: Settings) -> PaymentGateway | None:
    if settings.stripe_secret_key:
        secrets = (settings.stripe_webhook_secret or "").split(",")
        return StripeGateway(settings.stripe_secret_key, secrets, client=httpx.AsyncClient())
    return demo_gateway(settings.data_directory) if settings.is_demo else None
