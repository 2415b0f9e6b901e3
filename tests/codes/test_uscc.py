"""The check digit of GB 32100, both sides of it."""

from __future__ import annotations

import pytest

from market.codes.uscc import ALPHABET, check_digit, is_valid


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110108551385082Q"])
def test_a_code_that_was_really_issued_is_valid(code: str) -> None:
    assert is_valid(code)
    assert check_digit(code[:17]) == code[17]


def test_the_widespread_sample_with_a_wrong_digit_is_not_valid() -> None:
    assert not is_valid("91310115MA1H8R7C6D")
    assert check_digit("91310115MA1H8R7C6") == "7"


def test_a_sum_that_31_divides_gives_the_digit_zero() -> None:
    assert check_digit("91450100000000027") == "0"
    assert is_valid("914501000000000270")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "91350100m000100y43",
        "91350100I000100Y43",
        "91350100M000100Y4 ",
        "９1350100M000100Y43",
    ],
)
def test_what_is_not_eighteen_symbols_of_the_alphabet_is_not_valid(code: str) -> None:
    assert not is_valid(code)


def test_any_single_wrong_symbol_is_found() -> None:
    code = "91350100M000100Y43"

    for place, right in enumerate(code):
        for symbol in ALPHABET:
            changed = code[:place] + symbol + code[place + 1 :]
            assert is_valid(changed) == (symbol == right)


def test_a_digit_for_fewer_than_seventeen_symbols_is_refused() -> None:
    with pytest.raises(ValueError, match="seventeen"):
        check_digit("9135")


def test_a_digit_for_a_symbol_outside_the_alphabet_is_refused() -> None:
    with pytest.raises(ValueError, match="alphabet"):
        check_digit("91350100O000100Y4")
