from __future__ import annotations

import pytest

from market.codes.currencies import NAMES, currency_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("人民币", "CNY"),
        ("人民币元", "CNY"),
        ("RMB", "CNY"),
        ("156", "CNY"),
        ("人民币(CNY)", "CNY"),
        ("港币HKD", "HKD"),
        ("HKD-港币", "HKD"),
        ("美金", "USD"),
        ("ｕｓｄ", "USD"),
        ("越南盾", "VND"),
        ("币种：泰铢", "THB"),
        ("新加坡元", "SGD"),
        ("林吉特", "MYR"),
        ("澳门元", "MOP"),
        ("澳大利亚元", "AUD"),
    ],
)
def test_a_currency_is_known_however_a_bank_writes_it(text: str, code: str) -> None:
    assert currency_of(text) == code


@pytest.mark.parametrize("text", ["", "卢比", "比索", "XYZ", "盾", "美元港币", "CNY/USD", "火星币", "元人"])
def test_what_names_no_currency_or_several_is_unknown(text: str) -> None:
    assert currency_of(text) is None


def test_no_spelling_names_two_currencies() -> None:
    spellings = [name for code, names in NAMES.items() for name in (code, *names)]

    assert len(spellings) == len(set(spellings))
