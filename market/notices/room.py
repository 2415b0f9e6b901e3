"""What the room of public notices contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry
from market.kit.room import Room, rooms
from market.kit.subjects import Subject, find_by
from market.notices import checks, models, notice_acts, queries, views, worklist
from market.notices.holiday_years import load_calendar
from market.notices.models import DayKind, NoticeKind
from market.notices.recalculated_ends import END
from market.notices.states import (
    FRESH,
    PERMISSIONS,
    HolidayYearVerb,
    NoticeAction,
    NoticeShownStatus,
    NoticeStatus,
    NoticeVerb,
    ObjectionAction,
    ObjectionStatus,
    ObjectionVerb,
    StatementSide,
)


async def end_period(deps: Deps, notice_id: UUID, now: datetime) -> bool:
    """Clear a notice whose period is over by the holidays that are known now."""
    calendar = await load_calendar(accepts_provisional=deps.settings.is_demo)
    return await notice_acts.end_period(notice_id, calendar, now=now)


async def run_due(_deps: Deps, now: datetime) -> int:
    """Advance the records whose notice is decided."""
    return sum([await publicity.sweep(now) for publicity in rooms().publicity])


ROOM = Room(
    "notices",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=views.routes,
    menu=(MenuEntry(Menu.MAIN, 60, lazy("公示公告"), "notices:index", "notices"),),
    subjects={
        "notice": Subject(
            lazy("公示"),
            page="notices:show",
            number="GS",
            verbs=(NoticeAction,),
            find=find_by(lambda _actor, number: queries.get_notice(number), "/notices", is_public=True),
        ),
        "objection": Subject(lazy("异议"), verbs=(ObjectionAction,), files=queries.may_open_paper),
        "holiday_year": Subject(lazy("放假安排"), page="backoffice:holiday_year", page_key="version_id"),
    },
    checks=checks.CHECKS,
    deadlines=run_due,
    moments={END: end_period},
    labels={
        "notice": (NoticeStatus, NoticeShownStatus),
        "objection": ObjectionStatus,
        "statement_side": StatementSide,
        "notice_kind": NoticeKind,
        "day_kind": DayKind,
    },
    audit_verbs={
        "notice": (NoticeVerb,),
        "objection": (ObjectionVerb,),
        "holiday_year": (HolidayYearVerb,),
    },
    pending=worklist.pending,
    recent=worklist.recent,
    worklist=worklist.missing_holidays,
)
