"""From the gateway's word to ours: events stored once, payments brought to where they stand."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.audit.services import record
from market.kit.database import atomic, connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.money import Money
from market.payments.disputes import DisputedPayment, keep_dispute
from market.payments.gateway import Checkout, CheckoutState, PaymentGateway
from market.payments.models import GatewayEvent, Payment, PaymentStatus
from market.payments.onboarding import sync_account
from market.payments.refunds import RefundedPayment, keep_told
from market.payments.states import OPEN_PAYMENTS, PaymentAction, next_payment_status
from market.records.by import By

log = logging.getLogger(__name__)
PROCESS_EVENT = "payments.process_event"
"""The job that settles a stored event; it is registered in a room above, which books what was paid."""


MONEY_BACK = ("refund.", "charge.refund", "charge.dispute.")
"""Kinds of events after which money has perhaps gone back; each names the intent it was paid by."""


class Mismatch(Exception):
    """The gateway tells of another amount than we asked for."""


@dataclass(frozen=True)
class PaidPayment:
    """Money that arrived online, for whoever books it. Telling of it twice is normal."""

    payment_id: UUID
    payable_kind: str
    payable_id: UUID
    money: Money
    fee: Money
    """Our application fee, part of `money`."""
    paid_at: datetime


Told = PaidPayment | RefundedPayment | DisputedPayment
"""What an event shows to have happened to money."""


@atomic()
async def record_event(payload: bytes, signature: str, *, gateway: PaymentGateway, now: datetime) -> bool:
    """Store what a webhook tells and ask for the job that settles it; tell whether it was new.

    A second delivery of the same event changes nothing.

    Raises:
        ForgedEvent: the gateway did not sign this.
    """
    event = gateway.read_event(payload, signature)
    is_new = await connection().execute_query_dict(
        "INSERT INTO gateway_events (id, type, account, payload, received_at, error) "
        "VALUES ($1, $2, $3, $4::jsonb, $5, '') ON CONFLICT (id) DO NOTHING RETURNING id",
        [event.id, event.type, event.account, json.dumps(event.payload), now],
    )
    if is_new:
        await enqueue(PROCESS_EVENT, lock=f"payments:{event.object.get('id')}", event_id=event.id)
    return bool(is_new)


async def settle_event(event_id: str, *, gateway: PaymentGateway, now: datetime) -> list[Told]:
    """Do what a stored event asks for and return what it shows to have happened to money.

    May run twice and in any order: the gateway is asked how the thing stands now, and a payment is
    brought up to date before its refunds and disputes. What is returned must be booked by the
    caller, in this order, once however often it is told. An event about something that is not ours
    is noted and left.
    """
    event = await GatewayEvent.get_or_none(id=event_id)
    if event is None:
        raise NotFound(_("没有这条通知。"))
    thing: dict[str, Any] = event.payload["data"]["object"]
    if event.type == "account.updated":
        await sync_account(str(thing["id"]), gateway=gateway, now=now)
    try:
        told = await _told_by(event, thing, gateway=gateway, now=now)
    except Mismatch as mismatch:
        log.error("event differs", extra={"event": event_id})
        await GatewayEvent.filter(id=event_id).update(error=str(mismatch))
        return []
    await GatewayEvent.filter(id=event_id).update(processed_at=now, error="")
    return told


async def _told_by(
    event: GatewayEvent, thing: dict[str, Any], *, gateway: PaymentGateway, now: datetime
) -> list[Told]:
    if event.type.startswith("checkout.session."):
        payment = await _named_in(thing.get("metadata"), event.account, thing.get("id"))
        if payment is None:
            return []
        page = await gateway.get_checkout(str(thing["id"]), event.account)
        paid = await apply(payment.id, page, now=now)
        return [paid] if paid else []
    intent = thing.get("payment_intent")
    if not isinstance(intent, str) or not event.type.startswith(MONEY_BACK):
        return []
    if not await Payment.exists(connected_account=event.account):
        log.warning("event of an unknown account", extra={"object": thing.get("id")})
        return []
    pages = await gateway.list_checkouts(event.account, payment_intent=intent)
    page_payment = await _named_in(pages[0].metadata if pages else None, event.account, thing.get("id"))
    return await bring_up(page_payment, pages[0], gateway=gateway, now=now) if page_payment else []


async def bring_up(payment: Payment, page: Checkout, *, gateway: PaymentGateway, now: datetime) -> list[Told]:
    """Take over all that the gateway knows of a payment: page, refunds and disputes."""
    paid = await apply(payment.id, page, now=now)
    told: list[Told | None] = [paid]
    if page.payment_intent:
        account, intent = payment.connected_account, page.payment_intent
        refunds = await gateway.list_refunds(account, payment_intent=intent)
        disputes = await gateway.list_disputes(account, payment_intent=intent)
        told += [await keep_told(payment.id, each, now=now) for each in refunds]
        told += [await keep_dispute(payment.id, each, now=now) for each in disputes]
    return [each for each in told if each is not None]


async def look_up(payment_id: UUID, *, gateway: PaymentGateway, now: datetime) -> PaidPayment | None:
    """Ask the gateway how a payment stands, without waiting for a webhook; as `settle_event` does."""
    payment = await Payment.get(id=payment_id)
    if payment.checkout_id is None:
        return None
    page = await gateway.get_checkout(payment.checkout_id, payment.connected_account)
    return await apply(payment.id, page, now=now)


async def apply(payment_id: UUID, page: Checkout, *, now: datetime) -> PaidPayment | None:
    """Bring a payment to where the gateway says its page stands; telling it again changes nothing.

    Raises:
        Mismatch: the page is about another amount.
    """
    payment = await Payment.get(id=payment_id)
    if page.money != payment.money:
        raise Mismatch(f"payment {payment.id} is {payment.money}, the gateway says {page.money}")
    if page.state is CheckoutState.FAILED:
        await give_up(payment_id, PaymentAction.FAIL, failure="declined", now=now)
    elif page.state is CheckoutState.EXPIRED:
        await give_up(payment_id, PaymentAction.EXPIRE, now=now)
    elif page.state is CheckoutState.PAID:
        return await record_success(payment_id, page, now=now)
    return None


@atomic()
async def record_success(payment_id: UUID, page: Checkout, *, now: datetime) -> PaidPayment:
    """Record that a payment was paid on this page; recording it again changes nothing."""
    payment = await locked(payment_id)
    if payment.status not in (PaymentStatus.SUCCEEDED, PaymentStatus.REFUNDED):
        payment.status = next_payment_status(payment.status, PaymentAction.SUCCEED)
        payment.checkout_id, payment.payment_intent_id = page.id, page.payment_intent
        payment.ended_at, payment.failure = now, ""
        await payment.save(
            update_fields=["status", "checkout_id", "payment_intent_id", "ended_at", "failure"]
        )
        await record("payment", payment.id, PaymentAction.SUCCEED, by=By.job(now), amount=payment.amount)
    return PaidPayment(
        payment_id=payment.id,
        payable_kind=payment.payable_kind,
        payable_id=payment.payable_id,
        money=payment.money,
        fee=Money(payment.fee_amount, payment.currency),
        paid_at=payment.ended_at or now,
    )


@atomic()
async def give_up(
    payment_id: UUID,
    action: PaymentAction,
    *,
    now: datetime,
    failure: str = "",
    only: Collection[PaymentStatus] = OPEN_PAYMENTS,
) -> bool:
    """End an open payment without money, and tell whether it was one of `only`; another stays as it is."""
    payment = await locked(payment_id)
    if payment.status not in only:
        return False
    payment.status = next_payment_status(payment.status, action)
    payment.failure, payment.ended_at = failure[:200], now
    await payment.save(update_fields=["status", "failure", "ended_at"])
    await record("payment", payment.id, action, by=By.job(now))
    return True


async def _named_in(metadata: Any, account: str, object_id: Any) -> Payment | None:
    """Return the payment that a page names in its metadata, if it is one of ours on this account."""
    named = metadata.get("payment_id") if isinstance(metadata, Mapping) else None
    try:
        payment = await Payment.get_or_none(id=UUID(str(named)))
    except ValueError:
        payment = None
    if payment is None or payment.connected_account != account:
        log.warning("event of an unknown object", extra={"object": object_id})
        return None
    return payment


async def locked(payment_id: UUID) -> Payment:
    return await Payment.select_for_update().get(id=payment_id)
