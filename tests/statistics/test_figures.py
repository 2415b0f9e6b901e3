"""Figures of statistics: each is its rows, parts add up to the whole, growth beside matched growth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from market.accounts.models import OrganisationKind, StaffRole
from market.accounts.places import record_move
from market.contracts.models import Contract
from market.kit.money import Money
from market.records.by import By
from market.records.decisions import Verdict
from market.records.figures import FigureValue, Measure, Period, Row, list_rows, value_of
from market.statistics.definitions import decide_definition, definition_on, propose_definition
from market.statistics.dimensions import OUTSIDE, UNKNOWN, Layout
from market.statistics.figures import LIVE
from market.statistics.hiding import hidden_lines
from market.statistics.layouts import Line, Table, live, matrix_of, table_of
from market.statistics.periods import Span, choose_period
from market.statistics.states import Event
from market.statistics.turnover import turnover_by_city, turnover_by_month
from market.statistics.units import academic_report, agency_report
from tests.factories import NOW, make_organisation, make_staff
from tests.stage_cache import cached_stage
from tests.statistics.factories import Given, cancel, copy_contracts, make_base, random_contracts, receive

YEAR, LAST = Period.of_year(2026), Period.of_year(2025)


@cached_stage
async def make_market() -> Contract:
    """A hundred and twenty contracts of two years between units of many places, some cancelled, some paid."""
    base = await make_base()
    kinds = (OrganisationKind.ENTERPRISE, OrganisationKind.UNIVERSITY, OrganisationKind.INSTITUTE)
    regions = ("450100", "450200", "450300", "451400", "450000", "440100", "110000", "450122")
    units = [
        await make_organisation(name=f"单位{place}", region=region, kind=kinds[place % 3])
        for place, region in enumerate(regions)
    ]
    given = random_contracts(120, [unit.id for unit in units], date(2025, 1, 1), 730)
    await copy_contracts(base, given)
    for place in (3, 50, 77, 110):
        await cancel(given[place].id, date(2026, 5, place % 28 + 1))
    await receive(
        [(each.id, each.contract_amount // 3 or 1, each.registered_on) for each in given[::3]]
        + [(given[0].id, -5, date(2026, 6, 1))]
    )
    return base


def numbers(line: Line) -> Iterator[FigureValue]:
    yield from line.now.values()
    yield from line.before.values()


async def require_rows(value: FigureValue) -> None:
    """Require that a figure is the number, or the sum, of the rows that it opens."""
    rows = await list_rows(value.figure, value.period, value.scope, limit=5000)
    assert len(rows) == value.count, value
    assert sum((row.money for row in rows), Money(0)) == value.money, value


class Rows:
    """All rows of figures, asked for once; a cell's are those that fit its scope."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, Period], list[Row]] = {}

    async def require(self, value: FigureValue) -> None:
        """Require that a figure is the number, or the sum, of those rows of the whole that fit its scope."""
        key = value.figure.name, value.period
        if key not in self.kept:
            self.kept[key] = await list_rows(value.figure, value.period, {"event": "registered"}, limit=5000)
        scope = [pair for pair in value.scope.items() if pair[0] != "event"]
        rows = [row for row in self.kept[key] if all(row.values[name] == key for name, key in scope)]
        assert len(rows) == value.count, value
        assert sum((row.money for row in rows), Money(0)) == value.money, value


def require_sums(table: Table) -> None:
    for key, total in table.total.now.items():
        assert sum(line.now[key].count for line in table.lines) == total.count
        assert sum(line.now[key].money.amount for line in table.lines) == total.money.amount
    for key, total in table.total.before.items():
        assert sum(line.before[key].money.amount for line in table.lines) == total.money.amount


async def test_every_figure_of_every_table_is_its_rows_and_the_parts_add_up_to_the_fen() -> None:
    await make_market()
    compared = live(YEAR, LAST, "registered")
    totals, rows = set(), Rows()
    for layout in Layout:
        table = await table_of(layout, compared)
        require_sums(table)
        totals.add(tuple((key, value.count, value.money.amount) for key, value in table.total.now.items()))
        for line in (*table.lines, table.total):
            for value in numbers(line):
                await rows.require(value)
                if value.count and layout is Layout.FLOW:
                    await require_rows(value)
    assert len(totals) == 1
    (whole,) = totals
    assert {key: count for key, count, _amount in whole}["corrected"] == 4
    assert all(amount < 0 for key, _count, amount in whole if key.startswith("corrected_"))
    matrix = await matrix_of("contracts", live(YEAR, LAST, "registered"))
    total = matrix.total
    assert total is not None
    assert total.count == (await value_of(LIVE.by_key["contracts"], YEAR, {"event": "registered"})).count
    assert {OUTSIDE, UNKNOWN} <= set(matrix.rows)
    for key in matrix.columns:
        for margin in (matrix.of_row(key), matrix.of_column(key)):
            if margin is not None:
                await rows.require(margin)
    await require_rows(total)
    columns = [column for key in matrix.columns if (column := matrix.of_column(key)) is not None]
    assert sum(column.count for column in columns) == total.count


async def test_reports_of_units_and_turnover_are_their_rows() -> None:
    await make_market()
    await make_organisation(name="转移中心", kind=OrganisationKind.AGENCY)
    for report in (
        await academic_report(YEAR, LAST, "registered"),
        await agency_report(YEAR, LAST, "registered"),
    ):
        assert report.lines
        for line in (report.lines[0], report.total):
            for value in line.now.values():
                await require_rows(value)
    academic = await academic_report(YEAR, LAST, "registered")
    kinds = ("assignments", "licences", "equity", "joint")
    assert academic.total.now["academic"].count == sum(academic.total.now[key].count for key in kinds)
    assert academic.total.now["academic_amount"].money.amount == sum(
        line.now["academic_amount"].money.amount for line in academic.lines
    )
    assert academic.total.growth("academic", "academic_amount").words
    await _require_turnover()


async def test_growth_over_sellers_of_both_years_stands_beside_total_growth() -> None:
    base = await make_base()
    units = [await make_organisation(name=name, region="450200") for name in "ABC"]
    given = []
    for year, counts in ((2024, (10, 20, 0)), (2025, (12, 18, 30))):
        for unit, count in zip(units, counts, strict=True):
            given += [Given(unit.id, date(year, 5, 1), 100) for _item in range(count)]
    await copy_contracts(base, given)
    table = await table_of(Layout.CITY, live(Period.of_year(2025), Period.of_year(2024), "registered"))

    for line in (table.total, next(line for line in table.lines if line.key == "4502")):
        for key in ("contracts", "contract_amount", "trade_amount"):
            assert (line.growth(key).words, line.matched_growth(key).words) == ("+100.0 %", "持平")
    assert table.lines[0].matched_growth("contracts").words == "无可比基数"


async def test_a_contract_counts_once_on_the_day_of_the_definition() -> None:
    base = await make_base()
    unit = await make_organisation(region="450100")
    given = Given(unit.id, date(2026, 1, 5), 7, signed_on=date(2025, 12, 30))
    await copy_contracts(base, [given])
    counts = {
        (event, year): (
            await value_of(
                LIVE.by_key["contracts"], Period.of_year(year), {"event": event, "unit": str(unit.id)}
            )
        ).count
        for event in Event
        for year in (2025, 2026)
    }
    assert counts == {
        (Event.REGISTERED, 2025): 0,
        (Event.REGISTERED, 2026): 1,
        (Event.SIGNED, 2025): 1,
        (Event.SIGNED, 2026): 0,
    }


async def test_a_unit_that_moved_counts_where_it_was_on_the_day() -> None:
    base = await make_base()
    operator = await make_staff(StaffRole.OPERATOR)
    unit = await make_organisation(region="450100")
    await copy_contracts(base, [Given(unit.id, date(2026, 1, month), 7) for month in (5, 15)])
    await record_move(unit.id, "440100", date(2026, 1, 10), by=By(operator, NOW))
    table = await table_of(Layout.CITY, live(Period(date(2026, 1, 1), date(2026, 1, 31)), LAST, "registered"))
    assert {line.key: line.now["contracts"].count for line in table.lines if line.now["contracts"].count} == {
        "4501": 1,
        OUTSIDE: 1,
    }


async def _require_turnover() -> None:
    today = date(2026, 12, 31)
    months = await turnover_by_month(2026)
    table = await turnover_by_city(2026, today)
    assert sum(value.money.amount for value in months) == table.total.now["contract_amount"].money.amount
    await require_rows(months[4])
    assert all(value.figure.measure is Measure.COUNT for value in await turnover_by_month(2026, "contracts"))


async def test_a_definition_holds_from_its_day_and_is_confirmed_by_another() -> None:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    assert (await definition_on(date(2026, 3, 1))).version == 1
    proposed = await propose_definition(
        date(2026, 7, 1), Event.SIGNED, "按签订日计入。", "假定（A）", by=By(operator, NOW)
    )
    assert (await definition_on(date(2026, 7, 1))).event is Event.REGISTERED
    await decide_definition(proposed.id, Verdict.CONFIRMED, by=By(approver, NOW))
    assert (await definition_on(date(2026, 7, 1))).event is Event.SIGNED
    assert (await definition_on(date(2026, 6, 1))).version == 1


def test_amounts_of_few_contracts_cannot_be_computed_from_the_total() -> None:
    assert hidden_lines({"a": 0, "b": 3, "c": 9}) == frozenset()
    assert hidden_lines({"a": 1, "b": 3, "c": 9}) == {"a", "b"}
    assert hidden_lines({"a": 1, "b": 1, "c": 9, "d": 4}) == {"a", "b", "d"}
    assert hidden_lines({"a": 2, "b": 2, "c": 9}) == {"a", "b"}
    assert hidden_lines({"a": 2}) == {"a"}


def test_a_running_period_is_compared_with_the_same_days_of_last_year() -> None:
    today = date(2024, 2, 29)
    month = choose_period(Span.MONTH, today, year=2024, month=2)
    assert month.period == Period(date(2024, 2, 1), today)
    assert month.before == Period(date(2023, 2, 1), date(2023, 2, 28))
    over = choose_period(Span.MONTH, date(2025, 3, 1), year=2025, month=2)
    assert over.before == Period(date(2024, 2, 1), date(2024, 2, 29))
    assert choose_period(Span.QUARTER, today, year=2023, quarter=4).whole == Period(
        date(2023, 10, 1), date(2023, 12, 31)
    )
