"""Amounts, days and shares as pages show them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from market.kit import formats
from market.kit.money import Money


@pytest.mark.parametrize(
    ("amount", "shown", "figure"),
    [
        (123_456_789, "￥1,234,567.89", "1,234,567.89"),
        (-5, "−￥0.05", "−0.05"),
        (None, "—", "—"),
        (Money(1_234, "JPY"), "JP¥1,234", "1,234"),
        (Money(1_234_567, "KWD"), "KWD 1,234.567", "1,234.567"),
    ],
)
def test_an_amount_is_shown_with_its_symbol_or_under_a_head_without(
    amount: int | Money | None, shown: str, figure: str
) -> None:
    assert formats.yuan(amount) == shown
    assert formats.figure(amount) == figure


@pytest.mark.parametrize(
    ("fen", "shown"),
    [
        (None, "面议"),
        (123_456_000, "123.46 万元"),
        (9_999_990_000, "9,999.99 万元"),
        (10_000_000_000, "1.00 亿元"),
        (48_200_000_000, "4.82 亿元"),
    ],
)
def test_lists_show_wan_and_from_a_hundred_million_on_yi(fen: int | None, shown: str) -> None:
    assert formats.wan(fen) == shown


@pytest.mark.parametrize(
    ("fen", "typed"),
    [(None, ""), (1, "0.000001"), (1_000_000, "1.00"), (1_234_567, "1.234567"), (1_500_000, "1.50")],
)
def test_a_form_in_wan_is_filled_in_to_the_fen(fen: int | None, typed: str) -> None:
    assert formats.wan_input(fen) == typed


def test_shares_and_counts_are_shown_without_needless_zeros() -> None:
    assert [formats.percent(points) for points in (0, 1_250, 5_000)] == ["0%", "12.5%", "50%"]
    assert formats.grouped(12_400) == "12,400"


def test_a_moment_is_shown_as_it_is_in_nanning() -> None:
    late = datetime(2026, 5, 1, 16, 30, tzinfo=UTC)

    assert formats.day(late) == "2026-05-02"
    assert formats.moment(late) == "2026-05-02 00:30"
    assert formats.day(date(2026, 5, 1)) == "2026-05-01"
    assert (formats.day(None), formats.moment(None)) == ("—", "—")


def test_the_size_of_a_file_is_shown_in_kb_and_from_a_megabyte_on_in_mb() -> None:
    assert formats.file_size(300) == "300 字节"
    assert formats.file_size(500_000) == "488 KB"
    assert formats.file_size(2_500_000) == "2.4 MB"


def test_printed_papers_write_a_day_out() -> None:
    assert formats.long_day(date(2026, 5, 1)) == "2026年5月1日"


def test_the_end_of_a_period_is_24_00_of_its_last_day() -> None:
    assert formats.end_of(date(2026, 3, 9)) == "2026-03-09 24:00"
    assert formats.end_of(datetime(2026, 3, 9, 16, 0, tzinfo=UTC)) == "2026-03-09 24:00"
    assert formats.end_of(None) == "—"


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        (123_456_789, "yuan", "1,234,567.89"),
        (123_456_789, "wan", "123.46"),
        (Money(-123_500_000), "wan", "−123.50"),
        (50_000, "wan", "0.05"),
        (1_234_567_890_000, "yi", "123.4568"),
        (None, "wan", "—"),
    ],
)
def test_an_amount_is_shown_in_the_unit_that_heads_its_column(
    amount: int | Money | None, unit: str, shown: str
) -> None:
    assert formats.in_unit(amount, unit) == shown


def test_a_share_is_shown_in_money_with_what_it_is_a_share_of() -> None:
    assert formats.share_in_money(Money(1_155_000_00), 300) == "≈ ￥34,650.00（按 115.50 万元）"
    assert formats.share_in_money(Money(1_000_00, "USD"), 1_250) == "≈ US$125.00（按 US$1,000.00）"
    assert formats.symbol("THB") == "THB "


def test_an_amount_of_yuan_is_written_in_capital_numerals() -> None:
    assert formats.in_words(1_155_000_00) == "壹佰壹拾伍万伍仟元整"
