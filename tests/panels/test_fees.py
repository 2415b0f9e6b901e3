"""What experts are paid: the example of five, and what no title may be paid."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from market.panels.fees import FEE_RULES, FeeOutOfRange, fee_for, fee_rule_on, most_for, read_fee_rules

RULE = fee_rule_on(date(2026, 3, 2))
DAY = Fraction(1)


def test_five_experts_for_a_day_cost_9_300() -> None:
    fees = [("senior", 240_000)] * 2 + [("middle", 150_000)] * 3

    assert sum(fee_for(rank, per_day, days=DAY, rule=RULE) for rank, per_day in fees) == 930_000


@pytest.mark.parametrize(
    ("rank", "per_day"),
    [("senior", 240_100), ("senior", 149_999), ("other", 150_001), ("academician", 360_001)],
)
def test_a_fee_outside_the_limits_of_the_title_is_refused(rank: str, per_day: int) -> None:
    with pytest.raises(FeeOutOfRange) as refused:
        fee_for(rank, per_day, days=DAY, rule=RULE)
    assert refused.value.rule.clause == "财科教〔2017〕128号"


def test_an_academician_may_have_half_as_much_again() -> None:
    assert (
        fee_for("academician", 360_000, days=DAY, rule=RULE) == 360_000 == most_for("senior", RULE) * 3 // 2
    )


def test_half_days_are_rounded_at_the_end_and_the_rule_of_the_day_holds() -> None:
    assert fee_for("middle", 90_001, days=Fraction(1, 2), rule=RULE) == 45_001
    later = {"from": "2027-01-01", "clause": "新规", "per_day": {"senior": {"least": 1, "most": 2}}}
    rules = read_fee_rules([{"from": "2017-09-01", "clause": "旧规", "per_day": {}}, later])
    assert [fee_rule_on(day, rules).clause for day in (date(2026, 12, 31), date(2027, 1, 1))] == [
        "旧规",
        "新规",
    ]
    assert "from" in FEE_RULES[0].assumed
    with pytest.raises(LookupError):
        fee_rule_on(date(2017, 8, 31))
