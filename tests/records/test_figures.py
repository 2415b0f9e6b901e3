"""A figure is the sum, or the number, of exactly the rows it opens."""

from __future__ import annotations

from datetime import date

import pytest

from market.kit.i18n import lazy
from market.kit.money import Money
from market.records import figures
from market.records.figures import Column, Figure, Measure, Period, RowSource

SALES = RowSource(
    query="""
    SELECT * FROM (VALUES
        (date '2026-01-01', 'north', 'tea', 100, 'CNY'), (date '2026-12-31', 'north', 'rice', 20, 'CNY'),
        (date '2026-06-01', 'south', 'tea', 7, 'CNY'), (date '2025-12-31', 'south', 'tea', 1000, 'CNY'),
        (date '2027-03-01', 'north', 'tea', 5, 'CNY'), (date '2027-03-02', 'north', 'tea', 6, 'JPY')
    ) AS sales (day, city, kind, amount, currency)
    WHERE day BETWEEN $1::date AND $2::date
        AND ($3::text = '' OR city = $3::text) AND ($4::text = '' OR currency = $4::text)
    """,
    scope=("city", "currency"),
    order="day, city",
    columns=(Column(lazy("城市"), lambda row: str(row.values["city"])),),
    page="sales",
    address=lambda figure, period, scope: [("figure", figure.key), ("city", scope.get("city", ""))],
    unit=lazy("笔"),
)
ALL = Figure("sales.all", lazy("销售"), SALES)
TEA = Figure("sales.tea", lazy("茶叶笔数"), SALES, "kind = 'tea'", Measure.COUNT)
YEAR = Period.of_year(2026)


async def test_a_figure_counts_or_adds_up_the_rows_of_its_period_and_scope() -> None:
    (north,) = await figures.measure([ALL, TEA], YEAR, {"city": "north"})

    assert north.values["all"].number == Money(120)
    assert north.values["tea"].number == 1
    for value in north.values.values():
        rows = await figures.list_rows(value.figure, value.period, value.scope)
        assert len(rows) == value.count
        assert sum(row.money.amount for row in rows) == value.money.amount


async def test_a_group_is_measured_with_the_others_and_opens_its_own_rows() -> None:
    groups = await figures.measure([ALL, TEA], YEAR, by=("city",))

    assert [(group.key["city"], group.values["all"].number) for group in groups] == [
        ("north", Money(120)),
        ("south", Money(7)),
    ]
    assert [group.values["tea"].query for group in groups] == [
        "figure=tea&city=north",
        "figure=tea&city=south",
    ]
    for group in groups:
        for value in group.values.values():
            assert value == await figures.value_of(value.figure, YEAR, value.scope)


async def test_groups_add_up_to_what_is_measured_without_them() -> None:
    groups = await figures.measure([ALL, TEA], YEAR, by=("city",))

    total = figures.add_up(groups, [ALL, TEA], YEAR, ())[()]

    assert total == {figure.key: await figures.value_of(figure, YEAR) for figure in (ALL, TEA)}


async def test_a_period_without_rows_is_nothing() -> None:
    nothing = Period(date(2030, 1, 1), date(2030, 12, 31))

    assert await figures.measure([ALL], nothing, by=("city",)) == []
    assert await figures.value_of(ALL, nothing) == figures.no_rows([ALL], nothing)["all"]


async def test_amounts_in_two_currencies_are_never_added_up() -> None:
    year = Period.of_year(2027)

    with pytest.raises(ValueError, match="currencies"):
        await figures.measure([ALL], year)
    groups = await figures.measure([ALL], year, by=("currency",))
    assert [group.values["all"].number for group in groups] == [Money(5), Money(6, "JPY")]


async def test_a_long_list_comes_in_portions_without_a_gap() -> None:
    whole = await figures.list_rows(ALL, YEAR)

    pages = [await figures.list_rows(ALL, YEAR, offset=offset, limit=2) for offset in (0, 2, 4)]
    streamed = [row async for portion in figures.stream_rows(ALL, YEAR) for row in portion]

    assert [len(page) for page in pages] == [2, 1, 0]
    assert [row for page in pages for row in page] == streamed == whole
