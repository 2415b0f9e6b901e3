"""Syncs a payment, its refunds and its disputes (拒付) with the state that the gateway reports.

Of a dispute we record what the payer's bank decides, which takes card money back until then.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from market.audit.log import record
from market.kit.database import atomic
from market.kit.money import Money
from market.payments.gateway import Checkout, CheckoutState, GatewayDispute, PaymentGateway
from market.payments.models import Dispute, Payment
from market.payments.payables import DisputedPayment, FailedPayment, GatewayUpdate, PaidPayment, book
from market.payments.refunds import record_gateway_refund
from market.payments.states import (
    DISPUTE,
    OPEN_PAYMENTS,
    DisputeAction,
    DisputeReason,
    DisputeStatus,
    DisputeVerb,
    PaymentAction,
    PaymentStatus,
)
from market.records.by import By
from market.records.transitions import begin, transition

log = logging.getLogger(__name__)


class AmountMismatch(Exception):
    """The gateway reports another amount than we asked for."""


async def sync_payment(
    payment: Payment, page: Checkout, *, gateway: PaymentGateway, now: datetime
) -> list[GatewayUpdate]:
    """Record the gateway's state of a payment, its refunds and disputes; return the updates to book."""
    updates: list[GatewayUpdate | None] = [await apply_checkout(payment.id, page, now=now)]
    if page.payment_intent:
        account, intent = payment.connected_account, page.payment_intent
        refunds = await gateway.list_refunds(account, payment_intent=intent)
        disputes = await gateway.list_disputes(account, payment_intent=intent)
        updates += [await record_gateway_refund(payment.id, refund, now=now) for refund in refunds]
        updates += [await record_dispute(payment.id, dispute, now=now) for dispute in disputes]
    return [update for update in updates if update is not None]


async def refresh_payment(payment_id: UUID, *, gateway: PaymentGateway, now: datetime) -> None:
    """Ask the gateway for a payment's state without waiting for its webhook, and book it."""
    payment = await Payment.get(id=payment_id)
    if payment.checkout_id is None:
        return
    page = await gateway.get_checkout(payment.checkout_id, payment.connected_account)
    update = await apply_checkout(payment_id, page, now=now)
    if update is not None:
        await book(update, by=By.job(now))


async def apply_checkout(payment_id: UUID, page: Checkout, *, now: datetime) -> GatewayUpdate | None:
    """Sync a payment with its checkout page and return the update; None while the page is open. Idempotent.

    Raises:
        AmountMismatch: the page has another amount.
    """
    payment = await Payment.get(id=payment_id)
    if page.money != payment.money:
        raise AmountMismatch(f"payment {payment.id} is {payment.money}, the gateway says {page.money}")
    if page.state is CheckoutState.PAID:
        return await record_success(payment_id, page, now=now)
    if page.state is CheckoutState.FAILED:
        await end_unpaid(payment_id, PaymentAction.FAIL, failure="declined", now=now)
    elif page.state is CheckoutState.EXPIRED:
        await end_unpaid(payment_id, PaymentAction.EXPIRE, now=now)
    else:
        return None
    await payment.refresh_from_db()
    if payment.status not in (PaymentStatus.FAILED, PaymentStatus.EXPIRED):
        return None
    return FailedPayment(payment.id, payment.payable_kind, payment.payable_id)


@atomic()
async def record_success(payment_id: UUID, page: Checkout, *, now: datetime) -> PaidPayment:
    """Record that a payment was paid on this page. Idempotent."""
    payment = await lock_payment(payment_id)
    if payment.status not in (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED):
        changes = {
            "checkout_id": page.id,
            "payment_intent_id": page.payment_intent,
            "ended_at": now,
            "failure": "",
        }
        await transition(
            payment, PaymentAction.SUCCEED, by=By.job(now), changes=changes, amount=payment.amount
        )
    return PaidPayment(
        payment_id=payment.id,
        payable_kind=payment.payable_kind,
        payable_id=payment.payable_id,
        money=payment.money,
        fee=Money(payment.fee_amount, payment.currency),
        paid_at=payment.ended_at or now,
    )


@atomic()
async def end_unpaid(
    payment_id: UUID,
    action: PaymentAction,
    *,
    now: datetime,
    failure: str = "",
    only: Collection[PaymentStatus] = OPEN_PAYMENTS,
) -> bool:
    """End a payment without money if its status is one of `only`, and return whether it was."""
    payment = await lock_payment(payment_id)
    if payment.status not in only:
        return False
    await transition(payment, action, by=By.job(now), changes={"failure": failure[:200], "ended_at": now})
    return True


async def named_payment(metadata: Any, account: str, object_id: Any) -> Payment | None:
    """Return the payment that a page names in its metadata, if it is one of ours on this account."""
    payment_id = metadata.get("payment_id") if isinstance(metadata, Mapping) else None
    try:
        payment = await Payment.get_or_none(id=UUID(str(payment_id)))
    except ValueError:
        payment = None
    if payment is None or payment.connected_account != account:
        log.warning("event of an unknown object", extra={"object": object_id})
        return None
    return payment


async def lock_payment(payment_id: UUID) -> Payment:
    """Lock a payment for the rest of the transaction and return it."""
    return await Payment.select_for_update().get(id=payment_id)


_STATUSES = {
    "warning_needs_response": DisputeStatus.WARNING,
    "warning_under_review": DisputeStatus.WARNING,
    "warning_closed": DisputeStatus.CLOSED,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
_ACTIONS = {
    DisputeStatus.OPEN: DisputeAction.ESCALATE,
    DisputeStatus.WON: DisputeAction.WIN,
    DisputeStatus.LOST: DisputeAction.LOSE,
    DisputeStatus.CLOSED: DisputeAction.CLOSE,
}
"""The action that leads to a status that the gateway reports."""


def status_of(word: str) -> DisputeStatus:
    """Map the gateway's status to ours; an unknown one means that the money is withheld."""
    return _STATUSES.get(word, DisputeStatus.OPEN)


def _reason(word: str) -> DisputeReason:
    return DisputeReason(word) if word in DisputeReason._value2member_map_ else DisputeReason.GENERAL


@atomic()
async def record_dispute(payment_id: UUID, reported: GatewayDispute, *, now: datetime) -> DisputedPayment:
    """Sync a dispute with the state that the gateway reports; one that has ended does not change."""
    payment = await Payment.select_for_update().get(id=payment_id)
    status = status_of(reported.status)
    dispute = await Dispute.get_or_none(gateway_id=reported.id)
    is_new = dispute is None
    if dispute is None:
        dispute = await Dispute.create(
            id=uuid4(),
            gateway_id=reported.id,
            payment_id=payment.id,
            status=status,
            amount=reported.money.amount,
            currency=reported.money.currency,
            reason=_reason(reported.reason),
            answer_by=reported.answer_by,
            opened_at=reported.opened_at,
            updated_at=now,
        )
        await begin(dispute, by=By.job(now))
        await record(
            "dispute", dispute.id, DisputeVerb.REPORT, by=By.job(now), status=status, amount=dispute.amount
        )
    elif (action := _ACTIONS.get(status)) and DISPUTE.allows(dispute.status, action):
        is_new = True
        changes = {"answer_by": reported.answer_by}
        await transition(dispute, action, by=By.job(now), changes=changes, amount=dispute.amount)
    return DisputedPayment(payment.id, payment.payable_kind, payment.payable_id, dispute.id, is_new)
