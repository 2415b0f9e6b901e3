"""Sharing what an outcome brings: parts add up, floors hold with their article."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kit.errors import Invalid
from market.kit.money import Money
from market.rewards.rules import (
    Deduction,
    Floors,
    PersonShare,
    Sharing,
    UnitShare,
    checks,
    require_valid,
    tax_hint,
)
from market.rewards.states import RewardKind

PLAN = Sharing(
    RewardKind.CASH,
    Money(4_000_000),
    (Deduction("appraisal", "评估", 200_000),),
    7500,
    (PersonShare("甲", True, "发明", 5333), PersonShare("乙", False, "转化", 4667)),
    (UnitShare("学院", 6000), UnitShare("学校", 4000)),
)


def test_the_guangdong_example_comes_out_to_the_yuan() -> None:
    """¥40,000 less ¥2,000 of costs; 75 % to the people, 15 and 10 to centre and institute."""
    require_valid(PLAN, Floors())

    assert PLAN.net == Money(3_800_000)
    assert PLAN.pot_money == Money(2_850_000)
    assert PLAN.unit_amounts == [570_000, 380_000]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"pot": 4999}, "pot", "第四十五条第一款第一项"),
        ({"pot": 4999, "kind": RewardKind.EQUITY}, "pot", "第四十五条第一款第二项"),
        (
            {"people": (PersonShare("甲", True, "", 4999), PersonShare("乙", False, "", 5001))},
            "people",
            "国发〔2016〕16号",
        ),
        ({"people": (PersonShare("甲", True, "", 9999),)}, "people", "应等于 100%"),
        ({"people": ()}, "people", "至少填写一位"),
        ({"units": ()}, "units", "写明份额"),
        ({"units": (UnitShare("学院", 9999),)}, "units", "应等于 100%"),
        ({"deductions": (Deduction("taxes", "", 4_000_000),)}, "deductions", "不能达到或超过收入"),
    ],
)
def test_what_does_not_hold_is_refused_by_its_article(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        require_valid(replace(PLAN, **changes), Floors())

    assert refused.value.field == field


def test_a_units_own_rules_ask_for_more_than_the_law() -> None:
    own = Floors(pot=8000, main=6000, source="校政发〔2025〕42号")

    with pytest.raises(Invalid, match="校政发"):
        require_valid(PLAN, own)
    assert [each.is_met for each in checks(PLAN, own)] == [True, True, False, False]


PEOPLE = st.lists(st.tuples(st.integers(1, 1000), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=100)
@given(st.integers(1, 10**13), st.integers(5000, 10_000), PEOPLE)
def test_parts_always_add_up_and_the_floors_hold_to_the_fen(
    income: int, pot: int, weights: list[tuple[int, bool]]
) -> None:
    total = sum(weight for weight, _main in weights)
    points = [max(1, weight * 10_000 // total) for weight, _main in weights]
    points[0] += 10_000 - sum(points)
    people = tuple(
        PersonShare(str(at), main, "", part)
        for at, (part, (_weight, main)) in enumerate(zip(points, weights, strict=True))
    )
    sharing = Sharing(
        RewardKind.CASH, Money(income), (), pot, people, (UnitShare("学院", 3333), UnitShare("学校", 6667))
    )

    amounts = sharing.people_amounts

    assert sum(amounts) == sharing.pot_money.amount
    assert sum(sharing.unit_amounts) + sum(amounts) == income
    assert sharing.pot_money.amount * 10_000 >= income * pot
    main = sum(amount for amount, person in zip(amounts, people, strict=True) if person.is_main)
    assert main * 10_000 >= sharing.pot_money.amount * sharing.main


def test_the_tax_hint_names_its_source() -> None:
    hints = [
        tax_hint(RewardKind.CASH, is_state_unit=True, is_registered=True),
        tax_hint(RewardKind.CASH, is_state_unit=False, is_registered=True),
        tax_hint(RewardKind.EQUITY, is_state_unit=True, is_registered=True),
    ]

    assert all("财税〔" in hint for hint in hints)
    assert "减按 50% 计入当月" in hints[0]


def test_where_the_people_take_all_no_unit_is_left_to_name() -> None:
    everything = replace(PLAN, pot=10_000, units=())

    require_valid(everything, Floors())

    assert everything.unit_amounts == []
    assert sum(everything.people_amounts) == everything.net.amount
