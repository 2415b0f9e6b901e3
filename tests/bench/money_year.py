"""`python -m tests.bench.money_year`: a year of claims from submission to the payment files, by two officers.

The market stands in a folder of its own; CLAIMS says how many claims there are (3,000). Each step goes
through the pages and acts that people use; the disk is not waited for. Printed are seconds, statements a
claim, and milliseconds of the process and of PostgreSQL a claim. At the end every invariant of
`market check` must hold.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import xlsxwriter

from market.accounts.actors import Actor
from market.accounts.models import Organisation, StaffRole
from market.app import create_app
from market.budgets.models import Batch, Disbursement, YearRun
from market.budgets.payment_models import PaymentInstruction
from market.budgets.states import BatchStatus
from market.claims.applications import create_claim, submit_claim
from market.claims.evidence_log import Paper, add_evidence
from market.claims.models import Claim
from market.claims.states import ClaimStatus, RecheckPoint
from market.deps import Deps
from market.files.uploads import Upload
from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.jobs import run_pending
from market.ledger.checks import run_checks
from market.programmes.catalogue import load_programmes
from market.records.by import By
from market.records.moments import run_moments
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.bench.processor import postgres_seconds
from tests.claims.factories import WAN, make_budget, make_contract, make_desk, make_sales, pay_contract
from tests.factories import NOW, make_member, make_organisation, make_staff
from tests.payees.factories import SECRET, make_payee
from tests.visitor import post, sign_in

CLAIMS = int(os.environ.get("CLAIMS", "3000"))
PER_APPLICANT = 10
AT_ONCE = 500
"""Claims that the desk accepts in one act."""


class Clock:
    """Business time, which the bench moves forward."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


class StatementCounter(logging.Handler):
    """Counts the statements that the database client logs."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


@dataclass
class Meter:
    """Prints what each step of the year took."""

    folder: Path
    statements: StatementCounter

    @asynccontextmanager
    async def step(self, words: str) -> AsyncIterator[None]:
        started, count = time.perf_counter(), self.statements.count
        process, postgres = time.process_time(), postgres_seconds(self.folder)
        yield
        seconds = time.perf_counter() - started
        per_claim = 1000 / CLAIMS
        print(  # noqa: T201
            f"{words:<44}{seconds:8.1f} s {(self.statements.count - count) / CLAIMS:7.1f} statements"
            f"{(time.process_time() - process) * per_claim:8.1f} ms"
            f"{(postgres_seconds(self.folder) - postgres) * per_claim:8.1f} ms of PostgreSQL a claim",
            flush=True,
        )


@dataclass
class Year:
    """The people of the year, their browsers, and its claims by their applicants."""

    deps: Deps
    clock: Clock
    client: httpx.AsyncClient
    officer: Actor
    rechecker: Actor
    approver: Actor
    drafts: list[tuple[Actor, str]]

    async def send(self, actor: Actor, address: str, data: dict[str, Any] | None = None) -> httpx.Response:
        """Send a form as this person; it must lead on to another page."""
        await sign_in(self.client, actor)
        answer = await post(self.client, address, data, follow=False)
        if answer.status_code != 303:
            raise SystemExit(f"{address} answered {answer.status_code}: {answer.text[:2000]}")
        return answer

    async def see(self, actor: Actor, address: str) -> str:
        """Return the HTML of a page that this person opens."""
        await sign_in(self.client, actor)
        return (await self.client.get(address)).raise_for_status().text


async def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)
    counter = StatementCounter()
    for name in ("tortoise.db_client", "tortoise"):
        logging.getLogger(name).propagate = False
    client_log = logging.getLogger("tortoise.db_client")
    client_log.addHandler(counter)
    client_log.setLevel(logging.DEBUG)
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), Clock()
        settings = Settings(folder, SECRET, "http://bench.test", is_demo=True)
        deps = replace(build_deps(settings), clock=clock)
        async with running(deps, prepare=_build_tables):
            transport = httpx.ASGITransport(app=create_app(deps))
            async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
                meter = Meter(folder, counter)
                async with meter.step(f"{CLAIMS} contracts, paid, with drafts of claims"):
                    year = await _prepare(deps, clock, client)
                await _run_year(year, meter)


async def _build_tables() -> None:
    """Make the tables, and have the server wait for no disk, which only its owner may ask of it."""
    await migrate()
    await connection().execute_script("ALTER SYSTEM SET synchronous_commit = off")
    await connection().execute_script("SELECT pg_reload_conf()")


async def _run_year(year: Year, meter: Meter) -> None:
    async with meter.step("submitted by the applicants"):
        for applicant, number in year.drafts:
            await submit_claim(number, is_declared=True, by=By(applicant, year.clock()))
    async with meter.step(f"accepted, {AT_ONCE} at once"):
        for _turn in range(0, CLAIMS, AT_ONCE):
            await year.send(year.officer, "/desk/bulk?status=submitted", {"scope": "all", "act": "accept"})
        await _require(CLAIMS, ClaimStatus.ACCEPTED)
    async with meter.step("computed by the year run"):
        form = {"programme": "guangxi", "year": "2026", "rate": "50", "act": "start"}
        run_page = (await year.send(year.officer, "/desk/runs", form)).headers["location"]
        await _work(year)
        await _require(CLAIMS, ClaimStatus.CALCULATED)
    async with meter.step("sampled and signed by the second officer"):
        await _sign(year, run_page)
    async with meter.step("rechecked as signed, and listed"):
        await _work(year)
        batch = await Batch.get()
        await _require(CLAIMS, ClaimStatus.RECHECKED)
    address = f"/desk/batches/{batch.number}"
    async with meter.step("list previewed and confirmed"):
        page = await year.see(year.rechecker, address)
        [seen] = re.findall(r'name="seen"\s+value="([0-9a-f]+)"', page)
        await year.send(year.rechecker, f"{address}/confirm", {"seen": seen})
        await _work(year)
    async with meter.step("publicity over"):
        year.clock.now += timedelta(days=12)
        await run_moments(year.deps, year.clock())
        await _work(year)
    async with meter.step("approved"):
        await year.send(year.approver, f"{address}/approve", {"remark": "同意"})
        await _require(CLAIMS, ClaimStatus.APPROVED)
    async with meter.step("decisions and list printed"):
        await _work(year)
    async with meter.step("ordered: one instruction"):
        await year.send(year.officer, f"{address}/order")
        instruction = await PaymentInstruction.get()
    async with meter.step("released by the second officer: files"):
        await year.send(year.rechecker, f"/desk/instructions/{instruction.number}/release")
        await year.see(year.officer, f"/desk/instructions/{instruction.number}")
        await sign_in(year.client, year.officer)
        for file in ("bank_bulk.xlsx", "treasury.xlsx"):
            answer = await year.client.get(f"/desk/instructions/{instruction.number}/{file}")
            answer.raise_for_status()
    async with meter.step("results of the bank read"):
        await sign_in(year.client, year.officer)
        files = {"file": ("results.xlsx", await _bank_results(year.clock()), "application/octet-stream")}
        answer = await post(year.client, f"{address}/results", files=files, follow=False)
        if answer.status_code != 303:
            raise SystemExit(f"results: {answer.status_code}")
    async with meter.step("results confirmed by the second officer"):
        await year.send(year.rechecker, f"{address}/results/confirm")
        await _require(CLAIMS, ClaimStatus.PAID)
        if (await Batch.get()).status is not BatchStatus.DONE:
            raise SystemExit("the list is not done")
    async with meter.step("all jobs done"):
        await _work(year)
    async with meter.step("every invariant checked"):
        results = await run_checks(SECRET, year.deps.store)
    broken = {result.name: result.findings[:3] for result in results if not result.is_well}
    if broken:
        raise SystemExit(f"invariants are broken: {broken}")
    for words, actor, page in (
        ("the queue", year.officer, "/desk"),
        ("the list", year.approver, address),
        ("its instruction", year.rechecker, f"/desk/instructions/{instruction.number}"),
        ("the report", year.officer, "/desk/report"),
    ):
        async with meter.step(f"page: {words}"):
            await year.see(actor, page)
    print(f"{CLAIMS} claims paid, {len(results)} invariants hold")  # noqa: T201


async def _prepare(deps: Deps, clock: Clock, client: httpx.AsyncClient) -> Year:
    await load_programmes(NOW)
    desk = await make_desk()
    await make_budget(desk, CLAIMS * 100 * WAN)
    year = Year(deps, clock, client, desk.officer, desk.rechecker, desk.approver, [])
    await make_staff(StaffRole.OFFICER)
    for place in range(CLAIMS):
        if place % PER_APPLICANT == 0:
            buyer = await make_organisation()
            await make_payee(buyer.id)
            applicant = await make_member(buyer)
        year.drafts.append((applicant, await _draft(buyer, applicant, place, deps)))
    await connection().execute_script("ANALYZE")
    return year


async def _draft(buyer: Organisation, applicant: Actor, place: int, deps: Deps) -> str:
    """Make a contract, pay it by bank transfer, and draft a claim with the papers that its rules ask for."""
    amount = (50 + place % 400) * WAN
    contract = await make_contract(buyer, paid=0, contract_amount=amount, trade_amount=amount)
    await pay_contract(contract, applicant, f"20260210{place:08d}", deps.store)
    await make_sales(contract, applicant, 3 * amount)
    by = By(applicant, NOW)
    claim = await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=by)
    for kind, number, sum_ in (
        ("invoice", f"2645200000{place:010d}", amount),
        ("conversion_report", f"ZX-{place:06d}", 3 * amount),
    ):
        upload = Upload(f"{number}.pdf", f"%PDF-1.4 {number}".encode(), "application/pdf")
        paper = Paper(kind, number, local_date(NOW), sum_)
        await add_evidence(claim.number, paper, upload=upload, by=by, store=deps.store)
    return claim.number


async def _sign(year: Year, run_page: str) -> None:
    """Look at the drawn sample one by one, then sign the run, as the second officer."""
    await year.send(year.rechecker, run_page, {"act": "draw"})
    run = await YearRun.get()
    for number in run.sample or []:
        await year.see(year.rechecker, f"/desk/{number}")
        form = {"sequence": "1", "compared": [point.value for point in RecheckPoint], "remark": ""}
        await year.send(year.rechecker, f"/desk/{number}/recheck", form)
    await year.see(year.rechecker, run_page)
    await year.send(year.rechecker, run_page, {"act": "sign"})


async def _work(year: Year) -> None:
    """Run what the acts left to the worker."""
    while await run_pending(year.deps):
        pass


async def _require(count: int, status: ClaimStatus) -> None:
    there = await Claim.filter(status=status).count()
    if there != count:
        raise SystemExit(f"{there} of {count} claims are {status.value}")


async def _bank_results(now: datetime) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["客户流水号", "金额", "处理状态", "交易日期", "交易流水号"])
        for place, order in enumerate(await Disbursement.all().order_by("number"), start=1):
            money, day = f"{order.amount / 100:.2f}", str(local_date(now))
            cells = [order.number, money, "交易成功", day, f"L{place:08d}"]
            sheet.write_row(place, 0, cells)
    return target.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
