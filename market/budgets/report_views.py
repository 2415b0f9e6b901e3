"""The pages of the report on budget execution."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.award_figures import BASIS_CLAIM
from market.budgets.execution_report import build_report, list_report_years
from market.budgets.figures import FIGURES
from market.budgets.report_tables import BUDGET_COLUMNS, UNITS, report_tables, sections
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps
from market.kit.workbooks.writing import WORKBOOK, Table, write_workbook
from market.records.figures import Period, list_rows, rows_table, value_of

MOST_TEXT = {
    "city": 6,
    "field": 24,
    "programme": 60,
    "kind": 24,
    "seller": 24,
    "basis": 5,
    "month": 7,
}
"""The longest values of the report's dimensions."""


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    query, today = request.query_params, local_date(deps(request).clock())
    year = _year(request) or today.year
    basis = BASIS_CLAIM if query.get("basis") == BASIS_CLAIM else ""
    unit = query.get("unit", "yuan")
    unit = unit if unit in UNITS else "yuan"
    report = await build_report(year, basis=basis, today=today)
    if query.get("format") == "xlsx":
        return _workbook(f"report-{year}", *report_tables(report, unit))
    years = await list_report_years(today)
    return render(
        request,
        "budgets/report.html",
        report=report,
        sections=sections(report),
        budget_columns=BUDGET_COLUMNS,
        years=sorted({*years, year}, reverse=True),
        unit=unit,
        units=UNITS,
    )


async def report_rows(request: Request) -> Response:
    """Show exactly the rows that a figure counts or adds up."""
    actor_for(request, AccountAct.SEE_DESK)
    query, year = request.query_params, _year(request)
    key = query.get("group", "claimed")
    figure = next((figure for figure in FIGURES if figure.key == key), None)
    if year is None or figure is None:
        raise NotFound(_("没有这项统计。"))
    period = _period(year, query.get("until", ""))
    scope = {name: query.get(name, "").replace("\x00", "")[:most] for name, most in MOST_TEXT.items()}
    if query.get("format") == "xlsx":
        title = str(figure.label)
        return _workbook(f"rows-{year}-{key}", rows_table(title, figure, period, scope))
    page_request, value = PageRequest.from_query(query), await value_of(figure, period, scope)
    rows = await list_rows(figure, period, scope, offset=page_request.offset, limit=page_request.size)
    return render(
        request,
        "budgets/report_rows.html",
        page=page_request.page(rows, value.count),
        value=value,
        year=year,
    )


def _period(year: int, until: str) -> Period:
    """Return a year, or the part of it until a day (`2025-11-29`)."""
    whole = Period.of_year(year)
    try:
        ends_on = date.fromisoformat(until)
    except ValueError:
        return whole
    return Period(whole.begins_on, ends_on) if ends_on.year == year else whole


def _workbook(name: str, *tables: Table) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"'}
    return StreamingResponse(write_workbook(*tables), media_type=WORKBOOK, headers=headers)


def _year(request: Request) -> int | None:
    text = request.query_params.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


routes = [
    Route("/desk/report", index, name="budgets:report", methods=["GET"]),
    Route("/desk/report/rows", report_rows, name="budgets:report_rows", methods=["GET"]),
]
