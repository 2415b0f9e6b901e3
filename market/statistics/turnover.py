"""Turnover of the market for other pages: contracts by month of a year, and by city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from market.records.figures import FigureValue, Period, measure, no_rows
from market.statistics.definitions import definition_on
from market.statistics.dimensions import Layout
from market.statistics.figures import LIVE
from market.statistics.kept import kept
from market.statistics.layouts import Table, live, table_of
from market.statistics.periods import Chosen, Span, month_period

MONTHS = range(1, 13)


async def turnover_by_month(year: int, key: str = "contract_amount") -> Sequence[FigureValue]:
    """Return a figure of contracts of each month of a year, by default the contract amount.

    `key` is `contracts`, `contract_amount` or `trade_amount`. Each value opens its rows. Years are counted by
    the definition that is in force at their beginning.
    """
    event = (await definition_on(date(year, 1, 1))).event.value
    return await kept(("months", year, key, event), partial(_by_month, year, key, event))


async def _by_month(year: int, key: str, event: str) -> Sequence[FigureValue]:
    figure, scope = LIVE.by_key[key], {"event": event}
    groups = await measure([figure], Period.of_year(year), scope, by=("month",))
    by_month = {int(group.key["month"]): group.values[key] for group in groups}
    months = []
    for month in MONTHS:
        period = month_period(date(year, month, 1))
        value = by_month.get(month)
        none = no_rows([figure], period, scope)[key]
        months.append(replace(value, period=period, scope=scope) if value else none)
    return months


async def turnover_by_city(year: int, today: date) -> Table:
    """Return the table of cities of a year until today, beside the same days of last year.

    Who is not of the department reads no amounts of `Table.hidden`.
    """
    chosen = Chosen(Span.YEAR, Period.of_year(year), today)
    event = (await definition_on(date(year, 1, 1))).event.value
    compared = live(chosen.period, chosen.before, event)
    return await kept(("cities", chosen, event), partial(table_of, Layout.CITY, compared))
