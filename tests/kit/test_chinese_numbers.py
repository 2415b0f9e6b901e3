"""Small numbers in Chinese numerals, as they stand in indicators and payment texts."""

from __future__ import annotations

import pytest

from market.kit.chinese_numbers import read_small


@pytest.mark.parametrize(
    ("text", "number"),
    [("零", 0), ("两", 2), ("九", 9), ("十", 10), ("十二", 12), ("二十", 20), ("九十九", 99)],
)
def test_a_number_below_a_hundred_is_read(text: str, number: int) -> None:
    assert read_small(text) == number


@pytest.mark.parametrize("text", ["", "二三", "十十", "十二十", "一百", "第二", "二十三四"])
def test_what_is_no_such_number_is_none(text: str) -> None:
    assert read_small(text) is None
