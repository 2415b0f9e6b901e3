"""Amounts in words are read where they can only be one thing."""

from __future__ import annotations

import pytest

from market.kit.written_amounts import MOST, read_amount, read_approximate, read_range

WAN = 10_000_00
"""Fen."""


@pytest.mark.parametrize(
    ("text", "wan"),
    [
        ("十二万", 12),
        ("拾贰万元整", 12),
        ("人民币壹佰贰拾万元整", 120),
        ("一百二十万", 120),
        ("两百零五万元", 205),
        ("一千零五十万", 1050),
        ("一亿三千万", 13_000),
        ("一亿零五万", 10_005),
        ("3百万元", 300),
        ("1,200 万", 1200),
        ("三点五万", 3.5),
        ("五万块", 5),
        ("五百", 500),
        ("一万二千", 1.2),
        ("一万零五百元", 1.05),
        ("五百元", 0.05),
        ("４万", 4),
        ("十二萬", 12),
        ("壹佰貳拾萬圓整", 120),
        ("35万元人民币", 35),
    ],
)
def test_an_amount_in_words_that_can_only_be_one_thing_is_read(text: str, wan: float) -> None:
    assert read_amount(text, unit=10_000) == wan * WAN


@pytest.mark.parametrize(
    "text",
    [
        *(
            "一万二",
            "一百二",
            "二三",
            "零",
            "",
            "万",
            "十二点万",
            "三点x万",
            "点五万",
            "很多",
            "万万",
            "一零",
        ),
        *(
            "12-",
            "1.005元",
            "九千九百九十九亿亿",
            "一千二百三十四万五千六百七十八亿",
            "12,5万",
            "x" * (MOST + 1),
        ),
    ],
)
def test_what_may_be_two_things_or_none_is_not_read(text: str) -> None:
    assert read_amount(text, unit=10_000) is None


@pytest.mark.parametrize(
    ("text", "wan"),
    [
        ("10-20万", (10, 20)),
        ("10万～20万元", (10, 20)),
        ("10 — 20", (10, 20)),
        ("十到二十万", (10, 20)),
        ("约5000元至2万元", (0.5, 2)),
        ("20-10万", None),
        ("10-10万", None),
        ("10-", None),
        ("2026-11-01", None),
        ("面议-20万", None),
        ("10-面议", None),
        ("30万", None),
    ],
)
def test_a_range_is_read_as_its_two_ends(text: str, wan: tuple[float, float] | None) -> None:
    assert read_range(text, unit=10_000) == (wan and (wan[0] * WAN, wan[1] * WAN))


@pytest.mark.parametrize(("text", "wan"), [("约30万", 30), ("三十万左右", 30), ("30万", None), ("约", None)])
def test_what_is_said_to_be_about_right_is_told_from_what_is(text: str, wan: int | None) -> None:
    assert read_approximate(text, unit=10_000) == (wan and wan * WAN)
