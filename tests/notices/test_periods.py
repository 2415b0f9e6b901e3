"""The legal clock, with the working days as shipped, as entered, and where they are not known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.codes.holidays import NATIONAL, Calendar, HolidayYear, shipped_calendar
from market.codes.regions import GUANGXI
from market.kit.clock import end_of_day
from market.notices.models import DayKind
from market.notices.periods import days_left, last_day, period_end, publication_region

CALENDAR, WORKING = DayKind.CALENDAR, DayKind.WORKING
BEIJING = "110000"
SHIPPED = shipped_calendar()
DEMO = shipped_calendar(accepts_provisional=True)
KNOWN_DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
REGIONS = st.sampled_from([GUANGXI, BEIJING])


def end(published_on: date, days: int, kind: DayKind, region: str = BEIJING) -> date | None:
    return period_end(published_on, days, kind, region=region, calendar=SHIPPED)


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
        (date(2024, 9, 23), 15, WORKING, date(2024, 10, 17)),  # with the 29th and the 12th worked
        (date(2026, 2, 13), 2, WORKING, date(2026, 2, 24)),  # the 14th is worked, then the festival
        (date(2026, 9, 30), 1, WORKING, date(2026, 10, 8)),
        (date(2026, 12, 30), 1, WORKING, date(2026, 12, 31)),
        (date(2026, 12, 30), 2, WORKING, None),
        (date(2026, 12, 31), 1, WORKING, None),
        (date(2030, 5, 1), 15, WORKING, None),
        (date(2023, 12, 28), 3, WORKING, None),  # before the first year that is known
        (date(2026, 12, 20), 15, CALENDAR, date(2027, 1, 4)),
        (date(2027, 9, 16), 15, CALENDAR, date(2027, 10, 4)),  # fixed feasts are known for ever
        (date(2030, 4, 16), 15, CALENDAR, date(2030, 5, 3)),
    ],
)
def test_a_period_ends_as_the_civil_code_says(
    published_on: date, days: int, kind: DayKind, ends_on: date | None
) -> None:
    assert end(published_on, days, kind) == ends_on


@pytest.mark.parametrize(
    ("published_on", "kind", "in_guangxi", "elsewhere"),
    [
        (date(2026, 4, 10), WORKING, date(2026, 5, 8), date(2026, 5, 6)),
        (date(2026, 4, 2), CALENDAR, date(2026, 4, 21), date(2026, 4, 17)),
    ],
)
def test_in_guangxi_the_third_of_the_third_month_counts_as_entered(
    published_on: date, kind: DayKind, in_guangxi: date, elsewhere: date
) -> None:
    without = Calendar({(2026, NATIONAL): SHIPPED.years[2026, NATIONAL]})
    days_off = HolidayYear(
        2026, GUANGXI, frozenset({date(2026, 4, 17), date(2026, 4, 20)}), frozenset(), "通知"
    )
    entered = without.with_years([days_off])

    assert period_end(published_on, 15, kind, region="450100", calendar=entered) == in_guangxi
    assert period_end(published_on, 15, kind, region=BEIJING, calendar=entered) == elsewhere
    assert end(published_on, 15, kind, "450100") == in_guangxi


def test_a_working_period_stops_where_a_provinces_feast_is_not_settled() -> None:
    without = Calendar({(2026, NATIONAL): SHIPPED.years[2026, NATIONAL]})

    ends = {
        region: period_end(date(2026, 3, 2), 7, WORKING, region=region, calendar=without)
        for region in (GUANGXI, BEIJING)
    }

    assert ends == {GUANGXI: None, BEIJING: date(2026, 3, 11)}


def test_a_provisional_year_gives_an_end_in_the_demo_and_none_outside() -> None:
    published_on = date(2026, 12, 11)

    assert end(published_on, 15, WORKING, GUANGXI) is None
    assert period_end(published_on, 15, WORKING, region=GUANGXI, calendar=DEMO) == date(2027, 1, 4)


@given(KNOWN_DAYS, st.integers(1, 60), REGIONS)
def test_a_calendar_period_is_never_shorter_than_asked_and_ends_on_a_working_day(
    published_on: date, days: int, region: str
) -> None:
    last = end(published_on, days, CALENDAR, region)

    assert last is not None
    nominal = published_on + timedelta(days=days)
    assert last >= nominal
    assert SHIPPED.is_working_day(last, region)
    passed = nominal
    while passed < last:
        assert not SHIPPED.is_working_day(passed, region)
        passed += timedelta(days=1)


@given(KNOWN_DAYS, st.integers(1, 40), REGIONS)
def test_a_working_period_holds_exactly_so_many_working_days(
    published_on: date, days: int, region: str
) -> None:
    last = end(published_on, days, WORKING, region)

    if last is None:
        assert (date(2026, 12, 31) - published_on).days < days * 4 + 12
        return
    between = [published_on + timedelta(days=n) for n in range(1, (last - published_on).days + 1)]
    assert sum(SHIPPED.is_working_day(day, region) for day in between) == days
    assert SHIPPED.is_working_day(last, region)


@given(KNOWN_DAYS, st.integers(1, 30), REGIONS)
def test_a_later_publication_never_ends_earlier(published_on: date, days: int, region: str) -> None:
    for kind in (CALENDAR, WORKING):
        first = end(published_on, days, kind, region)
        second = end(published_on + timedelta(days=1), days, kind, region)
        assert second is None or (first is not None and first <= second)


@given(KNOWN_DAYS, st.integers(1, 30), REGIONS)
def test_a_longer_period_never_ends_earlier(published_on: date, days: int, region: str) -> None:
    for kind in (CALENDAR, WORKING):
        short, long = (end(published_on, n, kind, region) for n in (days, days + 1))
        assert long is None or (short is not None and short <= long)


@given(KNOWN_DAYS, st.integers(1, 30))
def test_more_rest_days_never_end_a_period_earlier(published_on: date, days: int) -> None:
    for kind in (CALENDAR, WORKING):
        country, guangxi = (end(published_on, days, kind, region) for region in (BEIJING, GUANGXI))
        assert guangxi is None or (country is not None and country <= guangxi)


def test_a_period_of_no_days_is_none() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        end(date(2026, 3, 2), 0, CALENDAR)


def test_the_region_of_a_notice_is_its_publishers_province_and_else_guangxi() -> None:
    assert publication_region("450103") == GUANGXI
    assert publication_region("440100") == "440000"
    assert publication_region("") == GUANGXI


def test_a_period_ends_at_midnight_in_shanghai() -> None:
    last = end(date(2026, 3, 2), 15, CALENDAR)

    assert last is not None
    assert end_of_day(last) == datetime(2026, 3, 17, 16, tzinfo=UTC)


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
