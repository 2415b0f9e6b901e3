"""The desk's review of one claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from market.accounts.models import Organisation
from market.claims.applications import create_claim, submit_claim
from market.claims.checks import supplements_are_as_requested
from market.claims.desk_review import (
    SUPPLEMENT_DUE,
    accept,
    ask_supplement,
    calculate,
    recheck,
    return_calculation,
)
from market.claims.models import Assessment, Claim
from market.claims.refusals import decide_refusal, propose_refusal
from market.claims.states import ClaimStatus
from market.kit.database import connection
from market.kit.errors import Conflict, Invalid
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.claims.factories import (
    WAN,
    make_accepted,
    make_applicant,
    make_calculated,
    make_contract,
    make_desk,
    make_draft,
    make_sales,
    status_of,
)
from tests.databases import tampered
from tests.factories import NOW
from tests.moments import run_acts

DECISION = "桂科函〔2026〕1号"


async def test_who_computed_a_claim_does_not_recheck_it() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    both = replace(desk.officer, roles=desk.officer.roles | desk.rechecker.roles)

    with pytest.raises(SamePerson):
        await recheck(claim.number, sequence=1, by=By(both, NOW))
    with pytest.raises(SamePerson):
        await return_calculation(claim.number, reason="比例", by=By(both, NOW))

    assert await status_of(claim) is ClaimStatus.CALCULATED


async def test_what_is_rechecked_is_the_computation_that_was_looked_at() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await return_calculation(claim.number, reason="比例", by=By(desk.rechecker, NOW))
    await calculate(claim.number, rate_basis_points=3000, decision=DECISION, by=By(desk.officer, NOW))

    with pytest.raises(Conflict):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    await recheck(claim.number, sequence=2, by=By(desk.rechecker, NOW))

    assert (await Claim.get(id=claim.id)).award_amount == 36 * WAN
    first, second = await Assessment.filter(claim_id=claim.id).order_by("sequence")
    assert (first.verdict, first.reason) == (Verdict.REJECTED, "比例")
    assert (second.verdict, second.decided_by_id) == (Verdict.CONFIRMED, desk.rechecker.user_id)
    assert [
        assessment.award_amount
        for assessment in await Assessment.filter(claim_id=claim.id).order_by("sequence")
    ] == [
        60 * WAN,
        36 * WAN,
    ]


@pytest.mark.owner
async def test_facts_that_changed_since_the_computation_stop_the_recheck() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await connection().execute_query("ALTER TABLE organisations DISABLE TRIGGER organisations_keep_columns")
    await Organisation.filter(id=claim.applicant_id).update(is_high_tech=False)

    with pytest.raises(Conflict, match="事实有变化"):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))


async def test_a_computation_that_waits_for_facts_is_not_rechecked() -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id))
    claim = await create_claim(
        "guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW)
    )
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    await accept(claim.number, by=By(desk.officer, NOW))
    await calculate(claim.number, by=By(desk.officer, NOW))

    with pytest.raises(Conflict, match="待核"):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))


async def test_a_rate_the_text_does_not_give_must_be_given() -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id), kind="assignment")
    await make_sales(contract, applicant)
    claim = await create_claim(
        "nanning", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW)
    )
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    await accept(claim.number, by=By(desk.officer, NOW))

    with pytest.raises(Invalid) as refused:
        await calculate(claim.number, by=By(desk.officer, NOW))
    assessment = await calculate(
        claim.number, rate_basis_points=2000, decision=DECISION, by=By(desk.officer, NOW)
    )

    assert refused.value.field == "rate"
    assert assessment.award_amount == 24 * WAN
    assert not assessment.is_provisional


async def test_a_supplement_that_does_not_come_ends_the_claim() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await ask_supplement(claim.number, reason="缺少发票", due_on=date(2026, 3, 9), by=By(desk.officer, NOW))

    assert await run_acts(NOW + timedelta(days=7), SUPPLEMENT_DUE) == 0
    assert await run_acts(NOW + timedelta(days=8), SUPPLEMENT_DUE) == 1
    assert await run_acts(NOW + timedelta(days=9), SUPPLEMENT_DUE) == 0
    assert await status_of(claim) is ClaimStatus.WITHDRAWN


async def test_a_supplement_that_is_not_the_one_requested_is_found() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await ask_supplement(claim.number, reason="缺少发票", due_on=date(2026, 3, 9), by=By(desk.officer, NOW))
    assert await supplements_are_as_requested() == []

    for statement in (
        "UPDATE claims SET supplement_note = '不缺'",
        "UPDATE claims SET supplement_due_on = '2026-03-10'",
    ):
        async with tampered(statement):
            findings = await supplements_are_as_requested()
            assert findings == [f"申报 {claim.number} 的补正要求或期限与日志不同"]


async def test_a_supplement_handed_in_goes_on_where_it_stopped() -> None:
    desk = await make_desk()
    applicant, draft = await make_draft()
    await submit_claim(draft.number, is_declared=True, by=By(applicant, NOW))
    await accept(draft.number, by=By(desk.officer, NOW))
    await ask_supplement(draft.number, reason="缺少发票", due_on=date(2026, 3, 9), by=By(desk.officer, NOW))

    await submit_claim(draft.number, is_declared=True, by=By(applicant, NOW))

    assert await status_of(draft) is ClaimStatus.ACCEPTED


async def test_refusal_names_its_clause_and_frees_the_contract() -> None:
    desk = await make_desk()
    applicant, draft = await make_draft()
    await submit_claim(draft.number, is_declared=True, by=By(applicant, NOW))

    await propose_refusal(draft.number, clause="kinds", reason="合同不属于购买成果", by=By(desk.officer, NOW))
    refused = await decide_refusal(draft.number, Verdict.CONFIRMED, by=By(desk.rechecker, NOW))

    assert refused.reject_reason.startswith("依据：自治区科技厅 2019 年科技创新工作计划")
    assert "摘要：购买技术成果的合同" in refused.reject_reason
