"""Which lines of a statement came before, and which are only alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.money import Money
from market.payments.line_comparison import (
    WINDOW,
    Booking,
    Likeness,
    LineIdentity,
    is_reversal_text,
    likeness,
    pair,
    recognise,
)

LINE = LineIdentity(
    key="a",
    account="2102110009000000001",
    booked_on=date(2026, 11, 23),
    time="09:30",
    is_incoming=True,
    money=Money(750_000_00),
    reference="9911",
    name="桂某新材料有限公司",
    text="货款 HT-2026-000001-1",
    balance="175000000",
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Likeness.SAME),
        ({"account": "", "time": "", "balance": ""}, Likeness.SAME),
        ({"name": "桂某新材料 有限公司"}, Likeness.SAME),
        ({"name": ""}, Likeness.SAME),
        ({"text": "货款"}, Likeness.SAME),
        ({"name": "别家公司"}, Likeness.SIMILAR),
        ({"time": "10:30"}, Likeness.SIMILAR),
        ({"balance": "1"}, Likeness.SIMILAR),
        ({"reference": "", "balance": ""}, Likeness.SIMILAR),
        ({"reference": ""}, Likeness.SAME),
        ({"reference": "9912"}, Likeness.DIFFERENT),
        ({"reference": "", "name": "别家公司", "balance": ""}, Likeness.DIFFERENT),
        ({"account": "2102110009000000002"}, Likeness.DIFFERENT),
        ({"booked_on": date(2026, 11, 24)}, Likeness.DIFFERENT),
        ({"money": Money(750_000_01)}, Likeness.DIFFERENT),
        ({"money": Money(750_000_00, "USD")}, Likeness.DIFFERENT),
        ({"is_incoming": False}, Likeness.DIFFERENT),
    ],
)
def test_a_rewritten_line_is_the_same_and_a_contradicted_one_is_asked_about(
    changes: dict[str, object], expected: Likeness
) -> None:
    other = replace(LINE, **{"key": "b", **changes})  # type: ignore[arg-type]  # fields of the class

    assert likeness(LINE, other) is expected
    assert likeness(other, LINE) is expected


def test_without_numbers_name_and_text_together_tell_a_line() -> None:
    bare = replace(LINE, key="b", reference="", balance="", time="")

    assert likeness(bare, replace(bare, key="c")) is Likeness.SAME
    assert likeness(bare, replace(bare, text="别的")) is Likeness.SIMILAR


def test_of_two_equal_lines_the_second_is_new_when_one_is_known() -> None:
    first, second = replace(LINE, key="1"), replace(LINE, key="2")

    recognised = recognise([first, second], [replace(LINE, key="9")])

    assert recognised == {"1": (Likeness.SAME, "9")}


def test_an_unchanged_line_is_recognised_before_a_rewritten_one_takes_its_place() -> None:
    rewritten = replace(LINE, key="1", account="", text="货款")
    unchanged = replace(LINE, key="2")

    recognised = recognise([rewritten, unchanged], [replace(LINE, key="9")])

    assert recognised == {"2": (Likeness.SAME, "9")}


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["", "7", "8"])), max_size=8))
def test_a_file_imported_twice_adds_nothing(rows: list[tuple[int, str]]) -> None:
    lines = [
        replace(LINE, key=f"new {n}", money=Money(amount), reference=reference)
        for n, (amount, reference) in enumerate(rows)
    ]

    recognised = recognise(lines, [replace(line, key=f"known {n}") for n, line in enumerate(lines)])

    assert {key for key, (certainty, _known) in recognised.items() if certainty is Likeness.SAME} == {
        line.key for line in lines
    }
    known = [key for _certainty, key in recognised.values()]
    assert len(known) == len(set(known))


def test_what_is_only_similar_is_recognised_last() -> None:
    other_name = replace(LINE, key="1", name="别家公司")

    recognised = recognise([other_name, replace(LINE, key="2", account="")], [replace(LINE, key="9")])

    assert recognised == {"2": (Likeness.SAME, "9")}
    assert recognise([other_name], [replace(LINE, key="9")]) == {"1": (Likeness.SIMILAR, "9")}


CAME = Booking(
    key="came",
    booked_on=date(2026, 11, 20),
    row=2,
    is_incoming=True,
    money=Money(560_000_00),
    name="桂某新材料有限公司",
    account="4500123456789012345",
    text="货款 HT-2026-000001-1",
)
TAKEN_BACK = replace(CAME, key="back", booked_on=date(2026, 11, 21), row=3, is_incoming=False)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "冲正",
            "货款 冲正",
            "红字冲销",
            "抹账",
            "错账冲回",
            "退汇",
            "冲帐",
            "反记账",
            "撤消",
            "退票",
            "误记",
        ),
        *("串户更正", "交易取消", "RVSL", "Reversal of 9911", "chargeback", "VOID"),
    ],
)
def test_banks_say_that_they_take_back(text: str) -> None:
    assert is_reversal_text(text)
    assert not is_reversal_text("货款 HT-2026-000001-1")
    assert not is_reversal_text("AVOIDANCE GMBH 红土公司")


def test_a_reversal_takes_back_the_booking_of_its_amount_and_payer() -> None:
    other = replace(CAME, key="other", name="别家", account="1")

    assert pair([TAKEN_BACK], [other, CAME]) == {"back": "came"}


@pytest.mark.parametrize(
    "changes",
    [
        {"is_incoming": False},
        {"money": Money(1)},
        {"money": Money(560_000_00, "USD")},
        {"name": "别家公司"},
        {"account": "1"},
        {"booked_on": TAKEN_BACK.booked_on + timedelta(days=1)},
        {"booked_on": TAKEN_BACK.booked_on - WINDOW - timedelta(days=1)},
    ],
)
def test_what_does_not_fit_is_left_to_a_person(changes: dict[str, object]) -> None:
    assert pair([TAKEN_BACK], [replace(CAME, **changes)]) == {}  # type: ignore[arg-type]  # fields of the class


def test_an_account_takes_back_nothing_that_came_to_another() -> None:
    came = replace(CAME, own_account="2102")

    assert pair([replace(TAKEN_BACK, own_account="2103")], [came]) == {}
    assert pair([replace(TAKEN_BACK, own_account="2102")], [came]) == {"back": "came"}


def test_what_the_bank_does_not_repeat_does_not_contradict() -> None:
    assert pair([replace(TAKEN_BACK, name="", account="")], [CAME]) == {"back": "came"}


def test_of_several_the_one_whose_text_agrees_then_the_latest_is_taken_back_once_each() -> None:
    earlier = replace(CAME, key="earlier", booked_on=date(2026, 11, 19), text="别的货款")
    again = replace(TAKEN_BACK, key="again", row=4)
    third = replace(TAKEN_BACK, key="third", row=5)

    assert pair([third, TAKEN_BACK, again], [earlier, CAME]) == {"back": "came", "again": "earlier"}
