"""What a monthly report is frozen with: the cells of its tables, and the rows they are counted from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from market.kit.database import connection
from market.kit.money import Money
from market.kit.terms import hash_content
from market.records.figures import FigureValue, Period, Scope
from market.statistics.definitions import Definition
from market.statistics.dimensions import Layout, keys_of, words_of
from market.statistics.figures import FROZEN, LIVE
from market.statistics.layouts import Comparison, Line, Matched, Matrix, Table, Values, matrix_of, table_of
from market.statistics.models import Bulletin
from market.statistics.periods import Chosen, chosen_period, month_period
from market.statistics.states import Event

COLUMNS = (
    "source, record, happened_on, place, buyer_place, field, kind, seller_kind, flow, unit_id, buyer_id, "
    "contract_amount, trade_amount"
)
MATRIX = "contracts"
"""The figure of the flow matrix."""


def periods_of(month: date) -> tuple[Period, Period]:
    """Return a month, and the same month of last year."""
    return month_period(month), month_period(date(month.year - 1, month.month, 1))


def chosen_of(bulletin: Bulletin) -> Chosen:
    """Return the month of a report as if somebody had chosen it."""
    return chosen_period(month_period(bulletin.month), bulletin.month.replace(year=bulletin.month.year + 1))


def comparison_of(bulletin: Bulletin) -> Comparison:
    """Return what the tables of a report compare: its frozen rows."""
    now, before = periods_of(bulletin.month)
    scope = {"event": definition_of(bulletin).event.value, "bulletin": bulletin.number}
    return Comparison(FROZEN, now, before, scope)


def definition_of(bulletin: Bulletin) -> Definition:
    """Return the version of the definition as it stood when the report was ordered."""
    stored = bulletin.definition
    return Definition(
        stored["version"],
        date.fromisoformat(stored["valid_from"]),
        Event(stored["event"]),
        stored["text"],
        stored["basis"],
    )


async def freeze_rows(bulletin: Bulletin) -> None:
    """Write the rows of the month and of last year's, as the live statements return them."""
    event = definition_of(bulletin).event.value
    for name, figures in LIVE._asdict().items():
        source = figures[0].source
        for period in periods_of(bulletin.month):
            values = source.parameters(period, {"event": event})
            await connection().execute_query(
                f"INSERT INTO bulletin_rows (bulletin_id, {COLUMNS}) SELECT ${len(values) + 1}::uuid, "  # noqa: S608
                f"'{name}', record, day, place, buyer_place, field, kind, seller_kind, flow, unit::uuid, "
                f"buyer::uuid, contract_amount, trade_amount FROM ({source.query}) AS rows "
                f"ORDER BY {source.order}",
                [*values, bulletin.id],
            )


async def count_cells(bulletin: Bulletin) -> dict[str, Any]:
    """Return all cells of a report, counted from its frozen rows."""
    compared = comparison_of(bulletin)
    matrix = await matrix_of(MATRIX, compared)
    return {
        "tables": {layout.value: _as_data(await table_of(layout, compared)) for layout in Layout},
        "matrix": {
            place: {key: _pair(value) for key, value in sorted(row.items())}
            for place, row in sorted(matrix.rows.items())
        },
    }


def _pair(value: FigureValue) -> list[int]:
    return [value.count, value.money.amount]


def _as_data(table: Table) -> dict[str, Any]:
    return {
        line.key: {
            "now": {key: _pair(value) for key, value in line.now.items()},
            "before": {key: _pair(value) for key, value in line.before.items()},
            "matched": {key: list(vars(value).values()) for key, value in line.matched.items()},
        }
        for line in (*table.lines, table.total)
    }


def tables_of(bulletin: Bulletin) -> Mapping[Layout, Table]:
    """Return the tables of a report as they were frozen, without a query."""
    return {layout: table_from(bulletin, layout) for layout in Layout}


def table_from(bulletin: Bulletin, layout: Layout) -> Table:
    """Return one table of a report as it was frozen."""
    compared = comparison_of(bulletin)
    cells = bulletin.figures["tables"][layout.value]
    known = keys_of(layout.dimension)
    keys = [*known, *sorted(cells.keys() - {*known, ""})]
    lines = [_line(layout, key, cells[key], compared) for key in keys]
    return Table(layout, lines, _line(layout, "", cells[""], compared))


def _line(layout: Layout, key: str, data: Mapping[str, Any], compared: Comparison) -> Line:
    scope = {**compared.scope, layout.dimension: key} if key else compared.scope

    def values(side: str, period: Period) -> Values:
        return {
            name: FigureValue(FROZEN.by_key[name], period, scope, count, Money(amount))
            for name, (count, amount) in data[side].items()
        }

    matched = {name: Matched(*numbers) for name, numbers in data["matched"].items()}
    return Line(
        layout.dimension, key, values("now", compared.now), values("before", compared.before), matched
    )


def matrix_from(bulletin: Bulletin) -> Matrix:
    """Return the flow matrix of a report as it was frozen."""
    compared = comparison_of(bulletin)
    figure = FROZEN.by_key[MATRIX]

    def value(place: str, buyer: str, pair: Sequence[int]) -> FigureValue:
        scope: Scope = {**compared.scope, "place": place, "buyer_place": buyer}
        return FigureValue(figure, compared.now, scope, pair[0], Money(pair[1]))

    return Matrix(
        figure,
        {
            place: {buyer: value(place, buyer, pair) for buyer, pair in row.items()}
            for place, row in bulletin.figures["matrix"].items()
        },
    )


async def digest(bulletin: Bulletin) -> str:
    """Return the hash over the definition, the cells and all rows of a report."""
    (row,) = await connection().execute_query_dict(
        "SELECT encode(sha256(convert_to(coalesce(string_agg("  # noqa: S608 -- our own columns
        f"concat_ws('|', {COLUMNS}), E'\\n' ORDER BY id), ''), 'UTF8')), 'hex') AS rows "
        "FROM bulletin_rows WHERE bulletin_id = $1",
        [bulletin.id],
    )
    content = hash_content(
        {"month": bulletin.month.isoformat(), "definition": bulletin.definition, "figures": bulletin.figures}
    )
    return hashlib.sha256(f"{content}\n{row['rows']}".encode()).hexdigest()


class Difference(NamedTuple):
    """A cell that differs between two versions of a month."""

    layout: Layout
    line: str
    figure: str
    """Key of the figure."""
    before: int
    now: int
    is_count: bool

    @property
    def words(self) -> str:
        return words_of(self.layout.dimension, self.line)


def differences(earlier: Bulletin, later: Bulletin) -> list[Difference]:
    """Return the cells of the month that differ between two versions; those of the whole have no line."""
    rows = []
    for layout in Layout:
        old, new = (each.figures["tables"][layout.value] for each in (earlier, later))
        for line in [*new, *(key for key in old if key not in new)]:
            if not line and layout is not Layout.CITY:
                continue
            for key, figure in FROZEN.by_key.items():
                place = 0 if figure.measure.value == "count" else 1
                pair = [each.get(line, {}).get("now", {}).get(key, [0, 0])[place] for each in (old, new)]
                if pair[0] != pair[1]:
                    rows.append(Difference(layout, line, key, pair[0], pair[1], place == 0))
    return rows
