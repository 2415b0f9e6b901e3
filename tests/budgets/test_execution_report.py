"""The report on budget execution: what it adds up to, and the rows that each of its numbers opens."""

from __future__ import annotations

import io
from datetime import date, timedelta

import httpx
import pytest
from openpyxl import load_workbook

from market.budgets.annual_budgets import draft_budget, list_budgets
from market.budgets.clawback_returns import confirm_return, record_return
from market.budgets.clawbacks import confirm_clawback, start_clawback
from market.budgets.execution_report import build_report, same_period
from market.budgets.figures import BASIS_CLAIM, DIMENSIONS
from market.budgets.models import Batch, Disbursement
from market.budgets.report_views import net_by_month, spent_share
from market.budgets.states import DisbursementStatus
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.database import connection
from market.kit.money import Money
from market.ledger import transfers as book
from market.records.by import By
from market.records.figures import FigureValue, Period, list_rows
from tests.budgets.factories import make_paid
from tests.claims.factories import LATER, WAN, make_calculated, make_desk, make_published, make_rechecked
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
    assert len(report.months) == 1
    values = [
        value for line in [*lines, *report.months] for value in (*line.now.values(), *line.before.values())
    ]

    assert len(lines) == 7
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
    months, spent = net_by_month(report, date(2026, 12, 1)), spent_share(report.budgets[0])
    assert months.total == report.total.now["net"].money.amount
    assert spent.width == 1000 * 60 * WAN // report.budgets[0].now["appropriated"].money.amount / 10
    assert spent.marks == [spent.width, spent.width]
    assert "各月净拨付" in page
    assert f"{spent.width:.1f} %" in page
    book = load_workbook(io.BytesIO((await client.get("/desk/report?year=2026&format=xlsx")).content))

    titles = ["按市", "按技术领域", "按政策", "按合同类别", "按卖方类型", "按月", "市×领域×政策", "年度预算"]
    assert [sheet.title for sheet in book.worksheets] == titles
    for sheet in book.worksheets[:5]:
        assert [row[1] for row in sheet.iter_rows(values_only=True)] == ["合同数", 2, 2]
        assert [cell.value for cell in sheet[3]][-5:] == [600_000, 0, 600_000, 0, "—"]
    shown_values = [
        report.total.now[key] for key in ("claimed", "approved", "paid", "contract_amount", "net")
    ]
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


async def test_a_refused_claim_is_not_counted_as_a_contract() -> None:
    desk = await make_desk()
    await make_calculated(desk)
    refused = await make_calculated(desk)
    await Claim.filter(id=refused.id).update(status=ClaimStatus.REJECTED)

    total = (await build_report(2026)).total.now

    assert total["claimed"].number == 1
    assert total["contract_amount"].number == total["trade_amount"].number == Money(120 * WAN)
    assert total["received"].number == Money(120 * WAN)
    assert total["sales"].number == Money(300 * WAN)


async def test_money_that_came_back_is_netted_in_the_month_in_which_it_came() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    row = await start_clawback(claim.number, amount=20 * WAN, ground="违约", by=By(desk.officer, LATER))
    await confirm_clawback(row.number, by=By(desk.approver, LATER))
    back = LATER + timedelta(days=40)
    receipt = await record_return(
        row.number,
        amount=15 * WAN,
        received_on=back.date(),
        bank_reference="b9",
        by=By(desk.officer, back),
    )
    await confirm_return(row.number, receipt.id, by=By(desk.rechecker, back))

    report = await build_report(2026)

    assert [line.words for line in report.months] == [["2026-03"], ["2026-04"]]
    assert [line.now["net"].number for line in report.months] == [Money(60 * WAN), Money(-15 * WAN)]
    total = report.total.now
    assert total["paid"].number == Money(60 * WAN)
    assert total["returned"].number == Money(-15 * WAN)
    assert total["net"].number == Money(45 * WAN)
    (kind,) = report.by("kind")
    assert kind.now["net"] == await opened(kind.now["net"])
    assert kind.now["net"].number == Money(45 * WAN)


@pytest.mark.owner
async def test_claims_of_one_year_show_under_the_budget_that_pays_them_and_under_their_own_year() -> None:
    desk = await make_desk()
    claim, batch = await make_paid(desk)
    for table in ("claims", "batches"):
        await connection().execute_query(f"ALTER TABLE {table} DISABLE TRIGGER {table}_keep_columns")
    await Claim.filter(id=claim.id).update(year=2025)
    await Batch.filter(number=batch).update(year=2025)

    for year, basis, paid in (
        (2026, "", 60 * WAN),
        (2025, "", 0),
        (2025, BASIS_CLAIM, 60 * WAN),
        (2026, BASIS_CLAIM, 0),
    ):
        total = (await build_report(year, basis=basis)).total.now
        assert total["paid"].number == total["approved"].number == Money(paid)
        assert total["paid"] == await opened(total["paid"])
        assert total["claimed"].number == bool(paid)
    (row,) = await list_rows(total["paid"].figure, Period.of_year(2026))
    assert (row.values["claim_year"], int(row.values["fiscal_year"])) == (2025, 2026)


async def test_a_running_year_is_compared_with_last_year_until_the_same_day() -> None:
    desk = await make_desk()
    await make_paid(desk)
    paid_on = LATER.date()

    for today, paid in ((paid_on, 60 * WAN), (paid_on - timedelta(days=1), 0)):
        report = await build_report(2027, today=today.replace(year=2027))
        before = report.total.before["net"]
        assert before.number == Money(paid)
        assert before == await opened(before)
        assert f"until={today.isoformat()}" in before.query
    assert (await build_report(2027, today=date(2028, 1, 1))).total.before["net"].number == Money(60 * WAN)
    assert same_period(2029, "", date(2029, 2, 28)).ends_on == date(2028, 2, 28)
    assert same_period(2028, "", date(2028, 2, 29)).ends_on == date(2027, 2, 28)


async def test_the_page_and_its_workbook_are_in_the_unit_and_of_the_year_that_were_chosen(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    await make_paid(desk)
    await sign_in(client, desk.approver)

    page = (await client.get("/desk/report?year=2025&unit=wan")).text
    assert "/desk/report?unit=wan&amp;year=2026" in page
    page = (await client.get("/desk/report?year=2026&unit=wan")).text
    workbook = (await client.get("/desk/report?year=2026&unit=wan&format=xlsx")).content
    by_city = load_workbook(io.BytesIO(workbook)).worksheets[0]

    assert ">60.00</a>" in page
    heads, _line, total = by_city.iter_rows(values_only=True)
    assert dict(zip(heads, total, strict=True))["净拨付（万元）"] == 60
    assert dict(zip(heads, total, strict=True))["成交额（万元）"] == 120
    assert ">0.0060</a>" in (await client.get("/desk/report?year=2026&unit=yi")).text
    rows = await client.get("/desk/report/rows?year=2026&group=net&until=2026-02-30&month=x&basis=y")
    assert rows.status_code == 200
