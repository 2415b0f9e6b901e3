"""`python -m tests.bench.check_page`: server time of the page of who may apply, beside a fixed page.

A guest asks with answers in the address, another each time; an organisation with ten contracts asks by its
records. Printed are wall milliseconds in turns with a bare handler that returns the same HTML, and the
processor time of site and PostgreSQL a request, which a busy machine hardly makes longer.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from market.accounts.models import Organisation, User
from market.accounts.sessions import COOKIE, start_session
from market.app import create_app
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.bench.servers import database_seconds
from tests.claims.factories import make_applicant, make_contract, make_desk, make_sales
from tests.factories import NOW
from tests.programmes.test_calls import make_call

CONTRACTS, ROUNDS, MOST_MS = 10, 60, 120
CHECK = "/policies/check"


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(
            folder, "a secret that is long enough for a bench", "http://bench.test", is_demo=True
        )
        deps = replace(build_deps(settings), clock=lambda: NOW + timedelta(hours=3))
        async with running(deps, prepare=migrate):
            user_id = await _make_applicant()
            transport = httpx.ASGITransport(app=create_app(deps))
            async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
                guest = await _measure(client, folder, _as_guest)
                client.cookies.set(COOKIE, await start_session(await User.get(id=user_id), device="bench"))
                own = await _measure(client, folder, lambda _turn: CHECK)
    if not (guest and own):
        raise SystemExit(1)


async def _make_applicant() -> object:
    """Return the member of a firm that bought under ten contracts; two calls are released."""
    applicant = await make_applicant()
    buyer = await Organisation.get(id=applicant.organisation_id)
    for _place in range(CONTRACTS):
        await make_sales(await make_contract(buyer), applicant)
    desk = await make_desk()
    await make_call(desk)
    await make_call(desk, "nanning", opens_at=NOW)
    return applicant.user_id


def _as_guest(turn: int) -> str:
    """Return an address that nobody asked before, so that no page is remembered."""
    return f"{CHECK}?who=enterprise&place=450100&what=licence&before=no&sales=300&amount={120 + turn}"


async def _measure(client: httpx.AsyncClient, folder: Path, address: Callable[[int], str]) -> bool:
    """Print what the page takes; return whether it keeps its promise."""
    page = await client.get(address(0))
    if page.status_code != 200 or "与您有关" not in page.text:
        raise SystemExit(f"the page is not whole: {page.status_code}")

    async def bare(request: Request) -> Response:
        return HTMLResponse(page.text)

    transport = httpx.ASGITransport(app=Starlette(routes=[Route("/", bare)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as plain:
        pairs = [
            (await _milliseconds(client, address(turn)), await _milliseconds(plain, "/"))
            for turn in range(1, ROUNDS + 11)
        ][10:]
    before, before_database = time.process_time(), database_seconds(folder)
    for turn in range(ROUNDS):
        await client.get(address(1000 + turn))
    site = (time.process_time() - before) * 1000 / ROUNDS
    database = (database_seconds(folder) - before_database) * 1000 / ROUNDS
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    who = "guest" if "place" in address(0) else f"a firm with {CONTRACTS} contracts"
    print(  # noqa: T201
        f"{CHECK}, {who}: processor {site:.1f} ms + {database:.1f} ms of PostgreSQL "
        f"(at most {MOST_MS} together); "
        f"wall {statistics.median(ours):.1f} ms, p95 {statistics.quantiles(ours, n=20)[18]:.1f} ms, "
        f"bare × {statistics.median(ours) / statistics.median(theirs):.1f}"
    )
    return site + database <= MOST_MS


async def _milliseconds(client: httpx.AsyncClient, address: str) -> float:
    started = time.perf_counter()
    (await client.get(address)).raise_for_status()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    asyncio.run(main())
