"""A broker's commission: the agreed share of what was received, brought up to date with every receipt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.contracts.models import Contract
from market.contracts.queries import received
from market.deals.brokerage import book_commission
from market.deals.models import Deal
from market.kit.database import atomic, connection
from market.kit.money import Money

COMMISSIONS_OFF = """
SELECT n.deal_id, n.commission_basis_points AS share, r.received, c.currency,
    market_available('commission:' || n.deal_id) AS booked
FROM introductions n JOIN contracts c ON c.deal_id = n.deal_id CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS received FROM receipts WHERE contract_id = c.id) r
WHERE n.agreed_at IS NOT NULL AND market_available('commission:' || n.deal_id)
    <> div(r.received * n.commission_basis_points + 5000, 10000)
"""
"""Deals whose booked commission is not the agreed share of what was received."""


async def update_commission(contract: Contract, *, at: datetime) -> None:
    """Bring the booked commission to its share of what was received; the caller holds the deal's lock."""
    await book_commission(contract.deal_id, Money(await received(contract.id), contract.currency), at=at)


@atomic()
async def settle_commission(deal_id: UUID, *, now: datetime) -> None:
    """Lock a signed deal and bring its commission up to date. Idempotent."""
    await Deal.select_for_update().get(id=deal_id)
    await update_commission(await Contract.get(deal_id=deal_id), at=now)


async def settle_commissions(*, now: datetime) -> None:
    """Bring every commission up to date that is off, each in a transaction of its own."""
    for row in await connection().execute_query_dict(COMMISSIONS_OFF):
        await settle_commission(row["deal_id"], now=now)
