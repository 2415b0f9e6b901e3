"""An amount of a list that is no plain number is offered as what it may mean."""

from __future__ import annotations

import pytest

from market.imports.amount_choices import amount_choices


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("十二万", ("12万元",)),
        ("约30万", ("30万元",)),
        ("10-20万", ("10万元", "20万元")),
        ("3,5", ("3.5万元", "35万元")),
        ("3,x", ()),
        ("約35萬", ("35万元",)),
        ("35万元/年", ("35万元",)),
        ("35W起", ("35万元",)),
        ("面议（约35万）", ("35万元",)),
        ("入门费10万元，另按销售额提成5万元", ()),
        ("按3%提成", ()),
        ("很多", ()),
    ],
)
def test_an_amount_in_words_is_offered_in_digits(text: str, choices: tuple[str, ...]) -> None:
    assert amount_choices(text, 10_000) == choices
