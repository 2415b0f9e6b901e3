"""What the room of statistics contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.notices.holiday_years import load_calendar
from market.statistics import (
    bulletin_views,
    checks,
    desk_views,
    jobs,
    models,
    months,
    screen_views,
    units,
    views,
    worklist,
)
from market.statistics.figures import FROZEN, LIVE
from market.statistics.states import (
    PERMISSIONS,
    BulletinAction,
    BulletinStatus,
    BulletinVerb,
    DefinitionVerb,
    Event,
    MonthVerb,
    StatisticsAct,
)


async def _close(deps: Deps, month_id: UUID, now: datetime) -> bool:
    calendar = await load_calendar(accepts_provisional=deps.settings.is_demo)
    return await months.close_due(month_id, calendar, now=now)


ROOM = Room(
    "statistics",
    models=(models,),
    permissions=PERMISSIONS,
    routes=[*views.routes, *desk_views.routes, *bulletin_views.routes, *screen_views.routes],
    jobs=(jobs.freeze, jobs.open_months),
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            88,
            lazy("统计和月报"),
            "statistics:desk",
            act=StatisticsAct.READ_STATISTICS,
        ),
    ),
    subjects={
        "bulletin": Subject(
            lazy("技术市场月报"), page="statistics:numbered", number="YB", verbs=(BulletinAction,)
        ),
        "statistics_definition": Subject(lazy("统计口径")),
        "statistics_month": Subject(lazy("统计月份")),
    },
    labels={"bulletin": BulletinStatus, "statistics_event": Event},
    audit_verbs={
        "bulletin": (BulletinVerb,),
        "statistics_definition": (DefinitionVerb,),
        "statistics_month": (MonthVerb,),
    },
    figures=(
        *(figure for figures in (LIVE, FROZEN) for group in figures for figure in group),
        *units.FIGURES,
    ),
    moments={months.CLOSE: _close},
    pending=worklist.pending,
    checks=checks.CHECKS,
)
