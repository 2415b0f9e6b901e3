"""The tables of a period: lines by city, field, kind, seller and flow, with growth and matched growth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from market.kit.database import connection
from market.kit.growth import Growth, growth
from market.kit.i18n import gettext as _
from market.kit.money import Money
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

    dimension: str
    key: str
    now: Values
    before: Values
    matched: Mapping[str, Matched]
    """By the key of a compared figure."""

    @property
    def words(self) -> str:
        """Return what the line is called, in the language of the request."""
        return words_of(self.dimension, self.key) if self.key else _("全区")

    @property
    def short_words(self) -> str:
        """Return the words of a city without 市, for small tiles."""
        return self.words.removesuffix("市")

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
    now, before = [
        await _counted(compared.figures, period, compared.scope, dimension)
        for period in (compared.now, compared.before)
    ]
    matched = _matched(now.by_seller, before.by_seller)
    keys = [*keys_of(dimension), *sorted((now.lines.keys() | before.lines.keys()) - {*keys_of(dimension)})]

    def none(period: Period, key: str) -> Values:
        return _none(compared.figures, period, {**compared.scope, dimension: key})

    lines = [
        Line(
            dimension,
            key,
            now.lines.get(key) or none(compared.now, key),
            before.lines.get(key) or none(compared.before, key),
            matched.get(key, {}),
        )
        for key in keys
    ]
    return Table(layout, lines, Line(dimension, "", now.total, before.total, matched.get("", {})))


def _none(figures: Figures, period: Period, scope: Scope) -> dict[str, FigureValue]:
    return {key: value for group in figures for key, value in no_rows(group, period, scope).items()}


Numbers = tuple[int, ...]
"""Contracts, contract amount, trade amount."""


@dataclass(frozen=True)
class Counted:
    """All figures of a period by the lines of a table, of the whole, and those of contracts by seller."""

    lines: Mapping[str, Values]
    total: Values
    by_seller: Mapping[tuple[str, str], Numbers]


async def _counted(figures: Figures, period: Period, scope: Scope, dimension: str) -> Counted:
    by_seller = await _contracts_by_seller(figures.contracts, period, scope, dimension)
    sums: dict[str, list[int]] = {}
    for (key, _unit), numbers in by_seller.items():
        own = sums.setdefault(key, [0, 0, 0])
        for place, number in enumerate(numbers):
            own[place] += number
    lines: dict[str, dict[str, FigureValue]] = {}
    for key, own in sums.items():
        narrowed = {**scope, dimension: key}
        lines[key] = _none(figures, period, narrowed) | _values(figures.contracts, period, narrowed, own)
    whole = [sum(own[place] for own in sums.values()) for place in range(3)]
    total = _values(figures.contracts, period, scope, whole)
    for group in (figures.corrections, figures.receipts):
        measured = await measure(group, period, scope, by=(dimension,))
        for each in measured:
            key = each.key[dimension]
            lines.setdefault(key, _none(figures, period, {**scope, dimension: key})).update(each.values)
        total |= add_up(measured, group, period, (), scope).get((), no_rows(group, period, scope))
    return Counted(lines, total, by_seller)


def _values(
    figures: Sequence[Figure], period: Period, scope: Scope, numbers: Sequence[int]
) -> dict[str, FigureValue]:
    """Return the figures of contracts; each of them counts the same rows."""
    count, contract, trade = numbers
    amounts = {"contracts": contract, "contract_amount": contract, "trade_amount": trade}
    return {
        figure.key: FigureValue(figure, period, scope, count, Money(amounts[figure.key]))
        for figure in figures
    }


async def _contracts_by_seller(
    figures: Sequence[Figure], period: Period, scope: Scope, dimension: str
) -> dict[tuple[str, str], Numbers]:
    """Return the figures of contracts of each line and seller, from the statement that shows their rows."""
    source = figures[0].source
    rows = await connection().execute_query_dict(
        f"SELECT {dimension} AS line, unit, count(*) AS items, sum(contract_amount)::bigint AS contract, "  # noqa: S608
        f"sum(trade_amount)::bigint AS trade FROM ({source.query}) AS rows GROUP BY 1, 2",
        source.parameters(period, scope),
    )
    return {(row["line"], row["unit"]): (row["items"], row["contract"], row["trade"]) for row in rows}


def _matched(
    now: Mapping[tuple[str, str], Numbers], before: Mapping[tuple[str, str], Numbers]
) -> dict[str, dict[str, Matched]]:
    """Return the sums over sellers who have contracts in both periods, by line, and under '' of the whole."""
    lines: dict[str, dict[str, Matched]] = {}
    whole_now, whole_before = _by_unit(now), _by_unit(before)
    for both_now, both_before in ((now, before), (whole_now, whole_before)):
        sums: dict[str, tuple[list[int], list[int]]] = {}
        for key in both_now.keys() & both_before.keys():
            own = sums.setdefault(key[0], ([0, 0, 0], [0, 0, 0]))
            for side, numbers in zip(own, (both_now[key], both_before[key]), strict=True):
                for place, number in enumerate(numbers):
                    side[place] += number
        for line, (side, base) in sums.items():
            lines[line] = {
                key: Matched(side[place], base[place], base[0]) for place, key in enumerate(COMPARED)
            }
    return lines


def _by_unit(rows: Mapping[tuple[str, str], Numbers]) -> dict[tuple[str, str], Numbers]:
    units: dict[tuple[str, str], Numbers] = {}
    for (_line, unit), numbers in rows.items():
        before = units.get(("", unit), (0, 0, 0))
        units["", unit] = tuple(map(sum, zip(before, numbers, strict=True)))
    return units


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
