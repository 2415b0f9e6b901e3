"""Budget execution of a year by city, field, rule, kinds and month, beside the same period of last year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from market.budgets.figures import (
    BASIS_CLAIM,
    BUDGET_FIGURES,
    CLAIM_FIGURES,
    DIMENSIONS,
    PAYMENT_FIGURES,
    dimension_label,
)
from market.codes.regions import name
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.records.figures import FigureGroup, FigureValue, Period, Scope, add_up, measure, no_rows

Values = Mapping[str, FigureValue]
"""Figures by key."""
CELLS = ("city", "field", "programme")
"""The dimensions that are crossed."""


@dataclass(frozen=True)
class Line:
    """One line of a table: what its rows have in common, in words, and its figures of two years."""

    words: Sequence[str]
    now: Values
    before: Values

    @property
    def change(self) -> str:
        """Return the change of what was paid, net, from the same period of last year, or a dash."""
        now, before = self.now["net"].money.amount, self.before["net"].money.amount
        if before <= 0:
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
class YearFigures:
    """The figures of awards in one period, by all dimensions, and of payments by month."""

    period: Period
    scope: Scope
    claims: Sequence[FigureGroup]
    payments: Sequence[FigureGroup]
    months: Sequence[FigureGroup]

    def by(self, dimensions: Sequence[str]) -> dict[tuple[str, ...], Values]:
        """Return all figures along some dimensions."""
        claims = add_up(self.claims, CLAIM_FIGURES, self.period, dimensions, self.scope)
        payments = add_up(self.payments, PAYMENT_FIGURES, self.period, dimensions, self.scope)
        return {
            key: {**self.none(dimensions, key), **claims.get(key, {}), **payments.get(key, {})}
            for key in {*claims, *payments}
        }

    def none(self, dimensions: Sequence[str], key: Sequence[str]) -> Values:
        """Return all figures where there are no rows."""
        scope = {**self.scope, **dict(zip(dimensions, key, strict=True))}
        return no_rows((*CLAIM_FIGURES, *PAYMENT_FIGURES), self.period, scope)


@dataclass(frozen=True)
class Report:
    """A year's report."""

    year: int
    basis: str
    """Empty: the year is the budget's; else `BASIS_CLAIM`: the claims'."""
    now: YearFigures
    before: YearFigures
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
                    -lines[key].now["net"].money.amount,
                    -lines[key].now["approved"].money.amount,
                    key,
                ),
            )
        ]

    @cached_property
    def cells(self) -> list[Line]:
        """Return the figures of each city, field and programme that has any."""
        lines = self._lines(CELLS)
        return [lines[key] for key in sorted(lines)]

    @cached_property
    def total(self) -> Line:
        """Return the figures of everything."""
        empty = Line((), self.now.none((), ()), self.before.none((), ()))
        return self._lines(()).get(()) or empty

    @cached_property
    def months(self) -> list[Line]:
        """Return what was paid and came back in each month, beside the same month of last year."""
        now = {group.key["month"]: group.values for group in self.now.months}
        before = {_next_year(group.key["month"]): group.values for group in self.before.months}
        return [
            Line(
                [month],
                now.get(month) or self._no_payments(self.now, month),
                before.get(month) or self._no_payments(self.before, _next_year(month, -1)),
            )
            for month in sorted({*now, *before})
        ]

    def _no_payments(self, figures: YearFigures, month: str) -> Values:
        return no_rows(PAYMENT_FIGURES, figures.period, {**figures.scope, "month": month})

    def _lines(self, by: Sequence[str]) -> dict[tuple[str, ...], Line]:
        now, before = self.now.by(by), self.before.by(by)
        return {
            key: Line(
                [self._words(dimension, value) for dimension, value in zip(by, key, strict=True)],
                now.get(key) or self.now.none(by, key),
                before.get(key) or self.before.none(by, key),
            )
            for key in {*now, *before}
        }

    def _words(self, dimension: str, value: str) -> str:
        if dimension == "city":
            return name(value.ljust(6, "0"))
        if dimension == "programme":
            return _(self.programmes.get(value, value))
        return dimension_label(dimension, value)


def _next_year(month: str, years: int = 1) -> str:
    year, _dash, number = month.partition("-")
    return f"{int(year) + years:04d}-{number}"


def same_period(year: int, basis: str, today: date | None) -> Period:
    """Return the period of last year that compares with a year of which `today` is the last day known.

    Claims of a year are handed in and paid after it, so by their year only whole years compare.
    """
    whole = Period.of_year(year - 1)
    if today is None or today.year != year or basis == BASIS_CLAIM:
        return whole
    last = 28 if (today.month, today.day) == (2, 29) else today.day
    return Period(whole.begins_on, date(year - 1, today.month, last))


async def build_report(year: int, *, basis: str = "", today: date | None = None) -> Report:
    """Build a year's report with the same period of last year; `today` cuts off a year that still runs."""
    now = Period.of_year(year)
    programmes = await connection().execute_query_dict("SELECT slug, name FROM programmes")
    names = {row["slug"]: row["name"] for row in programmes}
    return Report(
        year,
        basis,
        await _measure(now, basis),
        await _measure(same_period(year, basis, today), basis),
        names,
        _budget_lines(
            await measure(BUDGET_FIGURES, now, by=("programme",)),
            await measure(BUDGET_FIGURES, Period.of_year(year - 1), by=("programme",)),
            names,
        ),
    )


async def _measure(period: Period, basis: str) -> YearFigures:
    scope = {"basis": basis} if basis else {}
    return YearFigures(
        period,
        scope,
        await measure(CLAIM_FIGURES, period, scope, by=DIMENSIONS),
        await measure(PAYMENT_FIGURES, period, scope, by=DIMENSIONS),
        await measure(PAYMENT_FIGURES, period, scope, by=("month",)),
    )


def _budget_lines(
    now: Iterable[FigureGroup], before: Iterable[FigureGroup], names: Mapping[str, str]
) -> list[BudgetLine]:
    last_year = {group.key["programme"]: group.values for group in before}
    return [
        BudgetLine(names[group.key["programme"]], group.values, last_year.get(group.key["programme"]))
        for group in now
    ]


async def list_report_years(today: date) -> list[int]:
    """Return the years that have claims or budgets, and the running one, the newest first."""
    rows = await connection().execute_query_dict(
        "SELECT year FROM claims WHERE submitted_at IS NOT NULL UNION SELECT year FROM budgets "
        "UNION SELECT fiscal_year FROM batches"
    )
    return sorted({*(int(row["year"]) for row in rows), today.year}, reverse=True)
