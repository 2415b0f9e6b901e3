"""Figures that open their rows: a number, and exactly the rows that it counts or adds up.

A room declares its figures in `Room.figures`. A figure and its rows come from the one query of its source, so
the number is the sum, or the count, of the rows it links to, whatever the period and the scope.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlencode

from market.codes.labels import label
from market.kit.database import connection
from market.kit.i18n import Lazy
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money
from market.kit.workbooks.writing import Cell, Table

Scope = Mapping[str, str]
"""What a figure is narrowed to, such as a city; a value that is missing or empty stands for all."""
EVERYTHING: Scope = {}
PORTION = 2000


class Measure(StrEnum):
    """How a figure is made of its rows."""

    SUM = "sum"
    COUNT = "count"


@dataclass(frozen=True)
class Period:
    """From which day to which, both included."""

    begins_on: date
    ends_on: date

    @classmethod
    def of_year(cls, year: int) -> Period:
        """Return a calendar year."""
        return cls(date(year, 1, 1), date(year, 12, 31))

    @property
    def is_whole_year(self) -> bool:
        return self == Period.of_year(self.begins_on.year)


@dataclass(frozen=True)
class Row:
    """One row behind a figure: an amount, and whatever the columns of its source show."""

    values: Mapping[str, Any]
    money: Money


class Link(NamedTuple):
    """The page that a cell of a row opens."""

    route: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """One column of the rows, on the page and in the workbook; the amount comes last by itself."""

    label: Lazy
    text: Callable[[Row], str]
    link: Callable[[Row], Link | None] | None = None
    badge: str = ""
    """The kind of label that `text` is a value of; the page shows it as a badge."""

    def words(self, row: Row) -> str:
        """Return the cell in words."""
        return label(self.badge, self.text(row)) if self.badge else self.text(row)


@dataclass(frozen=True)
class RowSource:
    """The rows that several figures are made of."""

    query: str
    """SQL that returns `amount` in minor units, `currency`, and what columns and conditions read.

    $1 and $2 are the first and the last day, $3 and on the values of `scope` in their order.
    """
    scope: tuple[str, ...]
    order: str
    """SQL of the order of the rows; it must leave none undecided."""
    columns: tuple[Column, ...]
    page: str
    """Name of the route that shows the rows."""
    address: Callable[[Figure, Period, Scope], Iterable[tuple[str, str]]]
    """Returns the query with which the page shows the rows of a figure."""
    unit: Lazy
    """What its rows are counted in."""
    anchor: str = ""
    """Where on the page the rows are, such as `#rows`."""
    currency: str = ""
    """The currency of all rows, where there is but one; then it need not be looked up for each group."""

    def parameters(self, period: Period, scope: Scope) -> list[Any]:
        return [period.begins_on, period.ends_on, *(scope.get(name, "") for name in self.scope)]


@dataclass(frozen=True)
class Figure:
    """A number that people read, by name, with the rows it is made of."""

    name: str
    """Such as `budgets.paid`; the part after the last full stop names it in addresses."""
    label: Lazy
    source: RowSource
    where: str = "true"
    """SQL condition on the rows of the source."""
    measure: Measure = Measure.SUM
    amount: str = "amount"
    """The column of the source that it adds up, where its rows have several amounts."""

    @property
    def key(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class FigureValue:
    """A figure of a period and a scope."""

    figure: Figure
    period: Period
    scope: Scope
    count: int = 0
    money: Money = field(default_factory=lambda: Money(0))

    @property
    def number(self) -> int | Money:
        """Return what people read: the number of rows, or their sum."""
        return self.count if self.figure.measure is Measure.COUNT else self.money

    @property
    def query(self) -> str:
        """Return the query under which the source's page shows exactly these rows."""
        return urlencode([*self.figure.source.address(self.figure, self.period, self.scope)])


@dataclass(frozen=True)
class FigureGroup:
    """The figures of one group of rows, by the figure's key."""

    key: Mapping[str, str]
    """What its rows have in common, such as their city; part of each value's scope."""
    values: Mapping[str, FigureValue]


async def measure(
    figures: Sequence[Figure], period: Period, scope: Scope = EVERYTHING, *, by: Sequence[str] = ()
) -> list[FigureGroup]:
    """Return figures of one source, for each group of rows alike in `by`; one query for all of them.

    Raises:
        ValueError: a group has amounts in several currencies; group by currency.
    """
    source, measured = figures[0].source, _measured(figures)
    keys = "".join(f"{name}, " for name in by)
    grouping = f"GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    rows = await connection().execute_query_dict(
        f"SELECT {keys}min(currency) AS currency_from, max(currency) AS currency_to{measured} "  # noqa: S608
        f"FROM ({source.query}) AS rows {grouping}",
        source.parameters(period, scope),
    )
    return [_group(figures, period, scope, row, by) for row in rows]


Grouping = tuple[Sequence[str], Sequence[Figure]]
"""What rows are grouped by, and the figures of each group."""


async def measure_each(
    groupings: Sequence[Grouping], period: Period, scope: Scope = EVERYTHING
) -> list[list[FigureGroup]]:
    """Return figures of one source for several groupings, from a single pass over its rows.

    Of figures that count rows only the count is read, not the sum under it.

    Raises:
        ValueError: a group has amounts in several currencies.
    """
    figures = list(dict.fromkeys(figure for _by, own in groupings for figure in own))
    source, names = figures[0].source, list(dict.fromkeys(name for by, _figures in groupings for name in by))
    keys = ", ".join(names)
    sets = ", ".join(f"({', '.join(by)})" for by, _figures in groupings)
    currencies = (
        f"'{source.currency}' AS currency_from, '{source.currency}' AS currency_to"
        if source.currency
        else "min(currency) AS currency_from, max(currency) AS currency_to"
    )
    rows = await connection().execute_query_dict(
        f"SELECT {keys}, grouping({keys}) AS left_out, {currencies}"  # noqa: S608
        f"{_measured(figures, Measure.SUM)} FROM ({source.query}) AS rows "
        f"GROUP BY GROUPING SETS ({sets}) ORDER BY {keys}",
        source.parameters(period, scope),
    )
    return [
        [
            _group(own, period, scope, row, by, [figures.index(figure) for figure in own])
            for row in rows
            if row["left_out"] == _left_out(names, by)
        ]
        for by, own in groupings
    ]


def _left_out(names: Sequence[str], by: Sequence[str]) -> int:
    """Return the bits that the database sets for the columns a grouping leaves out, the first the highest."""
    return sum(1 << len(names) - 1 - place for place, name in enumerate(names) if name not in by)


def _measured(figures: Sequence[Figure], *summed: Measure) -> str:
    """Return the SQL of the figures' counts, and of the sums of those of these measures, or of all."""
    return "".join(
        f", count(*) FILTER (WHERE {figure.where}) AS count_{place}"
        + (
            f", coalesce(sum({figure.amount}) FILTER (WHERE {figure.where}), 0) AS amount_{place}"
            if not summed or figure.measure in summed
            else ""
        )
        for place, figure in enumerate(figures)
    )


def _group(
    figures: Sequence[Figure],
    period: Period,
    scope: Scope,
    row: Mapping[str, Any],
    by: Sequence[str],
    places: Sequence[int] = (),
) -> FigureGroup:
    if row["currency_from"] != row["currency_to"]:
        raise ValueError(f"{figures[0].name}: amounts in several currencies are not added up")
    currency, key = row["currency_from"] or HOME, {name: str(row[name]) for name in by}
    narrowed = {**scope, **key}
    values = {
        figure.key: FigureValue(
            figure,
            period,
            narrowed,
            int(row[f"count_{place}"]),
            Money(int(row.get(f"amount_{place}", 0)), currency),
        )
        for place, figure in zip(places or range(len(figures)), figures, strict=True)
    }
    return FigureGroup(key, values)


async def value_of(figure: Figure, period: Period, scope: Scope = EVERYTHING) -> FigureValue:
    """Return one figure."""
    (group,) = await measure([figure], period, scope)
    return group.values[figure.key]


def no_rows(figures: Sequence[Figure], period: Period, scope: Scope = EVERYTHING) -> dict[str, FigureValue]:
    """Return figures where there are no rows, by key."""
    return {figure.key: FigureValue(figure, period, scope) for figure in figures}


def add_up(
    groups: Iterable[FigureGroup],
    figures: Sequence[Figure],
    period: Period,
    by: Sequence[str],
    scope: Scope = EVERYTHING,
) -> dict[tuple[str, ...], dict[str, FigureValue]]:
    """Add groups together that are alike in `by`, with no query; a sum links to the rows of all of them.

    `scope` is what all of the groups were narrowed to.
    """
    sums: dict[tuple[str, ...], dict[str, FigureValue]] = {}
    for group in groups:
        key = tuple(group.key[name] for name in by)
        values = sums.setdefault(key, no_rows(figures, period, {**scope, **dict(zip(by, key, strict=True))}))
        for name, value in group.values.items():
            total = values[name]
            values[name] = FigureValue(
                value.figure, period, total.scope, total.count + value.count, total.money + value.money
            )
    return sums


async def list_rows(
    figure: Figure, period: Period, scope: Scope = EVERYTHING, *, offset: int = 0, limit: int = PORTION
) -> list[Row]:
    """Return the rows behind a figure, in the order of its source."""
    source = figure.source
    parameters = source.parameters(period, scope)
    rows = await connection().execute_query_dict(
        f"SELECT *, {figure.amount} AS figure_amount FROM ({source.query}) AS rows "  # noqa: S608
        f"WHERE {figure.where} ORDER BY {source.order} "
        f"OFFSET ${len(parameters) + 1} LIMIT ${len(parameters) + 2}",
        [*parameters, offset, limit],
    )
    return [Row(row, Money(int(row["figure_amount"]), row["currency"])) for row in rows]


async def stream_rows(
    figure: Figure, period: Period, scope: Scope = EVERYTHING
) -> AsyncIterator[Sequence[Row]]:
    """Yield the rows behind a figure in portions, so that a long list never stands in memory whole."""
    offset = 0
    while portion := await list_rows(figure, period, scope, offset=offset):
        yield portion
        offset += len(portion)
        if len(portion) < PORTION:
            return


def rows_table(title: str, figure: Figure, period: Period, scope: Scope = EVERYTHING) -> Table:
    """Return the rows behind a figure as a sheet of a workbook, the amount last."""

    async def written() -> AsyncIterator[list[list[Cell]]]:
        async for portion in stream_rows(figure, period, scope):
            yield [
                [*(column.words(row) for column in figure.source.columns), row.money.currency, row.money]
                for row in portion
            ]

    heads = [*(str(column.label) for column in figure.source.columns), _("币种"), _("金额")]
    return Table(title, heads, written(), width=22)
