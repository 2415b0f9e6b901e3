"""Jobs of statistics: months get their moments nightly, reports are frozen."""

from __future__ import annotations

from uuid import UUID

from market.deps import Deps
from market.kit.jobs import job
from market.notices.holiday_years import load_calendar
from market.statistics import bulletins, months


@job(bulletins.FREEZE)
async def freeze(deps: Deps, bulletin_id: str) -> None:
    """Freeze the rows and cells of a report that was ordered."""
    await bulletins.freeze_bulletin(UUID(bulletin_id), now=deps.clock())


@job("statistics.months", cron="30 16 * * *")
async def open_months(deps: Deps) -> None:
    """Give this month and the last the moment of their closing, at 00:30 in Nanning."""
    calendar = await load_calendar(accepts_provisional=deps.settings.is_demo)
    await months.open_months(calendar, now=deps.clock())
