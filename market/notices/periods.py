"""When a legal period ends: counted in days of Asia/Shanghai by the real holiday table.

The day of publication does not count, and a period ends at 24:00 of its last day (民法典 art. 201).
A period in calendar days whose last day is a rest day ends on the next working day (art. 203).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import chinese_calendar
from chinese_calendar.constants import workdays

from market.kit.clock import local_date
from market.notices.models import DayKind

TABLE_ENDS = date(max(day.year for day in workdays), 12, 31)
"""The last day the holiday table knows: the state council settles each year in the autumn before."""
_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""Statutory holidays that fall on the same day each year (全国年节及纪念日放假办法 art. 2)."""


def period_end(published_on: date, days: int, day_kind: DayKind) -> date | None:
    """Return the last day of a period, or None when the holiday table does not reach so far.

    Only a period in working days can have no end yet. One in calendar days always has its end; past
    the table it may still move by a holiday not settled yet, `is_settled` tells.
    """
    if days < 1:
        raise ValueError("a period has at least one day")
    if day_kind is DayKind.WORKING:
        return _nth_working_day(published_on, days)
    last = published_on + timedelta(days=days)
    while is_rest_day(last):
        last += timedelta(days=1)
    return last


def is_rest_day(day: date) -> bool:
    """Tell whether nobody works that day: weekends and holidays, but not make-up days.

    Past the table only weekends and the holidays of a fixed date are known.
    """
    if is_settled(day):
        return not chinese_calendar.is_workday(day)
    return day.weekday() >= 5 or (day.month, day.day) in _FIXED_HOLIDAYS


def is_settled(day: date) -> bool:
    """Tell whether the holiday table reaches to this day."""
    return day <= TABLE_ENDS


def last_day(ends_at: datetime) -> date:
    """Return the last day of a period that ends at this moment, 24:00 of that day."""
    return local_date(ends_at - timedelta(seconds=1))


def days_left(ends_at: datetime, now: datetime) -> int:
    """Return how many days remain after today; none on the last day and later."""
    return max(0, (last_day(ends_at) - local_date(now)).days)


def _nth_working_day(published_on: date, days: int) -> date | None:
    day = published_on
    while days:
        day += timedelta(days=1)
        if not is_settled(day):
            return None
        days -= not is_rest_day(day)
    return day
