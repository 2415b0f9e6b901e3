"""What a contract that does not exist yet might earn: what is known counts, the rest is supposed."""

from __future__ import annotations

from market.programmes.estimates import estimate
from market.programmes.facts import Applicant, ContractFacts, ReceiptFacts
from market.programmes.rule_files import find_terms
from market.programmes.rule_terms import compile_terms
from tests.programmes.sample_claims import WAN

NANNING = find_terms("nanning")[-1].with_rate(2000)


def test_until_something_is_received_the_whole_amount_is_supposed_to_be_paid() -> None:
    nothing = estimate(NANNING, year=2026, trade_amount=100 * WAN).result
    received = ContractFacts(receipts=(ReceiptFacts(on=None, amount=30 * WAN),))
    something = estimate(NANNING, year=2026, trade_amount=100 * WAN, contract=received).result

    assert nothing.award == 20 * WAN
    assert something.award == 6 * WAN


def test_an_applicant_is_taken_to_claim_in_the_role_that_is_paid_unless_another_is_known() -> None:
    buyer = estimate(NANNING, year=2026, trade_amount=100 * WAN).result
    seller = estimate(NANNING, year=2026, trade_amount=100 * WAN, applicant=Applicant(role="seller")).result

    assert buyer.award > 0
    assert seller.award == 0


def test_where_the_text_gives_no_rate_the_conditions_stand_alone_and_no_amount_is_told() -> None:
    result = estimate(find_terms("nanning")[-1], year=2026, trade_amount=100 * WAN).result

    assert not result.rate_known
    assert result.award == 0
    assert result.contracts[0].conditions


def _told(terms_name: str, **values: object) -> tuple[int, list[str]]:
    terms = find_terms(terms_name)[0]
    applicant = Applicant(role=terms.role, region=f"{terms.place}000000"[:6])
    contract = ContractFacts(**values)  # type: ignore[arg-type]  # fields of the class
    estimated = estimate(terms, year=2026, trade_amount=680 * WAN, applicant=applicant, contract=contract)
    return estimated.result.award, [str(assumption) for assumption in estimated.assumptions]


def test_an_ordinary_contract_is_assumed_and_told_where_the_set_asks() -> None:
    assert _told("suzhou") == (50 * WAN, ["假定：成果等级为一般"])
    assert _told("suzhou", grade="major") == (170 * WAN, [])
    assert "假定：交易方式为协议定价" in _told("ningbo-buyer")[1]
    assert "假定：交易方式为协议定价" not in _told("ningbo-buyer", mode="auction")[1]


def test_a_buyer_is_assumed_to_use_it_at_its_place_and_a_seller_says_where() -> None:
    assert any("转化应用地" in told for told in _told("henan-buyer")[1])
    assert not any("转化应用地" in told for told in _told("henan-seller")[1])


def test_receipts_and_equity_are_assumed_whole_and_told() -> None:
    assert "假定：680 万元 在 2026 年内全部到账" in _told("hefei", kind="development")[1]
    assert "假定：作价出资 680 万元 已全部实缴" in _told("guangxi", kind="equity")[1]


def test_receipts_count_on_a_day_of_the_sets_own_window() -> None:
    terms = find_terms("hefei")[0]
    base = {**terms.content["base"], "window": {"from": "2024-01-01", "to": "2024-12-31"}}
    dated = compile_terms({**terms.content, "base": base})

    result = estimate(dated, year=2026, trade_amount=680 * WAN, contract=ContractFacts(kind="development"))

    assert str(result.assumptions[-1]) == "假定：680 万元 在 2024 年内全部到账"
    assert result.result.contracts[0].base == 680 * WAN
