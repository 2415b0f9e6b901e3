"""A year taken through at once, versions drafted and released, results imported, awards that come back."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from market.accounts.models import StaffRole
from market.budgets import clawbacks, year_runs
from market.budgets.bank_files import import_results, payment_file
from market.budgets.batches import approve_batch
from market.budgets.checks import (
    clawbacks_are_booked,
    money_is_set_aside,
    no_award_above_its_budget,
)
from market.budgets.clawbacks import confirm_clawback, drop_clawback, record_return, start_clawback
from market.budgets.deadlines import run_due
from market.budgets.disbursements import enter_result, order_payment
from market.budgets.models import Batch, Clawback, Disbursement, RunStage, YearRun
from market.budgets.states import BatchStatus, ClawbackStatus, DisbursementStatus
from market.claims.applications import create_claim
from market.claims.checks import no_conflicted_hands
from market.claims.contract_validity import voided_among
from market.claims.desk_review import declare_conflict, reject
from market.claims.draft_impact import assess_impact
from market.claims.models import Assessment, Claim
from market.claims.states import ClaimStatus
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.contracts.models import ChangeKind, Contract, ContractChange
from market.deals.models import Deal, Side
from market.deals.states import DealStatus
from market.integrity.conflicts import Conflicted
from market.kit.errors import Conflict, Invalid, SamePerson
from market.ledger import services as book
from market.programmes import drafts
from market.programmes.catalogue import version_in_force
from market.programmes.models import ProgrammeTerms
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import (
    WAN,
    Desk,
    make_accepted,
    make_applicant,
    make_budget,
    make_calculated,
    make_desk,
    make_published,
    make_rechecked,
)
from tests.factories import NOW, make_member, make_staff

LATER = NOW + timedelta(days=10)


async def make_paid(desk: Desk) -> tuple[Claim, str]:
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    order = (await order_payment(batch, by=By(desk.officer, LATER))).orders[0]
    await enter_result(
        order.number, is_paid=True, ended_on=LATER.date(), bank_reference="b1", by=By(desk.officer, LATER)
    )
    return await Claim.get(id=claim.id), batch


async def rescind(claim: Claim) -> None:
    contract = await Contract.get(claims__claim_id=claim.id)
    await Deal.filter(id=contract.deal_id).update(status=DealStatus.RESCINDED)


async def test_a_rescinded_contract_brings_a_paid_award_back_by_receipts() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    await rescind(claim)

    assert await clawbacks.start_due(LATER) == 1
    assert await clawbacks.start_due(LATER) == 0
    found = await Clawback.get(claim_id=claim.id)
    await confirm_clawback(found.number, by=By(desk.approver, LATER))
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.CLAWBACK

    async def back(amount: int, reference: str) -> None:
        await record_return(
            found.number,
            amount=amount,
            received_on=LATER.date(),
            bank_reference=reference,
            by=By(desk.officer, LATER),
        )

    await back(10 * WAN, "r1")
    with pytest.raises(Conflict):
        await back(10 * WAN, "r1")
    with pytest.raises(Invalid):
        await back(found.amount, "r2")
    await back(found.amount - 10 * WAN, "r2")

    assert (await Clawback.get(id=found.id)).status is ClawbackStatus.SETTLED
    assert (await book.balance(f"owed:{found.id}")).amount == 0
    assert (await book.balance("recovered:guangxi:2026")).amount == found.amount == 60 * WAN
    assert not [finding for check in (clawbacks_are_booked, no_conflicted_hands) for finding in await check()]
    await Clawback.filter(id=found.id).update(amount=found.amount - 1)
    assert found.number in (await clawbacks_are_booked())[0]


async def test_a_cancelled_registration_brings_an_award_back_and_bars_a_new_claim() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    contract = await Contract.get(claims__claim_id=claim.id).select_related("deal__buyer")
    await ContractChange.create(
        id=uuid4(),
        contract_id=contract.id,
        sequence=1,
        kind=ChangeKind.CANCELLATION,
        side=Side.SELLER,
        agreement="登记机构注销",
        agreed_on=LATER.date(),
        proposed_by_id=desk.officer.user_id,
        proposed_at=LATER,
        effective_at=LATER,
    )

    assert await clawbacks.start_due(LATER) == 1
    assert await voided_among([contract.id]) == {contract.id}
    buyer = await make_member(contract.deal.buyer)
    with pytest.raises(Invalid):
        await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(buyer, LATER))


async def test_who_starts_a_clawback_does_not_confirm_it_and_one_is_live_at_a_time() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)

    with pytest.raises(Invalid):
        await start_clawback(claim.number, amount=61 * WAN, reason="x", by=By(desk.officer, LATER))
    row = await start_clawback(claim.number, amount=WAN, reason="虚报", by=By(desk.officer, LATER))
    with pytest.raises(Conflict):
        await start_clawback(claim.number, amount=WAN, reason="x", by=By(desk.officer, LATER))
    await drop_clawback(row.number, by=By(desk.approver, LATER))

    again = await start_clawback(claim.number, amount=WAN, reason="x", by=By(desk.officer, LATER))
    assert again.number != row.number
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.PAID


async def test_who_declared_a_conflict_neither_orders_nor_enters_a_payment() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    other = await make_staff(StaffRole.OFFICER)
    await declare_conflict(claim.number, reason="亲属", by=By(other, LATER))

    held = await order_payment(batch, by=By(other, LATER))
    order = (await order_payment(batch, by=By(desk.officer, LATER))).orders[0]

    assert ([number for number, _why in held.held], held.orders) == ([claim.number], [])
    with pytest.raises(Conflicted):
        await enter_result(
            order.number, is_paid=True, ended_on=LATER.date(), bank_reference="b", by=By(other, LATER)
        )


@pytest.mark.parametrize("steps", ["published", "approved", "ordered", "returned"])
async def test_what_was_set_aside_for_a_lost_contract_goes_back_to_the_budget(steps: str) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim, budget=1000 * WAN)
    if steps != "published":
        await approve_batch(batch, by=By(desk.approver, LATER))
    if steps in ("ordered", "returned"):
        order = (await order_payment(batch, by=By(desk.officer, LATER))).orders[0]
        if steps == "returned":
            await enter_result(
                order.number,
                is_paid=False,
                ended_on=LATER.date(),
                bank_reference="b1",
                by=By(desk.officer, LATER),
            )
    await rescind(claim)

    moved = [await run_due(LATER), await run_due(LATER)]

    found, pot = await Claim.get(id=claim.id), await book.available("budget:guangxi:2026")
    if steps == "ordered":
        assert (moved, found.status, pot.amount < 1000 * WAN) == ([0, 0], ClaimStatus.TO_PAY, True)
    else:
        assert (moved, found.status, pot.amount) == ([1, 0], ClaimStatus.REJECTED, 1000 * WAN)
        assert (await book.balance("reserved:guangxi:2026")).amount == 0
        assert (await Batch.get(number=batch)).status is BatchStatus.DONE
    assert [await money_is_set_aside(), await no_award_above_its_budget()] == [[], []]


async def test_an_objection_is_decided_and_not_refused_away() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    await make_published(desk, claim)
    await Claim.filter(id=claim.id).update(status=ClaimStatus.OBJECTION)

    with pytest.raises(Conflict):
        await reject(claim.number, clause="rate", reason="无", by=By(desk.officer, LATER))


async def test_an_award_whose_contract_was_rescinded_is_not_paid_out() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    await rescind(claim)

    done = await order_payment(batch, by=By(desk.officer, LATER))

    assert [number for number, _why in done.held] == [claim.number]
    assert done.orders == []


async def test_the_banks_results_are_imported_once_and_a_returned_payment_is_ordered_again() -> None:
    desk = await make_desk()
    claims = [await make_rechecked(desk) for _ in range(2)]
    number = await make_published(desk, *claims)
    await approve_batch(number, by=By(desk.approver, LATER))
    await order_payment(number, by=By(desk.officer, LATER))
    orders = await Disbursement.all().select_related("claim__applicant").order_by("number")
    batch = await Batch.get(number=number)
    filled = _filled(payment_file(batch, orders), [("已付出", "ok-1"), ("被银行退回", "no-1")])

    first = await import_results(filled, by=By(desk.officer, LATER))
    second = await import_results(filled, by=By(desk.officer, LATER))
    again = await order_payment(number, by=By(desk.officer, LATER))

    assert (first.entered, first.refused) == (2, [])
    assert (second.entered, second.known, second.refused) == (0, 2, [])
    assert [order.claim_id for order in again.orders] == [orders[1].claim_id]
    statuses = [order.status for order in await Disbursement.all().order_by("number")]
    assert statuses == [DisbursementStatus.PAID, DisbursementStatus.RETURNED, DisbursementStatus.ORDERED]


def _filled(content: bytes, results: list[tuple[str, str]]) -> bytes:
    made = load_workbook(io.BytesIO(content))
    page = made.worksheets[0]
    for row, (words, reference) in enumerate(results, start=2):
        page.cell(row, 8, words)
        page.cell(row, 9, LATER.date().isoformat())
        page.cell(row, 10, reference)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


async def test_a_changed_amount_a_strange_number_and_no_workbook_are_refused_row_by_row() -> None:
    desk = await make_desk()
    number = await make_published(desk, await make_rechecked(desk))
    await approve_batch(number, by=By(desk.approver, LATER))
    await order_payment(number, by=By(desk.officer, LATER))
    orders = await Disbursement.all().select_related("claim__applicant")
    made = load_workbook(io.BytesIO(payment_file(await Batch.get(number=number), orders)))
    made.worksheets[0].cell(2, 6, 1.5)
    made.worksheets[0].cell(3, 1, "BF-2026-999999")
    written = io.BytesIO()
    made.save(written)

    done = await import_results(
        _filled(written.getvalue(), [("已付出", "a"), ("已付出", "b")]), by=By(desk.officer, LATER)
    )

    assert (done.entered, [row for row, _why in done.refused]) == (0, [2, 3])
    with pytest.raises(Invalid):
        await import_results(b"no workbook", by=By(desk.officer, LATER))


_GUANGXI = find_terms("guangxi")[0].content


def next_version(**changes: Any) -> str:
    content = json.loads(drafts.to_text(_GUANGXI))
    return json.dumps(content | {"version": "2027", "valid_from": "2027-01-01"} | changes)


async def test_a_version_is_drafted_by_one_released_by_another_and_changes_no_claim_before() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    cheaper = [{"name": "rate", "rate": {"flat": 3000}, "clause": "rate"}]

    draft = await drafts.draft_terms("guangxi", text=next_version(rates=cheaper), by=By(desk.officer, NOW))
    preview = await assess_impact(draft, NOW)
    released = await drafts.release_terms(
        "guangxi", "2027", on_release=rebuild_outcome_documents, by=By(desk.approver, NOW)
    )

    assert [(row.number, row.before, row.after) for row in preview.moved] == [
        (claim.number, 60 * WAN, 36 * WAN)
    ]
    assert (await version_in_force(released.programme_id, 2026)).version == "2019"
    assert (await version_in_force(released.programme_id, 2027)).version == "2027"
    assert (await Claim.get(id=claim.id).select_related("terms")).terms.version == "2019"
    with pytest.raises(Conflict):
        await drafts.draft_terms("guangxi", text=next_version(), by=By(desk.officer, NOW))


async def test_what_is_no_next_version_is_not_kept() -> None:
    desk = await make_desk()
    await make_applicant()
    texts = [
        "{",
        "[]",
        "{}",
        next_version(programme="henan-buyer"),
        next_version(valid_from="2019-01-01"),
        next_version(rates=[]),
        next_version(title="零\x00"),
    ]

    for text in texts:
        with pytest.raises(Invalid):
            await drafts.draft_terms("guangxi", text=text, by=By(desk.officer, NOW))
    assert not await ProgrammeTerms.filter(status="draft").exists()


class Killed(BaseException):
    """The process ends here."""


async def year_of(desk: Desk, count: int) -> list[Claim]:
    applicant = await make_applicant()
    return [
        await make_accepted(desk, applicant, contract_amount=(100 + n) * WAN, trade_amount=(100 + n) * WAN)
        for n in range(count)
    ]


async def test_a_year_run_killed_at_random_ends_with_the_same_result() -> None:
    desk, random = await make_desk(), Random(6)
    claims = await year_of(desk, 4)
    plan = await year_runs.plan_run("guangxi", 2026)

    def deadly(stage: str, done: int, total: int) -> None:
        if random.random() < 0.5:
            raise Killed

    kills = 0
    while True:
        try:
            run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
            run = await year_runs.compute_all(run.id, by=By(desk.officer, NOW), on_progress=deadly)
            run = await year_runs.recheck_all(run.id, by=By(desk.rechecker, NOW), on_progress=deadly)
            run = await year_runs.list_all(run.id, by=By(desk.rechecker, NOW))
            break
        except Killed:
            kills += 1
    again = await year_runs.list_all(run.id, by=By(desk.rechecker, NOW))

    assert kills > 2
    assert run.batch_id is not None
    assert again.batch_id == run.batch_id
    assert await Assessment.all().count() == len(claims) == plan.to_compute
    awards = await Claim.filter(batch_id=run.batch_id).values_list("award_amount", flat=True)
    assert sum(int(str(one)) for one in awards) == plan.award == sum((100 + n) * WAN // 2 for n in range(4))
    assert (await YearRun.get(id=run.id)).stage is RunStage.DONE


async def test_a_dry_run_writes_nothing_and_says_when_the_pot_is_short() -> None:
    desk = await make_desk()
    await year_of(desk, 2)
    await make_budget(desk, 10 * WAN)

    plan = await year_runs.plan_run("guangxi", 2026)

    assert (plan.to_compute, plan.is_short, plan.available) == (2, True, 10 * WAN)
    assert not await Assessment.all().exists()


async def test_the_officer_of_a_run_does_not_recheck_it() -> None:
    desk = await make_desk()
    await year_of(desk, 1)
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await YearRun.filter(id=run.id).update(officer_id=desk.rechecker.user_id)

    with pytest.raises(SamePerson):
        await year_runs.recheck_all(run.id, by=By(desk.rechecker, NOW))


async def test_a_doubtful_claim_is_left_to_a_person() -> None:
    desk = await make_desk()
    (claim,) = await year_of(desk, 1)
    await Claim.filter(id=claim.id).update(doubt_kinds=",split,")
    run = await year_runs.open_run("guangxi", 2026, by=By(desk.officer, NOW))
    await year_runs.compute_all(run.id, by=By(desk.officer, NOW))
    await Claim.filter(id=claim.id).update(doubt_kinds=",split,")

    run = await year_runs.recheck_all(run.id, by=By(desk.rechecker, NOW))

    assert run.left is not None
    assert list(run.left) == [claim.number]
