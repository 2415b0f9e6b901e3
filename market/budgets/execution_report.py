"""Budget execution by city × field × rule, with last year's; each figure opens exactly its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from market.budgets.figures import BUDGET_FIGURES, CLAIM_FIGURES, DIMENSIONS, field_label
from market.codes.regions import name
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.workbooks.writing import Cell, Table, in_one_portion
from market.records.figures import FigureGroup, FigureValue, Period, add_up, measure, no_rows

Values = Mapping[str, FigureValue]
"""Figures by key."""


@dataclass(frozen=True)
class Line:
    """One line of a table: what its rows have in common, in words, and its figures of two years."""

    words: Sequence[str]
    now: Values
    before: Values

    @property
    def change(self) -> str:
        """Return the change of what was paid from last year in percent, or a dash without a last year."""
        now, before = self.now["paid"].money.amount, self.before["paid"].money.amount
        if not before:
            return "—"
        tenths = (1000 * (now - before)) // before
        return f"{'+' if tenths >= 0 else '−'}{abs(tenths) // 10}.{abs(tenths) % 10}%"


@dataclass(frozen=True)
class BudgetLine:
    """The budget of one programme in the year, and last year's where there was one."""

    programme: str
    now: Values
    before: Values | None


@dataclass(frozen=True)
class Report:
    """A year's report."""

    year: int
    groups: Sequence[FigureGroup]
    groups_before: Sequence[FigureGroup]
    programmes: Mapping[str, str]
    """Names by slug."""
    budgets: Sequence[BudgetLine]

    def by(self, dimension: str) -> list[Line]:
        """Return the figures along one dimension, the most paid first."""
        lines = self._lines((dimension,))
        return [
            lines[key]
            for key in sorted(
                lines,
                key=lambda key: (
                    -lines[key].now["paid"].money.amount,
                    -lines[key].now["approved"].money.amount,
                    key,
                ),
            )
        ]

    @cached_property
    def cells(self) -> list[Line]:
        """Return the figures of each city, field and programme that has any."""
        lines = self._lines(DIMENSIONS)
        return [lines[key] for key in sorted(lines)]

    @cached_property
    def total(self) -> Line:
        """Return the figures of everything."""
        now, before = Period.of_year(self.year), Period.of_year(self.year - 1)
        return self._lines(()).get(()) or Line(
            (), no_rows(CLAIM_FIGURES, now), no_rows(CLAIM_FIGURES, before)
        )

    def _lines(self, by: Sequence[str]) -> dict[tuple[str, ...], Line]:
        period, period_before = Period.of_year(self.year), Period.of_year(self.year - 1)
        now = add_up(self.groups, CLAIM_FIGURES, period, by)
        before = add_up(self.groups_before, CLAIM_FIGURES, period_before, by)
        lines = {}
        for key in {*now, *before}:
            scope = dict(zip(by, key, strict=True))
            lines[key] = Line(
                [self._words(dimension, value) for dimension, value in scope.items()],
                now.get(key) or no_rows(CLAIM_FIGURES, period, scope),
                before.get(key) or no_rows(CLAIM_FIGURES, period_before, scope),
            )
        return lines

    def _words(self, dimension: str, value: str) -> str:
        if dimension == "city":
            return name(value.ljust(6, "0"))
        if dimension == "field":
            return field_label(value)
        return _(self.programmes.get(value, value))


async def build_report(year: int) -> Report:
    """Build a year's report with last year's figures."""
    now, before = Period.of_year(year), Period.of_year(year - 1)
    programmes = await connection().execute_query_dict("SELECT slug, name FROM programmes")
    names = {row["slug"]: row["name"] for row in programmes}
    return Report(
        year,
        await measure(CLAIM_FIGURES, now, by=DIMENSIONS),
        await measure(CLAIM_FIGURES, before, by=DIMENSIONS),
        names,
        _budget_lines(
            await measure(BUDGET_FIGURES, now, by=("programme",)),
            await measure(BUDGET_FIGURES, before, by=("programme",)),
            names,
        ),
    )


def _budget_lines(
    now: Iterable[FigureGroup], before: Iterable[FigureGroup], names: Mapping[str, str]
) -> list[BudgetLine]:
    last_year = {group.key["programme"]: group.values for group in before}
    return [
        BudgetLine(names[group.key["programme"]], group.values, last_year.get(group.key["programme"]))
        for group in now
    ]


def report_tables(report: Report) -> list[Table]:
    """Return the report as the sheets of a workbook: every cell, and the budgets; amounts in 元."""
    heads = [
        *(_("市"), _("技术领域"), _("政策"), _("合同数"), _("批准（元）"), _("拨付（元）")),
        *(_("上年合同数"), _("上年拨付（元）")),
    ]
    cells: list[list[Cell]] = [
        [
            *line.words,
            *(line.now[key].number for key in ("claimed", "approved", "paid")),
            *(line.before[key].number for key in ("claimed", "paid")),
        ]
        for line in report.cells
    ]
    budget_heads = [_("政策"), _("下达"), _("可用余额"), _("已批准待付"), _("已拨付")]
    budgets: list[list[str | int | Money]] = [
        [
            _(line.programme),
            *(line.now[key].number for key in ("appropriated", "available", "reserved", "disbursed")),
        ]
        for line in report.budgets
    ]
    return [
        Table(_("预算执行"), heads, in_one_portion(cells)),
        Table(_("年度预算"), budget_heads, in_one_portion(budgets), width=22),
    ]
