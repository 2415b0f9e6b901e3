"""`python -m tests.bench.deal_page`: server time of a deal page with 50 offers and 200 messages.

The page's own work is timed, without a network: the middle and the 95th of a hundred, in turns with
a bare handler that returns the same HTML, so that a busy machine slows both.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from market.app import create_app
from market.deals.messages import SHOWN
from market.deals.models import Deal, DealMessage, Side
from market.deals.offers import make_offer
from market.deals.terms import CostRow
from market.kit.money import Money
from market.programmes.catalogue import load_programmes
from market.records.by import By
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.deals.factories import Parties, make_agreed, make_parties, terms

OFFERS, MESSAGES, ROUNDS, MOST_MS = 50, 200, 100, 25
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            Path(folder), "a secret that is long enough for a bench", "http://bench.test", is_demo=True
        )
        deps = replace(build_deps(settings), clock=lambda: NOW + timedelta(hours=3))
        async with running(deps, prepare=migrate):
            await load_programmes(NOW)
            parties, deal = await make_full_deal()
            transport = httpx.ASGITransport(app=create_app(deps))
            async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
                client.cookies.set(
                    COOKIE, await start_session(await User.get(id=parties.seller.user_id), device="bench")
                )
                report(*await measure(client, f"/deals/{deal.number}"))


async def make_full_deal() -> tuple[Parties, Deal]:
    """Return a deal in which much was offered and said, by the acts themselves."""
    parties = await make_parties()
    deal = await make_agreed(parties)
    seen = None
    for at in range(OFFERS):
        price = Money(100_000_000 + at * 1_000_000)
        offered = replace(terms(price), costs=(CostRow("taxes", "buyer"),), note=f"第 {at} 次")
        offer = await make_offer(
            deal.number,
            offered,
            base_offer_id=seen,
            valid_days=15,
            by=By(parties.on(list(Side)[at % 2]), NOW + timedelta(minutes=at)),
        )
        seen = offer.id
    people = (parties.seller, parties.buyer)
    await DealMessage.bulk_create(
        DealMessage(
            deal_id=deal.id,
            author_id=people[at % 2].user_id,
            side=list(Side)[at % 2],
            text=f"第 {at} 条留言 {uuid4()}",
            sent_at=NOW + timedelta(minutes=at),
        )
        for at in range(MESSAGES)
    )
    return parties, deal


async def measure(client: httpx.AsyncClient, address: str) -> tuple[list[float], list[float], float]:
    """Return the milliseconds of each round of ours and of the bare handler, after ten to warm up.

    The last is what of one round our own process computed: no busy machine makes that longer.
    """
    page = await client.get(address)
    if page.status_code != 200 or page.text.count("条留言") < SHOWN:
        raise SystemExit(f"the page is not whole: {page.status_code}")

    async def bare(request: Request) -> Response:
        return HTMLResponse(page.text)

    transport = httpx.ASGITransport(app=Starlette(routes=[Route("/", bare)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as plain:
        ours, theirs = [], []
        for _round in range(ROUNDS + 10):
            ours.append(await _milliseconds(client, address))
            theirs.append(await _milliseconds(plain, "/"))
    began = time.process_time()
    for _round in range(ROUNDS):
        await _milliseconds(client, address)
    return ours[10:], theirs[10:], (time.process_time() - began) * 1000 / ROUNDS


async def _milliseconds(client: httpx.AsyncClient, address: str) -> float:
    started = time.perf_counter()
    await client.get(address)
    return (time.perf_counter() - started) * 1000


def report(ours: list[float], theirs: list[float], computed: float) -> None:
    """Print what was measured; the process fails when the middle is over the promise."""
    middle, late = statistics.median(ours), statistics.quantiles(ours, n=20)[18]
    ratio = middle / statistics.median(theirs)
    what = f"deal page   {OFFERS} offers, {MESSAGES} messages:"
    print(f"{what} {middle:.1f} ms, p95 {late:.1f} ms (at most {MOST_MS}); bare × {ratio:.1f}")  # noqa: T201
    print(f"            fastest {min(ours):.1f} ms, of which computed here {computed:.1f} ms")  # noqa: T201
    if middle > MOST_MS:
        raise SystemExit(1)


if __name__ == "__main__":
    asyncio.run(main())
