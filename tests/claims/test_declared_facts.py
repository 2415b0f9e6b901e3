"""Facts an applicant declares."""

from __future__ import annotations

import pytest

from market.claims.applications import submit_claim
from market.claims.declared_facts import declare_facts, required_facts
from market.claims.desk_review import accept, calculate
from market.contracts.models import Contract
from market.kit.errors import Conflict
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import WAN, make_applicant, make_claim_to, make_desk
from tests.factories import NOW


@pytest.mark.parametrize(
    ("slug", "facts"),
    [
        ("guangxi", ["paid_in_equity"]),
        ("ningbo-buyer", ["mode"]),
        ("suzhou", ["grade"]),
        ("fuzhou@2025", ["flags.witnessed"]),
        ("henan-buyer", []),
    ],
)
def test_a_form_asks_what_the_set_names_and_no_record_has(slug: str, facts: list[str]) -> None:
    assert required_facts(find_terms(slug)[-1]) == facts


async def test_what_is_stated_reaches_the_computation_and_is_closed_after_hand_in() -> None:
    applicant = await make_applicant(region="320500")
    claim = await make_claim_to("suzhou", applicant, contract_amount=600 * WAN, trade_amount=600 * WAN)
    contract = await Contract.get(claims__claim_id=claim.id)

    await declare_facts(claim.number, contract.number, grade="major", by=By(applicant, NOW))
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    desk = await make_desk()
    await accept(claim.number, by=By(desk.officer, NOW))
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))

    assert assessment.award_amount == 150 * WAN
    with pytest.raises(Conflict):
        await declare_facts(claim.number, contract.number, grade="general", by=By(applicant, NOW))
