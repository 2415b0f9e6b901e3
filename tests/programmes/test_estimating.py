"""What a contract that does not exist yet might earn: what is known counts, the rest is supposed."""

from __future__ import annotations

from market.programmes.estimates import estimate
from market.programmes.facts import Applicant, ContractFacts, ReceiptFacts
from market.programmes.rule_files import find_terms
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
