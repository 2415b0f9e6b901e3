"""What may be signed: the price, what of it is technology, its instalments, its currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from market.contracts.models import Contract
from market.contracts.terms import (
    RATE_UNIT,
    ContractTerms,
    Exclusion,
    ThreeAmounts,
    check_terms,
    content_hash,
    converted_money,
    three_amounts,
)
from market.deals.models import ContractKind, PaymentWay
from market.deals.terms import OfferTerms, PlanRow
from market.kit.errors import Invalid
from market.kit.money import Money
from market.kit.terms import from_content
from tests.contracts.factories import EQUIPMENT, FOREIGN, ROYALTY, TODAY, contract_terms
from tests.deals.factories import PRICE

DOLLARS = {
    "price": Money(100_000_00, "USD"),
    "exclusions": (),
    "instalments": (PlanRow("生效", None, 100_000_00),),
    "original": Money(720_000_00),
    "exchange_rate": 138_889,
    "rate_on": TODAY,
    "buyer_country": "704",
}
"""100,000 dollars, which come to 720,000 yuan at 0.138889 dollars a yuan."""


def test_terms_come_back_from_what_a_draft_keeps() -> None:
    terms = contract_terms(
        valid_from=TODAY,
        valid_until=date(2031, 3, 20),
        payment_way=PaymentWay.ENTRY_ROYALTY,
        entry=80_500_000,
        royalty_basis_points=300,
        royalty_base="销售额",
        **{name: value for name, value in DOLLARS.items() if name != "price"},
    )

    assert from_content(ContractTerms, terms.content) == terms
    assert from_content(ContractTerms, contract_terms().content) == contract_terms()


def test_a_draft_from_before_the_form_was_whole_is_read_with_what_it_has() -> None:
    content = contract_terms().content
    later = {"payment_way", "original_amount", "original_currency", "rate_on", "valid_from", "sub_kind"}

    old = from_content(ContractTerms, {name: value for name, value in content.items() if name not in later})

    assert old == contract_terms()


def test_another_scan_is_another_thing_to_confirm() -> None:
    terms = contract_terms()

    assert content_hash(terms, "ab") == content_hash(terms, "ab") != content_hash(terms, "cd")
    assert content_hash(replace(terms, name="另一份"), "ab") != content_hash(terms, "ab")


def test_what_can_be_signed_passes() -> None:
    check_terms(contract_terms(), TODAY)
    check_terms(contract_terms(**DOLLARS), TODAY)
    check_terms(contract_terms(valid_from=TODAY, valid_until=TODAY), TODAY)
    check_terms(
        contract_terms(payment_way=PaymentWay.ROYALTY, royalty_basis_points=300, instalments=()),
        TODAY,
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"exclusions": (replace(EQUIPMENT, amount=115_000_000),)}, "exclusions"),
        ({"exclusions": (Exclusion("equipment", "", 1),)}, "exclusions"),
        ({"exclusions": (Exclusion("dinner", "晚宴", 1),)}, "exclusions"),
        ({"instalments": ()}, "plan"),
        ({"kind": ContractKind.DEVELOPMENT, "licence_years": 5}, "licence_years"),
        ({"instalments": (PlanRow("生效", None, 1),)}, "plan"),
        ({"sub_kind": "none"}, "sub_kind"),
        ({"right_kind": "none"}, "right_kind"),
        ({"economic_goal": "none"}, "economic_goal"),
        ({"seller_country": "000"}, "seller_country"),
        ({"buyer_country": "000"}, "buyer_country"),
        ({"field": "alchemy"}, "field"),
        ({"used_in": "999999"}, "used_in"),
        ({"signed_on": date(2026, 3, 22)}, "signed_on"),
        ({"valid_until": date(2026, 3, 20)}, "valid_until"),
        ({"valid_from": date(2026, 4, 1), "valid_until": date(2026, 3, 31)}, "valid_until"),
        ({**DOLLARS, "original": None}, "original_amount"),
        ({**DOLLARS, "original": Money(1, "EUR")}, "original_amount"),
        ({**DOLLARS, "rate_on": None}, "original_amount"),
        ({"original": Money(1, "USD")}, "original_amount"),
        ({"exchange_rate": RATE_UNIT}, "original_amount"),
        ({**DOLLARS, "buyer_country": "156"}, "original_currency"),
        ({**DOLLARS, "rate_on": date(2026, 3, 22)}, "rate_on"),
        ({**DOLLARS, "exchange_rate": 139_000}, "exchange_rate"),
    ],
)
def test_what_cannot_be_signed_is_refused_at_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_terms(contract_terms(**changes), TODAY)

    assert refused.value.field == field


def test_yen_become_yuan_at_a_rate_in_millionths_rounded_once() -> None:
    assert converted_money(Money(1_000_000, "JPY"), 48_123, "CNY") == Money(48_123_00)
    assert converted_money(Money(1, "JPY"), 45_000, "CNY") == Money(5)


def test_what_has_not_arrived_is_the_price_less_the_receipts() -> None:
    amounts = ThreeAmounts(contract=Money(100), trade=Money(80), received=Money(30))

    assert amounts.left == Money(70)


def test_the_three_amounts_of_a_contract_stand_side_by_side_in_its_currency() -> None:
    contract = Contract(contract_amount=100, trade_amount=80, currency="JPY")

    assert three_amounts(contract, 30) == ThreeAmounts(
        contract=Money(100, "JPY"), trade=Money(80, "JPY"), received=Money(30, "JPY")
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sub_kind": "commissioned"}, "sub_kind"),
        ({"economic_goal": "99"}, "economic_goal"),
        ({"buyer_country": "999"}, "buyer_country"),
        ({**FOREIGN, "rate_on": None}, "original_amount"),
        ({**FOREIGN, "buyer_country": "156"}, "original_currency"),
        ({**FOREIGN, "exchange_rate": 7_200_000}, "exchange_rate"),
        ({**FOREIGN, "rate_on": TODAY + timedelta(days=1)}, "rate_on"),
        (ROYALTY, "plan"),
    ],
)
def test_a_form_that_does_not_hold_together_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_terms(replace(contract_terms(), **changes), TODAY)

    assert refused.value.field == field


def test_a_foreign_price_is_converted_once_in_the_currencys_own_unit() -> None:
    check_terms(contract_terms(**FOREIGN), TODAY)

    assert converted_money(Money(1_000_000, "JPY"), 48_123, "CNY") == Money(4_812_300)


def test_the_whole_form_survives_the_draft_and_an_older_draft_is_read() -> None:
    terms = contract_terms(**FOREIGN, sub_kind="patent", right_kind="invention", valid_from=TODAY)

    older = {
        k: v for k, v in contract_terms().content.items() if k not in ("sub_kind", "payment_way", "rate_on")
    }

    assert from_content(ContractTerms, terms.content) == terms
    assert from_content(ContractTerms, older) == contract_terms()


def test_offers_and_contracts_agree_on_what_is_fixed() -> None:
    offered = OfferTerms(ContractKind.LICENCE, PRICE, **ROYALTY)

    assert offered.fixed == contract_terms(**ROYALTY).fixed == Money(20_000_000)
