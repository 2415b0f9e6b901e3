"""Days as they are typed or copied from a notice."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.codes.holidays import days_between, format_days, parse_days, ranges

SPRING = days_between(date(2027, 2, 5), date(2027, 2, 11))


@pytest.mark.parametrize(
    "text",
    [
        "2027-02-05/2027-02-11",
        "2027-02-05 至 2027-02-11",
        "2027年2月5日至2027年2月11日",
        "2月5日至11日",
        "2月5日-2月11日",
        "二、春节：2月5日（农历除夕、周五）至11日（农历正月初六、周四）放假调休，共7天。",
        "2月5日—8日、2月9日，2027-02-10；2月11日",
        "2月5日\n2月6日~11日",
    ],
)
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert parse_days(text, 2027) == frozenset(SPRING)


def test_a_day_of_the_december_before_is_written_with_its_year() -> None:
    assert parse_days("2026-12-26，1月2日", 2027) == {date(2026, 12, 26), date(2027, 1, 2)}


def test_nothing_written_is_no_day() -> None:
    assert parse_days("", 2027) == frozenset()
    assert parse_days("没有。", 2027) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "2月30日",
        "13月1日",
        "5月4日至1日",
        "1月1日至12月31日",
        "5",
        "20270101",
        "2027/01/01",
        "2027-01-01-2027-01-03",
        "1月1日、3",
        "0000-01-01",
    ],
)
def test_what_cannot_be_read_is_refused_and_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError, match=r"读不懂|没有这一天|起止日期不对"):
        parse_days(text, 2027)


def test_the_refusal_names_what_was_not_read() -> None:
    with pytest.raises(ValueError, match="“20270101”"):
        parse_days("1月1日 20270101", 2027)


@given(st.frozensets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=40))
def test_what_is_written_is_read_again(days: frozenset[date]) -> None:
    assert parse_days(format_days(days), 2000) == days


def test_days_that_follow_each_other_are_one_range() -> None:
    days = [date(2027, 1, 3), date(2027, 1, 1), date(2027, 1, 2), date(2027, 5, 1)]

    assert ranges(days) == [(date(2027, 1, 1), date(2027, 1, 3)), (date(2027, 5, 1), date(2027, 5, 1))]
