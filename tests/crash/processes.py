"""The processes of a market that may be killed: site, worker and PostgreSQL, and a gateway that is not.

Site and worker are forked from a server that has imported everything, so that a new one is there in
a moment; each is the real app and the real worker, only smaller.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from market.app import create_app
from market.deps import Deps
from market.files.store import LocalStore
from market.kit.embedded_postgres import EmbeddedPostgres
from market.payments.standin import SECRET, StandIn
from market.payments.stripe_gateway import StripeGateway
from market.search.embedded import EmbeddedSearch
from market.tables import database
from market.worker import Pulse, work
from tests.contracts.factories import LATER
from tests.fakes import FakeMailer, FixedClock, fake_settings

PATIENCE = 600.0
"""Seconds after which something counts as hanging; far longer than any busy machine needs."""
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["tests.crash.processes"])


@dataclass(frozen=True)
class Place:
    """Where everything is."""

    directory: Path
    database_url: str
    site_port: int
    gateway_port: int

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.site_port}"

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ToGateway(httpx.AsyncHTTPTransport):
    """Sends what is meant for Stripe to the stand-in's port."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return await super().handle_async_request(request)


def deps_of(place: Place) -> Deps:
    client = httpx.AsyncClient(transport=ToGateway(place.gateway_port))
    return Deps(
        settings=fake_settings(place.directory, base_url=place.site),
        clock=FixedClock(LATER),
        search=EmbeddedSearch(place.directory / "index"),
        mailer=FakeMailer(),
        store=LocalStore(place.directory / "files"),
        gateway=StripeGateway("sk_test_crash", [SECRET], client=client, retries=0),
    )


def _log_to(place: Place, name: str) -> None:
    """What a process that dies in the middle complains of is of use only when something was wrong."""
    log = os.open(place.directory / f"{name}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
    os.dup2(log, 2)


def run_site(place: Place) -> None:
    _log_to(place, "site")

    async def serve() -> None:
        async with database(place.database_url, pool_size=8):
            config = uvicorn.Config(
                create_app(deps_of(place)),
                host="127.0.0.1",
                port=place.site_port,
                lifespan="off",
                log_config=None,
                access_log=False,
            )
            await uvicorn.Server(config).serve()

    asyncio.run(serve())


def run_worker(place: Place) -> None:
    _log_to(place, "worker")

    async def serve() -> None:
        async with database(place.database_url, pool_size=4):
            await work(deps_of(place), place.database_url, pulse=Pulse(beat=0.5, silence=2))

    asyncio.run(serve())


def run_gateway(place: Place) -> None:
    """Stripe's part: it lives on, and brings its webhooks until the site takes them."""
    standin = StandIn()
    standin.hold = True

    async def pay(request: Request) -> JSONResponse:
        session = standin.get("checkout.session", request.path_params["session"])
        if session["status"] == "open":
            await standin.pay(session["id"])
        return JSONResponse({"status": session["status"]})

    async def open_account(request: Request) -> JSONResponse:
        await standin.finish_onboarding(request.path_params["account"])
        return JSONResponse({})

    async def told(request: Request) -> JSONResponse:
        return JSONResponse({"waiting": standin.waiting, "refunds": standin.all("refund")})

    for path, handler in (("pay/{session}", pay), ("open/{account}", open_account), ("told", told)):
        standin.app.routes.insert(0, Route(f"/control/{path}", handler, methods=["GET", "POST"]))

    async def serve() -> None:
        async with httpx.AsyncClient(base_url=place.site, timeout=30) as site:

            async def deliver(body: bytes, signature: str) -> None:
                headers = {"stripe-signature": signature}
                (await site.post("/webhooks/stripe", content=body, headers=headers)).raise_for_status()

            standin.deliver = deliver
            config = uvicorn.Config(
                standin.app, host="127.0.0.1", port=place.gateway_port, lifespan="off", log_config=None
            )
            server = asyncio.create_task(uvicorn.Server(config).serve())
            while not server.done():
                standin.deliver_twice = int(time.time() * 10) % 3 == 0
                await standin.flush(newest_first=int(time.time() * 10) % 2 == 0)
                await asyncio.sleep(0.1)

    asyncio.run(serve())


@dataclass
class Market:
    """All processes of one market, each of which can be killed and comes up again."""

    place: Place
    postgres: EmbeddedPostgres
    running: dict[str, Any] = field(default_factory=dict)

    def start(self, name: str) -> None:
        target = {"site": run_site, "worker": run_worker, "gateway": run_gateway}[name]
        process = context.Process(target=target, args=(self.place,), daemon=True)
        process.start()
        self.running[name] = process

    async def kill(self, name: str) -> None:
        """Kill at once, without a warning, and start again."""
        if name == "postgres":
            await asyncio.to_thread(self._kill_postgres)
            return
        process = self.running[name]
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.join)
        self.start(name)

    def keep_up(self) -> int:
        """Start what ended by itself, as a supervisor would, and return how many that were."""
        ended = [name for name, process in self.running.items() if not process.is_alive()]
        for name in ended:
            self.start(name)
        return len(ended)

    def stop(self) -> None:
        for process in self.running.values():
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)
                process.join()
        self.postgres.stop()

    def _kill_postgres(self) -> None:
        pid = int((self.postgres.directory / "postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        family = [server, *server.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=PATIENCE)
        self.postgres.revive()


async def wait_until(is_so: Callable[[], Awaitable[bool]], what: str, *, pause: float = 0.1) -> None:
    """Poll until `is_so`, with `pause` seconds between.

    Raises:
        TimeoutError: it was not within `PATIENCE`.
    """
    deadline = time.monotonic() + PATIENCE
    while not await is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {PATIENCE:.0f} s")
        await asyncio.sleep(pause)


async def until_up(address: str) -> None:
    """Wait until a server answers at an address, and with more than that it is being prepared."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:

        async def is_up() -> bool:
            try:
                answer = await client.get(address)
            except httpx.HTTPError:
                return False
            return answer.status_code != 503

        await wait_until(is_up, f"an answer of {address}")
