"""Claims that share a cap: together they never get more than it gives."""

from __future__ import annotations

import pytest

from market.accounts.models import Organisation
from market.budgets.batches import approve_batch, make_batch
from market.budgets.clawbacks import confirm_clawback, start_clawback
from market.budgets.list_confirmation import confirm_batch
from market.claims.applications import create_claim, submit_claim
from market.claims.claim_facts import facts_of
from market.claims.desk_review import accept, calculate, recheck, return_calculation
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.errors import Conflict
from market.records.by import By
from tests.budgets.factories import order_and_release, settle
from tests.claims.factories import (
    LATER,
    WAN,
    Desk,
    make_applicant,
    make_contract,
    make_desk,
    make_published,
)
from tests.factories import HOLIDAYS, NOW
from tests.stage_cache import cached_stage

NINGXIA = "ningxia-buyer"


@cached_stage
async def make_two_rechecked(desk: Desk) -> list[Claim]:
    """Two claims of one enterprise, each 360 of the 500 that a year gives, computed side by side."""
    applicant = await make_applicant(region="640100")
    buyer = await Organisation.get(id=applicant.organisation_id)
    contracts = [await make_contract(buyer, contract_amount=1200 * WAN) for _ in range(2)]
    claims = [
        await create_claim(NINGXIA, year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))
        for contract in contracts
    ]
    for claim in claims:
        await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
        await accept(claim.number, by=By(desk.officer, NOW))
        await calculate(claim.number, by=By(desk.officer, NOW))
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    return [await Claim.get(id=claim.id) for claim in claims]


async def test_two_claims_on_one_list_do_not_both_draw_on_the_whole_cap_of_the_year() -> None:
    desk = await make_desk()
    first, second = await make_two_rechecked(desk)

    await make_published(desk, first, second, budget=2000 * WAN, slug=NINGXIA)

    assert (await Claim.get(id=first.id)).award_amount == 360 * WAN
    left_out = await Claim.get(id=second.id)
    assert (left_out.status, left_out.batch_id) == (ClaimStatus.RECHECKED, None)
    await return_calculation(left_out.number, reason="上限", by=By(desk.rechecker, LATER))
    again = await calculate(left_out.number, by=By(desk.officer, LATER))
    assert again.award_amount == 140 * WAN


async def test_a_later_list_is_held_to_what_an_earlier_one_was_granted() -> None:
    desk = await make_desk()
    first, second = await make_two_rechecked(desk)
    await make_published(desk, first, budget=2000 * WAN, slug=NINGXIA)
    later = await make_batch(
        NINGXIA, year=2026, claim_numbers=[second.number], title="", by=By(desk.officer, LATER)
    )

    with pytest.raises(Conflict):
        await confirm_batch(later.number, calendar=HOLIDAYS, by=By(desk.rechecker, LATER))

    assert (await Claim.get(id=second.id)).status is ClaimStatus.RECHECKED


async def test_what_was_claimed_back_counts_no_more_and_the_rest_still_does() -> None:
    desk = await make_desk()
    first, second = await make_two_rechecked(desk)
    batch = await make_published(desk, first, budget=2000 * WAN, slug=NINGXIA)
    await approve_batch(batch, by=By(desk.approver, LATER))
    order = (await order_and_release(batch, desk)).orders[0]
    await settle(order, desk, reference="b")
    row = await start_clawback(first.number, amount=100 * WAN, ground="x", by=By(desk.officer, LATER))
    await confirm_clawback(row.number, by=By(desk.approver, LATER))

    facts = await facts_of(second)

    assert facts["granted_this_year"] == 260 * WAN
    assert (await facts_of(first))["granted_this_year"] == 0
