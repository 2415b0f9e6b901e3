"""Webhooks of the payment gateway: each event is stored once, then settled and booked by a job."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from market.kit.database import atomic, connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.payments.connected_accounts import sync_account
from market.payments.gateway import PaymentGateway
from market.payments.models import GatewayEvent, Payment
from market.payments.payables import GatewayUpdate, UnknownPayable, book
from market.payments.settlement import AmountMismatch, apply_checkout, named_payment, sync_payment
from market.records.by import By

log = logging.getLogger(__name__)
PROCESS_EVENT = "payments.process_event"
MONEY_BACK = ("refund.", "charge.refund", "charge.dispute.")
"""Prefixes of the events about refunds and disputes; each names its payment intent."""
RETRY_AFTER = timedelta(hours=1)
RETRY_FOR = timedelta(days=30)
"""How long an event that could not be settled is retried, once an hour."""


@atomic()
async def record_event(payload: bytes, signature: str, *, gateway: PaymentGateway, now: datetime) -> bool:
    """Store a webhook's event, enqueue the job that settles it, and return whether it was new.

    Idempotent by the event's id.

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
        await _enqueue(event.id, event.object.get("id"))
    return bool(is_new)


async def settle_event(event_id: str, *, gateway: PaymentGateway, now: datetime) -> list[GatewayUpdate]:
    """Sync our records with the gateway, book the updates and return them.

    Idempotent, and events may come in any order: the gateway is asked for the present state, and a payment
    is brought up to date before its refunds and disputes. The event is processed when all of it is booked;
    one about something that is not ours is stored and has no effect. One about another amount than we asked
    for is stored with its error, for an operator.

    Raises:
        UnknownPayable: no room books this kind; the event stays unprocessed and is retried.
        GatewayUnavailable: no response; call again.
    """
    event = await GatewayEvent.get_or_none(id=event_id)
    if event is None:
        raise NotFound(_("没有这条通知。"))
    if event.type == "account.updated":
        await sync_account(str(event.payload["data"]["object"]["id"]), gateway=gateway, now=now)
    try:
        updates = await _updates_of(event, gateway=gateway, now=now)
        for update in updates:
            await book(update, by=By.job(now))
    except AmountMismatch as mismatch:
        await _store_error(event, mismatch)
        return []
    except UnknownPayable as unknown:
        await _store_error(event, unknown)
        raise
    await GatewayEvent.filter(id=event_id).update(processed_at=now, error="")
    return updates


async def retry_events(now: datetime) -> int:
    """Enqueue events that are still unprocessed an hour after their receipt; return how many."""
    events = await GatewayEvent.filter(
        processed_at=None, received_at__lt=now - RETRY_AFTER, received_at__gt=now - RETRY_FOR
    ).order_by("received_at")
    for event in events:
        await _enqueue(event.id, event.payload["data"]["object"].get("id"))
    return len(events)


async def _enqueue(event_id: str, object_id: object) -> None:
    await enqueue(PROCESS_EVENT, lock=f"payments:{object_id}", event_id=event_id)


async def _updates_of(event: GatewayEvent, *, gateway: PaymentGateway, now: datetime) -> list[GatewayUpdate]:
    subject: dict[str, Any] = event.payload["data"]["object"]
    if event.type.startswith("checkout.session."):
        payment = await named_payment(subject.get("metadata"), event.account, subject.get("id"))
        if payment is None:
            return []
        page = await gateway.get_checkout(str(subject["id"]), event.account)
        update = await apply_checkout(payment.id, page, now=now)
        return [update] if update else []
    intent = subject.get("payment_intent")
    if not isinstance(intent, str) or not event.type.startswith(MONEY_BACK):
        return []
    if not await Payment.exists(connected_account=event.account):
        log.warning("event of an unknown account", extra={"object": subject.get("id")})
        return []
    pages = await gateway.list_checkouts(event.account, payment_intent=intent)
    payment = await named_payment(pages[0].metadata if pages else None, event.account, subject.get("id"))
    return await sync_payment(payment, pages[0], gateway=gateway, now=now) if payment else []


async def _store_error(event: GatewayEvent, error: Exception) -> None:
    log.error("event not settled", extra={"event": event.id, "error": str(error)})
    await GatewayEvent.filter(id=event.id).update(error=str(error))
