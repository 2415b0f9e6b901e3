"""The calendar by which the periods of notices are counted."""

from __future__ import annotations

from starlette.requests import Request

from market.codes.holidays import Calendar, shipped_calendar
from market.kit.web import deps


async def load_calendar(*, accepts_provisional: bool) -> Calendar:
    """Return the working days as they are known now; load it once per request or transaction."""
    return shipped_calendar(accepts_provisional=accepts_provisional)


async def calendar_for(request: Request) -> Calendar:
    """Return the calendar of a request; provisional years count in the demo only."""
    return await load_calendar(accepts_provisional=deps(request).settings.is_demo)
