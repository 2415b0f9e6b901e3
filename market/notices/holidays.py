"""The calendar of working days for notice periods: the shipped years and those confirmed since."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request

from market.codes.holidays import NATIONAL, Calendar, HolidayYear, feasts, shipped_calendar
from market.kit.web import deps
from market.notices.models import HolidayYearVersion
from market.records.decisions import Verdict

ALARM_FROM = (10, 1)
"""Month and day from which the next year counts as missing: it is published in the autumn."""


async def load_calendar(*, accepts_provisional: bool) -> Calendar:
    """Load the current calendar; call it once per request or transaction."""
    confirmed = await HolidayYearVersion.filter(verdict=Verdict.CONFIRMED).order_by("decided_at", "id")
    shipped = shipped_calendar(accepts_provisional=accepts_provisional)
    return shipped.with_years(year_of(version) for version in confirmed)


async def calendar_for(request: Request) -> Calendar:
    """Return the calendar of a request; provisional years count in the demo only."""
    return await load_calendar(accepts_provisional=deps(request).settings.is_demo)


def year_of(version: HolidayYearVersion) -> HolidayYear:
    """Convert a version to the calendar's holiday year."""
    return HolidayYear(
        year=version.year,
        region=version.region,
        rest_days=frozenset(map(date.fromisoformat, version.rest_days)),
        make_up_days=frozenset(map(date.fromisoformat, version.make_up_days)),
        source=version.source,
    )


async def missing_years(today: date) -> list[tuple[int, str]]:
    """Return years and regions whose document must be entered now; provisional ones count as missing.

    The national year is due from October before it. A province publishes its own feast in the first
    months of the year, so that is due from January until the feast is over.
    """
    calendar = await load_calendar(accepts_provisional=False)
    required = [(today.year, NATIONAL)]
    if (today.month, today.day) >= ALARM_FROM:
        required.append((today.year + 1, NATIONAL))
    required += [(today.year, feast.region) for feast in feasts() if (today.month, today.day) <= feast.last]
    return [(year, region) for year, region in required if not calendar.holds(year, region)]
