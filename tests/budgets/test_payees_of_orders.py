"""Where the money of an order goes: to the account frozen into its claim, and nowhere else."""

from __future__ import annotations

import pytest
from tortoise.exceptions import BaseORMException

from market.audit.models import AuditEvent
from market.budgets.batches import approve_batch, make_batch
from market.budgets.instructions import download_file
from market.budgets.list_confirmation import confirm_batch
from market.budgets.models import Batch
from market.budgets.payment_models import PaymentInstruction
from market.budgets.states import BatchStatus
from market.claims.applications import submit_claim
from market.claims.claim_payees import (
    PayeeState,
    decide_payee_change,
    payee_states,
    propose_payee_change,
)
from market.claims.desk_review import accept, calculate, recheck
from market.claims.models import Claim
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict
from market.payees.comparisons import compare_proof, confirm_comparison
from market.payees.models import PayeeAccount
from market.records.by import By
from market.records.decisions import Verdict
from tests.budgets.factories import order_and_release, settle
from tests.claims.factories import LATER, WAN, Desk, make_budget, make_desk, make_published, make_rechecked
from tests.claims.payees import broken_checks, change_account, make_unpayable, propose
from tests.factories import HOLIDAYS, NOW
from tests.stage_cache import cached_stage


@cached_stage
async def make_approved(desk: Desk) -> tuple[Claim, str]:
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await approve_batch(number, by=By(desk.approver, LATER))
    return await Claim.get(id=claim.id), number


async def test_an_order_goes_to_the_account_frozen_at_submission() -> None:
    desk = await make_desk()
    claim, batch = await make_approved(desk)
    account = await PayeeAccount.get(id=claim.payee_id)

    (order,) = (await order_and_release(batch, desk)).orders

    assert (order.payee_id, order.payee_bank, order.payee_account) == (
        account.id,
        account.bank_name,
        account.number,
    )
    assert await broken_checks() == {}


async def test_an_account_changed_after_the_approval_stops_the_order_until_the_approver_agrees() -> None:
    desk = await make_desk()
    claim, batch = await make_approved(desk)
    account = await change_account(claim)

    stopped = await order_and_release(batch, desk)
    assert (stopped.orders, stopped.held) == ([], [(claim.number, "收款账户已变更，停止拨付")])
    await propose_payee_change(claim.number, by=By(desk.rechecker, LATER))
    assert not (await order_and_release(batch, desk)).orders
    await decide_payee_change(claim.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))

    (order,) = (await order_and_release(batch, desk)).orders
    assert order.payee_account == account.number
    assert await broken_checks() == {}


async def test_an_order_under_way_is_stopped_by_a_changed_account_and_its_files_with_it() -> None:
    desk = await make_desk()
    claim, batch = await make_approved(desk)
    (order,) = (await order_and_release(batch, desk)).orders
    number = (await PaymentInstruction.get()).number
    file = await download_file(desk.officer, number, "treasury", "csv")
    assert order.payee_account.encode() in bytes(file.content)
    await change_account(claim)

    with pytest.raises(Conflict, match=f"停止付款：{order.number}"):
        await download_file(desk.officer, number, "treasury", "csv")
    with pytest.raises(Conflict, match="先登记银行结果"):
        await propose_payee_change(claim.number, by=By(desk.rechecker, LATER))
    await settle(order, desk, is_paid=False, reference="t")
    await propose_payee_change(claim.number, by=By(desk.rechecker, LATER))
    await decide_payee_change(claim.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))
    (again,) = (await order_and_release(batch, desk)).orders

    assert again.payee_account != order.payee_account
    assert await broken_checks() == {}


async def test_an_account_changed_after_the_payment_concerns_the_claim_no_more() -> None:
    desk = await make_desk()
    claim, batch = await make_approved(desk)
    await settle((await order_and_release(batch, desk)).orders[0], desk)

    await change_account(claim)

    assert (await payee_states([claim.id]))[claim.id] is PayeeState.STANDING
    assert not await AuditEvent.exists(subject_id=claim.id, action="payee_changed")
    with pytest.raises(Conflict, match="已经拨付"):
        await propose_payee_change(claim.number, by=By(desk.rechecker, LATER))
    assert await broken_checks() == {}


async def test_no_list_and_no_order_for_an_organisation_of_one_before_the_desk_compared_its_proof() -> None:
    desk = await make_desk()
    owner, claim = await make_unpayable()
    account = await propose(owner)
    await submit_claim(claim.number, is_declared=True, by=By(owner, NOW))
    await accept(claim.number, by=By(desk.officer, NOW))
    await calculate(claim.number, by=By(desk.officer, NOW))
    await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    await make_budget(desk, 1000 * WAN)
    other = await make_rechecked(desk)
    numbers = [claim.number, other.number]
    batch = await make_batch("guangxi", year=2026, claim_numbers=numbers, title="", by=By(desk.officer, NOW))

    confirmed = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    assert confirmed.left_out == [(claim.number, "收款账户待核对")]

    await compare_proof(account.id, by=By(desk.officer, NOW))
    await confirm_comparison(account.id, by=By(desk.rechecker, NOW))
    again = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )
    await confirm_batch(again.number, calendar=HOLIDAYS, by=By(desk.rechecker, NOW))
    assert (await Batch.get(id=again.id)).status is BatchStatus.PUBLICITY


@pytest.mark.owner
@pytest.mark.parametrize(
    "change",
    [
        "payee_account = '6222029999999999999'",
        "payee_bank = '某某银行'",
        "amount = amount + 1000000",
        "payee_id = NULL",
    ],
)
async def test_an_order_is_not_edited_and_one_edited_behind_the_guards_is_found(change: str) -> None:
    desk = await make_desk()
    _claim, batch = await make_approved(desk)
    (order,) = (await order_and_release(batch, desk)).orders
    statement = f"UPDATE disbursements SET {change}"  # noqa: S608

    with pytest.raises(BaseORMException, match="never edited"):
        async with in_transaction():
            await connection().execute_query(statement)
    await connection().execute_query("SET session_replication_role = replica")
    await connection().execute_query(statement)
    await connection().execute_query("SET session_replication_role = DEFAULT")

    findings = (await broken_checks())["subsidies: payees of orders are the frozen payees"]
    assert order.number in findings[0]


@pytest.mark.owner
async def test_an_order_and_its_award_raised_together_are_found_by_the_log() -> None:
    desk = await make_desk()
    _claim, batch = await make_approved(desk)
    (order,) = (await order_and_release(batch, desk)).orders

    await connection().execute_query("SET session_replication_role = replica")
    for table in ("disbursements SET amount = amount + 1", "claims SET award_amount = award_amount + 1"):
        await connection().execute_query(f"UPDATE {table}")
    await connection().execute_query("SET session_replication_role = DEFAULT")

    assert order.number in (await broken_checks())["subsidies: orders are what was ordered"][0]
