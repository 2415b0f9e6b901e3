"""`serve`, `work` and `release`: the site, its worker, and the update of data to a release."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from market.accounts import demo_logins
from market.app import create_app
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.commands.entrance import Entrance
from market.commands.worker_process import READY, WorkerProcess, end_of_input, tell_site
from market.deps import Deps
from market.kit.database import SITE_LIMITS
from market.kit.guest_pages import GUEST_PAGE_SECONDS
from market.kit.http_protocol import KEEP_ALIVE, BoundedHttpTools
from market.kit.i18n import gettext as _
from market.kit.telemetry import set_up_logs
from market.matching.rematch import enqueue_full_rematch_if_scorer_changed
from market.payments.standin_gateway import StandInGateway, deliver_by_network
from market.programmes.catalogue import load_programmes
from market.runtime import build_deps, running
from market.search.health import watch
from market.search.relay import rebuild
from market.search.spelling import speller_of
from market.seed.demo_market import STAGES, seed_if_empty
from market.settings import Settings
from market.tables import migrate
from market.worker import note_job, work

GRACE = 15
"""Seconds after the signal to stop in which requests in hand may be finished."""

LAST_READ = 1.0
"""Seconds after the signal in which connections are still taken and read: some hold what was sent before."""

WARM_AFTER = 1.5
"""Seconds after which a site that runs does what would have slowed its start."""


async def release(deps: Deps) -> None:
    """Bring tables, released programmes and search settings up to date; harmless when they are."""
    await migrate()
    for fault in (await load_programmes(deps.clock(), on_release=rebuild_outcome_documents)).faults:
        sys.stderr.write(f"{fault}\n")
    for index in await deps.search.apply_settings():
        await rebuild(index, search=deps.search)
    for index, state in (await watch(search=deps.search, now=datetime.now(UTC), pause=0)).items():
        sys.stderr.write(f"The search index {index} was {state.value} and is made anew.\n")
    await enqueue_full_rematch_if_scorer_changed()


async def run_release(settings: Settings) -> int:
    """Release with the settings of the environment, then exit."""
    deps = build_deps(settings)
    async with running(deps, prepare=partial(release, deps)):
        return 0


async def run_worker(settings: Settings, *, is_for_site: bool = False) -> int:
    """Run jobs until the process is stopped; for a site that started it, until that site ends."""
    set_up_logs()
    deps = build_deps(settings)
    if isinstance(deps.gateway, StandInGateway):
        deps.gateway.standin.deliver = deliver_by_network(settings.base_url)
    async with running(deps) as url:
        if is_for_site:
            tell_site(READY, "")
            await work(deps, url, tell=tell_site, until=end_of_input())
        else:
            await work(deps, url)
    return 0


def _create_app(deps: Deps) -> ASGIApp:
    return create_app(deps, guest_page_seconds=GUEST_PAGE_SECONDS)


async def serve(
    settings: Settings, *, host: str, port: int, build_app: Callable[[Deps], ASGIApp] = _create_app
) -> int:
    """Run the site, and its worker beside it, until Ctrl-C or SIGTERM, then stop everything that was started.

    While the data are prepared a page shows how far that is.

    Streams end at once, requests in hand are finished, for `GRACE` seconds at most; a second signal does not
    wait for them.
    """
    set_up_logs()
    if not _is_free(host, port):
        sys.stderr.write(f"Port {port} is in use. Choose another: PORT={port + 1} make run\n")
        return 1
    deps, worker = build_deps(settings), WorkerProcess(note_job)
    entrance = Entrance(1 + len(STAGES) if settings.is_demo else 1)
    server = _Server(
        deps,
        worker,
        server_config(entrance, host=host, port=port, proxies=os.environ.get("FORWARDED_ALLOW_IPS", "")),
    )

    def say(words: str) -> None:
        _say(words)
        entrance.note(words)

    async def prepare() -> None:
        await release(deps)
        entrance.note(_("数据表和规则已就绪"))
        if settings.is_demo:
            await seed_if_empty(deps, say=say)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    serving = asyncio.create_task(server.serve())
    try:
        async with cancelled_with(serving, entrance), running(deps, limits=SITE_LIMITS, prepare=prepare):
            entrance.open(build_app(deps))
            _introduce(deps)
            async with worker.kept(after=WARM_AFTER):
                warming = asyncio.create_task(_warm(deps))
                await serving
                warming.cancel()
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
    _say("已停止。Stopped.")
    return 0


@asynccontextmanager
async def cancelled_with(serving: asyncio.Task[None], entrance: Entrance) -> AsyncIterator[None]:
    """Leave the block when the server is stopped before the site was prepared; what was begun is undone."""
    task = asyncio.current_task()
    is_cancelled = False

    def cancel(_serving: asyncio.Task[None]) -> None:
        nonlocal is_cancelled
        if not entrance.is_open and task is not None:
            is_cancelled = task.cancel()

    serving.add_done_callback(cancel)
    try:
        yield
    except asyncio.CancelledError:
        if not is_cancelled or task is None:
            raise
        task.uncancel()


def _introduce(deps: Deps) -> None:
    """Say where the site is and, of the demo, who may sign in."""
    _say(f"\n科转 KeZhuan: {deps.settings.base_url}")
    if deps.settings.is_demo:
        _say(f"演示登录 demo logins, password {demo_logins.PASSWORD}:")
        for name, role in demo_logins.LOGINS.items():
            _say(f"  {name}{demo_logins.DOMAIN}  {role}")
    _say("Ctrl-C 停止 stops everything.\n")


def server_config(app: ASGIApp, *, host: str, port: int, proxies: str) -> uvicorn.Config:
    """Return how the site is served. Only `proxies`, parted by commas, say whose request it is."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_config=None,
        http=BoundedHttpTools,
        ws="none",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        forwarded_allow_ips=proxies,
    )


async def _warm(deps: Deps) -> None:
    """Read what pages need to suggest another spelling, a moment after the first of them was shown."""
    await asyncio.sleep(WARM_AFTER)
    await speller_of(deps.search).warm(("outcomes", "needs"))


class _Server(uvicorn.Server):
    """A server that leaves signals to us, so that the worker and PostgreSQL are stopped as well."""

    def __init__(self, deps: Deps, worker: WorkerProcess, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.deps, self.worker = deps, worker

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """End streams, and soon take no more requests; the second time, leave those in hand too."""
        if self.deps.shutdown.has_begun:
            self.should_exit = self.force_exit = True
            return
        self.deps.shutdown.begin()
        self.worker.stop()
        asyncio.get_running_loop().call_later(LAST_READ, self._take_no_more)

    def _take_no_more(self) -> None:
        self.should_exit = True


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def port_of(environ: dict[str, str] | os._Environ[str]) -> int:
    """Return the port to listen on, 8000 when none is named."""
    text = environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SystemExit(f"PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)
