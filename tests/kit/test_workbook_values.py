from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.money import Money
from market.kit.workbooks.cells import Cell, Kind, number_cell, text_cell
from market.kit.workbooks.values import UnreadableCell, amount_of, day_of, moment_of, text_of


def typed(text: str) -> Cell:
    return text_cell("成果", 3, 8, text)


def number(value: float) -> Cell:
    return number_cell("成果", 3, 8, value)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,200.50", 1_200_50),
        ("1，200．50", 1_200_50),
        ("１２００", 1_200_00),
        ("￥1,200.5", 1_200_50),
        ("¥-5", -5_00),
        ("-￥5.00", -5_00),
        ("+5.00", 5_00),
        ("5.00元", 5_00),
        ("RMB 5", 5_00),
        ("5 CNY", 5_00),
        ("120万元", 1_200_000_00),
        ("1.2 亿元", 120_000_000_00),
        ("五", None),
        ("", 0),
        ("--", 0),
        ("—", 0),
        ("3,5", None),
        ("1,5万", None),
        ("0,500", None),
        ("1.500,00", None),
        ("12,34,567", None),
        ("1 200", None),
        ("1O.00", None),
        ("1.001", None),
        ("1e5", None),
        ("1_000", None),
        ("NaN", None),
        ("-￥-5", None),
        ("元", None),
        ("500美元", None),
        ("99999999999999", None),
    ],
)
def test_an_amount_is_read_as_people_write_it_or_refused(text: str, fen: int | None) -> None:
    if fen is None:
        with pytest.raises(UnreadableCell, match="H3"):
            amount_of(typed(text))
    else:
        assert (amount_of(typed(text)) or Money(0)).amount == fen


def test_a_comma_that_divides_no_thousands_is_named() -> None:
    with pytest.raises(UnreadableCell, match=r"金额“3,5”看不懂（成果!H3，3\.5 还是 35？"):
        amount_of(typed("3,5"))


def test_the_column_gives_the_unit_unless_the_cell_names_its_own() -> None:
    assert amount_of(number(120.5), unit=10_000) == Money(120_500_000)
    assert amount_of(typed("120.5 元"), unit=10_000) == Money(120_50)


def test_a_number_counts_as_it_is_shown_and_what_is_finer_than_a_fen_is_refused() -> None:
    assert amount_of(number(0.1 + 0.2)) == Money(30)
    with pytest.raises(UnreadableCell):
        amount_of(number(500000.005))


def test_foreign_money_has_its_own_decimals_and_no_chinese_unit() -> None:
    assert amount_of(typed("1,500"), "JPY") == Money(1500, "JPY")
    for text in ("1.5", "1500元", "￥1500"):
        with pytest.raises(UnreadableCell):
            amount_of(typed(text), "JPY")


@pytest.mark.parametrize(
    "cell",
    [
        Cell("成果", 3, 8, Kind.ERROR, "#N/A"),
        Cell("成果", 3, 8, Kind.FORMULA, "=100+20"),
        number(4500123456789012345),
        typed("4.50012E+18"),
    ],
)
def test_error_values_open_formulas_and_numbers_without_their_last_digits_are_never_used(cell: Cell) -> None:
    for read in (text_of, amount_of, moment_of):
        with pytest.raises(UnreadableCell, match="H3"):
            read(cell)


@pytest.mark.parametrize("cell", [typed("5")._replace(is_merged=True), Cell("", 1, 1, Kind.BOOLEAN, "TRUE")])
def test_an_amount_is_not_taken_from_a_merged_cell_or_a_yes(cell: Cell) -> None:
    with pytest.raises(UnreadableCell):
        amount_of(cell)


@pytest.mark.parametrize(
    "text",
    [
        *("2027-03-01", "2027/3/1", "2027.3.1", "2027年3月1日", "２０２７年３月１日", "20270301", "46447"),
        *("2027-03-01 00:00:00", "2027-03-01T00:00:00", "2027-03-01 00:00:00.0", "2027 年 3 月 1 日"),
    ],
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert day_of(typed(text)) == date(2027, 3, 1)


@pytest.mark.parametrize("value", [46447, 20270301])
def test_a_day_stored_as_a_number_is_read(value: int) -> None:
    assert day_of(number(value)) == date(2027, 3, 1)


@pytest.mark.parametrize(
    "text",
    ["2027-03-01 09:30:15", "2027/3/1 9:30:15", "20270301 09:30:15", "20270301093015", "20270301 9:30:15"],
)
def test_the_time_of_day_is_read_with_the_day(text: str) -> None:
    assert moment_of(typed(text)) == datetime(2027, 3, 1, 9, 30, 15)  # noqa: DTZ001 -- a cell has no zone


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("03/04/2027", "分不清哪个是月、哪个是日"),
        ("2027-02-30", "没有这一天"),
        ("2027年3月", "看不懂"),
        ("27-3-1", "看不懂"),
        ("2027311", "看不懂"),
        ("202703011", "看不懂"),
        ("12", "看不懂"),
        ("长期有效", "看不懂"),
        ("", "看不懂"),
    ],
)
def test_a_day_that_can_be_understood_in_two_ways_is_refused(text: str, words: str) -> None:
    with pytest.raises(UnreadableCell, match=words):
        day_of(typed(text))


@pytest.mark.parametrize("text", ["25/12/2027", "12/25/2027"])
def test_the_year_may_stand_last_when_day_and_month_are_plain(text: str) -> None:
    assert day_of(typed(text)) == date(2027, 12, 25)
    assert day_of(typed("5.5.2027")) == date(2027, 5, 5)


@given(
    st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["{:,.2f}", "{:.2f}", "￥{:,.2f}", "{:,.2f}元"])
)
def test_every_amount_that_is_written_is_read_back(fen: int, form: str) -> None:
    assert amount_of(typed(form.format(Money(fen).decimal))) == Money(fen)


@given(
    st.dates(date(1955, 1, 1), date(2118, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d"]),
)
def test_every_day_that_is_written_is_read_back(day: date, form: str) -> None:
    assert day_of(typed(day.strftime(form))) == day
    assert day_of(number((day - date(1899, 12, 30)).days)) == day
