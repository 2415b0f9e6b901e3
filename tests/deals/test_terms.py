"""What an offer may say: its plan, its royalties, its currency, and the hash it is consented to by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import FormData

from market.contracts.terms import ContractTerms, Exclusion, content_hash
from market.deals.forms import OfferForm
from market.deals.models import ContractKind, Offer, PaymentWay
from market.deals.terms import CostRow, OfferTerms, PlanRow, complete_plan, differences
from market.kit.errors import Invalid
from market.kit.form_fields import NumberField
from market.kit.money import Money
from market.kit.terms import from_content, from_form, from_record, place, to_columns, to_content, to_form

TERMS = OfferTerms(ContractKind.LICENCE, Money(100_00), years=5, plan=(PlanRow("一次", None, 100_00),))
WHOLE = OfferTerms(
    kind=ContractKind.LICENCE,
    price=Money(115_000_000),
    is_exclusive=True,
    years=5,
    territory="广西",
    plan=(PlanRow("合同生效后 10 日", date(2026, 3, 31), 20_000_000),),
    note="另付差旅",
    payment_way=PaymentWay.ENTRY_ROYALTY,
    entry=20_000_000,
    royalty_basis_points=300,
    royalty_base="净销售额",
    costs=(CostRow("taxes", "buyer"),),
)
ABROAD = replace(
    WHOLE,
    buyer_country="392",
    price=Money(115_000, "JPY"),
    entry=200,
    plan=(PlanRow("一次", None, 200),),
)
ROYALTY = OfferTerms(
    ContractKind.LICENCE,
    Money(100_00),
    payment_way=PaymentWay.ROYALTY,
    royalty_basis_points=300,
    royalty_base="销售额",
)


def test_a_row_of_the_plan_comes_back_from_what_is_stored() -> None:
    row = PlanRow("首批合格", date(2026, 9, 1), 40_00)

    assert from_content(PlanRow, to_content(row)) == row
    assert from_record(PlanRow, row) == row


def test_a_row_in_yen_is_typed_in_hundredths_like_any_other() -> None:
    assert to_form(PlanRow("生效", None, 500), "JPY")["amount"] == 500_00


def test_a_price_without_a_plan_is_paid_at_once() -> None:
    [row] = complete_plan(replace(TERMS, plan=())).plan

    assert (row.amount, row.due_on) == (100_00, None)


def test_with_royalties_only_the_entry_fee_is_planned() -> None:
    with_entry = replace(ROYALTY, payment_way=PaymentWay.ENTRY_ROYALTY, entry=20_00)

    assert complete_plan(ROYALTY).plan == ()
    assert [row.amount for row in complete_plan(with_entry).plan] == [20_00]


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
    terms: OfferTerms, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        complete_plan(replace(terms, **changes))

    assert refused.value.field == field


def test_a_foreign_currency_takes_a_party_abroad_which_is_part_of_what_is_agreed() -> None:
    abroad = replace(TERMS, price=Money(100_00, "USD"), plan=(), buyer_country="704")

    assert complete_plan(abroad).plan[0].amount == 100_00
    assert abroad.content["buyer_country"] == "704"
    assert "buyer_country" not in TERMS.content
    assert differences(TERMS, replace(TERMS, buyer_country="704")) == {"seller_country", "buyer_country"}


def test_who_bears_a_cost_is_part_of_what_is_agreed() -> None:
    assert differences(TERMS, replace(TERMS, costs=(CostRow("tax", "buyer"),))) == {"costs"}


def test_a_first_offer_differs_from_nothing() -> None:
    assert differences(None, TERMS) == set()


@pytest.mark.parametrize(
    ("terms", "digest"),
    [
        (TERMS, "7295cedaded37fcccdc09a5ddf60977130d0b78b31a855f563b3f3497222dc1a"),
        (WHOLE, "7cbf945986a8ec7fe609648829f4e74da753a9c218ed6c9fcd3e76b42ab12988"),
        (ABROAD, "9ebc29a14d93301b77b8ae94eb69a1b355ad0dff5f17dcbcd605c5df190ec955"),
    ],
)
def test_an_offer_keeps_the_hash_it_was_consented_to_with(terms: OfferTerms, digest: str) -> None:
    assert terms.content_hash == digest


def test_a_contract_keeps_the_hash_it_was_consented_to_with() -> None:
    terms = ContractTerms(
        name="高导电铝合金导线许可",
        kind=ContractKind.LICENCE,
        field="materials",
        price=Money(115_000_000),
        signed_on=date(2026, 3, 21),
        used_in="450100",
        licence_years=5,
        exclusions=(Exclusion("equipment", "在线淬火装置", 8_000_000),),
        instalments=(
            PlanRow("合同生效后 10 日", date(2026, 3, 31), 80_500_000),
            PlanRow("首批 100 吨合格", None, 34_500_000),
        ),
    )

    digest = "5c18d5970d4749af176dd653776efc5a85d47328b18e1bdbdcbfbbad7ca978af"
    assert content_hash(terms, "ab" * 32) == digest


@pytest.mark.parametrize("terms", [TERMS, WHOLE, ABROAD])
def test_terms_survive_columns_content_and_form(terms: OfferTerms) -> None:
    record = Offer(**to_columns(terms))
    data = to_form(terms, terms.price.currency)

    assert from_record(OfferTerms, record) == terms
    assert from_content(OfferTerms, to_content(terms)) == terms
    assert from_form(OfferTerms, data, terms.price.currency) == terms


@dataclass(frozen=True)
class GuaranteedTerms(OfferTerms):
    """An offer with one more term, as a later release would add it."""

    guarantee_months: int | None = field(default=None, metadata=place(addition="guarantee"))


class GuaranteedForm(OfferForm):
    guarantee_months = NumberField("质保（月）")


def test_a_new_term_takes_one_field_one_column_and_one_input() -> None:
    terms = GuaranteedTerms(ContractKind.LICENCE, Money(100_00), guarantee_months=12)
    record = SimpleNamespace(**to_columns(terms))
    form = GuaranteedForm(data=to_form(terms, "CNY"))
    inputs = {"kind": "licence", "payment_way": "instalments", "price": "0.01", "guarantee_months": "12"}
    submitted = GuaranteedForm(FormData(inputs))

    assert record.guarantee_months == 12
    assert from_record(GuaranteedTerms, record) == terms
    assert form.guarantee_months.data == 12
    assert from_form(GuaranteedTerms, submitted.field_values, "CNY") == terms
    assert differences(GuaranteedTerms(terms.kind, terms.price), terms) == {"guarantee_months"}


def test_a_new_term_leaves_the_hash_of_older_offers_alone() -> None:
    older = OfferTerms(ContractKind.LICENCE, Money(100_00))
    same = GuaranteedTerms(ContractKind.LICENCE, Money(100_00))

    assert same.content_hash == older.content_hash
    assert replace(same, guarantee_months=12).content_hash != older.content_hash


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", ContractKind.ASSIGNMENT),
        ("price", Money(100_01)),
        ("is_exclusive", True),
        ("years", None),
        ("territory", "广西"),
        ("plan", (PlanRow("一次", date(2026, 4, 1), 100_00),)),
        ("note", "另付差旅"),
    ],
)
def test_any_change_of_the_terms_is_another_thing_to_consent_to(field: str, value: object) -> None:
    changed = OfferTerms(**(vars(TERMS) | {field: value}))

    assert changed.content_hash != TERMS.content_hash
    assert differences(TERMS, changed) == {field}
    assert OfferTerms(**vars(TERMS)).content_hash == TERMS.content_hash


@pytest.mark.parametrize("kind", [kind for kind in ContractKind if kind is not ContractKind.LICENCE])
@pytest.mark.parametrize(("field", "value"), [("years", 5), ("territory", "广西"), ("is_exclusive", True)])
def test_the_scope_of_a_licence_does_not_stay_in_an_offer_of_another_kind(
    kind: ContractKind, field: str, value: object
) -> None:
    bare = {"is_exclusive": False, "years": None, "territory": ""}
    counter = OfferTerms(**(vars(TERMS) | bare | {"kind": kind, field: value}))

    with pytest.raises(Invalid, match="请清空") as refused:
        complete_plan(counter)

    assert refused.value.field == field
    assert complete_plan(OfferTerms(**(vars(TERMS) | bare | {"kind": kind}))).kind is kind


def test_a_plan_that_does_not_add_up_says_by_how_much() -> None:
    with pytest.raises(Invalid, match=r"￥0\.99.*￥100\.00"):
        complete_plan(OfferTerms(**(vars(TERMS) | {"plan": (PlanRow("一次", None, 99),)})))
