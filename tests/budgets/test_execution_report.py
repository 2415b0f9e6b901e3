"""The report on budget execution: what it adds up to, and the rows that each of its numbers opens."""

from __future__ import annotations

import io

import httpx
from openpyxl import load_workbook

from market.budgets.annual_budgets import draft_budget, list_budgets
from market.budgets.execution_report import build_report
from market.budgets.figures import DIMENSIONS
from market.budgets.models import Disbursement
from market.budgets.states import DisbursementStatus
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.money import Money
from market.ledger import services as book
from market.records.by import By
from market.records.figures import FigureValue, list_rows
from tests.budgets.factories import make_paid
from tests.claims.factories import WAN, make_calculated, make_desk, make_published, make_rechecked
from tests.factories import NOW
from tests.visitor import sign_in


async def opened(value: FigureValue) -> FigureValue:
    """Return the figure as it follows from the rows that it opens."""
    rows = await list_rows(value.figure, value.period, value.scope)
    total = Money(sum(row.money.amount for row in rows))
    return FigureValue(value.figure, value.period, value.scope, len(rows), total)


async def test_each_figure_of_the_report_is_the_sum_of_the_rows_behind_it() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    await make_calculated(desk)
    report = await build_report(2026)

    lines = [*report.cells, report.total, *(line for name in DIMENSIONS for line in report.by(name))]
    values = [value for line in lines for value in (*line.now.values(), *line.before.values())]

    assert len(lines) == 5
    assert [await opened(value) for value in values] == values
    assert report.total.now["claimed"].number == 2
    assert report.total.now["paid"].number == Money(60 * WAN)
    assert claim.award_amount == 60 * WAN


async def test_the_figures_of_a_budget_are_what_the_accounts_of_the_book_say() -> None:
    desk = await make_desk()
    await make_paid(desk)
    await draft_budget("nanning", year=2026, amount=WAN, by=By(desk.officer, NOW))

    lines = {line.programme: line for line in (await build_report(2026)).budgets}

    drafted, released = sorted(await list_budgets(), key=lambda row: row.budget.is_confirmed)
    paid = sum([order.amount for order in await Disbursement.filter(status=DisbursementStatus.PAID)])
    for row in (drafted, released):
        now, key = lines[row.budget.programme.name].now, f"{row.budget.programme.slug}:{row.budget.year}"
        assert now == row.figures
        assert now["appropriated"].number == Money(row.budget.amount)
        assert now["reserved"].number == await book.balance(f"reserved:{key}")
        assert [await opened(value) for value in now.values()] == [*now.values()]
    assert released.figures["available"].number == await book.available("budget:guangxi:2026")
    assert released.figures["disbursed"].number == Money(paid) == Money(60 * WAN)
    assert drafted.figures["available"].number == Money(WAN)


async def test_what_a_list_in_publicity_holds_is_neither_available_nor_reserved() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim)

    (row,) = await list_budgets()

    held = row.figures["held"]
    entries = await list_rows(held.figure, held.period, held.scope)
    assert [entry.values["claim"] for entry in entries] == [claim.number]
    assert held.number == Money(60 * WAN)
    assert row.figures["reserved"].number == Money(0)
    assert row.available == row.budget.amount - 60 * WAN


async def test_the_page_links_each_number_to_its_rows_and_the_workbooks_tell_the_same(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    await make_calculated(desk)
    await sign_in(client, desk.approver)
    report = await build_report(2026)

    page = (await client.get("/desk/report?year=2026")).text
    book = load_workbook(io.BytesIO((await client.get("/desk/report?year=2026&format=xlsx")).content))

    assert [cell.value for cell in book.worksheets[0][2]][3:6] == [2, 600_000, 600_000]
    assert [sheet.title for sheet in book.worksheets] == ["预算执行", "年度预算"]
    shown_values = [report.total.now[key] for key in ("claimed", "approved", "paid")]
    shown_values += [value for key, value in report.budgets[0].now.items() if key not in ("held", "changed")]
    for value in shown_values:
        address = f"/desk/report/rows?{value.query}"
        rows_page = (await client.get(address)).text
        rows = load_workbook(io.BytesIO((await client.get(f"{address}&format=xlsx")).content)).worksheets[0]
        assert address.replace("&", "&amp;") in page
        assert f"合计 {value.count} " in rows_page
        assert (claim.number in rows_page) == (value.figure.key != "appropriated")
        amounts = [float(str(row[-1])) for row in rows.iter_rows(2, values_only=True)]
        assert len(amounts) == value.count
        assert sum(amounts) == value.money.amount / 100
    assert (await client.get("/desk/report/rows?year=2026&group=all")).status_code == 404


async def test_a_claim_that_is_a_draft_again_is_in_no_figure() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await Claim.filter(id=claim.id).update(status=ClaimStatus.DRAFT)

    report = await build_report(2026)

    assert report.cells == []
    assert report.total.now["claimed"].number == 0
