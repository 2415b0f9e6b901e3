"""Growth against last year, said so that nothing is divided by nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.growth import GrowthKind, growth, is_significant, matched

COUNTS = st.integers(min_value=0, max_value=10**9)


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (46, 40, "+15.0 %"),
        (37, 41, "−9.8 %"),
        (3, 1, "+2 项（基数小）"),
        (1, 3, "−2 项（基数小）"),
        (5, 0, "—（上年为0）"),
        (0, 0, "持平"),
        (44, 44, "持平"),
        (4, None, "无可比基数"),
        (0, 40, "−100.0 %"),
        (20_001, 20_000, "+0.0 %"),
        (19_999, 20_000, "−0.0 %"),
        (20_000_000, 10, "+199,999,900.0 %"),
    ],
)
def test_a_change_is_said_by_its_base(now: int, before: int | None, words: str) -> None:
    assert growth(now, before).words == words


def test_an_amount_with_few_items_behind_it_has_no_percentage() -> None:
    assert growth(120_650, 80_000, items=9).words == "基数小"
    assert growth(1_103, 1_000, items=10).words == "+10.3 %"
    assert growth(5, -3, items=12).words == "无可比基数"
    assert not growth(5, 9, items=3).is_less
    assert growth(5, 90, items=30).is_less


def test_matched_growth_counts_those_alone_who_reported_in_both_years() -> None:
    now, before = {"A": 12, "B": 18, "C": 30}, {"A": 10, "B": 20}

    assert growth(sum(now.values()), sum(before.values())).words == "+100.0 %"
    assert matched(now, before) == (30, 30)
    assert growth(*matched(now, before)).words == "持平"


@pytest.mark.parametrize(
    ("now", "before", "is_so"), [(8, 5, False), (20, 8, True), (0, 0, False), (1, 0, True)]
)
def test_a_change_within_chance_is_not_significant(now: int, before: int, is_so: bool) -> None:
    assert is_significant(now, before) is is_so


@given(COUNTS, COUNTS | st.none(), st.integers(0, 30) | st.none())
def test_no_growth_is_infinite_or_no_number(now: int, before: int | None, items: int | None) -> None:
    change = growth(now, before, items=items)

    assert "nan" not in change.words.lower()
    assert "inf" not in change.words.lower()
    assert (change.kind is GrowthKind.RATE) == ("%" in change.words)
