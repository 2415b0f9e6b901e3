import pytest

from market.codes import patents

REAL = ["ZL200810027800.7", "201810861934.2"]


@pytest.mark.parametrize("number", REAL)
def test_numbers_of_real_patents_pass(number: str) -> None:
    assert patents.is_valid_patent_number(number)


@pytest.mark.parametrize(
    "text",
    [
        "ZL 2008 1 0027800.7",
        "zl200810027800.7",
        "CN200810027800.7",
        "ＺＬ２００８１００２７８００．７",
        "2008100278007",
        "ZL-2008/1-0027800·7",
    ],
)
def test_the_ways_people_write_a_number_lead_to_one_form(text: str) -> None:
    assert patents.parse_patent_number(text) == "200810027800.7"


def test_numbers_of_before_october_2003_have_eight_digits() -> None:
    number = f"98112345.{patents.check_digit('98112345')}"

    assert patents.parse_patent_number(f"ZL {number}") == number


def test_a_remainder_of_ten_is_written_as_x() -> None:
    body = next(b for n in range(100) if patents.check_digit(b := f"20181086{n:04d}") == "X")

    assert patents.parse_patent_number(f"{body}.x") == f"{body}.X"


@pytest.mark.parametrize("number", [number.removeprefix("ZL") for number in REAL])
def test_one_wrong_digit_is_always_noticed(number: str) -> None:
    for place, digit in enumerate(number):
        for other in "0123456789" if digit.isdigit() else "":
            if other != digit:
                assert not patents.is_valid_patent_number(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ZL",
        "200810027800",
        "200810027800.8",
        "200870027800.7",
        "US10123456B2",
        "20081002780².7",
        "1" * 1000,
    ],
)
def test_what_is_no_patent_number_is_refused(text: str) -> None:
    assert not patents.is_valid_patent_number(text)
