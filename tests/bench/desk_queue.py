"""`python -m tests.bench.desk_queue`: processor time of the desk's queue at 3,000 claims.

Timed is the process's own time, not the database's, in turns with a bare handler that returns the same
HTML; the middle of the rounds, and the ratio of both.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from market.app import create_app
from market.claims.models import Claim
from market.kit.database import connection
from market.programmes.catalogue import load_programmes
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.bench.desk import COPIES
from tests.claims.factories import make_desk, make_draft
from tests.visitor import post

CLAIMS, ROUNDS, MOST_MS, AT_ONCE = 3000, 30, 100, 200
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PAGES = (
    "/desk",
    "/desk?sort=-trade&size=100",
    "/desk?status=submitted&doubt=any&sort=contract",
    "/desk/BZ-2020-001500?status=open&sort=-trade",
)


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            Path(folder), "a secret that is long enough for a bench", "http://bench.test", is_demo=True
        )
        deps = replace(build_deps(settings), clock=lambda: NOW)
        async with running(deps, prepare=migrate):
            await load_programmes(NOW)
            desk = await make_desk()
            _applicant, claim = await make_draft()
            await connection().execute_script(COPIES.format(count=CLAIMS, number=claim.number))
            token = await start_session(await User.get(id=desk.officer.user_id), device="bench")
            async with _client(create_app(deps)) as client:
                client.cookies.set(COOKIE, token)
                for address in PAGES:
                    await measure(client, address)
                await accept_at_once(client)


async def measure(client: httpx.AsyncClient, address: str) -> None:
    """Print the processor time of a page beside that of the same HTML without any work."""
    html = (await client.get(address)).raise_for_status().text

    async def fixed(_request: Request) -> Response:
        return HTMLResponse(html)

    spent: dict[str, list[float]] = {"page": [], "fixed": []}
    async with _client(Starlette(routes=[Route("/fixed", fixed)])) as bare:
        for _round in range(ROUNDS):
            for name, visitor, path in (("page", client, address), ("fixed", bare, "/fixed")):
                started = time.process_time()
                (await visitor.get(path)).raise_for_status()
                spent[name].append((time.process_time() - started) * 1000)
    page, base = (statistics.median(spent[name]) for name in ("page", "fixed"))
    print(  # noqa: T201
        f"desk queue       {address[:46]:<47} {page:.0f} ms of {MOST_MS}, {page / base:.0f}× the same HTML"
    )


async def accept_at_once(client: httpx.AsyncClient) -> None:
    """Print how long the acceptance of many claims in one act takes, of which none is refused."""
    address = "/desk/bulk"
    claims = (
        await Claim.filter(status="submitted")
        .order_by("number")
        .limit(AT_ONCE)
        .values_list("number", flat=True)
    )
    started = time.perf_counter()
    answer = await post(client, address, {"act": "accept", "claims": list(claims)}, follow=False)
    seconds = time.perf_counter() - started
    if answer.status_code != 303:
        raise SystemExit(f"not all were accepted: {answer.status_code}")
    print(f"desk queue       {AT_ONCE} claims accepted at once: {seconds:.1f} s")  # noqa: T201


def _client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bench.test")


if __name__ == "__main__":
    asyncio.run(main())
