"""The report on budget execution as tables, on its page and in the workbook alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.budgets.execution_report import CELLS, BudgetLine, Line, Report, build_report, list_report_years
from market.budgets.figures import BASIS_CLAIM, FIGURES
from market.kit.charts import MonthBars, ShareBar
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.formats import scaled
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.kit.workbooks.writing import WORKBOOK, Cell, Table, in_one_portion, write_workbook
from market.records.figures import FigureValue, Measure, Period, list_rows, rows_table, value_of

UNITS = {"yuan": lazy("元"), "wan": lazy("万元"), "yi": lazy("亿元")}


class ReportColumn(NamedTuple):
    """One column of a table: a figure, of this year or of the same period of last year."""

    label: Lazy
    key: str
    is_before: bool = False

    def value(self, line: Line) -> FigureValue:
        return (line.before if self.is_before else line.now)[self.key]


PAID = (
    ReportColumn(lazy("拨付"), "paid"),
    ReportColumn(lazy("追回缴回"), "returned"),
    ReportColumn(lazy("净拨付"), "net"),
    ReportColumn(lazy("上年同期净拨付"), "net", True),
)
ALL = (
    ReportColumn(lazy("合同数"), "claimed"),
    ReportColumn(lazy("成交额"), "contract_amount"),
    ReportColumn(lazy("技术交易额"), "trade_amount"),
    ReportColumn(lazy("新增销售"), "sales"),
    ReportColumn(lazy("实际到账"), "received"),
    ReportColumn(lazy("批准"), "approved"),
    ReportColumn(lazy("上年同期批准"), "approved", True),
    *PAID,
)
HEADS = {
    "city": lazy("市"),
    "field": lazy("技术领域"),
    "programme": lazy("政策"),
    "kind": lazy("合同类别"),
    "seller": lazy("卖方类型"),
    "month": lazy("月份"),
}
SECTIONS = {
    "city": lazy("按市"),
    "field": lazy("按技术领域"),
    "programme": lazy("按政策"),
    "kind": lazy("按合同类别"),
    "seller": lazy("按卖方类型"),
}
BUDGET_COLUMNS = (
    (lazy("下达"), "appropriated"),
    (lazy("追加、调减、结转"), "changed"),
    (lazy("可用余额"), "available"),
    (lazy("公示中预留"), "held"),
    (lazy("已批准待付"), "reserved"),
    (lazy("已拨付"), "disbursed"),
)


@dataclass(frozen=True)
class Section:
    """One table of the report."""

    title: str
    heads: Sequence[str]
    """Of the words that begin a line."""
    columns: Sequence[ReportColumn]
    lines: Sequence[Line]
    total: Line


def sections(report: Report) -> list[Section]:
    """Return the tables of a report as they are seen, each with the line of its totals."""
    along = [
        Section(str(title), [str(HEADS[dimension])], ALL, report.by(dimension), report.total)
        for dimension, title in SECTIONS.items()
    ]
    months = Section(_("按月"), [str(HEADS["month"])], PAID, report.months, report.total)
    cells = Section(_("市×领域×政策"), [str(HEADS[name]) for name in CELLS], ALL, report.cells, report.total)
    return [*along, months, cells]


def net_by_month(report: Report, today: date) -> MonthBars:
    """Return what was paid, less what came back, in each month, beside the year before."""
    lines = {line.words[0]: line for line in report.months}
    months = [lines.get(f"{report.year}-{month:02}") for month in range(1, 13)]
    return MonthBars(
        _("各月净拨付"),
        report.year,
        [line.now["net"].money.amount if line else 0 for line in months],
        [line.before["net"].money.amount if line else 0 for line in months],
        today.month if report.year == today.year else 12,
    )


def spent_share(line: BudgetLine) -> ShareBar:
    """Return what of a budget is paid, with marks where the approved and the published lists reach."""
    amounts = {key: value.money.amount for key, value in line.now.items()}
    granted = amounts["appropriated"] + amounts["changed"]
    if granted <= 0:
        return ShareBar(0.0)
    reached, marks = amounts["disbursed"], []
    for key in ("reserved", "held"):
        reached += amounts[key]
        marks.append(reached / granted)
    return ShareBar(amounts["disbursed"] / granted, marks)


def report_tables(report: Report, unit: str) -> list[Table]:
    """Return the report as the sheets of a workbook, in the unit that is seen."""
    return [
        *(_table(section, unit) for section in sections(report)),
        Table(
            _("年度预算"),
            [_("政策"), *(_head(label, unit) for label, _key in BUDGET_COLUMNS)],
            in_one_portion(
                [
                    [_(line.programme), *(_cell(line.now[key], unit) for _label, key in BUDGET_COLUMNS)]
                    for line in report.budgets
                ]
            ),
            width=22,
        ),
    ]


def _table(section: Section, unit: str) -> Table:
    heads = [
        *section.heads,
        *(
            str(column.label) if column.key == "claimed" else _head(column.label, unit)
            for column in section.columns
        ),
        _("同比"),
    ]
    total_words = [_("合计"), *[""] * (len(section.heads) - 1)]
    rows: list[list[Cell]] = [_row(line.words, line, section.columns, unit) for line in section.lines]
    return Table(
        section.title,
        heads,
        in_one_portion([*rows, _row(total_words, section.total, section.columns, unit)]),
    )


def _row(words: Sequence[str], line: Line, columns: Sequence[ReportColumn], unit: str) -> list[Cell]:
    return [*words, *(_cell(column.value(line), unit) for column in columns), line.change]


def _head(label: Lazy, unit: str) -> str:
    return f"{label}（{UNITS[unit]}）"


def _cell(value: FigureValue, unit: str) -> int | Decimal:
    return value.count if value.figure.measure is Measure.COUNT else scaled(value.money, unit)


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
        months=net_by_month(report, today),
        spent_share=spent_share,
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
