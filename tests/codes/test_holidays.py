"""Working days by year and region, as shipped and with years entered later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from market.codes.holidays import (
    NATIONAL,
    Calendar,
    HolidayYear,
    Standing,
    feast_of,
    feasts,
    shipped_calendar,
)
from market.codes.regions import GUANGXI, choices, is_known, level, province_of

NANNING, BEIJING = "450100", "110000"
SHIPPED = shipped_calendar()
DEMO = shipped_calendar(accepts_provisional=True)


def entered(
    year: int, region: str = NATIONAL, *, rest: Iterable[date] = (), make_up: Iterable[date] = ()
) -> HolidayYear:
    return HolidayYear(year, region, frozenset(rest), frozenset(make_up), "通知")


@pytest.mark.parametrize(
    ("day", "is_worked"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 7), False),  # a Saturday
        (date(2026, 1, 2), False),  # a Friday of the New Year's holiday
        (date(2026, 1, 4), True),  # a Sunday that makes up for it
        (date(2026, 2, 14), True),
        (date(2026, 2, 23), False),
        (date(2026, 2, 28), True),
        (date(2026, 9, 25), False),
        (date(2026, 10, 10), True),
        (date(2025, 1, 28), False),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2024, 2, 9), True),  # New Year's Eve was no holiday yet
        (date(2024, 10, 12), True),
    ],
)
def test_the_country_works_as_the_state_council_published(day: date, is_worked: bool) -> None:
    assert SHIPPED.is_working_day(day, BEIJING) is is_worked
    assert SHIPPED.is_known(day, BEIJING)


@pytest.mark.parametrize(("year", "statutory"), [(2024, 11), (2025, 13), (2026, 13)])
def test_a_year_gives_the_statutory_holidays_and_moves_the_rest(year: int, statutory: int) -> None:
    """Eleven days until 2024, thirteen since (全国年节及纪念日放假办法 art. 2)."""
    row = SHIPPED.years[year, NATIONAL]

    assert all(day.weekday() >= 5 for day in row.make_up_days)
    assert {day.year for day in row.rest_days | row.make_up_days} == {year}
    assert sum(day.weekday() < 5 for day in row.rest_days) - len(row.make_up_days) == statutory


def test_guangxi_rests_on_the_third_of_the_third_month_and_others_do_not() -> None:
    for day in (date(2026, 4, 17), date(2026, 4, 20), date(2025, 3, 31), date(2024, 4, 12)):
        assert not SHIPPED.is_working_day(day, NANNING)
        assert not SHIPPED.is_working_day(day, GUANGXI)
        assert SHIPPED.is_working_day(day, BEIJING)


def test_what_was_not_compared_with_its_document_is_marked() -> None:
    assert SHIPPED.years[2026, GUANGXI].standing is Standing.ASSUMED
    assert SHIPPED.years[2026, NATIONAL].standing is Standing.CONFIRMED
    assert {row.standing for (year, _), row in SHIPPED.years.items() if year == 2027} == {
        Standing.PROVISIONAL
    }


def test_a_provisional_year_counts_in_the_demo_only() -> None:
    monday = date(2027, 1, 4)

    assert (SHIPPED.is_known(monday, NANNING), DEMO.is_known(monday, NANNING)) == (False, True)
    assert SHIPPED.known_until(NANNING, date(2026, 6, 1)) == date(2026, 12, 31)
    assert DEMO.known_until(NANNING, date(2026, 6, 1)) == date(2027, 12, 31)
    assert SHIPPED.known_until(NANNING, monday) is None


def test_a_year_that_is_not_known_still_has_its_weekends_and_fixed_feasts() -> None:
    assert not SHIPPED.is_known(date(2031, 5, 2), BEIJING)
    assert not SHIPPED.is_working_day(date(2031, 5, 2), BEIJING)
    assert not SHIPPED.is_working_day(date(2031, 5, 3), BEIJING)
    assert SHIPPED.is_working_day(date(2031, 5, 6), BEIJING)


def test_a_year_entered_later_replaces_the_provisional_one() -> None:
    calendar = SHIPPED.with_years([entered(2027, rest=[date(2027, 2, 5)])])

    assert calendar.is_known(date(2027, 2, 5), BEIJING)
    assert not calendar.is_working_day(date(2027, 2, 5), BEIJING)
    assert not SHIPPED.is_known(date(2027, 2, 5), BEIJING)


def test_a_province_with_a_feast_of_its_own_waits_for_its_document_only_around_the_feast() -> None:
    calendar = SHIPPED.with_years([entered(2027)])

    assert calendar.is_known(date(2027, 3, 9), NANNING)
    assert not calendar.is_known(date(2027, 3, 10), NANNING)
    assert not calendar.is_known(date(2027, 5, 5), NANNING)
    assert calendar.is_known(date(2027, 5, 6), NANNING)
    assert calendar.is_known(date(2027, 4, 9), BEIJING)
    assert calendar.known_until(NANNING, date(2026, 12, 1)) == date(2027, 3, 9)
    assert calendar.known_until(BEIJING, date(2026, 12, 1)) == date(2027, 12, 31)


def test_a_provinces_own_days_come_before_the_countrys() -> None:
    """In 2017 Guangxi rested on a Saturday that the country worked, and made up for it a week later."""
    made_up, instead = date(2027, 4, 3), date(2027, 4, 10)
    calendar = Calendar({}).with_years(
        [entered(2027, make_up=[made_up]), entered(2027, GUANGXI, rest=[made_up], make_up=[instead])]
    )

    assert (calendar.is_working_day(made_up, NANNING), calendar.is_working_day(made_up, BEIJING)) == (
        False,
        True,
    )
    assert (calendar.is_working_day(instead, NANNING), calendar.is_working_day(instead, BEIJING)) == (
        True,
        False,
    )


def test_a_document_may_move_days_of_the_december_before() -> None:
    saturday, monday = date(2026, 12, 26), date(2026, 12, 28)
    calendar = SHIPPED.with_years([entered(2027, rest=[monday], make_up=[saturday])])

    assert calendar.is_working_day(saturday, BEIJING)
    assert not calendar.is_working_day(monday, BEIJING)


def test_replacing_years_leaves_the_calendar_as_it_was() -> None:
    SHIPPED.with_years([entered(2030)])

    assert (2030, NATIONAL) not in SHIPPED.years


def test_only_provinces_have_feasts_and_every_feast_names_its_basis() -> None:
    feast = feast_of(NANNING)

    assert feast is not None
    assert (feast.region, feast.name) == (GUANGXI, "壮族三月三")
    assert "第98号" in feast.basis
    assert feast_of(BEIJING) is None
    assert feast_of("") is None
    assert all(each.basis for each in feasts())


def test_a_province_is_found_for_every_region() -> None:
    codes = [code for group in choices().values() for code, _name in group]

    assert all(is_known(province_of(code)) and level(province_of(code)) == "province" for code in codes)
    assert province_of("450123") == GUANGXI
    assert province_of("") == ""


def test_a_run_of_known_days_may_be_one_day_long() -> None:
    last = date(2026, 12, 31)

    assert SHIPPED.known_until(BEIJING, last) == last
    assert SHIPPED.known_until(BEIJING, last + timedelta(days=1)) is None
