"""The bank's results of orders: entered by one person, confirmed by another, taken back by a third."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.budgets.annual_budgets import reserved_account
from market.budgets.batches import close_settled, lock_batch
from market.budgets.instructions import instruction_of
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentResult, ResultReversal
from market.budgets.states import (
    LIVE,
    BatchAction,
    BatchStatus,
    BudgetAct,
    ClawbackStatus,
    DisbursementAction,
    DisbursementStatus,
    DisbursementVerb,
    PaymentOutcome,
    ReturnReason,
)
from market.claims.models import Claim
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claims, move
from market.integrity.conflicts import require_no_conflict
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as book
from market.ledger.models import Transfer
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition


@dataclass(frozen=True)
class Reported:
    """What the bank says of one order."""

    outcome: PaymentOutcome
    ended_on: date
    bank_reference: str
    return_reason: ReturnReason | None = None
    return_note: str = ""
    source: str = ""
    """The name of the bank's file; empty: typed."""


@atomic()
async def enter_result(number: str, reported: Reported, *, by: By) -> PaymentResult:
    """Enter the bank's result of an order; nothing is booked before another person confirms it.

    Raises:
        Conflict: its instruction is not released, or it has a result, or one that waits.
        Invalid: the day lies before the order or after today, or a return has no reason.
    """
    by.actor.require(BudgetAct.DISBURSE)
    order, _batch = await _lock_order(number, by=by)
    if order.status is not DisbursementStatus.ORDERED:
        raise Conflict(_("这笔拨付的结果已经登记。"))
    instruction = await instruction_of(order)
    if instruction is None or not instruction.is_confirmed:
        raise Conflict(_("拨付指令还没有放行，不能登记银行结果。"))
    if await PaymentResult.exists(order_id=order.id, verdict=None):
        raise Conflict(_("这笔拨付已有登记的结果，正待另一人确认。"))
    if not local_date(order.ordered_at) <= reported.ended_on <= local_date(by.now):
        raise Invalid(_("日期应在下达拨付之日与今天之间。"), field="ended_on")
    _require_return_reason(reported)
    result = await PaymentResult.create(
        id=uuid4(),
        order_id=order.id,
        outcome=reported.outcome,
        ended_on=reported.ended_on,
        bank_reference=reported.bank_reference,
        return_reason=reported.return_reason,
        return_note=reported.return_note,
        source=reported.source,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "disbursement",
        order.id,
        DisbursementVerb.ENTER_RESULT,
        by=by,
        outcome=reported.outcome.value,
        reference=reported.bank_reference,
        amount=order.amount,
    )
    return result


def _require_return_reason(reported: Reported) -> None:
    if reported.outcome is PaymentOutcome.PAID:
        if reported.return_reason is not None:
            raise Invalid(_("已付出的拨付没有退回原因。"), field="return_reason")
        return
    if reported.return_reason is None:
        raise Invalid(_("请选择退回原因。"), field="return_reason")
    if reported.return_reason is ReturnReason.OTHER and not reported.return_note:
        raise Invalid(_("请写明退回原因。"), field="return_note")


@atomic()
async def confirm_result(result_id: UUID, *, by: By) -> Disbursement:
    """Confirm a result as a second person: a paid order is booked, a returned one told to the firm.

    Raises:
        SamePerson: the actor entered it.
        AlreadyDecided: it was confirmed or rejected before.
    """
    by.actor.require(BudgetAct.CONFIRM_RESULT)
    result, order, batch = await _lock_result(result_id, by=by)
    await decide(result, Verdict.CONFIRMED, by=by, refusal=_("银行结果的登记与确认须由两人分别完成。"))
    is_paid = result.outcome is PaymentOutcome.PAID
    await transition(
        order,
        DisbursementAction.PAY if is_paid else DisbursementAction.RETURN,
        by=by,
        changes={
            "ended_on": result.ended_on,
            "bank_reference": result.bank_reference,
            "entered_by_id": result.proposed_by_id,
        },
        amount=order.amount,
    )
    if is_paid:
        await _book_paid(order, result, batch, by=by)
    else:
        await _tell_returned(order, result, by=by)
    return order


@atomic()
async def reject_result(result_id: UUID, *, reason: str, by: By) -> Disbursement:
    """Reject a result as a second person, with the reason; it may be entered anew.

    Raises:
        SamePerson: the actor entered it.
        Invalid: there is no reason.
    """
    by.actor.require(BudgetAct.CONFIRM_RESULT)
    result, order, _batch = await _lock_result(result_id, by=by)
    refusal = _("银行结果的登记与确认须由两人分别完成。")
    await decide(result, Verdict.REJECTED, by=by, reason=reason, refusal=refusal)
    await record("disbursement", order.id, DisbursementVerb.REJECT_RESULT, by=by)
    return order


@atomic()
async def propose_take_back(number: str, *, ground: str, by: By) -> ResultReversal:
    """Propose to take a confirmed result back, as the rechecker; the approver decides.

    Raises:
        Invalid: at `ground`, there is none.
        Conflict: the order has no confirmed result, or what followed it stands in the way.
    """
    by.actor.require(BudgetAct.TAKE_BACK_RESULT)
    order, _batch = await _lock_order(number, by=by)
    if not ground:
        raise Invalid(_("请写明撤销的理由。"), field="ground")
    result = await _result_to_take_back(order)
    if await ResultReversal.exists(result_id=result.id, verdict=None):
        raise Conflict(_("这笔拨付的结果撤销正待批准。"))
    reversal = await ResultReversal.create(
        id=uuid4(),
        result_id=result.id,
        ground=ground,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record("disbursement", order.id, DisbursementVerb.PROPOSE_TAKE_BACK, by=by, amount=order.amount)
    await notify_staff(
        StaffRole.APPROVER,
        _("拨付 %(number)s 的银行结果撤销待批准。", number=number),
        now=by.now,
        address=f"/desk/disbursements/{number}",
    )
    return reversal


@atomic()
async def decide_take_back(number: str, verdict: Verdict, *, reason: str = "", by: By) -> Disbursement:
    """Decide on taking a result back, as the approver; confirmed, the book is reversed by new rows.

    Raises:
        SamePerson: the actor proposed it.
        Invalid: a rejection without a reason.
        Conflict: what followed the result stands in the way.
        NotFound: nothing waits.
    """
    by.actor.require(BudgetAct.DECIDE_TAKE_BACK)
    order, batch = await _lock_order(number, by=by)
    waiting = ResultReversal.filter(result__order_id=order.id, verdict=None)
    row = await waiting.first()
    if row is None:
        raise NotFound(_("没有待批准的结果撤销。"))
    reversal = await ResultReversal.filter(id=row.id).select_for_update().get()
    refusal = _("结果撤销的提出与批准须由两人分别完成。")
    await decide(reversal, verdict, by=by, reason=reason, refusal=refusal)
    if verdict is Verdict.REJECTED:
        await record("disbursement", order.id, DisbursementVerb.REJECT_TAKE_BACK, by=by)
        return order
    result = await _result_to_take_back(order)
    changes = {"ended_on": None, "bank_reference": "", "entered_by_id": None}
    await transition(
        order, DisbursementAction.TAKE_BACK, by=by, note=reversal.ground, changes=changes, amount=order.amount
    )
    if result.outcome is PaymentOutcome.PAID:
        await _reverse_paid(order, result, reversal, batch, by=by)
    return order


async def returned_from_account(claim_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the claims whose frozen account is the one that the bank returned a payment from, and why."""
    results = (
        await PaymentResult.filter(
            order__claim_id__in=list(claim_ids),
            order__status=DisbursementStatus.RETURNED,
            verdict=Verdict.CONFIRMED,
        )
        .select_related("order__claim")
        .order_by("decided_at")
    )
    latest = {result.order_id: result for result in results}
    return {
        result.order.claim_id: result.return_words
        for result in latest.values()
        if result.return_reason is not None
        and result.return_reason.is_of_account
        and result.order.payee_id == result.order.claim.payee_id
    }


async def results_of(order: Disbursement) -> list[PaymentResult]:
    """Return what was entered of an order, the newest first, with who did and what was taken back."""
    return (
        await PaymentResult.filter(order_id=order.id)
        .select_related("proposed_by", "decided_by")
        .prefetch_related("reversals__proposed_by", "reversals__decided_by")
        .order_by("-proposed_at")
    )


async def waiting_results(batch: Batch | None = None) -> list[PaymentResult]:
    """Return the results that wait for the second person, of one batch where it is given."""
    rows = PaymentResult.filter(verdict=None)
    if batch is not None:
        rows = rows.filter(order__claim__batch_id=batch.id)
    rows = rows.select_related("order__claim__applicant").prefetch_related("proposed_by")
    return await rows.order_by("order__number")


async def waiting_reversals() -> list[ResultReversal]:
    """Return the results whose taking back waits for the approver."""
    rows = ResultReversal.filter(verdict=None).select_related("result__order__claim__applicant")
    return await rows.prefetch_related("proposed_by").order_by("proposed_at")


async def _lock_order(number: str, *, by: By) -> tuple[Disbursement, Batch]:
    unlocked = await Disbursement.get_or_none(number=number).select_related("claim__batch")
    if unlocked is None or unlocked.claim.batch is None:
        raise NotFound(_("没有这笔拨付。"))
    await require_no_conflict(by, "claim", [unlocked.claim_id])
    # The batch is locked first, as in every payment, to avoid deadlocks.
    batch = await lock_batch(unlocked.claim.batch.number)
    return await Disbursement.filter(id=unlocked.id).select_for_update().get(), batch


async def _lock_result(result_id: UUID, *, by: By) -> tuple[PaymentResult, Disbursement, Batch]:
    unlocked = await PaymentResult.get_or_none(id=result_id).select_related("order")
    if unlocked is None:
        raise NotFound(_("没有这项银行结果。"))
    order, batch = await _lock_order(unlocked.order.number, by=by)
    return await PaymentResult.filter(id=result_id).select_for_update().get(), order, batch


async def _result_to_take_back(order: Disbursement) -> PaymentResult:
    """Return the confirmed result of a locked order, unless something followed it.

    Raises:
        Conflict: there is none, or a clawback or another order followed.
    """
    confirmed = PaymentResult.filter(order_id=order.id, verdict=Verdict.CONFIRMED)
    result = await confirmed.order_by("-decided_at", "-proposed_at").first()
    if order.status not in (DisbursementStatus.PAID, DisbursementStatus.RETURNED) or result is None:
        raise Conflict(_("这笔拨付没有已确认的银行结果。"))
    claim = await Claim.get(id=order.claim_id)
    if order.status is DisbursementStatus.PAID:
        has_clawback = await claim.clawbacks.all().exclude(status=ClawbackStatus.DROPPED).exists()
        if claim.status is not ClaimStatus.PAID or has_clawback:
            raise Conflict(_("拨付之后已有追回或后续办理，不能撤销结果。"))
    elif claim.status is not ClaimStatus.TO_PAY or await Disbursement.exists(
        claim_id=claim.id, status__in=list(LIVE)
    ):
        raise Conflict(_("退回之后已重新下达拨付，不能撤销结果。"))
    return result


def payment_reference(result: PaymentResult) -> str:
    """Return the ledger reference of the money that a confirmed result paid."""
    return f"payment:{result.id}"


async def _book_paid(order: Disbursement, result: PaymentResult, batch: Batch, *, by: By) -> None:
    claim = (await lock_claims([order.claim_id]))[0]
    await claim.fetch_related("programme")
    await book.post(
        "subsidy_paid",
        Money(order.amount),
        debit=reserved_account(claim.programme.slug, batch.fiscal_year),
        credit=f"disbursed:{claim.id}",
        reference=payment_reference(result),
        at=by.now,
        subject=("claim", claim.id),
    )
    await move(claim, ClaimAction.PAY, by=by, disbursement=order.number)
    await notify(
        _("补助 %(number)s 已拨付，请查收。", number=claim.number),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )
    await close_settled(batch, by=by)


async def _reverse_paid(
    order: Disbursement, result: PaymentResult, reversal: ResultReversal, batch: Batch, *, by: By
) -> None:
    claim = (await lock_claims([order.claim_id]))[0]
    transfer = await Transfer.get(reference=payment_reference(result))
    await book.reverse(transfer.id, reference=f"payment_taken_back:{reversal.id}", at=by.now)
    await move(claim, ClaimAction.TAKE_BACK_PAYMENT, by=by, note=reversal.ground, disbursement=order.number)
    if batch.status is BatchStatus.DONE:
        await transition(batch, BatchAction.REOPEN, by=by)
    await notify(
        _("补助 %(number)s 的拨付结果登记有误，已更正为待拨付。", number=claim.number),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )


async def _tell_returned(order: Disbursement, result: PaymentResult, *, by: By) -> None:
    claim = await Claim.get(id=order.claim_id)
    is_of_account = result.return_reason is not None and result.return_reason.is_of_account
    words = {"number": claim.number, "reason": result.return_words}
    await notify(
        _("补助 %(number)s 被银行退回（%(reason)s），请更正收款账户并经确认。", **words)
        if is_of_account
        else _("补助 %(number)s 被银行退回（%(reason)s），将重新拨付。", **words),
        now=by.now,
        address="/account/payee" if is_of_account else f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )
