"""What is not known is open: neither met nor failed, and the award is provisional."""

from __future__ import annotations

from typing import Any

import pytest

from market.programmes.estimates import estimate
from market.programmes.facts import Applicant, ContractFacts
from market.programmes.rule_files import find_terms
from tests.programmes.sample_claims import WAN, assessed, claim, contract


def open_of(programme: str, raw: dict[str, Any], rate: int | None = None) -> tuple[int, set[str]]:
    result = assessed(programme, raw, rate)
    names = {finding.condition for finding in result.open}
    for contract_result in result.contracts:
        names |= {finding.condition for finding in contract_result.open}
        assert all(str(finding.reason).startswith("待核") for finding in contract_result.open)
    assert result.provisional == bool(names)
    return result.award, names


@pytest.mark.parametrize(
    ("programme", "bent", "award", "names"),
    [
        ("guangxi", {"trade_amount": 10 * WAN, "new_sales": None}, 5, {"new_sales"}),
        ("guangxi", {"trade_amount": 10 * WAN, "new_sales": {"2024": 5}}, 5, {"new_sales"}),
        ("guangxi", {"trade_amount": None}, 0, {"trade_amount"}),
        ("guangxi", {"trade_amount": 10 * WAN, "kind": None}, 5, {"kind"}),
        ("guangxi", {"trade_amount": 10 * WAN, "subsidised_before": None}, 5, {"not_subsidised_before"}),
        ("guangxi", {"trade_amount": 10 * WAN, "buyer": {"uscc": None}}, 5, {"party"}),
        ("guangxi", {"kind": "equity", "paid_in_equity": None}, 0, {"paid_in_equity"}),
        ("chongzuo", {"trade_amount": None}, 0, {"trade_amount", "min_trade", "bracket"}),
        ("henan-buyer", {"receipts": None}, 0, {"receipts"}),
        ("henan-buyer", {"receipts": [{"on": None, "amount": 10 * WAN}]}, 1, {"receipts.on"}),
        ("henan-buyer", {"receipts": [{"on": "2025-01-01"}]}, 0, {"receipts"}),
        ("henan-buyer", {"receipts": [{"on": "2024-01-01"}]}, 0, set()),
        ("henan-buyer", {"paid": 10 * WAN, "seller": {"region": None}}, 1, {"seller_outside"}),
        ("henan-buyer", {"paid": 10 * WAN, "registered_on": None}, 1, {"registered"}),
        ("luan", {"receipts": None}, 0, {"receipts", "min_paid"}),
        ("hefei", {"paid": 100 * WAN, "outcome": None}, 15, {"outcome"}),
        ("hefei", {"paid": 100 * WAN, "granted_for_outcome": None}, 15, {"granted_for_outcome"}),
        ("hefei", {"receipts": None}, 0, {"receipts", "min_outcome_paid"}),
        ("ningbo-buyer", {"trade_amount": 100 * WAN, "seller": {"region": None}}, 10, {"local_origin"}),
        ("ningbo-buyer", {"trade_amount": 100 * WAN, "mode": None}, 15, {"auction"}),
        ("ningbo-seller", {"trade_amount": 100 * WAN, "used_in": None}, 5, {"used_locally"}),
        ("suzhou", {"trade_amount": 600 * WAN, "grade": None}, 150, {"major"}),
        ("suzhou", {"trade_amount": 500 * WAN, "grade": None}, 50, set()),
        ("fuzhou@2025", {"trade_amount": 100 * WAN, "flags": {}}, 10, {"witnessed"}),
        ("hubei", {"new_sales": {"2024": 100 * WAN}}, 2, {"new_sales"}),
        (
            "hubei",
            {"new_sales": {"2024": 100 * WAN, "2025": 0}, "registered_on": None},
            2,
            {"second_year"},
        ),
        ("ningxia-buyer", {"paid": 10 * WAN, "kind": "licence", "outcome": None}, 3, set()),
    ],
)
def test_a_missing_fact_is_open_and_counted_as_the_settled_law_says(
    programme: str, bent: dict[str, Any], award: int, names: set[str]
) -> None:
    raw = claim(programme, contract(programme, **bent))

    assert open_of(programme, raw) == (award * WAN, names)


@pytest.mark.parametrize(
    ("bent", "names"),
    [
        ({"trade_amount": None}, {"trade_amount", "min_trade", "min_paid", "trade_within_sales"}),
        ({"receipts": None}, {"receipts", "min_paid"}),
        ({"new_sales": None}, {"min_sales", "trade_within_sales"}),
        ({"field": None}, set()),
        ({"field": None, "signed_on": "2021-06-01"}, {"signed"}),
        ({"signed_on": None}, {"signed"}),
        ({"related": None, "publicly_funded": None}, {"not_related", "not_publicly_funded"}),
    ],
)
def test_nanning_opens_exactly_what_a_missing_fact_leaves_undecided(
    bent: dict[str, Any], names: set[str]
) -> None:
    raw = claim("nanning", contract("nanning", **{"trade_amount": 50 * WAN, "paid": 50 * WAN, **bent}))

    assert open_of("nanning", raw, 2000)[1] == names


@pytest.mark.parametrize(
    ("programme", "bent", "names"),
    [
        ("henan-buyer", {"granted_this_year": None}, {"granted_this_year"}),
        ("henan-buyer", {"applicant": {"role": None, "region": None}}, {"role", "region"}),
        ("henan-buyer", {"applicant": {"uscc": None}}, {"party"}),
        ("guangxi", {"granted_this_year": None}, set()),
        ("qianwan", {"applicant": {"manufacturer": None}}, {"manufacturer"}),
        ("hubei", {"applicant": {"high_tech": None, "flags": {"sme": True}}}, set()),
        ("hubei", {"applicant": {"high_tech": False, "flags": {}}}, {"high_tech_or_sme"}),
        ("ningxia-seller", {"applicant": {"kind": None}}, {"enterprise"}),
        ("shenzhen", {"vat_payable": None}, {"vat_payable"}),
        ("shenzhen", {"vat_paid": None}, {"vat_paid"}),
        ("fujian-agency", {"brokered_total": None}, {"brokered_total"}),
        ("fujian-registry", {"registered_total": None}, {"registered_total", "min_registered"}),
    ],
)
def test_a_missing_fact_of_the_claim_is_open(programme: str, bent: dict[str, Any], names: set[str]) -> None:
    if programme in {"shenzhen", "fujian-agency", "fujian-registry"}:
        raw = claim(programme, **bent)
    else:
        sales = {"2024": WAN, "2025": WAN}
        raw_contract = contract(programme, trade_amount=WAN, paid=WAN, new_sales=sales)
        raw = claim(programme, raw_contract, **bent)

    assert open_of(programme, raw)[1] == names


def test_licences_that_may_be_the_same_are_open_and_both_count() -> None:
    licences = [
        contract("ningxia-buyer", no, kind="licence", paid=10 * WAN, outcome=outcome)
        for no, outcome in ((1, "A"), (2, None))
    ]

    result = assessed("ningxia-buyer", claim("ningxia-buyer", *licences))

    assert result.award == 6 * WAN
    assert [len(contract_result.open) for contract_result in result.contracts] == [0, 1]


def test_a_failed_contract_keeps_what_is_open() -> None:
    raw = claim("guangxi", contract("guangxi", trade_amount=WAN, kind="service", subsidised_before=None))

    result = assessed("guangxi", raw)

    assert result.provisional
    assert [finding.state for finding in result.contracts[0].conditions] == ["failed", "met", "open", "met"]


def test_an_estimate_supposes_full_payment_and_says_what_is_open() -> None:
    terms = find_terms("ningxia-buyer")[0]

    result = estimate(
        terms,
        year=2026,
        trade_amount=200 * WAN,
        applicant=Applicant(region="640100"),
        contract=ContractFacts(kind="assignment", subsidised_before=False),
    ).result

    assert result.award == 60 * WAN
    assert result.provisional
    assert {finding.condition for finding in result.contracts[0].open} == {"party"}
    assert {finding.condition for finding in result.open} == {"granted_this_year"}


def test_an_estimate_without_its_rate_shows_conditions_and_no_amount() -> None:
    result = estimate(find_terms("nanning")[0], year=2026, trade_amount=200 * WAN).result

    assert not result.rate_known
    assert result.award == 0
    assert len(result.contracts[0].conditions) > 8


def test_what_is_open_on_a_contract_stays_open_when_the_applicant_fails() -> None:
    raw = contract("ningbo-buyer", trade_amount=100 * WAN, mode=None)

    open_before = open_of("ningbo-buyer", claim("ningbo-buyer", raw))
    failed = open_of("ningbo-buyer", claim("ningbo-buyer", raw, applicant={"region": "110000"}))
    result = assessed("ningbo-buyer", claim("ningbo-buyer", raw, applicant={"region": "110000"}))

    assert open_before == (15 * WAN, {"auction"})
    assert failed == (0, {"auction"})
    assert [
        (contract_result.eligible, contract_result.award, len(contract_result.lines))
        for contract_result in result.contracts
    ] == [(True, 0, 1)]
