"""What experts are paid: the example of five, and what no title may be paid."""

from __future__ import annotations

from datetime import date

import pytest

from market.panels.fees import FEE_RULES, FeeForm, FeeOutOfRange, fee_for, fee_rule_on, read_fee_rules

RULE = fee_rule_on(date(2026, 3, 2))
DAY = FeeForm.MEETING


def test_five_experts_for_a_day_cost_9_300() -> None:
    fees = [("senior", 240_000)] * 2 + [("middle", 150_000)] * 3

    assert sum(fee_for(rank, given, form=DAY, quantity=1, rule=RULE) for rank, given in fees) == 930_000


@pytest.mark.parametrize(
    ("rank", "given", "form"),
    [
        ("senior", 240_100, DAY),
        ("senior", 149_999, DAY),
        ("other", 150_001, DAY),
        ("academician", 360_001, DAY),
        ("middle", 53_999, FeeForm.HALF_DAY),
        ("senior", 120_001, FeeForm.MAIL),
        ("middle", 17_999, FeeForm.MAIL),
    ],
)
def test_a_fee_outside_the_limits_of_title_and_form_is_refused(rank: str, given: int, form: FeeForm) -> None:
    with pytest.raises(FeeOutOfRange) as refused:
        fee_for(rank, given, form=form, quantity=1, rule=RULE)
    assert refused.value.rule.clause == "财科教〔2017〕128号"


@pytest.mark.parametrize("quantity", [0, 201])
def test_nobody_is_paid_for_no_unit_or_for_hundreds(quantity: int) -> None:
    with pytest.raises(ValueError, match="units"):
        fee_for("senior", 240_000, form=DAY, quantity=quantity, rule=RULE)


def test_an_academician_may_have_half_as_much_again() -> None:
    most = fee_for("academician", 360_000, form=DAY, quantity=1, rule=RULE)

    assert most == 360_000 == RULE.range_of("senior", DAY)[1] * 3 // 2


def test_an_item_by_mail_and_a_half_day_are_shares_of_a_day_and_marked_as_not_read() -> None:
    assert RULE.range_of("senior", FeeForm.MAIL) == (30_000, 120_000)
    assert RULE.range_of("middle", FeeForm.HALF_DAY) == (54_000, 90_000)
    assert fee_for("senior", 40_000, form=FeeForm.MAIL, quantity=5, rule=RULE) == 200_000
    assert FEE_RULES[0].assumed["mail"] == "K"


def test_the_rule_of_the_day_holds() -> None:
    later = {"from": "2027-01-01", "clause": "新规", "per_day": {"senior": {"least": 1, "most": 2}}}
    rules = read_fee_rules([{"from": "2017-09-01", "clause": "旧规", "per_day": {}}, later])

    assert [fee_rule_on(day, rules).clause for day in (date(2026, 12, 31), date(2027, 1, 1))] == [
        "旧规",
        "新规",
    ]
    with pytest.raises(LookupError):
        fee_rule_on(date(2017, 8, 31))
