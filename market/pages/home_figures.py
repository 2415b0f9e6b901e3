"""The figures of the home page: counters, contracts by month and by city; each opens exactly its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from starlette.requests import Request

from market.kit.charts import MonthBars
from market.kit.formats import day, wan
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.recent import RecentFigures
from market.kit.web import deps
from market.listings import queries
from market.listings.kinds import NEED, OUTCOME
from market.records.figures import (
    Column,
    Figure,
    FigureValue,
    Link,
    Period,
    Row,
    RowSource,
    Scope,
    value_of,
)
from market.statistics.layouts import Table
from market.statistics.turnover import turnover_by_city, turnover_by_month

PAID_ROWS = """
SELECT b.number AS list, b.title, p.name AS programme, b.year AS claim_year, min(d.ended_on) AS first_on,
    max(d.ended_on) AS last_on, count(*)::int AS payments, sum(d.amount)::bigint AS amount, 'CNY' AS currency,
    (SELECT n.number FROM notices n WHERE n.subject_kind = 'batch' AND n.subject_id = b.id
        ORDER BY n.published_at DESC LIMIT 1) AS notice
FROM disbursements d JOIN claims c ON c.id = d.claim_id JOIN batches b ON b.id = c.batch_id
    JOIN programmes p ON p.id = b.programme_id
WHERE d.status = 'paid' AND d.ended_on BETWEEN $1::date AND $2::date
GROUP BY b.id, b.number, b.title, p.name, b.year
"""
"""One row a list of subsidies of which something was paid."""
EVER = Period(date(2000, 1, 1), date(2200, 12, 31))


def _address(_figure: Figure, _period: Period, _scope: Scope) -> list[tuple[str, str]]:
    return []


def _notice(row: Row) -> Link | None:
    number = row.values["notice"]
    return Link("notices:show", {"number": str(number)}) if number else None


PAID = Figure(
    "pages.paid",
    lazy("已拨付补助"),
    RowSource(
        query=PAID_ROWS,
        scope=(),
        order="last_on DESC, list",
        columns=(
            Column(lazy("名单"), lambda row: str(row.values["title"]), _notice),
            Column(lazy("政策"), lambda row: _(row.values["programme"])),
            Column(lazy("申报年度"), lambda row: str(row.values["claim_year"])),
            Column(lazy("拨付"), lambda row: _("%(n)s 笔", n=row.values["payments"])),
            Column(lazy("最近一笔"), lambda row: day(row.values["last_on"])),
        ),
        page="pages:paid",
        address=_address,
        unit=lazy("批"),
        anchor="#rows",
    ),
)


@dataclass(frozen=True)
class Counter:
    """A live figure that leads to its rows."""

    figure: str
    label: str
    address: str


@dataclass(frozen=True)
class Turnover:
    """What was registered this year and last: amounts by month, counts and amounts by city."""

    year: int
    now: list[FigureValue]
    before: list[FigureValue]
    cities: Table

    @property
    def contracts(self) -> FigureValue:
        return self.cities.total.now["contracts"]

    @property
    def amount(self) -> FigureValue:
        return self.cities.total.now["contract_amount"]


async def turnover_of(today: date, figures: RecentFigures) -> Turnover:
    """Return this year's turnover beside last year's, counted lately."""
    return await figures.get(f"turnover {today}", partial(_count_turnover, today))


async def _count_turnover(today: date) -> Turnover:
    year = today.year
    return Turnover(
        year,
        list(await turnover_by_month(year, "contract_amount")),
        list(await turnover_by_month(year - 1, "contract_amount")),
        await turnover_by_city(year, today),
    )


def month_chart(request: Request, turnover: Turnover, today: date) -> MonthBars:
    """Return what the contracts registered in each month come to, beside the year before."""
    return MonthBars(
        _("每月合同成交额"),
        turnover.year,
        [value.money.amount for value in turnover.now],
        [value.money.amount for value in turnover.before],
        today.month,
        links=[rows_address(request, value) for value in turnover.now],
        links_before=[rows_address(request, value) for value in turnover.before],
    )


async def counters(request: Request, turnover: Turnover) -> list[Counter]:
    """Return the figures of the strip under the search box, each with the address of its rows."""
    figures = deps(request).figures
    outcomes = await figures.get("live outcomes", partial(queries.count_live, OUTCOME))
    needs = await figures.get("live needs", partial(queries.count_live, NEED))
    paid = await figures.get("paid", partial(value_of, PAID, EVER))
    contracts, amount = turnover.contracts, turnover.amount
    return [
        Counter(f"{outcomes:,}", _("在架成果"), "/outcomes"),
        Counter(f"{needs:,}", _("在征需求"), "/needs"),
        Counter(f"{contracts.count:,}", _("今年登记的技术合同"), rows_address(request, contracts)),
        Counter(wan(amount.money.amount), _("合同成交额"), rows_address(request, amount)),
        Counter(wan(paid.money.amount), str(PAID.label), rows_address(request, paid)),
    ]


def rows_address(request: Request, value: FigureValue) -> str:
    """Return the address of the rows behind a figure."""
    source = value.figure.source
    query = f"?{value.query}" if value.query else ""
    return f"{request.app.url_path_for(source.page)}{query}{source.anchor}"
