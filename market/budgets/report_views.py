"""The pages of the report on budget execution."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.execution_report import build_report, report_tables
from market.budgets.figures import FIGURES
from market.claims.queries import list_years
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps
from market.kit.workbooks.writing import WORKBOOK, Table, write_workbook
from market.records.figures import Period, list_rows, rows_table, value_of

MOST_TEXT = {"city": 6, "field": 24, "programme": 60}
"""The longest values of the report's dimensions."""


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    year = _year(request) or local_date(deps(request).clock()).year
    report = await build_report(year)
    if request.query_params.get("format") == "xlsx":
        return _workbook(f"report-{year}", *report_tables(report))
    years = sorted({*(await list_years()), year}, reverse=True)
    return render(request, "budgets/report.html", report=report, years=years)


async def report_rows(request: Request) -> Response:
    """Show exactly the rows that a figure counts or adds up."""
    actor_for(request, AccountAct.SEE_DESK)
    query, year = request.query_params, _year(request)
    key = query.get("group", "claimed")
    figure = next((figure for figure in FIGURES if figure.key == key), None)
    if year is None or figure is None:
        raise NotFound(_("没有这项统计。"))
    period = Period.of_year(year)
    scope = {name: query.get(name, "").replace("\x00", "")[:most] for name, most in MOST_TEXT.items()}
    if query.get("format") == "xlsx":
        return _workbook(f"rows-{year}-{key}", rows_table(_("报表明细"), figure, period, scope))
    page_request, value = PageRequest.from_query(query), await value_of(figure, period, scope)
    rows = await list_rows(figure, period, scope, offset=page_request.offset, limit=page_request.size)
    return render(
        request,
        "budgets/report_rows.html",
        page=page_request.page(rows, value.count),
        value=value,
        year=year,
    )


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
