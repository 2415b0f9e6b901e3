"""`python -m tests.bench.statement`: a bank statement of 5,000 lines, as CSV and as Excel.

Timed is what the site and the worker do with it: the file checked and kept, its lines read and written
down, and each matched to what is owed, of 500 instalments.
"""

from __future__ import annotations

import asyncio
import io
import logging
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from starlette.datastructures import Headers, UploadFile

from market.contracts import bank_statements, statement_imports
from market.contracts.models import Contract
from market.deals.terms import PlanRow
from market.files.attachments import check_upload, store_blob
from market.kit.money import Money
from market.payments import statements
from market.payments.statement_models import BankStatement
from market.payments.states import LineStatus
from market.records.by import By
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from tests.contracts.factories import LATER, make_contract
from tests.deals.factories import Parties, make_parties, make_to_sign
from tests.payments.bank_statement_files import Row, ccb, icbc

LINES, INSTALMENTS, EACH, MOST_SECONDS = 5000, 500, 1_000_000, 10


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            Path(folder), "a secret that is long enough for a bench", "http://bench.test", is_demo=True
        )
        deps = replace(build_deps(settings), clock=lambda: datetime(2026, 3, 21, 2, 0, tzinfo=UTC))
        async with running(deps, prepare=migrate):
            slowest = 0.0
            for name, write in (("line.csv", icbc), ("line.xlsx", ccb)):
                parties = await make_parties()
                contract = await make_owed(parties)
                content = write(*rows_of(contract))
                started = time.perf_counter()
                upload = UploadFile(io.BytesIO(content), filename=name, headers=Headers())
                kept = await store_blob(await check_upload(upload), deps.store)
                statement, _is_new = await statement_imports.import_statement(
                    kept, by=By(parties.seller, LATER)
                )
                assert isinstance(statement, BankStatement)
                read = time.perf_counter() - started
                matched = await bank_statements.match_statement(statement.id, now=LATER)
                taken = time.perf_counter() - started
                counts = (await statements.count_lines([statement.id]))[statement.id]
                if sum(counts.values()) != LINES or matched != INSTALMENTS or counts.get(LineStatus.NEW):
                    raise SystemExit(f"not all was matched: {counts}")
                print(  # noqa: T201
                    f"bank statement   {LINES:,} lines, {name[5:]:4}: {taken:.1f} s, read and written "
                    f"in {read:.1f} s, {matched} matched (at most {MOST_SECONDS} s)"
                )
                slowest = max(slowest, taken)
            if slowest > MOST_SECONDS:
                raise SystemExit(1)


async def make_owed(parties: Parties) -> Contract:
    """Return a contract with many instalments open."""
    price = Money(EACH * INSTALMENTS)
    plan = tuple(PlanRow(f"第 {n + 1} 期", None, EACH) for n in range(INSTALMENTS))
    deal = await make_to_sign(parties, price=price)
    return await make_contract(parties, deal=deal, price=price, exclusions=(), instalments=plan)


def rows_of(contract: Contract) -> list[Row]:
    """Return lines of which every tenth pays an instalment that its text names; nobody knows the rest."""
    return [
        Row("10,000.00", f"{contract.number}-{n // 10 + 1} 技术许可费")
        if n % 10 == 0
        else Row(f"{n},000.50", f"货款 {n}", payer=f"邕江机械 {n} 厂", account=f"45{n:012d}")
        for n in range(LINES)
    ]


if __name__ == "__main__":
    asyncio.run(main())
