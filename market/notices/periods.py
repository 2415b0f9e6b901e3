"""Ends of legal periods, counted in days of Asia/Shanghai by a given calendar. Pure.

The day of publication does not count, and a period ends at 24:00 of its last day (民法典 art. 201).
A period in calendar days whose last day is a rest day ends on the next working day (art. 203).
Rest days are those of the province of the unit that publishes, else of Guangxi, whose market this is.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from market.codes.holidays import Calendar
from market.codes.regions import GUANGXI, province_of
from market.kit.clock import local_date
from market.notices.models import DayKind


def publication_region(publisher_region: str) -> str:
    """Return the province whose rest days apply to a unit of this region; Guangxi by default."""
    return province_of(publisher_region) or GUANGXI


def period_end(
    published_on: date, days: int, day_kind: DayKind, *, region: str, calendar: Calendar
) -> date | None:
    """Return the last day of a period, or None when the calendar does not reach so far.

    Only a period in working days can have no end yet. One in calendar days always has its end; in a year
    whose holidays are unknown it may still change; see `Calendar.is_known`.

    Raises:
        ValueError: the period has no day.
    """
    if days < 1:
        raise ValueError("a period has at least one day")
    if day_kind is DayKind.WORKING:
        return _nth_working_day(published_on, days, region, calendar)
    last = published_on + timedelta(days=days)
    while not calendar.is_working_day(last, region):
        last += timedelta(days=1)
    return last


def last_day(ends_at: datetime) -> date:
    """Return the last day of a period that ends at this moment, 24:00 of that day."""
    return local_date(ends_at - timedelta(seconds=1))


def days_left(ends_at: datetime, now: datetime) -> int:
    """Return the number of days after today; 0 on the last day and later."""
    return max(0, (last_day(ends_at) - local_date(now)).days)


def _nth_working_day(published_on: date, days: int, region: str, calendar: Calendar) -> date | None:
    day = published_on
    while days:
        day += timedelta(days=1)
        if not calendar.is_known(day, region):
            return None
        days -= calendar.is_working_day(day, region)
    return day
