"""The report on budget execution as tables, on the page and in the workbook alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from market.budgets.execution_report import CELLS, Line, Report
from market.kit.formats import scaled
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.workbooks.writing import Cell, Table, in_one_portion
from market.records.figures import FigureValue, Measure

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
