"""Amounts as people type them, and in words as bills and decisions state them."""

from __future__ import annotations

import pytest

from market.kit.money import CAPITAL_DIGITS, MisplacedComma, Money, amount_in_words


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


@pytest.mark.parametrize("text", ["1,200.5", "1，200.50", "￥1,200.50", "1200.5"])
def test_commas_may_divide_thousands(text: str) -> None:
    assert Money.parse(text) == Money(1_200_50)
