"""What an offer may say: its plan, its royalties, its currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from market.deals.models import ContractKind, PaymentWay
from market.deals.terms import CostRow, PlanRow, Terms, differences, whole
from market.kit.errors import Invalid
from market.kit.money import Money

TERMS = Terms(ContractKind.LICENCE, Money(100_00), years=5, plan=(PlanRow("一次", None, 100_00),))
ROYALTY = Terms(
    ContractKind.LICENCE,
    Money(100_00),
    payment_way=PaymentWay.ROYALTY,
    royalty_basis_points=300,
    royalty_base="销售额",
)


def test_a_row_of_the_plan_comes_back_from_what_is_stored() -> None:
    row = PlanRow("首批合格", date(2026, 9, 1), 40_00)

    assert PlanRow.of(row.plain) == row
    assert PlanRow.of({"condition": "生效", "due_on": date(2026, 9, 1), "amount": "4000"}) == replace(
        row, condition="生效"
    )
    assert PlanRow.of(PlanRow("生效", None, 1).plain).due_on is None


def test_a_row_in_yen_is_typed_in_hundredths_like_any_other() -> None:
    assert PlanRow("生效", None, 500).typed("JPY")["amount"] == 500_00


def test_a_price_without_a_plan_is_paid_at_once() -> None:
    [row] = whole(replace(TERMS, plan=())).plan

    assert (row.amount, row.due_on) == (100_00, None)


def test_with_royalties_only_the_entry_fee_is_planned() -> None:
    with_entry = replace(ROYALTY, payment_way=PaymentWay.ENTRY_ROYALTY, entry=20_00)

    assert whole(ROYALTY).plan == ()
    assert [row.amount for row in whole(with_entry).plan] == [20_00]


@pytest.mark.parametrize(
    ("terms", "changes", "field"),
    [
        (TERMS, {"price": Money(100_00, "USD"), "plan": ()}, "currency"),
        (TERMS, {"payment_way": PaymentWay.LUMP_SUM, "plan": (PlanRow("一", None, 50_00),) * 2}, "plan"),
        (TERMS, {"royalty_basis_points": 300}, "payment_way"),
        (TERMS, {"entry": 20_00}, "payment_way"),
        (ROYALTY, {"royalty_basis_points": None}, "royalty_basis_points"),
        (ROYALTY, {"royalty_base": ""}, "royalty_basis_points"),
        (ROYALTY, {"entry": 20_00}, "payment_way"),
        (ROYALTY, {"payment_way": PaymentWay.ENTRY_ROYALTY, "entry": None}, "entry"),
        (ROYALTY, {"payment_way": PaymentWay.ENTRY_ROYALTY, "entry": 100_00}, "entry"),
    ],
)
def test_terms_that_contradict_themselves_are_refused_at_their_field(
    terms: Terms, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        whole(replace(terms, **changes))

    assert refused.value.field == field


def test_a_foreign_currency_takes_a_party_abroad_which_is_part_of_what_is_agreed() -> None:
    abroad = replace(TERMS, price=Money(100_00, "USD"), plan=(), buyer_country="704")

    assert whole(abroad).plan[0].amount == 100_00
    assert abroad.content["buyer_country"] == "704"
    assert "buyer_country" not in TERMS.content
    assert differences(TERMS, replace(TERMS, buyer_country="704")) == {"seller_country", "buyer_country"}


def test_who_bears_a_cost_is_part_of_what_is_agreed() -> None:
    assert differences(TERMS, replace(TERMS, costs=(CostRow("tax", "buyer"),))) == {"costs"}


def test_a_first_offer_differs_from_nothing() -> None:
    assert differences(None, TERMS) == set()
