"""Months close on the fifth working day of the next month at 18:00; then their report can be made."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.holidays import Calendar
from market.codes.regions import GUANGXI
from market.kit.clock import SHANGHAI, local_date
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.notices.models import DayKind
from market.notices.periods import period_end
from market.records.by import By
from market.records.moments import set_moment
from market.statistics.models import StatisticsMonth
from market.statistics.periods import month_period, month_words
from market.statistics.states import MonthVerb

SUBJECT = "statistics_month"
CLOSE = "statistics.close"
WORKING_DAYS = 5
AT = time(18)
"""When on that day; trade.md 6.3 (D)."""


def closing_of(month: date, calendar: Calendar) -> datetime | None:
    """Return when a month closes; None: the working days after it are not settled yet."""
    last = month_period(month).ends_on
    day = period_end(last, WORKING_DAYS, DayKind.WORKING, region=GUANGXI, calendar=calendar)
    return datetime.combine(day, AT, SHANGHAI) if day else None


@atomic()
async def open_months(calendar: Calendar, *, now: datetime) -> None:
    """Have a row for this month and the last, with the moment of its closing. Idempotent."""
    this = local_date(now).replace(day=1)
    for month in ((this - timedelta(days=1)).replace(day=1), this):
        await open_month(month, calendar)


async def open_month(month: date, calendar: Calendar) -> StatisticsMonth:
    """Return the row of a month; its moment is set anew as long as it has not closed."""
    row, _is_new = await StatisticsMonth.get_or_create(defaults={"id": uuid4()}, month=month)
    closes_at = closing_of(month, calendar)
    if row.closed_at is None and row.closes_at != closes_at:
        row.closes_at = closes_at
        await row.save(update_fields=["closes_at"])
    if row.closed_at is None:
        await set_moment(SUBJECT, row.id, CLOSE, row.closes_at)
    return row


@atomic()
async def close_due(month_id: UUID, calendar: Calendar, *, now: datetime) -> bool:
    """Close a month whose day has come, and ask the operator for its report. Idempotent."""
    row = await StatisticsMonth.filter(id=month_id, closed_at=None).select_for_update().first()
    if row is None or row.closes_at is None or row.closes_at > now:
        return False
    row.closed_at = now
    await row.save(update_fields=["closed_at"])
    await record(SUBJECT, row.id, MonthVerb.CLOSE, by=By.job(now), month=row.month.isoformat())
    await notify_staff(
        StaffRole.OPERATOR,
        _("%(month)s已关账，请编制技术市场月报。", month=month_words(row.month)),
        now=now,
        address="/backoffice/statistics",
    )
    await open_months(calendar, now=now)
    return True
