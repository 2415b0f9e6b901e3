"""The tables of a period: lines by city, field, kind, seller and flow, with growth and matched growth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from market.kit.database import connection
from market.kit.growth import Growth, growth
from market.records.figures import Figure, FigureValue, Period, Scope, add_up, measure, no_rows
from market.statistics.dimensions import Layout, keys_of, words_of
from market.statistics.figures import LIVE, Figures
from market.statistics.hiding import hidden_lines

Values = Mapping[str, FigureValue]
COMPARED = ("contracts", "contract_amount", "trade_amount")
"""Figures that are compared with last year's, by key."""


@dataclass(frozen=True)
class Matched:
    """A figure of this period and of last year's over those sellers alone who have contracts in both."""

    now: int
    before: int
    items_before: int
    """Contracts of the base."""


@dataclass(frozen=True)
class Line:
    """One line of a table: a city, a field …, or the whole; its figures by key."""

    key: str
    words: str
    now: Values
    before: Values
    matched: Mapping[str, Matched]
    """By the key of a compared figure."""

    def growth(self, key: str) -> Growth:
        """Return the growth of a figure against the same period of last year."""
        is_count = key == "contracts"
        items = self.before["receipts" if key == "received" else "contracts"].count
        now, before = self.now[key], self.before[key]
        if is_count:
            return growth(now.count, before.count)
        return growth(now.money.amount, before.money.amount, items=items)

    def matched_growth(self, key: str) -> Growth:
        """Return the growth over sellers alone who have contracts in both periods (可比口径)."""
        matched = self.matched.get(key)
        if matched is None or (matched.now, matched.before) == (0, 0):
            return growth(0, None, items=None if key == "contracts" else 0)
        items = None if key == "contracts" else matched.items_before
        return growth(matched.now, matched.before, items=items)


@dataclass(frozen=True)
class Table:
    """The lines of one layout, and the whole that they add up to."""

    layout: Layout
    lines: Sequence[Line]
    total: Line

    @cached_property
    def hidden(self) -> Collection[str]:
        """Return the keys of lines whose amounts guests do not read."""
        counts = (
            {line.key: values(line)["contracts"].count for line in self.lines} for values in (_now, _before)
        )
        return frozenset().union(*map(hidden_lines, counts))


def _now(line: Line) -> Values:
    return line.now


def _before(line: Line) -> Values:
    return line.before


@dataclass(frozen=True)
class Comparison:
    """What a table compares: a period with last year's, by the figures and the scope of both."""

    figures: Figures
    now: Period
    before: Period
    scope: Scope


def live(now: Period, before: Period, event: str) -> Comparison:
    """Return the comparison of two periods by the records as they are now."""
    return Comparison(LIVE, now, before, {"event": event})


async def table_of(layout: Layout, compared: Comparison) -> Table:
    """Return the table of a layout, counted from its rows."""
    dimension = layout.dimension
    now, total_now = await _values(compared.figures, compared.now, compared.scope, dimension)
    before, total_before = await _values(compared.figures, compared.before, compared.scope, dimension)
    matched = await _matched(compared, dimension)
    keys = [*keys_of(dimension), *(sorted((now.keys() | before.keys()) - set(keys_of(dimension))))]

    def nothing(period: Period, key: str) -> Values:
        return _none(compared.figures, period, {**compared.scope, dimension: key})

    lines = [
        Line(
            key,
            words_of(dimension, key),
            now.get(key) or nothing(compared.now, key),
            before.get(key) or nothing(compared.before, key),
            matched.get(key, {}),
        )
        for key in keys
    ]
    return Table(layout, lines, Line("", "", total_now, total_before, matched.get("", {})))


def _none(figures: Figures, period: Period, scope: Scope) -> dict[str, FigureValue]:
    return {key: value for group in figures for key, value in no_rows(group, period, scope).items()}


async def _values(
    figures: Figures, period: Period, scope: Scope, dimension: str
) -> tuple[dict[str, Values], Values]:
    """Return all figures of each value of a dimension, and of the whole."""
    lines: dict[str, dict[str, FigureValue]] = {}
    total: dict[str, FigureValue] = {}
    for group in figures:
        measured = await measure(group, period, scope, by=(dimension,))
        for each in measured:
            key = each.key[dimension]
            values = lines.setdefault(key, _none(figures, period, {**scope, dimension: key}))
            values.update(each.values)
        total |= add_up(measured, group, period, (), scope).get((), no_rows(group, period, scope))
    return {**lines}, total


async def _matched(compared: Comparison, dimension: str) -> dict[str, dict[str, Matched]]:
    """Return the sums over sellers who have contracts in both periods, by line, and under '' of the whole."""
    source = compared.figures.contracts[0].source
    values = source.parameters(compared.now, compared.scope)
    first, last = f"${len(values) + 1}", f"${len(values) + 2}"
    earlier = source.query.replace("$1::date", f"{first}::date").replace("$2::date", f"{last}::date")
    sums = "count(*) AS items, sum(contract_amount) AS contract_amount, sum(trade_amount) AS trade_amount"
    rows = await connection().execute_query_dict(
        f"WITH now AS (SELECT {dimension} AS line, unit, {sums} FROM ({source.query}) AS n "  # noqa: S608
        f"GROUP BY 1, 2), before AS (SELECT {dimension} AS line, unit, {sums} "
        f"FROM ({earlier}) AS b GROUP BY 1, 2), wholes AS ("
        "SELECT n.line, n.unit, n.items, n.contract_amount, n.trade_amount, b.items AS items_before, "
        "b.contract_amount AS contract_before, b.trade_amount AS trade_before "
        "FROM now n JOIN before b ON b.line = n.line AND b.unit = n.unit UNION ALL "
        "SELECT '', n.unit, n.items, n.contract_amount, n.trade_amount, b.items, b.contract_amount, "
        "b.trade_amount "
        f"FROM ({_by_unit('now')}) AS n JOIN ({_by_unit('before')}) AS b ON b.unit = n.unit) "
        "SELECT line, sum(items)::bigint AS items, sum(contract_amount)::bigint AS contract_amount, "
        "sum(trade_amount)::bigint AS trade_amount, sum(items_before)::bigint AS items_before, "
        "sum(contract_before)::bigint AS contract_before, sum(trade_before)::bigint AS trade_before "
        "FROM wholes GROUP BY line",
        [*values, compared.before.begins_on, compared.before.ends_on],
    )
    return {
        str(row["line"]): {
            "contracts": Matched(row["items"], row["items_before"], row["items_before"]),
            "contract_amount": Matched(row["contract_amount"], row["contract_before"], row["items_before"]),
            "trade_amount": Matched(row["trade_amount"], row["trade_before"], row["items_before"]),
        }
        for row in rows
    }


def _by_unit(table: str) -> str:
    sums = ", ".join(f"sum({name}) AS {name}" for name in ("items", "contract_amount", "trade_amount"))
    return f"SELECT unit, {sums} FROM {table} GROUP BY unit"  # noqa: S608 -- our own names


@dataclass(frozen=True)
class Matrix:
    """How many contracts, or how much, goes from each place to each."""

    figure: Figure
    rows: Mapping[str, Mapping[str, FigureValue]]
    """By the seller's place, then the buyer's."""

    @property
    def columns(self) -> Sequence[str]:
        return keys_of("buyer_place")

    def of_row(self, key: str) -> FigureValue | None:
        """Return what goes out from a place to all others and itself."""
        return _sum(self.rows.get(key, {}).values(), "buyer_place")

    def of_column(self, key: str) -> FigureValue | None:
        """Return what comes to a place."""
        return _sum((row[key] for row in self.rows.values() if key in row), "place")

    @property
    def total(self) -> FigureValue | None:
        rows = [value for value in map(self.of_row, self.rows) if value is not None]
        return _sum(rows, "place")


def _sum(values: Iterable[FigureValue], over: str) -> FigureValue | None:
    """Add values together that differ in one dimension alone."""
    parts = [*values]
    if not parts:
        return None
    scope = {name: value for name, value in parts[0].scope.items() if name != over}
    money = sum((part.money for part in parts[1:]), parts[0].money)
    return FigureValue(parts[0].figure, parts[0].period, scope, sum(part.count for part in parts), money)


async def matrix_of(key: str, compared: Comparison) -> Matrix:
    """Return the flow matrix of a figure of contracts."""
    figure = compared.figures.by_key[key]
    groups = await measure([figure], compared.now, compared.scope, by=("place", "buyer_place"))
    rows: dict[str, dict[str, FigureValue]] = {}
    for group in groups:
        rows.setdefault(group.key["place"], {})[group.key["buyer_place"]] = group.values[key]
    return Matrix(figure, rows)
