"""The pages of the report on budget execution."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets import execution_report
from market.claims.queries import list_years
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    year = _year(request) or local_date(deps(request).clock()).year
    report = await execution_report.build_report(year)
    if request.query_params.get("format") == "xlsx":
        return Response(
            execution_report.report_workbook(report),
            media_type=XLSX,
            headers={"content-disposition": f'attachment; filename="report-{year}.xlsx"'},
        )
    years = sorted({*(await list_years()), year}, reverse=True)
    return render(request, "budgets/report.html", report=report, years=years)


async def report_rows(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    query, year = request.query_params, _year(request)
    group = query.get("group", "claimed")
    if year is None or group not in execution_report.GROUPS:
        raise NotFound(_("没有这项统计。"))
    page, total = await execution_report.rows_of_figure(
        year,
        group,
        PageRequest.from_query(query),
        city=query.get("city", "").replace("\x00", "")[:6],
        field=query.get("field", "").replace("\x00", "")[:24],
        programme=query.get("programme", "").replace("\x00", "")[:60],
    )
    return render(
        request,
        "budgets/report_rows.html",
        page=page,
        total=total,
        year=year,
        group=group,
        field_label=execution_report.field_label,
    )


def _year(request: Request) -> int | None:
    text = request.query_params.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 4 else None


routes = [
    Route("/desk/report", index, name="budgets:report", methods=["GET"]),
    Route("/desk/report/rows", report_rows, name="budgets:report_rows", methods=["GET"]),
]
