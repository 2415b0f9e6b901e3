"""The wall: the last issued month in figures that are read from some metres away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps
from market.statistics.bulletins import last_issued
from market.statistics.definitions import definition_on
from market.statistics.dimensions import Flow, Layout
from market.statistics.frozen import tables_of
from market.statistics.kept import kept
from market.statistics.layouts import Comparison, Table, live, table_of
from market.statistics.periods import Chosen, Span, month_period, month_words

SHOWN = (Layout.CITY, Layout.FIELD, Layout.KIND, Layout.FLOW)
FLOWS = (Flow.WITHIN.value, Flow.IN.value)


async def screen(request: Request) -> Response:
    """Show the last issued month; before there is one, the running month until now."""
    now = deps(request).clock()
    bulletin, today = await last_issued(), local_date(now)
    month = bulletin.month if bulletin else today.replace(day=1)
    tables = tables_of(bulletin) if bulletin else await _live_tables(month, today)
    cities = tables[Layout.CITY]
    return render(
        request,
        "statistics/screen.html",
        bulletin=bulletin,
        month=month,
        month_words=month_words,
        until=now,
        tables=tables,
        tiles=[
            ("contracts", _("技术合同"), _("项")),
            ("contract_amount", _("合同成交额"), _("万元")),
            ("trade_amount", _("技术交易额"), _("万元")),
            ("received", _("到账额"), _("万元")),
        ],
        flows=[line for line in tables[Layout.FLOW].lines if line.key in FLOWS],
        most_in_city=max(line.now["contracts"].count for line in cities.lines),
    )


async def _live_tables(month: date, today: date) -> Mapping[Layout, Table]:
    chosen = Chosen(Span.MONTH, month_period(month), today)
    event = (await definition_on(month)).event.value
    compared = live(chosen.period, chosen.before, event)
    return await kept(("screen", chosen, event), partial(_tables, compared))


async def _tables(compared: Comparison) -> Mapping[Layout, Table]:
    return {layout: await table_of(layout, compared) for layout in SHOWN}


routes = [Route("/screen", screen, name="statistics:screen", methods=["GET"])]
