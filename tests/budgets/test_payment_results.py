"""The bank's results: entered by one person, confirmed by another, taken back by two more."""

from __future__ import annotations

import httpx
import pytest
from tortoise.exceptions import BaseORMException

from market.accounts.models import Message
from market.budgets.batches import approve_batch
from market.budgets.clawbacks import start_clawback
from market.budgets.disbursements import order_payment
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentInstruction, PaymentResult, ResultReversal
from market.budgets.payment_results import (
    confirm_result,
    decide_take_back,
    enter_result,
    propose_take_back,
    reject_result,
)
from market.budgets.states import BatchStatus, DisbursementStatus, ReturnReason
from market.claims.claim_payees import decide_payee_change, propose_payee_change
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.deps import Deps
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid
from market.ledger.models import Transfer
from market.ledger.transfers import balance
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson, Verdict
from tests.budgets.factories import make_paid, order_and_release, reported, settle
from tests.claims.factories import LATER, WAN, Desk, make_desk, make_published, make_rechecked, status_of
from tests.claims.payees import broken_checks, change_account
from tests.databases import past_guards
from tests.factories import make_member
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in


@cached_stage
async def make_ordered(desk: Desk) -> tuple[Claim, str, Disbursement]:
    claim = await make_rechecked(desk)
    batch = await make_published(desk, claim)
    await approve_batch(batch, by=By(desk.approver, LATER))
    return claim, batch, (await order_and_release(batch, desk)).orders[0]


async def test_nothing_is_booked_before_a_second_person_confirms_the_result() -> None:
    desk = await make_desk()
    claim, _batch, order = await make_ordered(desk)

    result = await enter_result(order.number, reported(), by=By(desk.officer, LATER))
    assert await status_of(claim) is ClaimStatus.TO_PAY
    assert (await balance(f"disbursed:{claim.id}")).amount == 0
    with pytest.raises(Conflict, match="正待另一人确认"):
        await enter_result(order.number, reported(), by=By(desk.officer, LATER))
    with pytest.raises(Forbidden):
        await confirm_result(result.id, by=By(desk.officer, LATER))
    await confirm_result(result.id, by=By(desk.rechecker, LATER))

    assert await status_of(claim) is ClaimStatus.PAID
    assert (await balance(f"disbursed:{claim.id}")).amount == 60 * WAN
    with pytest.raises(AlreadyDecided):
        await confirm_result(result.id, by=By(desk.rechecker, LATER))
    assert await broken_checks() == {}


async def test_who_entered_a_result_does_not_confirm_it() -> None:
    desk = await make_desk()
    _claim, _batch, order = await make_ordered(desk)
    result = await enter_result(order.number, reported(), by=By(desk.officer, LATER))
    await past_guards(
        "UPDATE payment_results SET proposed_by_id = $1 WHERE id = $2", desk.rechecker.user_id, result.id
    )

    with pytest.raises(SamePerson):
        await confirm_result(result.id, by=By(desk.rechecker, LATER))


async def test_a_rejected_result_changes_nothing_and_is_entered_anew() -> None:
    desk = await make_desk()
    claim, _batch, order = await make_ordered(desk)
    result = await enter_result(order.number, reported(), by=By(desk.officer, LATER))
    await reject_result(result.id, reason="流水号不对", by=By(desk.rechecker, LATER))
    assert await status_of(claim) is ClaimStatus.TO_PAY

    await settle(order, desk, reference="b2")

    assert (await Disbursement.get(id=order.id)).bank_reference == "b2"


RETURNED = (
    (ReturnReason.NAME, "银行退回（户名不符：银行系统维护），待单位更正收款账户"),
    (ReturnReason.ACCOUNT, "银行退回（账号有误：银行系统维护），待单位更正收款账户"),
    (ReturnReason.CLOSED, "银行退回（账户已销户：银行系统维护），待单位更正收款账户"),
    (ReturnReason.UNSTATED, "银行退回（银行未说明：银行系统维护），待单位更正收款账户"),
)


async def test_a_firm_is_told_why_the_bank_returned_its_payment_and_the_claim_is_held() -> None:
    desk = await make_desk()
    claim, batch, order = await make_ordered(desk)
    firm = await make_member(await claim.applicant)

    for reason, held in RETURNED:
        async with in_transaction() as transaction:
            await settle(order, desk, is_paid=False, why=reason)

            message = await Message.filter(user_id=firm.user_id).order_by("-created_at").first()
            assert message is not None
            assert str(reason.label) in message.text
            assert message.address == "/account/payee"
            assert (await order_payment(batch, by=By(desk.officer, LATER))).held == [(claim.number, held)]
            await transaction.rollback()


async def test_a_returned_payment_waits_for_a_corrected_and_confirmed_account() -> None:
    desk = await make_desk()
    claim, batch, order = await make_ordered(desk)
    await settle(order, desk, is_paid=False, why=ReturnReason.NAME)

    account = await change_account(claim)
    assert not (await order_payment(batch, by=By(desk.officer, LATER))).orders
    await propose_payee_change(claim.number, by=By(desk.rechecker, LATER))
    await decide_payee_change(claim.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))
    again = await order_and_release(batch, desk)
    await settle(again.orders[0], desk)

    assert again.orders[0].payee_account == account.number
    assert await PaymentInstruction.all().count() == 2
    assert await broken_checks() == {}


async def test_a_return_needs_its_reason() -> None:
    desk = await make_desk()
    _claim, _batch, order = await make_ordered(desk)
    returned = reported(False)

    for changed, field in (
        (type(returned)(returned.outcome, returned.ended_on, "b"), "return_reason"),
        (type(returned)(returned.outcome, returned.ended_on, "b", ReturnReason.OTHER), "return_note"),
    ):
        with pytest.raises(Invalid) as refusal:
            await enter_result(order.number, changed, by=By(desk.officer, LATER))
        assert refusal.value.field == field


async def test_a_wrong_result_is_taken_back_by_two_and_the_book_by_a_new_row() -> None:
    desk = await make_desk()
    claim, batch = await make_paid(desk)
    order = await Disbursement.get()
    with pytest.raises(Invalid):
        await propose_take_back(order.number, ground="", by=By(desk.rechecker, LATER))
    with pytest.raises(Forbidden):
        await propose_take_back(order.number, ground="x", by=By(desk.officer, LATER))
    await propose_take_back(order.number, ground="银行回单属于另一笔", by=By(desk.rechecker, LATER))
    with pytest.raises(Conflict, match="正待批准"):
        await propose_take_back(order.number, ground="x", by=By(desk.rechecker, LATER))
    before = await Transfer.all().count()

    await decide_take_back(order.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))

    assert await status_of(claim) is ClaimStatus.TO_PAY
    assert (await Disbursement.get()).status is DisbursementStatus.ORDERED
    assert (await Batch.get(number=batch)).status is BatchStatus.DISBURSING
    assert await Transfer.all().count() == before + 1
    assert (await balance(f"disbursed:{claim.id}")).amount == 0
    assert (await balance("reserved:guangxi:2026")).amount == 60 * WAN
    assert await broken_checks() == {}
    await settle(order, desk, reference="b2")
    assert (await balance(f"disbursed:{claim.id}")).amount == 60 * WAN
    assert await status_of(claim) is ClaimStatus.PAID
    assert await broken_checks() == {}


async def test_a_return_entered_wrongly_is_taken_back_and_paid_without_a_new_account() -> None:
    desk = await make_desk()
    _claim, batch, order = await make_ordered(desk)
    await settle(order, desk, is_paid=False, why=ReturnReason.ACCOUNT)
    await propose_take_back(order.number, ground="看错了行", by=By(desk.rechecker, LATER))
    await decide_take_back(order.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))

    await settle(order, desk)

    assert (await Batch.get(number=batch)).status is BatchStatus.DONE
    assert await broken_checks() == {}


async def test_a_result_is_not_taken_back_once_something_followed_it() -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    order = await Disbursement.get()
    await propose_take_back(order.number, ground="x", by=By(desk.rechecker, LATER))
    await start_clawback(claim.number, amount=1, ground="x", by=By(desk.officer, LATER))

    with pytest.raises(Conflict, match="已有追回"):
        async with in_transaction():
            await decide_take_back(order.number, Verdict.CONFIRMED, by=By(desk.approver, LATER))
    with pytest.raises(Invalid):
        async with in_transaction():
            await decide_take_back(order.number, Verdict.REJECTED, by=By(desk.approver, LATER))
    await decide_take_back(order.number, Verdict.REJECTED, reason="已追回", by=By(desk.approver, LATER))

    assert (await ResultReversal.get()).is_rejected
    assert await status_of(claim) is ClaimStatus.PAID


@pytest.mark.owner
async def test_the_database_knows_no_result_of_one_person() -> None:
    desk = await make_desk()
    _claim, _batch, order = await make_ordered(desk)
    await enter_result(order.number, reported(), by=By(desk.officer, LATER))

    for statement in (
        "UPDATE disbursements SET status = 'paid' WHERE status = 'ordered'",
        "UPDATE disbursements SET status = 'returned' WHERE status = 'ordered'",
        "UPDATE payment_results SET bank_reference = 'x'",
        "DELETE FROM payment_results",
    ):
        with pytest.raises(BaseORMException, match=r"no confirmed result|append-only"):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_the_pages_lead_from_entering_to_confirming_to_taking_back(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    deps.clock.move(days=10)  # type: ignore[attr-defined]
    desk = await make_desk()
    claim, batch, order = await make_ordered(desk)
    address = f"/desk/disbursements/{order.number}"
    await sign_in(client, desk.officer)
    entered = {"result": "returned", "ended_on": f"{LATER:%Y-%m-%d}", "bank_reference": "no-1"}
    assert "请选择退回原因" in (await post(client, address, entered, follow=False)).text
    await post(client, address, entered | {"return_reason": "closed"})
    result = await PaymentResult.get()
    assert (await post(client, address, {"act": "confirm", "result_id": str(result.id)})).status_code == 403

    await sign_in(client, desk.rechecker)
    assert order.number in (await client.get("/desk/results")).text
    assert "待确认的银行结果" in (await client.get(f"/desk/batches/{batch}")).text
    page = await post(client, address, {"act": "confirm", "result_id": str(result.id)})
    assert "没有付出：账户已销户" in page.text
    await sign_in(client, await make_member(await claim.applicant))
    seen = (await client.get(f"/claims/{claim.number}")).text
    assert "账户已销户" in seen
    assert "/account/payee" in seen
    await sign_in(client, desk.rechecker)
    await post(client, address, {"act": "take_back", "reason": "看错了行"})
    await sign_in(client, desk.approver)
    assert order.number in (await client.get("/desk/results")).text
    assert "看错了行" in (await client.get(address)).text
    assert "可以重新登记" in (await post(client, address, {"act": "confirm_take_back"})).text
    assert await status_of(claim) is ClaimStatus.TO_PAY
