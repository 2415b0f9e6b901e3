"""`python -m tests.bench.statistics`: pages of statistics at 20,000 contracts, a month of 100,000.

Printed is the processor time of a request, site and embedded PostgreSQL together: the median of a few,
without the memory of guests' pages, as guest and as auditor. `CONTRACTS=` and `MONTH=` shorten it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx

from market.accounts.models import Organisation, OrganisationKind, StaffRole
from market.app import create_app
from market.contracts.models import Contract
from market.deps import Deps
from market.kit.database import connection, in_transaction
from market.kit.guest_pages import forget_pages
from market.records.by import By
from market.records.decisions import Verdict
from market.runtime import build_deps, running
from market.settings import Settings
from market.statistics import bulletins, months
from market.tables import migrate
from tests.bench.processor import postgres_seconds
from tests.contracts.factories import make_registered
from tests.deals.factories import make_parties
from tests.factories import HOLIDAYS, make_organisation, make_staff
from tests.statistics.factories import copy_contracts, random_contracts, receive
from tests.visitor import sign_in

CONTRACTS, TIMES = int(os.environ.get("CONTRACTS", "20000")), 7
MONTH = int(os.environ.get("MONTH", "100000"))
BIG = date(2026, 9, 1)
"""The month of the report."""
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PAGES = (
    "/statistics?span=year&year=2026",
    "/statistics?span=month&year=2026&month=10",
    "/statistics?span=year&year=2026&layout=field",
    "/statistics?span=year&year=2026&layout=flow",
    "/statistics?span=year&year=2026&layout=universities",
    "/statistics?span=year&year=2026&layout=agencies",
    "/statistics/rows?from=2026-01-01&until=2026-11-20&figure=contract_amount",
)
REGIONS = ("450100", "450200", "450300", "450500", "451400", "450000", "440100", "110000")


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            Path(folder), "a secret that is long enough for a bench", "http://bench.test", is_demo=True
        )
        deps = replace(build_deps(settings), clock=lambda: NOW)
        async with running(deps, prepare=_fill):
            await _read(deps, Path(folder))
        async with running(deps, prepare=_fill_month):
            await _freeze(deps, Path(folder))
            await _read(deps, Path(folder), ("/screen", f"/statistics/{BIG:%Y-%m}"))


async def _fill() -> None:
    """Write contracts of three years between five hundred units, most of them with receipts."""
    await migrate()
    base = await make_registered(await make_parties())
    kinds = (OrganisationKind.ENTERPRISE, OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE)
    units: list[UUID] = []
    for place in range(500):
        unit = await make_organisation(name=f"单位{place}", region=REGIONS[place % 8], kind=kinds[place % 3])
        units.append(unit.id)
    given = random_contracts(CONTRACTS, units, date(2024, 1, 1), 1055)
    async with in_transaction():
        for first in range(0, len(given), 5000):
            await copy_contracts(base, given[first : first + 5000], first=first + 1)
        await receive([(each.id, each.contract_amount // 2 or 1, each.registered_on) for each in given[::2]])
    await connection().execute_script("ANALYZE")


async def _fill_month() -> None:
    """Write the contracts of one more month."""
    base = await Contract.all().order_by("signed_at", "number").first()
    assert base is not None
    units = [unit.id for unit in await Organisation.filter(name__startswith="单位").only("id")]
    given = random_contracts(MONTH, units, BIG, 30, seed=9)
    async with in_transaction():
        for first in range(0, len(given), 5000):
            await copy_contracts(base, given[first : first + 5000], first=1_000_000 + first)
    await connection().execute_script("ANALYZE")


async def _freeze(deps: Deps, folder: Path) -> None:
    """Have the report of the month of many contracts made and issued."""
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    row = await months.open_month(BIG, HOLIDAYS)
    await months.close_due(row.id, HOLIDAYS, now=NOW)
    ordered = await bulletins.order_bulletin(BIG, "", by=By(operator, NOW))
    started, process, postgres = time.perf_counter(), time.process_time(), postgres_seconds(folder)
    bulletin = await bulletins.freeze_bulletin(ordered.id, now=NOW)
    wall = time.perf_counter() - started
    spent = time.process_time() - process + postgres_seconds(folder) - postgres
    count = bulletin.figures["tables"]["city"][""]["now"]["contracts"][0]
    print(  # noqa: T201
        f"report of a month of {count:,} contracts frozen: {spent:.1f} s of processor, {wall:.1f} s wall",
        flush=True,
    )
    await bulletins.decide_bulletin(bulletin.number, Verdict.CONFIRMED, by=By(approver, NOW))


async def _read(deps: Deps, folder: Path, pages: Sequence[str] = PAGES) -> None:
    auditor = await make_staff(StaffRole.AUDITOR)
    transport = httpx.ASGITransport(app=create_app(deps))
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
        for actor, words in ((None, "guest"), (auditor, "auditor")):
            await sign_in(client, actor)
            for page in pages:

                async def ask(page: str = page) -> None:
                    forget_pages()
                    (await client.get(page)).raise_for_status()

                await _print(f"{words:<8}{page}", ask, folder)


async def _print(words: str, ask: Callable[[], Awaitable[None]], folder: Path) -> None:
    await ask()
    site, database, wall = [], [], []
    for _turn in range(TIMES):
        started, process, postgres = time.perf_counter(), time.process_time(), postgres_seconds(folder)
        for _again in range(5):
            await ask()
        site.append((time.process_time() - process) * 200)
        database.append((postgres_seconds(folder) - postgres) * 200)
        wall.append((time.perf_counter() - started) * 200)
    middle = [statistics.median(each) for each in (site, database, wall)]
    print(  # noqa: T201
        f"{words:<86}{middle[0] + middle[1]:7.1f} ms of processor: site {middle[0]:.1f}, PostgreSQL "
        f"{middle[1]:.1f}; {middle[2]:.1f} ms wall",
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main())
