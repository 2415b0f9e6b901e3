"""`python -m tests.bench.challenge_lists`: the public list of challenges at 5,000 lists, beside a fixed page.

Printed are the processor milliseconds of site and PostgreSQL a request, which a busy machine hardly makes
longer, and wall milliseconds in turns with a bare handler that returns the same HTML.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from market.app import create_app
from market.challenges.models import Challenge
from market.kit.database import connection
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.bench.servers import database_seconds
from tests.challenges.factories import make_listed
from tests.factories import make_organisation

LISTS, FIRMS, ROUNDS, MOST_MS = 5_000, 200, 40, 150
COPIES = """
CREATE TEMP TABLE copies AS SELECT c.*, n AS place FROM challenges c, generate_series(1, {count}) n
WHERE c.number = '{number}';
UPDATE copies SET id = gen_random_uuid(), number = 'BD-2020-' || lpad(place::text, 6, '0'),
    title = title || '（' || place || '）',
    status = (ARRAY['responding', 'responding', 'listed', 'reviewing', 'executing', 'accepted', 'no_taker',
                    'ended'])[1 + place % 8],
    field = (ARRAY['materials', 'electronics', 'agriculture', 'environment', 'manufacturing'])[1 + place % 5],
    budget = 1000000 * (1 + place % 400), kind = 'enterprise',
    published_at = published_at - place * interval '3 hours',
    opens_at = opens_at - place * interval '3 hours', deadline_at = deadline_at + place * interval '1 hour',
    end_reason = CASE WHEN place % 8 IN (6, 7) THEN 'none_came' END,
    owner_id = ('{{{owners}}}'::uuid[])[1 + place % {firms}];
ALTER TABLE copies DROP COLUMN place;
INSERT INTO challenges SELECT * FROM copies;
DROP TABLE copies;
ANALYZE;
"""
PUBLIC = (
    "/challenges",
    "/challenges?page=90",
    "/challenges?q=侧部内衬",
    "/challenges?state=open&field=materials&sort=-budget",
    "/challenges?left=30&region=450000&budget=100-500",
)
OF_OFFICE = ("/admin/challenges", "/admin/challenges?page=90")


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(
            folder, "a secret that is long enough for a bench", "http://bench.test", is_demo=True
        )
        deps = build_deps(settings)
        async with running(deps, prepare=migrate):
            stage = await make_listed()
            owners = [(await make_organisation(name=f"第 {place} 家企业")).id for place in range(FIRMS)]
            copies = COPIES.format(
                count=LISTS,
                number=stage.challenge.number,
                owners=",".join(map(str, owners)),
                firms=FIRMS,
            )
            await connection().execute_script(copies)
            published = stage.challenge.published_at or stage.challenge.created_at
            app = create_app(replace(deps, clock=lambda: published + timedelta(days=10)))
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
                fast = [await measure(client, folder, address) for address in PUBLIC]
                operator = await User.get(id=stage.operator.user_id)
                client.cookies.set(COOKIE, await start_session(operator, device="bench"))
                fast += [await measure(client, folder, address) for address in OF_OFFICE]
            count = await Challenge.all().count()
    print(f"challenges       {count:,} lists, of {LISTS:,} asked for")  # noqa: T201
    if not all(fast):
        raise SystemExit(1)


async def measure(client: httpx.AsyncClient, folder: Path, address: str) -> bool:
    """Print what a page takes, and return whether that is within the promise."""
    html = (await client.get(address)).raise_for_status().text

    async def fixed(_request: Request) -> Response:
        return HTMLResponse(html)

    transport = httpx.ASGITransport(app=Starlette(routes=[Route("/", fixed)]))
    ours, theirs = [], []
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as bare:
        for _round in range(ROUNDS):
            ours.append(await _milliseconds(client, address))
            theirs.append(await _milliseconds(bare, "/"))
    site, database = time.process_time(), database_seconds(folder)
    for _round in range(ROUNDS):
        (await client.get(address)).raise_for_status()
    site = (time.process_time() - site) * 1000 / ROUNDS
    database = (database_seconds(folder) - database) * 1000 / ROUNDS
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(  # noqa: T201
        f"challenges       {address[:50]:<51} {site + database:.0f} ms of {MOST_MS} "
        f"(site {site:.0f}, database {database:.0f}); wall {statistics.median(ours):.0f} ms, "
        f"{ratio:.0f}× the same HTML"
    )
    return site + database <= MOST_MS


async def _milliseconds(client: httpx.AsyncClient, address: str) -> float:
    started = time.perf_counter()
    (await client.get(address)).raise_for_status()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    asyncio.run(main())
