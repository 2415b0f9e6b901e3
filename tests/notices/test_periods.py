"""The legal clock over ten years of days, with the real holiday table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.notices.models import DayKind
from market.notices.periods import (
    TABLE_ENDS,
    days_left,
    is_rest_day,
    is_settled,
    last_day,
    period_end,
)

CALENDAR, WORKING = DayKind.CALENDAR, DayKind.WORKING
TEN_YEARS = st.dates(date(2017, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("published_on", "days", "kind", "ends_on"),
    [
        (date(2026, 3, 2), 15, CALENDAR, date(2026, 3, 17)),
        (date(2026, 3, 6), 15, CALENDAR, date(2026, 3, 23)),  # ends on a Saturday: the Monday after
        (date(2026, 3, 7), 15, CALENDAR, date(2026, 3, 23)),  # ends on a Sunday
        (date(2026, 9, 17), 15, CALENDAR, date(2026, 10, 8)),  # in the National Day holiday
        (date(2026, 1, 30), 15, CALENDAR, date(2026, 2, 14)),  # a Saturday worked to make up
        (date(2026, 2, 6), 7, CALENDAR, date(2026, 2, 13)),
        (date(2026, 2, 9), 7, CALENDAR, date(2026, 2, 24)),  # in the Spring Festival
        (date(2019, 11, 26), 15, WORKING, date(2019, 12, 17)),
        (date(2026, 2, 13), 2, WORKING, date(2026, 2, 24)),  # the 14th is worked, then the festival
        (date(2026, 9, 30), 1, WORKING, date(2026, 10, 8)),
        (date(2026, 12, 30), 1, WORKING, date(2026, 12, 31)),
        (date(2026, 12, 30), 2, WORKING, None),
        (date(2026, 12, 31), 1, WORKING, None),
        (date(2030, 5, 1), 15, WORKING, None),
        (date(2026, 12, 20), 15, CALENDAR, date(2027, 1, 4)),
        (date(2027, 9, 16), 15, CALENDAR, date(2027, 10, 4)),  # fixed holidays are known for ever
    ],
)
def test_a_period_ends_as_the_civil_code_says(
    published_on: date, days: int, kind: DayKind, ends_on: date | None
) -> None:
    assert period_end(published_on, days, kind) == ends_on


@given(TEN_YEARS, st.integers(1, 60))
def test_a_calendar_period_is_never_shorter_than_asked_and_ends_on_a_working_day(
    published_on: date, days: int
) -> None:
    end = period_end(published_on, days, CALENDAR)

    assert end is not None
    nominal = published_on + timedelta(days=days)
    assert end >= nominal
    assert not is_rest_day(end)
    passed = nominal
    while passed < end:
        assert is_rest_day(passed)
        passed += timedelta(days=1)


@given(TEN_YEARS, st.integers(1, 40))
def test_a_working_period_holds_exactly_so_many_working_days(published_on: date, days: int) -> None:
    end = period_end(published_on, days, WORKING)

    if end is None:
        assert (TABLE_ENDS - published_on).days < days * 4 + 12
        return
    between = [published_on + timedelta(days=n) for n in range(1, (end - published_on).days + 1)]
    assert sum(chinese_calendar.is_workday(day) for day in between) == days
    assert chinese_calendar.is_workday(end)


@given(TEN_YEARS, st.integers(1, 30))
def test_a_later_publication_never_ends_earlier(published_on: date, days: int) -> None:
    for kind in (CALENDAR, WORKING):
        first = period_end(published_on, days, kind)
        second = period_end(published_on + timedelta(days=1), days, kind)
        assert second is None or (first is not None and first <= second)


@given(TEN_YEARS, st.integers(1, 30))
def test_a_longer_period_never_ends_earlier(published_on: date, days: int) -> None:
    for kind in (CALENDAR, WORKING):
        short, long = (period_end(published_on, n, kind) for n in (days, days + 1))
        assert long is None or (short is not None and short <= long)


def test_every_day_of_ten_years_agrees_with_the_table() -> None:
    day = date(2017, 1, 1)
    while day <= TABLE_ENDS:
        assert is_rest_day(day) is not chinese_calendar.is_workday(day)
        day += timedelta(days=1)


def test_past_the_table_a_day_is_not_settled() -> None:
    assert is_settled(TABLE_ENDS)
    assert not is_settled(TABLE_ENDS + timedelta(days=1))


def test_a_period_of_no_days_is_none() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        period_end(date(2026, 3, 2), 0, CALENDAR)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (datetime(2026, 3, 2, 2, tzinfo=UTC), 15),
        (datetime(2026, 3, 16, 15, 59, tzinfo=UTC), 1),
        (datetime(2026, 3, 16, 16, tzinfo=UTC), 0),
        (datetime(2026, 4, 1, tzinfo=UTC), 0),
    ],
)
def test_days_left_are_counted_in_shanghai(now: datetime, left: int) -> None:
    ends_at = datetime(2026, 3, 17, 16, tzinfo=UTC)

    assert last_day(ends_at) == date(2026, 3, 17)
    assert days_left(ends_at, now) == left
