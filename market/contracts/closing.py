"""Closing the pages on which a contract's instalments could still be paid, once it has ended.

Write, call, write: the wish to close stands in the transaction that ends the contract, as a job; the
gateway is asked by the job; its answer ends the payment. A call without an answer is made again, and a
page that was opened at the very moment, or whose job was given up, is found by the sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from market.contracts.models import INSTALMENT, ChangeKind
from market.deals.states import DealStatus
from market.kit.database import connection
from market.kit.jobs import enqueue
from market.payments import checkouts
from market.payments.gateway import PaymentGateway
from market.payments.models import Payment
from market.payments.states import OPEN_PAYMENTS

CLOSE_PAGE = "contracts.close_page"
_TO_CLOSE = """
SELECT p.id, p.payable_id FROM payments p
JOIN instalments i ON i.id = p.payable_id JOIN contracts c ON c.id = i.contract_id
JOIN deals d ON d.id = c.deal_id
WHERE p.payable_kind = $1 AND p.status = ANY($2::text[]) AND (d.status = $3 OR EXISTS (
  SELECT FROM contract_changes h
  WHERE h.contract_id = c.id AND h.kind = $4 AND h.effective_at >= p.created_at))
"""
"""A rescinded contract is paid no more. Of a cancelled registration what was opened before is closed: the
price is still owed, but who pays should have seen it."""


async def ask_to_close(instalment_ids: Collection[UUID]) -> None:
    """Ask for the job that closes the open pages of these instalments, in the caller's transaction."""
    for payment in await Payment.filter(
        payable_kind=INSTALMENT, payable_id__in=list(instalment_ids), status__in=OPEN_PAYMENTS
    ):
        await _ask(payment.id, payment.payable_id)


async def close_page(instalment_id: UUID, *, gateway: PaymentGateway, now: datetime) -> bool:
    """Close the page of an instalment of an ended contract; may run twice. Tell whether nobody can pay there.

    Where somebody was faster, the money is on its way: what the gateway tells of it is booked as a surplus.

    Raises:
        GatewayUnavailable: no answer; call again.
    """
    if instalment_id not in {payable for _payment, payable in await _to_close()}:
        return True
    try:
        await checkouts.withdraw(INSTALMENT, instalment_id, gateway=gateway, now=now)
    except checkouts.AlreadyPaid:
        return False
    return True


async def ask_again() -> int:
    """Ask for every page that is open though its contract has ended; return how many were found."""
    found = await _to_close()
    for payment_id, instalment_id in found:
        await _ask(payment_id, instalment_id)
    return len(found)


async def _to_close() -> list[tuple[UUID, UUID]]:
    rows = await connection().execute_query_dict(
        _TO_CLOSE,
        [
            INSTALMENT,
            [each.value for each in OPEN_PAYMENTS],
            DealStatus.RESCINDED.value,
            ChangeKind.CANCELLATION.value,
        ],
    )
    return [(row["id"], row["payable_id"]) for row in rows]


async def _ask(payment_id: UUID, instalment_id: UUID) -> None:
    await enqueue(CLOSE_PAGE, lock=f"payments:{payment_id}", instalment_id=instalment_id)
