"""Amounts as people type them, and in words as bills and decisions state them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

import pytest

from market.kit.money import (
    CAPITAL_DIGITS,
    CurrencyMismatch,
    MisplacedComma,
    Money,
    allocate,
    amount_in_words,
)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角"),
        (11, "壹角壹分"),
        (99, "玖角玖分"),
        (100, "壹元整"),
        (101, "壹元零壹分"),
        (110, "壹元壹角"),
        (123, "壹元贰角叁分"),
        (10_00, "壹拾元整"),
        (10_01, "壹拾元零壹分"),
        (11_10, "壹拾壹元壹角"),
        (100_00, "壹佰元整"),
        (101_00, "壹佰零壹元整"),
        (110_00, "壹佰壹拾元整"),
        (1_000_00, "壹仟元整"),
        (1_001_00, "壹仟零壹元整"),
        (1_010_00, "壹仟零壹拾元整"),
        (9_999_99, "玖仟玖佰玖拾玖元玖角玖分"),
        (10_000_00, "壹万元整"),
        (10_000_01, "壹万元零壹分"),
        (10_001_00, "壹万零壹元整"),
        (10_500_00, "壹万零伍佰元整"),
        (11_000_00, "壹万壹仟元整"),
        (100_500_00, "壹拾万零伍佰元整"),
        (575_000_00, "伍拾柒万伍仟元整"),
        (10_000_000_00, "壹仟万元整"),
        (10_005_000_00, "壹仟万伍仟元整"),
        (99_999_999_00, "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元整"),
        (100_000_000_00, "壹亿元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (100_010_000_00, "壹亿零壹万元整"),
        (100_003_000_00, "壹亿零叁仟元整"),
        (100_100_000_00, "壹亿零壹拾万元整"),
        (110_000_000_00, "壹亿壹仟万元整"),
        (10_010_000_000_00, "壹佰亿壹仟万元整"),
        (1_000_000_000_000_00, "壹万亿元整"),
        (1_000_100_010_001_00, "壹万零壹亿零壹万零壹元整"),
        (1_234_567_890_123_45, "壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分"),
        (-1_05, "负壹元零伍分"),
    ],
)
def test_an_amount_is_written_in_capital_numerals_as_bills_demand(fen: int, words: str) -> None:
    assert amount_in_words(fen) == words


def test_no_two_amounts_read_alike_and_no_zero_is_doubled_or_left_at_an_end() -> None:
    amounts = [
        head * 10**power + tail for power in range(3, 15) for head in (1, 20, 305) for tail in range(100)
    ]

    written = [amount_in_words(fen) for fen in sorted(set(amounts))]

    assert len(set(written)) == len(written)
    assert not [words for words in written if "零零" in words or "零元" in words or words.endswith("零")]
    assert set("".join(written)) <= set(CAPITAL_DIGITS + "拾佰仟万亿元角分整")


@pytest.mark.parametrize("text", ["3,5", "1,5", "12,34,567", "0,500", "1.500,00", "1,2345", ",500"])
def test_a_comma_that_divides_no_thousands_is_refused_since_it_may_be_meant_as_a_point(text: str) -> None:
    with pytest.raises(MisplacedComma):
        Money.parse(text)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("3,5", "3.5 还是 35？"),
        ("３，５", "3.5 还是 35？"),
        ("12345,678", "12345.678 还是 12345678？"),
        ("1.500,00", "逗号只用来分千位"),
    ],
)
def test_it_is_asked_which_of_two_numbers_a_comma_means(text: str, question: str) -> None:
    with pytest.raises(MisplacedComma) as refused:
        Money.parse(text)

    assert question in refused.value.question


@pytest.mark.parametrize("text", ["1,200.5", "1，200.50", "￥1,200.50", "1200.5"])
def test_commas_may_divide_thousands(text: str) -> None:
    assert Money.parse(text) == Money(1_200_50)


def test_amounts_of_one_currency_are_added_compared_and_shared() -> None:
    price, paid = Money(100_00), Money(33_33)

    assert price - paid == Money(66_67)
    assert paid + Money(66_67) == price
    assert -paid == Money(-33_33)
    assert paid < price
    assert paid <= paid
    assert not Money(0)
    assert price.share(3_333) == Money(33_33)
    assert Money(1).share(5_000) == Money(1)
    assert Money(-1).share(5_000) == Money(-1)


@pytest.mark.parametrize("act", [operator.add, operator.sub, operator.lt, operator.le])
def test_amounts_of_two_currencies_never_meet(act: Callable[[Money, Money], object]) -> None:
    with pytest.raises(CurrencyMismatch):
        act(Money(1, "CNY"), Money(1, "USD"))


@pytest.mark.parametrize(
    ("currency", "amount", "decimal", "hundredths"),
    [("CNY", 123_45, "123.45", 123_45), ("JPY", 123, "123", 123_00), ("KWD", 123_450, "123.450", 123_45)],
)
def test_each_currency_has_its_own_minor_unit(
    currency: str, amount: int, decimal: str, hundredths: int
) -> None:
    money = Money(amount, currency)

    assert str(money.decimal) == decimal
    assert money.hundredths == hundredths
    assert Money.of_hundredths(hundredths, currency) == money


def test_half_a_yen_cannot_be_typed() -> None:
    with pytest.raises(ValueError, match="finer"):
        Money.of_hundredths(50, "JPY")
    with pytest.raises(ValueError, match="finer"):
        Money.parse("0.5", "JPY")


def test_the_units_left_over_go_to_the_largest_remainders() -> None:
    assert [part.amount for part in Money(100).allocate([1, 1, 1])] == [34, 33, 33]
    assert [part.amount for part in Money(-100).allocate([1, 1, 1])] == [-34, -33, -33]
    assert allocate(10, [Fraction(1, 2), Fraction(1, 3)]) == [6, 4]


def test_where_nobody_has_a_share_the_first_takes_all() -> None:
    assert allocate(7, [0, 0]) == [7, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_nothing_is_divided_among_nobody_or_by_negative_shares(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(7, weights)


@pytest.mark.parametrize("typed", ["", "many", "1e5", "Infinity", "NaN", "1_000", "1.2.3"])
def test_what_is_no_plain_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="number"):
        Money.parse(typed)


def test_an_amount_beyond_all_business_is_refused() -> None:
    assert Money.parse("9999999999999.99") == Money(999_999_999_999_999)
    with pytest.raises(ValueError, match="too large"):
        Money.parse("10000000000000")
