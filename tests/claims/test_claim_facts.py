"""What a claim knows of its contracts: records first, what the applicant stated where none exists."""

from __future__ import annotations

from datetime import date

import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.claims.applications import submit_claim
from market.claims.claim_facts import declare_facts, facts_of, net_refunds, required_facts
from market.claims.computation import compute_claim
from market.claims.desk_review import accept, calculate
from market.claims.models import ClaimContract
from market.contracts.models import Contract
from market.deals.models import Deal, Pricing
from market.kit.database import connection
from market.kit.errors import Conflict
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import WAN, make_applicant, make_claim_to, make_desk, make_draft
from tests.factories import NOW


@pytest.mark.parametrize(
    ("pricing", "mode"),
    [(Pricing.AGREED, "auction"), (Pricing.LISTED, "listed"), (Pricing.AUCTION, "auction")],
)
async def test_how_the_price_came_about_is_read_from_the_deal_and_from_claims_that_stated_it_before(
    pricing: Pricing, mode: str
) -> None:
    applicant, claim = await make_draft()
    row = await claim.contracts.all().select_related("contract").first()
    assert row is not None
    await Deal.filter(id=row.contract.deal_id).update(pricing=pricing)

    assert (await facts_of(claim))["contracts"][0]["mode"] == pricing.value
    await ClaimContract.filter(id=row.id).update(mode="auction")
    await declare_facts(claim.number, row.contract.number, by=By(applicant, NOW))

    assert (await facts_of(claim))["contracts"][0]["mode"] == mode


@pytest.mark.owner
@pytest.mark.parametrize("kind", [OrganisationKind.FARMERS_COOP, OrganisationKind.AUTHORITY])
async def test_a_claim_gives_the_real_kind_of_its_applicant(kind: OrganisationKind) -> None:
    applicant, claim = await make_draft()
    await connection().execute_query("ALTER TABLE organisations DISABLE TRIGGER organisations_keep_columns")
    await Organisation.filter(id=applicant.organisation_id).update(kind=kind)

    facts = await facts_of(claim)
    result = compute_claim(facts, find_terms("guangxi")[-1])

    assert facts["applicant"]["kind"] == kind.value
    assert [failed["condition"] for failed in result["failed"]] == ["applicant_kind"]


@pytest.mark.parametrize(
    ("amounts", "left"),
    [
        ([10, 20], [(1, 10), (2, 20)]),
        ([10, 20, -5], [(1, 10), (2, 15)]),
        ([10, 20, -20], [(1, 10)]),
        ([10, 20, -25, 5], [(1, 5), (4, 5)]),
        ([10, -10, 10], [(3, 10)]),
        ([-5, 10], [(2, 10)]),
    ],
)
def test_money_that_went_back_is_taken_off_the_latest_receipts(
    amounts: list[int], left: list[tuple[int, int]]
) -> None:
    pairs = [(date(2026, 1, day), amount) for day, amount in enumerate(amounts, start=1)]

    assert net_refunds(pairs) == [(date(2026, 1, day), amount) for day, amount in left]


@pytest.mark.parametrize(
    ("slug", "facts"),
    [
        ("guangxi", ["paid_in_equity"]),
        ("ningbo-buyer", []),
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
