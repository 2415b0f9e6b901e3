"""Refunds: by bank, recorded by one person and confirmed by another, or online through the gateway."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.audit.log import record
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.money import Money
from market.payments.gateway import GatewayFault, GatewayRefused, PaymentGateway, RefundState
from market.payments.gateway import Refund as GatewayRefund
from market.payments.models import Payment, Refund, Remittance
from market.payments.payables import RefundedPayment, book
from market.payments.statement_models import BankLine
from market.payments.states import (
    REFUND,
    PaymentAction,
    PaymentStatus,
    RefundAction,
    RefundStatus,
    RefundVerb,
    RemittanceStatus,
)
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition

SEND_REFUND = "payments.send_refund"
Incoming = Payment | Remittance | BankLine
COUNTED = (RefundStatus.RECORDED, RefundStatus.PREPARED, RefundStatus.PENDING, RefundStatus.SUCCEEDED)
GATEWAY_STATES = {
    RefundState.PENDING: (RefundStatus.PENDING, RefundAction.SEND),
    RefundState.SUCCEEDED: (RefundStatus.SUCCEEDED, RefundAction.SUCCEED),
    RefundState.FAILED: (RefundStatus.FAILED, RefundAction.FAIL),
}
"""Our status for the gateway's state of a refund, and the action that leads there."""


class RefundExceedsPayment(Conflict):
    """The refunds would exceed what was paid."""


async def refundable(source: Incoming) -> Money:
    """Return the amount of a payment, remittance or bank line that can still be refunded."""
    amounts = await Refund.filter(**{_key(source): source.id}, status__in=COUNTED).values_list(
        "amount", flat=True
    )
    return Money(source.amount - sum(int(str(amount)) for amount in amounts), source.currency)


async def request_refund(payment: Payment, money: Money, cause: str, *, by: By) -> Refund:
    """Record an online refund of a locked payment and enqueue the job that sends it to the gateway.

    The refund's id is the idempotency key.

    Raises:
        RefundExceedsPayment: the payment has less left.
        Conflict: nothing was paid.
    """
    if payment.status is not PaymentStatus.SUCCEEDED:
        raise Conflict(_("这笔款没有支付成功，或者已经退完。"))
    refund = await _write(payment, money, cause, status=RefundStatus.PREPARED, by=by)
    await enqueue(SEND_REFUND, lock=f"payments:{payment.id}", refund_id=refund.id)
    return refund


async def record_by_bank(
    source: Remittance | BankLine,
    money: Money,
    cause: str,
    *,
    refunded_on: date,
    bank_reference: str,
    voucher_id: UUID | None,
    by: By,
) -> Refund:
    """Record a refund by bank transfer. It takes effect when a second person confirms it.

    Raises:
        Invalid: a value is wrong; names the field.
        RefundExceedsPayment: less was paid.
    """
    if refunded_on > local_date(by.now):
        raise Invalid(_("退款日期不能晚于今天。"), field="refunded_on")
    if isinstance(source, Remittance) and source.status is not RemittanceStatus.CONFIRMED:
        raise Conflict(_("这笔到账还没有确认，不能退款。"))
    return await _write(
        source,
        money,
        cause,
        status=RefundStatus.RECORDED,
        by=by,
        refunded_on=refunded_on,
        bank_reference="".join(bank_reference.split()),
        voucher_id=voucher_id,
    )


async def decide_refund(refund_id: UUID, verdict: Verdict, *, by: By, reason: str = "") -> Refund:
    """Confirm or reject a refund by bank, in the caller's transaction; of two concurrent calls one wins.

    Raises:
        SamePerson: the actor recorded it.
        ActionNotAllowed: it was decided before.
    """
    refund = await lock_refund(refund_id)
    action = RefundAction.CONFIRM if verdict is Verdict.CONFIRMED else RefundAction.REJECT
    REFUND.next(refund.status, action)
    await decide(
        refund,
        verdict,
        by=by,
        reason=reason,
        refusal=_("登记退款的人不能自己确认，请由本单位另一位财务人员办理。"),
    )
    return await transition(refund, action, by=by, changes={"ended_at": by.now}, amount=refund.amount)


async def send_refund(refund_id: UUID, *, gateway: PaymentGateway, now: datetime) -> None:
    """Send a prepared refund to the gateway, record the response and book it when it is done. Idempotent.

    After a server error the gateway's list of refunds shows whether it was carried out.

    Raises:
        GatewayUnavailable: no response; call again.
    """
    refund = await Refund.get(id=refund_id)
    if refund.status is not RefundStatus.PREPARED:
        return
    payment = await Payment.get(id=refund.payment_id)
    try:
        answer = await gateway.refund(
            payment.payment_intent_id,
            refund.money,
            key=str(refund.id),
            account=payment.connected_account,
            # Our fee is refunded in proportion.
            with_fee=payment.fee_amount > 0,
            metadata={"refund_id": str(refund.id), "payment_id": str(payment.id)},
        )
    except GatewayRefused as refused:
        await _fail(refund.id, str(refused), now=now)
        return
    except GatewayFault as fault:
        refunds = await gateway.list_refunds(
            payment.connected_account, payment_intent=payment.payment_intent_id
        )
        own = next((listed for listed in refunds if listed.metadata.get("refund_id") == str(refund.id)), None)
        if own is None:
            await _fail(refund.id, str(fault), now=now)
            return
        answer = own
    update = await record_gateway_refund(payment.id, answer, now=now)
    if update is not None:
        await book(update, by=By.job(now))


@atomic()
async def record_gateway_refund(
    payment_id: UUID, reported: GatewayRefund, *, now: datetime
) -> RefundedPayment | None:
    """Sync a refund with the state that the gateway reports and return the update to book. Idempotent.

    One that the seller made at the gateway itself is recorded first. None while it is pending.
    """
    payment = await Payment.select_for_update().get(id=payment_id)
    refund = await _find(payment, reported) or await _adopt(payment, reported, now=now)
    status, action = GATEWAY_STATES[reported.state]
    if refund.status is not status and _is_news(refund.status, status):
        changes = {
            "gateway_id": reported.id,
            "failure": reported.failure[:200],
            "ended_at": None if status is RefundStatus.PENDING else now,
        }
        await transition(refund, action, by=By.job(now), changes=changes, amount=refund.amount)
    await _sync_payment_status(payment, now=now)
    if refund.status not in (RefundStatus.SUCCEEDED, RefundStatus.FAILED):
        return None
    return RefundedPayment(
        payment_id=payment.id,
        payable_kind=payment.payable_kind,
        payable_id=payment.payable_id,
        refund_id=refund.id,
        is_done=refund.status is RefundStatus.SUCCEEDED,
    )


def _is_news(status: RefundStatus, reported: RefundStatus) -> bool:
    """Return whether a reported status advances ours: a settled refund never becomes pending again."""
    return status is RefundStatus.PREPARED or (
        reported is not RefundStatus.PENDING and status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
    )


async def lock_refund(refund_id: UUID) -> Refund:
    """Lock a refund for the rest of the transaction and return it."""
    refund = await Refund.select_for_update().get_or_none(id=refund_id)
    if refund is None:
        raise NotFound(_("没有这笔退款。"))
    return refund


async def _write(
    source: Incoming,
    money: Money,
    cause: str,
    *,
    status: RefundStatus,
    by: By,
    **columns: object,
) -> Refund:
    if money.amount <= 0:
        raise Invalid(_("金额应大于零。"), field="amount")
    if not cause.strip():
        raise Invalid(_("请写明退款的原因。"), field="reason")
    left = await refundable(source)
    if left < money:
        raise RefundExceedsPayment(_("这笔款最多还可退 %(left)s。", left=yuan(left)))
    refund = Refund(
        id=uuid4(),
        status=status,
        amount=money.amount,
        currency=money.currency,
        cause=cause.strip()[:300],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        **{_key(source): source.id},
        **columns,
    )
    try:
        await refund.save(force_create=True)
    except IntegrityError as error:
        if getattr(error.args[0], "constraint_name", "") != "refunds_within_payment":
            raise
        raise RefundExceedsPayment(_("这笔款没有这么多可退，请刷新后再看。")) from error
    await begin(refund, by=by)
    verb = RefundVerb.REQUEST if status is RefundStatus.PREPARED else RefundVerb.RECORD
    await record("refund", refund.id, verb, by=by, amount=refund.amount)
    return refund


def _key(source: Incoming) -> str:
    if isinstance(source, Payment):
        return "payment_id"
    return "remittance_id" if isinstance(source, Remittance) else "line_id"


async def _find(payment: Payment, reported: GatewayRefund) -> Refund | None:
    refund = await Refund.select_for_update().get_or_none(gateway_id=reported.id)
    if refund is not None:
        return refund if refund.payment_id == payment.id else None
    try:
        refund_id = UUID(str(reported.metadata.get("refund_id")))
    except ValueError:
        return None
    return await Refund.select_for_update().get_or_none(id=refund_id, payment_id=payment.id)


async def _adopt(payment: Payment, reported: GatewayRefund, *, now: datetime) -> Refund:
    """Record a refund that the seller made at the gateway itself."""
    refund = await Refund.create(
        id=uuid4(),
        payment_id=payment.id,
        status=RefundStatus.PREPARED,
        amount=reported.money.amount,
        currency=reported.money.currency,
        cause=_("转让方在支付平台直接退款"),
        gateway_id=reported.id,
        proposed_at=now,
    )
    await begin(refund, by=By.job(now))
    await record("refund", refund.id, RefundVerb.ADOPT, by=By.job(now), amount=refund.amount)
    return refund


@atomic()
async def _fail(refund_id: UUID, failure: str, *, now: datetime) -> None:
    refund = await lock_refund(refund_id)
    if refund.status is not RefundStatus.PREPARED:
        return
    changes = {"failure": failure[:200], "ended_at": now}
    await transition(refund, RefundAction.FAIL, by=By.job(now), changes=changes)


async def _sync_payment_status(payment: Payment, *, now: datetime) -> None:
    """Set a locked payment to refunded when its refunds add up to all of it, and back when they do not."""
    amounts = await Refund.filter(payment_id=payment.id, status=RefundStatus.SUCCEEDED).values_list(
        "amount", flat=True
    )
    is_whole = sum(int(str(amount)) for amount in amounts) >= payment.amount
    if payment.status is PaymentStatus.SUCCEEDED and is_whole:
        action = PaymentAction.REFUND
    elif payment.status is PaymentStatus.REFUNDED and not is_whole:
        action = PaymentAction.RESTORE
    else:
        return
    await transition(payment, action, by=By.job(now))
