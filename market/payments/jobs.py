"""Jobs of payments: settle webhooks, send refunds, compare with the gateway each night."""

from __future__ import annotations

from uuid import UUID

from market.deps import Deps
from market.kit.jobs import job
from market.payments import gateway_events, reconciliation, refunds


@job(gateway_events.PROCESS_EVENT)
async def process_event(deps: Deps, event_id: str) -> None:
    """Settle a stored event of the gateway and book it with the payable that it is about."""
    if deps.gateway is not None:
        await gateway_events.settle_event(event_id, gateway=deps.gateway, now=deps.clock())


@job("payments.retry_events", cron="7 * * * *")
async def retry_events(deps: Deps) -> None:
    """Retry events that could not be settled, such as of a payable that no room declares yet."""
    if deps.gateway is not None:
        await gateway_events.retry_events(deps.clock())


@job(refunds.SEND_REFUND)
async def send_refund(deps: Deps, refund_id: str) -> None:
    """Send a requested refund to the gateway, and book it when it is done."""
    if deps.gateway is not None:
        await refunds.send_refund(UUID(refund_id), gateway=deps.gateway, now=deps.clock())


@job("payments.reconcile", cron="20 18 * * *")
async def reconcile_with_gateway(deps: Deps) -> None:
    """Compare our record of online payments with the gateway's."""
    if deps.gateway is not None:
        await reconciliation.reconcile(gateway=deps.gateway, now=deps.clock())
