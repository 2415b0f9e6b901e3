"""Two people at the same moment, on real connections: one effect, one clear refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from market.accounts.models import Organisation, StaffRole
from market.budgets.annual_budgets import confirm_change, draft_budget, propose_change
from market.budgets.batches import approve_batch, make_batch
from market.budgets.disbursements import OrderResult, order_payment
from market.budgets.instructions import release_instruction
from market.budgets.list_confirmation import confirm_batch
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import InstructionFile, PaymentInstruction
from market.budgets.payment_results import confirm_result, enter_result
from market.budgets.states import BudgetChangeKind
from market.claims.applications import create_claim
from market.claims.claim_facts import facts_of
from market.claims.computation import compute_claim
from market.claims.desk_review import calculate, recheck
from market.claims.evidence_log import Paper, add_evidence
from market.claims.models import Assessment, Claim, ClaimContract, Evidence
from market.claims.states import ClaimStatus
from market.deals.models import ContractKind
from market.deps import Deps
from market.kit.errors import Conflict, Invalid, MarketError
from market.ledger.models import Phase, Transfer
from market.ledger.transfers import available
from market.payees.accounts import confirm_account
from market.payees.models import PayeeAccount
from market.programmes.catalogue import compiled
from market.programmes.models import Programme, ProgrammeTerms
from market.records.by import By
from tests.budgets.factories import reported
from tests.claims.factories import (
    LATER,
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
from tests.claims.payees import broken_checks, propose
from tests.factories import HOLIDAYS, NOW, make_member, make_staff
from tests.visitor import post, sign_in

pytestmark = [pytest.mark.committed, pytest.mark.long]


async def at_once(*acts: Coroutine[Any, Any, Any]) -> tuple[list[Any], list[MarketError]]:
    """Do everything at the same moment; return what worked and what was refused. A crash is raised."""
    results: list[Any] = []
    refused: list[MarketError] = []
    for result in await asyncio.gather(*acts, return_exceptions=True):
        if isinstance(result, MarketError):
            refused.append(result)
        elif isinstance(result, BaseException):
            raise result
        else:
            results.append(result)
    return results, refused


async def test_two_officers_compute_one_claim() -> None:
    desk, other = await make_desk(), await make_staff(StaffRole.OFFICER)
    claim = await make_accepted(desk)

    results, refused = await at_once(
        calculate(claim.number, by=By(desk.officer, NOW)),
        calculate(claim.number, rate_basis_points=3000, decision="桂科函〔2026〕1号", by=By(other, NOW)),
    )

    assert (len(results), len(refused)) == (1, 1)
    assert (await Claim.get(id=claim.id)).award_amount == results[0].award_amount
    assert await Assessment.filter(claim_id=claim.id).count() == 1


async def test_two_recheckers_confirm_one_claim() -> None:
    desk, other = await make_desk(), await make_staff(StaffRole.RECHECKER)
    claim = await make_calculated(desk)

    results, refused = await at_once(
        recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW)),
        recheck(claim.number, sequence=1, by=By(other, NOW)),
    )

    assert (len(results), len(refused)) == (1, 1)


async def test_a_list_and_a_cut_of_its_budget_want_the_same_money() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_budget(desk, 60 * WAN)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )
    cut = await propose_change(
        "guangxi",
        year=2026,
        kind=BudgetChangeKind.DECREASE,
        amount=60 * WAN,
        document_number="桂财〔2026〕1号",
        ground="收回",
        by=By(desk.officer, NOW),
    )

    results, refused = await at_once(
        confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW)),
        *(confirm_change(cut.id, by=By(desk.approver, NOW)) for _ in range(2)),
    )

    assert (len(results), len(refused)) == (1, 2)
    assert all(isinstance(refusal, Conflict) for refusal in refused)
    assert (await available("budget:guangxi:2026")).amount == 0
    assert await broken_checks() == {}


async def test_many_lists_want_the_last_of_a_budget() -> None:
    desk = await make_desk()
    claims = [await make_rechecked(desk) for _ in range(4)]
    await make_budget(desk, 100 * WAN)
    lists = [
        await make_batch(
            "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
        )
        for claim in claims
    ]

    results, refused = await at_once(
        *(confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW)) for batch in lists)
    )

    assert (len(results), len(refused)) == (2, 2)
    assert all(isinstance(refusal, Conflict) for refusal in refused)
    awards = await Claim.filter(status=ClaimStatus.PUBLICITY).order_by("award_amount")
    assert [claim.award_amount for claim in awards] == [40 * WAN, 60 * WAN]
    assert (await available("budget:guangxi:2026")).amount == 0


async def test_lists_of_ten_years_that_draw_on_the_cap_of_one_outcome_get_it_once() -> None:
    desk = await make_desk()
    applicant = await make_applicant(region="420100")
    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(
        buyer, kind=ContractKind.ASSIGNMENT, registered_on=date(2024, 1, 20), seller_region="420100"
    )
    for year in (2025, 2026):
        await make_sales(contract, applicant, 30_000 * WAN, year)
    programme = await Programme.get(slug="hubei")
    terms = await ProgrammeTerms.get(programme_id=programme.id)
    years = range(2017, 2027)
    for year in years:
        await make_budget(desk, 5000 * WAN, "hubei", year)
    payee = await PayeeAccount.get(organisation_id=buyer.id)
    common = {"programme_id": programme.id, "created_at": NOW}
    lists = [
        Batch(
            id=uuid4(),
            number=f"PC-{n}",
            fiscal_year=years[n % 10],
            year=years[n % 10],
            title="x",
            proposed_by_id=desk.officer.user_id,
            proposed_at=NOW,
            **common,
        )
        for n in range(50)
    ]
    claims = [
        Claim(
            id=uuid4(),
            number=f"SB-{one.number}",
            status=ClaimStatus.RECHECKED,
            terms_id=terms.id,
            applicant_id=buyer.id,
            payee_id=payee.id,
            year=one.year,
            award_amount=500 * WAN,
            batch_id=one.id,
            submitted_at=NOW,
            updated_at=NOW,
            **common,
        )
        for one in lists
    ]
    await Batch.bulk_create(lists)
    await Claim.bulk_create(claims)
    await ClaimContract.bulk_create(
        [
            ClaimContract(id=uuid4(), claim_id=one.id, contract_id=contract.id, award_amount=500 * WAN)
            for one in claims
        ]
    )
    facts = await facts_of(claims[9])
    result = compute_claim(facts, compiled(terms))
    await Assessment.bulk_create(
        [
            Assessment(
                id=uuid4(),
                claim_id=one.id,
                sequence=1,
                terms_id=terms.id,
                facts=facts,
                result=result,
                award_amount=500 * WAN,
                is_provisional=False,
                proposed_by_id=desk.officer.user_id,
                proposed_at=NOW,
            )
            for one in claims
        ]
    )

    results, refused = await at_once(
        *(confirm_batch(one.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW)) for one in lists)
    )

    assert (len(results), len(refused)) == (1, 49)
    assert all(isinstance(refusal, Conflict) for refusal in refused)
    assert await Claim.filter(status=ClaimStatus.PUBLICITY).count() == 1


async def test_one_list_is_approved_ordered_and_paid_many_times_at_once() -> None:
    desk, other = await make_desk(), await make_staff(StaffRole.APPROVER)
    number = await make_published(desk, await make_rechecked(desk))

    results, refused = await at_once(
        *(
            approve_batch(number, by=By(person, LATER))
            for person in (desk.approver, other, desk.approver, other)
        )
    )
    assert (len(results), len(refused)) == (1, 3)
    assert await Transfer.filter(phase=Phase.POST).count() == 1

    results, refused = await at_once(*(order_payment(number, by=By(desk.officer, LATER)) for _ in range(3)))
    assert (len(results), len(refused)) == (1, 2)
    order = await Disbursement.get()
    rechecker = await make_staff(StaffRole.RECHECKER)
    instruction = await PaymentInstruction.get()
    results, refused = await at_once(
        *(
            release_instruction(instruction.number, by=By(person, LATER))
            for person in (desk.rechecker, rechecker, desk.rechecker)
        )
    )
    assert (len(results), len(refused)) == (1, 2)
    assert await InstructionFile.all().count() == 4

    results, refused = await at_once(
        *(
            enter_result(order.number, reported(is_paid), by=By(desk.officer, LATER))
            for is_paid in (True, False)
        )
    )
    assert (len(results), len(refused)) == (1, 1)
    entered = results[0]
    results, refused = await at_once(
        *(confirm_result(entered.id, by=By(person, LATER)) for person in (desk.rechecker, rechecker) * 2)
    )
    assert (len(results), len(refused)) == (1, 3)
    assert await Transfer.filter(kind="subsidy_paid").count() == (entered.outcome == "paid")


async def test_one_contract_is_claimed_for_many_times_at_once() -> None:
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id))

    results, refused = await at_once(
        *(
            create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))
            for _ in range(4)
        )
    )

    assert (len(results), len(refused)) == (1, 3)
    assert results[0].number in str(refused[0])


async def test_two_officers_draft_one_budget() -> None:
    desk, other = await make_desk(), await make_staff(StaffRole.OFFICER)
    await make_applicant()

    results, _refused = await at_once(
        draft_budget("guangxi", year=2026, amount=WAN, by=By(desk.officer, NOW)),
        draft_budget("guangxi", year=2026, amount=2 * WAN, by=By(other, NOW)),
    )

    assert results[0].id == results[1].id


async def test_one_invoice_goes_into_one_claim_and_the_others_are_told_at_its_field(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    drafts = [await make_draft() for _ in range(6)]

    results, refused = await at_once(
        *(
            add_evidence(
                claim.number,
                Paper("invoice", "2645 0000 0001", amount=WAN),
                upload=None,
                by=By(applicant, NOW),
                store=deps.store,
            )
            for applicant, claim in drafts * 2
        )
    )

    assert (len(results), len(refused)) == (1, 11)
    assert {(type(refusal), getattr(refusal, "field", "")) for refusal in refused} == {(Invalid, "number")}
    [stored] = await Evidence.filter(kind="invoice", number="264500000001")
    applicant, claim = next(pair for pair in drafts if pair[1].id != stored.claim_id)
    await sign_in(client, applicant)
    page = await post(
        client, f"/claims/{claim.number}/evidence", {"kind": "invoice", "number": "2645-0000-0001"}
    )
    assert page.status_code == 422
    assert "已用于另一家单位的申报" in page.text
    assert 'value="2645-0000-0001"' in page.text


async def test_an_order_and_a_changed_account_at_the_same_moment_pay_no_account_unseen() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    applicant = await Organisation.get(id=claim.applicant_id)
    owner, colleague = await make_member(applicant), await make_member(applicant)
    waiting = await propose(owner)

    results, refused = await at_once(
        *(order_payment(number, by=By(desk.officer, LATER)) for _ in range(3)),
        confirm_account(waiting.id, by=By(colleague, LATER)),
    )

    orders = await Disbursement.all()
    held = [why for result in results if isinstance(result, OrderResult) for _number, why in result.held]
    assert len(orders) <= 1
    assert bool(orders) or held
    assert all(order.payee_id != waiting.id for order in orders)
    for instruction in await PaymentInstruction.all():
        with pytest.raises(Conflict, match="收款账户已变更"):
            await release_instruction(instruction.number, by=By(desk.rechecker, LATER))
    assert all(isinstance(refusal, Conflict) for refusal in refused)
    assert await broken_checks() == {}
