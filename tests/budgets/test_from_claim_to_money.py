"""From the claim to the money: each step, who may take it, and what it leaves behind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from market.accounts.models import MemberRole, Organisation
from market.accounts.permissions import NotYours
from market.audit.models import AuditEvent
from market.budgets import checks
from market.budgets.annual_budgets import draft_budget, release_budget
from market.budgets.batches import approve_batch, confirm_batch, make_batch
from market.budgets.deadlines import run_due
from market.budgets.disbursements import enter_result, order_payment
from market.budgets.models import Batch, Disbursement
from market.budgets.states import BatchStatus, DisbursementStatus
from market.claims.applications import create_claim, submit_claim, withdraw_claim
from market.claims.checks import parts_add_up
from market.claims.desk_review import (
    accept,
    ask_supplement,
    calculate,
    end_overdue_supplements,
    recheck,
    reject,
    return_calculation,
)
from market.claims.models import Assessment, Claim, Evidence
from market.claims.states import ClaimStatus
from market.integrity.models import IntegrityCheck
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound, SamePerson
from market.ledger.services import available, balance
from market.notices import services as notices
from market.notices.models import Notice
from market.records.by import By
from market.records.models import StatusEvent
from tests.claims.factories import (
    WAN,
    make_accepted,
    make_applicant,
    make_budget,
    make_calculated,
    make_contract,
    make_desk,
    make_draft,
    make_published,
    make_rechecked,
    make_sales,
)
from tests.factories import HOLIDAYS, NOW, make_member

LATER = NOW + timedelta(days=10)


async def status_of(claim: Claim) -> ClaimStatus:
    return (await Claim.get(id=claim.id)).status


async def test_a_claim_goes_from_draft_to_paid_out_and_is_booked() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)

    await notices.run_due(LATER, HOLIDAYS)
    await approve_batch(number, by=By(desk.approver, LATER))
    ordered = await order_payment(number, by=By(desk.officer, LATER))
    await enter_result(
        ordered.orders[0].number,
        is_paid=True,
        ended_on=LATER.date(),
        bank_reference="BANK-1",
        by=By(desk.officer, LATER),
    )

    assert await status_of(claim) is ClaimStatus.PAID
    assert (await Batch.get(number=number)).status is BatchStatus.DONE
    assert (await balance("budget:guangxi:2026")).amount == 940 * WAN
    assert (await balance("reserved:guangxi:2026")).amount == 0
    assert (await balance(f"disbursed:{claim.id}")).amount == 60 * WAN
    steps = (
        await StatusEvent.filter(subject_kind="claim", subject_id=claim.id)
        .order_by("id")
        .values_list("status", flat=True)
    )
    assert [str(step) for step in steps] == [
        "submitted",
        "accepted",
        "calculated",
        "rechecked",
        "publicity",
        "approved",
        "to_pay",
        "paid",
    ]
    occasions = await IntegrityCheck.filter(reference_id=claim.id).order_by("checked_at")
    assert {check.occasion for check in occasions} == {"submission", "list_confirmation", "payment"}
    assert await AuditEvent.filter(subject_kind="claim", subject_id=claim.id).count() == 9
    for holds in (
        checks.no_award_above_its_budget,
        checks.money_is_set_aside,
        parts_add_up,
        checks.paid_is_booked,
        checks.three_people,
    ):
        assert await holds() == []


async def test_evidence_the_market_knows_is_not_typed_again() -> None:
    _applicant, claim = await make_draft()

    kinds = await Evidence.filter(claim_id=claim.id).order_by("kind").values_list("kind", flat=True)

    assert [str(kind) for kind in kinds] == ["contract", "payment_voucher", "registration_certificate"]


async def test_who_computed_a_claim_does_not_recheck_it() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await Claim.filter(id=claim.id).update(calculated_by_id=desk.rechecker.user_id)

    with pytest.raises(SamePerson):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))

    assert await status_of(claim) is ClaimStatus.CALCULATED


async def test_what_is_rechecked_is_the_computation_that_was_looked_at() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await return_calculation(claim.number, reason="比例", by=By(desk.rechecker, NOW))
    await calculate(claim.number, rate_basis_points=3000, by=By(desk.officer, NOW))

    with pytest.raises(Conflict):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    await recheck(claim.number, sequence=2, by=By(desk.rechecker, NOW))

    assert (await Claim.get(id=claim.id)).award_amount == 36 * WAN
    assert [
        each.award_amount for each in await Assessment.filter(claim_id=claim.id).order_by("sequence")
    ] == [
        60 * WAN,
        36 * WAN,
    ]


async def test_facts_that_changed_since_the_computation_stop_the_recheck() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
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
    made = await calculate(claim.number, rate_basis_points=2000, by=By(desk.officer, NOW))

    assert refused.value.field == "rate"
    assert made.award_amount == 24 * WAN
    assert not made.is_provisional


async def test_a_contract_is_claimed_for_once() -> None:
    applicant, claim = await make_draft()
    contract = (await claim.contracts.all().select_related("contract"))[0].contract

    with pytest.raises(Conflict, match=claim.number):
        await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))
    await withdraw_claim(claim.number, by=By(applicant, NOW))
    again = await create_claim(
        "guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW)
    )

    assert again.number != claim.number


async def test_a_rival_cannot_claim_with_anothers_contract() -> None:
    _applicant, claim = await make_draft()
    contract = (await claim.contracts.all().select_related("contract"))[0].contract
    rival = await make_member()

    with pytest.raises(NotFound):
        await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(rival, NOW))
    with pytest.raises(NotFound):
        await submit_claim(claim.number, is_declared=True, by=By(rival, NOW))


async def test_finance_of_an_enterprise_does_not_claim() -> None:
    applicant, claim = await make_draft()
    finance = await make_member(await Organisation.get(id=applicant.organisation_id), MemberRole.FINANCE)

    with pytest.raises(NotYours):
        await submit_claim(claim.number, is_declared=True, by=By(finance, NOW))


async def test_a_supplement_that_does_not_come_ends_the_claim() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    await ask_supplement(claim.number, reason="缺少发票", due_on=date(2026, 3, 9), by=By(desk.officer, NOW))

    assert await end_overdue_supplements(NOW + timedelta(days=7)) == 0
    assert await end_overdue_supplements(NOW + timedelta(days=8)) == 1
    assert await status_of(claim) is ClaimStatus.WITHDRAWN


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

    refused = await reject(
        draft.number, clause="kinds", reason="合同不属于购买成果", by=By(desk.officer, NOW)
    )

    assert refused.reject_reason.startswith("依据：自治区科技厅 2019 年科技创新工作计划")
    assert "摘要：购买技术成果的合同" in refused.reject_reason


async def test_a_short_pot_is_shared_by_largest_remainder_and_never_exceeded() -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claims = [
        await make_rechecked(desk, applicant if n == 0 else None, contract_amount=amount)
        for n, amount in enumerate((100 * WAN, 100 * WAN, 100 * WAN))
    ]

    await make_published(desk, *claims, budget=100 * WAN)

    awards = [(await Claim.get(id=claim.id)).award_amount or 0 for claim in claims]
    assert awards == [33_333_334, 33_333_333, 33_333_333]
    assert (await available("budget:guangxi:2026")).amount == 0


async def test_a_second_list_finds_nothing_left() -> None:
    desk = await make_desk()
    first, second = await make_rechecked(desk), await make_rechecked(desk)
    await make_published(desk, first, budget=60 * WAN)
    late = await make_batch(
        "guangxi", year=2026, claim_numbers=[second.number], title="", by=By(desk.officer, NOW)
    )

    with pytest.raises(Conflict, match="没有余额"):
        await confirm_batch(late.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert await status_of(second) is ClaimStatus.RECHECKED


async def test_the_notice_lists_enterprise_contract_clause_rate_and_amount() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim)

    notice = await Notice.get(subject_kind="batch")
    text = "\n".join(" ".join(pair) for pair in notice.body)

    applicant = await Organisation.get(id=claim.applicant_id)
    for words in (applicant.name, "4526 0103", "￥1,200,000.00", "最高 50%", "比例：50%", "￥600,000.00"):
        assert words in text
    assert notice.days == 7
    assert notice.entries[0][0] == str(claim.id)


async def test_an_objection_stops_only_its_claim() -> None:
    desk = await make_desk()
    stopped, other = await make_rechecked(desk), await make_rechecked(desk)
    number = await make_published(desk, stopped, other)
    notice = await Notice.get(subject_kind="batch")
    objector = await make_member()
    objection = await notices.object_to(
        notice.number, reason="同一项目已获补助", entry_id=stopped.id, by=By(objector, NOW)
    )

    approved = await approve_batch(number, by=By(desk.approver, LATER))
    assert approved == [other.number]
    assert await status_of(stopped) is ClaimStatus.OBJECTION

    await notices.decide(objection.id, is_upheld=False, text="不成立", by=By(desk.operator, LATER))
    await run_due(LATER)
    assert await approve_batch(number, by=By(desk.approver, LATER)) == [stopped.number]


async def test_an_upheld_objection_frees_the_money_for_a_later_list() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim, budget=100 * WAN)
    notice = await Notice.get(subject_kind="batch")
    objection = await notices.object_to(
        notice.number, reason="关联方", entry_id=claim.id, by=By(await make_member(), NOW)
    )
    await notices.decide(objection.id, is_upheld=True, text="成立", by=By(desk.operator, NOW))

    await run_due(NOW)

    assert await status_of(claim) is ClaimStatus.REJECTED
    assert (await available("budget:guangxi:2026")).amount == 100 * WAN


async def test_nothing_is_approved_before_the_period_is_over() -> None:
    desk = await make_desk()
    number = await make_published(desk, await make_rechecked(desk))

    with pytest.raises(Conflict, match="还没有满"):
        await approve_batch(number, by=By(desk.approver, NOW + timedelta(days=3)))


async def test_who_had_a_hand_in_a_claim_does_not_approve_it() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await Claim.filter(id=claim.id).update(calculated_by_id=desk.approver.user_id)

    with pytest.raises(SamePerson):
        await approve_batch(number, by=By(desk.approver, LATER))


async def test_a_payment_the_bank_returned_is_ordered_again() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    first = (await order_payment(number, by=By(desk.officer, LATER))).orders[0]
    await enter_result(
        first.number,
        is_paid=False,
        ended_on=LATER.date(),
        bank_reference="退票 1",
        by=By(desk.officer, LATER),
    )

    again = await order_payment(number, by=By(desk.officer, LATER))

    assert [order.status for order in await Disbursement.filter(claim_id=claim.id).order_by("number")] == [
        DisbursementStatus.RETURNED,
        DisbursementStatus.ORDERED,
    ]
    assert again.orders[0].number != first.number
    with pytest.raises(Conflict):
        await order_payment(number, by=By(desk.officer, LATER))


async def test_a_budget_is_released_by_another_than_drafted_it() -> None:
    desk = await make_desk()
    await make_applicant()
    budget = await draft_budget("guangxi", year=2026, amount=WAN, by=By(desk.officer, NOW))
    assert (await available("budget:guangxi:2026")).amount == 0

    with pytest.raises(Forbidden):
        await release_budget(budget.id, by=By(desk.officer, NOW))
    await release_budget(budget.id, by=By(desk.approver, NOW))

    assert (await available("budget:guangxi:2026")).amount == WAN
    with pytest.raises(Conflict):
        await draft_budget("guangxi", year=2026, amount=2, by=By(desk.officer, NOW))


async def test_no_list_is_confirmed_without_a_budget() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )

    with pytest.raises(Conflict, match="预算"):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    await make_budget(desk, WAN)
    done = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))

    assert done.batch.status is BatchStatus.PUBLICITY
