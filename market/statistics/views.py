"""Public pages of statistics: the tables of a period, and exactly the rows behind each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import optional_actor
from market.kit.charts import MonthBars
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.records.figures import Figure, FigureValue, Period, Scope, list_rows, measure
from market.statistics import units
from market.statistics.bulletins import list_issued
from market.statistics.definitions import Definition, definition_on, list_definitions
from market.statistics.dimensions import Layout, UnitLayout, words_of
from market.statistics.exports import export_of
from market.statistics.figures import DIMENSIONS, FROZEN, LIVE, MOST_TEXT
from market.statistics.files import file_response
from market.statistics.forms import PeriodForm
from market.statistics.kept import kept
from market.statistics.layouts import Matrix, Table, live, matrix_of, table_of
from market.statistics.periods import Chosen, Span, month_words
from market.statistics.readers import Reader
from market.statistics.turnover import turnover_by_month

FIGURES = {**LIVE.by_key, **{figure.key: figure for figure in units.FIGURES}}
SHOWN = "shown"
"""Name of the figure of those rows that the person reads."""
LAYOUTS: Sequence[Layout | UnitLayout] = (*Layout, *UnitLayout)


@dataclass(frozen=True)
class Asked:
    """The period that a page is asked for, with the definition by which it is counted."""

    form: PeriodForm
    chosen: Chosen | None
    definition: Definition


async def asked_period(request: Request) -> Asked:
    """Return the period of the address; the present year where it names none."""
    today = local_date(deps(request).clock())
    query = request.query_params
    defaults = {"span": Span.YEAR.value, "year": today.year, "month": today.month}
    form = PeriodForm(query if "span" in query else None, data=defaults)
    chosen = form.chosen(today) if form.is_submitted else Chosen(Span.YEAR, Period.of_year(today.year), today)
    return Asked(form, chosen, await definition_on(chosen.period.begins_on if chosen else today))


def shortcuts(today: date) -> list[tuple[str, str]]:
    """Return the periods that are looked at most, as words and the query of their page."""
    last = today.replace(day=1) - timedelta(days=1)
    return [
        (_("本月"), f"span=month&year={today.year}&month={today.month}"),
        (_("上月"), f"span=month&year={last.year}&month={last.month}"),
        (_("本季"), f"span=quarter&year={today.year}&quarter={(today.month + 2) // 3}"),
        (_("今年"), f"span=year&year={today.year}"),
        (_("去年"), f"span=year&year={today.year - 1}"),
    ]


async def index(request: Request) -> Response:
    """Show one table of a period."""
    asked = await asked_period(request)
    layout = next((each for each in LAYOUTS if each.value == request.query_params.get("layout")), Layout.CITY)
    context: dict[str, Any] = {
        **dict.fromkeys(("table", "matrix", "months", "report", "page", "turnover")),
        "layouts": LAYOUTS,
        "layout": layout,
        "shortcuts": shortcuts(local_date(deps(request).clock())),
    }
    if asked.chosen is not None:
        context |= await _tables(request, asked.chosen, asked.definition, layout)
    return render(
        request,
        "statistics/index.html",
        422 if asked.form.errors else 200,
        form=asked.form,
        chosen=asked.chosen,
        definition=asked.definition,
        reader=Reader(optional_actor(request)),
        words_of=words_of,
        issued=await list_issued(3),
        month_words=month_words,
        period_query=period_query(asked.chosen) if asked.chosen else "",
        **context,
    )


def period_query(chosen: Chosen) -> str:
    """Return the query under which a period is asked for again."""
    begins_on, last = chosen.whole.begins_on, chosen.whole.ends_on
    values: dict[str, object] = {"span": chosen.span.value, "year": begins_on.year}
    if chosen.span is Span.MONTH:
        values["month"] = begins_on.month
    elif chosen.span is Span.QUARTER:
        values["quarter"] = (begins_on.month + 2) // 3
    elif chosen.span is Span.DAYS:
        values = {"span": chosen.span.value, "first": begins_on.isoformat(), "last": last.isoformat()}
    return urlencode(values)


async def _tables(
    request: Request, chosen: Chosen, definition: Definition, layout: Layout | UnitLayout
) -> Mapping[str, Any]:
    async def compute() -> Mapping[str, Any]:
        event = definition.event.value
        if layout is UnitLayout.UNIVERSITIES:
            return {"report": await units.academic_report(chosen.period, chosen.before, event)}
        if layout is UnitLayout.AGENCIES:
            return {"report": await units.agency_report(chosen.period, chosen.before, event)}
        compared = live(chosen.period, chosen.before, event)
        matrix = await matrix_of("contracts", compared) if layout is Layout.FLOW else None
        year = chosen.period.begins_on.year
        months = (
            [await turnover_by_month(each) for each in (year, year - 1)] if layout is Layout.CITY else None
        )
        return {"table": await table_of(Layout(layout.value), compared), "matrix": matrix, "turnover": months}

    tables = await kept((layout, chosen, definition), compute)
    turnover = tables.get("turnover")
    return {
        **tables,
        "pairs": units.PAIRS,
        "months": month_bars(request, chosen, turnover) if turnover else None,
        "page": _page_of(request, tables["report"]) if "report" in tables else None,
    }


def _page_of(request: Request, report: units.UnitReport) -> Page[units.UnitLine]:
    """Return those lines of a report that a page shows."""
    page_request = PageRequest.from_query(request.query_params)
    lines = report.lines[page_request.offset : page_request.offset + page_request.size]
    return page_request.page(lines, len(report.lines))


def month_bars(request: Request, chosen: Chosen, turnover: Sequence[Sequence[FigureValue]]) -> MonthBars:
    """Return the contract amounts of each month of a year, beside the year before."""
    year, (now, before) = chosen.period.begins_on.year, turnover
    return MonthBars(
        _("每月合同成交额"),
        year,
        [value.money.amount for value in now],
        [value.money.amount for value in before],
        chosen.today.month if year == chosen.today.year else 12,
        links=[rows_address(request, value) for value in now],
        links_before=[rows_address(request, value) for value in before],
    )


def rows_address(request: Request, value: FigureValue) -> str:
    """Return the address of the rows behind a figure."""
    source = value.figure.source
    return f"{request.app.url_path_for(source.page)}?{value.query}{source.anchor}"


async def rows(request: Request) -> Response:
    """Show exactly the rows of a figure; guests see what both sides disclosed, and how many are not."""
    whole, period, scope = _asked_figure(request)
    reader = Reader(optional_actor(request))
    figure = reader.narrowed(whole)
    (group,) = await measure([whole, replace(figure, name=SHOWN)], period, scope)
    value, shown = group.values[whole.key], group.values[SHOWN]
    page_request = PageRequest.from_query(request.query_params)
    items = await list_rows(figure, period, scope, offset=page_request.offset, limit=page_request.size)
    return render(
        request,
        "statistics/rows.html",
        page=page_request.page(items, shown.count),
        value=value,
        hidden=value.count - shown.count,
        reader=reader,
        named=[words_of(name, scope[name]) for name in DIMENSIONS if scope.get(name)],
    )


def _asked_figure(request: Request) -> tuple[Figure, Period, Scope]:
    query = request.query_params
    by_key = FROZEN.by_key if query.get("bulletin") else FIGURES
    figure = by_key.get(query.get("figure", ""))
    try:
        period = Period(date.fromisoformat(query.get("from", "")), date.fromisoformat(query.get("until", "")))
    except ValueError:
        figure = None
    if figure is None or not 1999 <= period.begins_on.year <= period.ends_on.year <= 2200:
        raise NotFound(_("没有这项统计。"))
    return (
        figure,
        period,
        {name: query.get(name, "").replace("\x00", "")[:most] for name, most in MOST_TEXT.items()},
    )


async def download(request: Request) -> Response:
    """Return all tables of a period as xlsx, csv or json, as the person reads them."""
    asked, reader = await asked_period(request), Reader(optional_actor(request))
    chosen, definition = asked.chosen, asked.definition
    if chosen is None:
        raise NotFound(_("没有这个时段。"))
    event = definition.event.value
    compared = live(chosen.period, chosen.before, event)
    now = deps(request).clock()

    async def compute() -> tuple[Sequence[Table], Matrix, Mapping[UnitLayout, units.UnitReport]]:
        return (
            [await table_of(layout, compared) for layout in Layout],
            await matrix_of("contracts", compared),
            {
                UnitLayout.UNIVERSITIES: await units.academic_report(chosen.period, chosen.before, event),
                UnitLayout.AGENCIES: await units.agency_report(chosen.period, chosen.before, event),
            },
        )

    tables, matrix, reports = await kept(("download", chosen, definition), compute)
    period = f"{chosen.period.begins_on.isoformat()}/{chosen.period.ends_on.isoformat()}"
    about = [
        ("title", _("名称"), _("技术市场统计　%(period)s", period=chosen.words)),
        ("period", _("期间"), period),
        ("version", _("版本"), "—"),
        ("status", _("状态"), _("快报数")),
        ("definition", _("口径版本"), f"v{definition.version} {definition.valid_from.isoformat()}"),
        ("definition_text", _("口径"), definition.text),
        ("definition_hash", _("口径校验值"), definition.content_hash),
        ("as_of", _("数据截至"), moment(now)),
        ("made_at", _("编制时间"), moment(now)),
    ]
    export = export_of(chosen, about, tables, matrix, reports, reader)
    name = f"statistics-{chosen.period.begins_on}-{chosen.period.ends_on}"
    return file_response(export, request.path_params["format"], name)


async def definitions(request: Request) -> Response:
    """Show all versions of the definition, the newest first."""
    return render(request, "statistics/definitions.html", definitions=await list_definitions())


routes = [
    Route("/statistics", index, name="statistics:index", methods=["GET"]),
    Route("/statistics/tables.{format}", download, name="statistics:download", methods=["GET"]),
    Route("/statistics/rows", rows, name="statistics:rows", methods=["GET"]),
    Route("/statistics/definitions", definitions, name="statistics:definitions", methods=["GET"]),
]
