"""`python -m tests.bench.ranking_pages`: rankings at 20,000 deeds, and 14 zones by 30 indicators.

The demo's market gets DEEDS contracts in each of two years, as `targets_year` does. Printed are processor
milliseconds of the site and of PostgreSQL for the public pages, as a mean over ROUNDS, for freezing a year of
cities the seconds, and for scoring 14 zones by 30 indicators from values that are counted the milliseconds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, date, datetime
from fractions import Fraction

import httpx

from market.accounts.actors import load_actor
from market.accounts.models import User
from market.accounts.sessions import COOKIE, start_session
from market.app import create_app
from market.kit.clock import local_date
from market.kit.embedded_postgres import EmbeddedPostgres
from market.kit.guest_pages import forget_pages
from market.listings.rules import months_later
from market.rankings.computing import Cell, Line, rank_lines, score_of
from market.rankings.freezing import freeze_ranking
from market.rankings.indicators import BY_KEY
from market.rankings.models import Ranking, RankingRow
from market.rankings.schemes import Part
from market.rankings.scoring import points
from market.rankings.states import PeriodKind, PlaceKind
from market.records.by import By
from market.records.figures import Period, no_rows
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.bench.markets import FOLDER, copy_market, seed_demo
from tests.bench.targets_year import DEEDS, ROUNDS, ROWS, UNITS, Meter, execute, say

ZONES, INDICATORS, MOST = 14, 30, 100


def score_counted() -> float:
    """Return the processor milliseconds in which zones are scored and ranked by counted indicators."""
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    part = Part("output_trade", 10, dict.fromkeys(PeriodKind, (0, 800)))
    value = no_rows([BY_KEY["output_trade"]], period, {"park": "a"})["output_trade"]
    started = time.process_time()
    lines = []
    for zone in range(ZONES):
        bounds = part.bounds_of(PeriodKind.MONTH)
        cells = [Cell(part, value, None, points(Fraction(zone * n), bounds)) for n in range(INDICATORS)]
        lines.append(Line(str(zone), str(zone), "", cells, score_of(cells)))
    rank_lines(lines, {})
    return (time.process_time() - started) * 1000


async def main() -> None:
    logging.disable(logging.WARNING)
    say(f"{ZONES} zones by {INDICATORS} indicators", f"{score_counted():.1f} ms ({MOST} ms)")
    year = local_date(datetime.now(UTC)).year
    folder = FOLDER.resolve() / "rankings-run"
    copy_market(seed_demo(), folder)
    server = EmbeddedPostgres(folder / "postgres")
    address = server.start()
    try:
        execute(address, ROWS, {"deeds": DEEDS, "units": UNITS, "year": year})
        deps = build_deps(
            Settings(folder, "a secret that is long enough for a bench", "http://bench.test", is_demo=True)
        )
        async with running(deps, prepare=migrate):
            meter = Meter(folder)
            operator = await User.get(email="operator@demo.kezhuan.test")
            await _freeze(operator, deps.clock(), meter)
            transport = httpx.ASGITransport(app=create_app(deps))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://bench.test", timeout=60
            ) as client:
                await _look(client, meter, operator)
    finally:
        server.stop()


async def _freeze(operator: User, now: datetime, meter: Meter) -> None:
    """Freeze the months of the demo anew, now that they have thousands of contracts."""
    by = By(await load_actor(operator.id), now)
    begins_on = months_later(local_date(now).replace(day=1), -1)
    for kind, period_kind, first in (
        (PlaceKind.CITY, PeriodKind.MONTH, begins_on),
        (PlaceKind.CITY, PeriodKind.QUARTER, date(begins_on.year, 7, 1)),
    ):
        started = time.perf_counter()
        with meter.spent() as spent:
            await freeze_ranking(kind, period_kind, first, "更多合同", "分析", by=by)
        took = time.perf_counter() - started
        say(f"freeze {period_kind.value}", f"{took:.1f} s, {spent.process:.0f} + {spent.postgres:.0f} ms")


async def _look(client: httpx.AsyncClient, meter: Meter, operator: User) -> None:
    ranking = (
        await Ranking.filter(kind=PlaceKind.CITY, period_kind=PeriodKind.QUARTER).order_by("-version").first()
    )
    assert ranking is not None
    row = await RankingRow.filter(ranking_id=ranking.id).order_by("rank").first()
    assert row is not None
    client.cookies.set(COOKIE, await start_session(operator, device="bench"))
    base = f"/rankings/{ranking.number}"
    for page in (
        "/rankings?kind=city",
        base,
        f"{base}/{row.place}",
        f"{base}/{row.place}/records?indicator=output_trade",
        f"{base}/analysis",
        f"{base}/versions",
        f"{base}/file.json",
        "/backoffice/rankings",
        "/backoffice/rankings/preview?kind=city",
    ):
        answer = await client.get(page)
        answer.raise_for_status()
        with meter.spent(ROUNDS) as spent:
            for _round in range(ROUNDS):
                forget_pages()
                await client.get(page)
        size = len(answer.content) // 1024
        say(
            page.replace(ranking.number, "N"),
            f"{spent.process:.0f} + {spent.postgres:.0f} ms of {MOST}, {size} KiB",
        )


if __name__ == "__main__":
    asyncio.run(main())
