"""Which booking a reversal of the bank takes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from market.kit.money import Money
from market.payments.reversal_pairs import WINDOW, Booking, is_reversal_text, pair

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


@pytest.mark.parametrize("text", ["冲正", "货款 冲正", "红字冲销", "抹账", "错账冲回", "退汇"])
def test_banks_say_that_they_take_back(text: str) -> None:
    assert is_reversal_text(text)
    assert not is_reversal_text("货款 HT-2026-000001-1")


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


def test_what_the_bank_does_not_repeat_does_not_contradict() -> None:
    assert pair([replace(TAKEN_BACK, name="", account="")], [CAME]) == {"back": "came"}


def test_of_several_the_one_whose_text_agrees_then_the_latest_is_taken_back_once_each() -> None:
    earlier = replace(CAME, key="earlier", booked_on=date(2026, 11, 19), text="别的货款")
    again = replace(TAKEN_BACK, key="again", row=4)
    third = replace(TAKEN_BACK, key="third", row=5)

    assert pair([third, TAKEN_BACK, again], [earlier, CAME]) == {"back": "came", "again": "earlier"}
