"""Instalments paid online: their page at the gateway, and how a payment of one is described and booked.

The page is opened by the buyer and closed when a contract ends. The request to close is a job enqueued in the
transaction that ends the contract; the job calls the gateway, whose answer ends the payment. A call without
an answer is retried; a page that was opened at that very moment, or whose job failed for good, is closed by
the sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from market.contracts.models import INSTALMENT, Instalment
from market.contracts.money_back import book_dispute_update
from market.contracts.queries import get_instalment_for, open_amount, require_payable, waiting_amount
from market.contracts.receipts import book_payment
from market.contracts.refunds import book_refund_update
from market.contracts.states import ChangeKind, ContractAct
from market.deals.models import Deal, Side
from market.deals.parties import side_of
from market.deals.states import DealStatus
from market.kit.database import connection
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.money import Money
from market.payments import checkouts
from market.payments.connected_accounts import require_receiving_account
from market.payments.gateway import PaymentGateway, ReturnUrls
from market.payments.models import Payment
from market.payments.payables import (
    DisputedPayment,
    GatewayUpdate,
    PaidPayment,
    PayableDescription,
    RefundedPayment,
)
from market.payments.states import OPEN_PAYMENTS
from market.records.by import By

CLOSE_PAGE = "contracts.close_page"
PAGES_TO_CLOSE = """
SELECT p.id, p.payable_id FROM payments p
JOIN instalments i ON i.id = p.payable_id JOIN contracts c ON c.id = i.contract_id
JOIN deals d ON d.id = c.deal_id
WHERE p.payable_kind = $1 AND p.status = ANY($2::text[]) AND (d.status = $3 OR EXISTS (
  SELECT FROM contract_changes h
  WHERE h.contract_id = c.id AND h.kind = $4 AND h.effective_at >= p.created_at))
"""
"""A rescinded contract is paid no more. After a cancelled registration the pages opened before are closed:
the price is still owed, but who pays should know of it."""


async def start_payment(
    instalment_id: UUID,
    *,
    gateway: PaymentGateway | None,
    by: By,
    urls: ReturnUrls,
    fee_basis_points: int = 0,
) -> str:
    """Return the page where the buyer pays what is left of an instalment, to the seller's own account.

    Raises:
        Forbidden: the person does not act for the buyer.
        Conflict: the contract takes no payments; see also `payments.checkouts.start_checkout`.
    """
    by.actor.require(ContractAct.PAY_ONLINE)
    instalment = await get_instalment_for(by.actor, instalment_id)
    contract = instalment.contract
    if side_of(contract.deal, by.actor) is not Side.BUYER:
        raise Forbidden(_("由受让方付款。"))
    require_payable(contract.deal)
    return await checkouts.start_checkout(
        INSTALMENT, instalment.id, gateway=gateway, by=by, urls=urls, fee_basis_points=fee_basis_points
    )


async def enqueue_closing(instalment_ids: Collection[UUID]) -> None:
    """Enqueue the jobs that close the open pages of these instalments, in the caller's transaction."""
    for payment in await Payment.filter(
        payable_kind=INSTALMENT, payable_id__in=list(instalment_ids), status__in=OPEN_PAYMENTS
    ):
        await _enqueue(payment.id, payment.payable_id)


async def close_page(instalment_id: UUID, *, gateway: PaymentGateway, now: datetime) -> bool:
    """Close the page of an instalment of an ended contract; return False when it was paid before. Idempotent.

    Money that is on its way is booked as a surplus when the gateway reports it.

    Raises:
        GatewayUnavailable: no answer; call again.
    """
    if instalment_id not in {payable for _payment, payable in await _pages_to_close()}:
        return True
    try:
        await checkouts.withdraw(INSTALMENT, instalment_id, gateway=gateway, now=now)
    except checkouts.AlreadyPaid:
        return False
    return True


async def enqueue_unclosed_pages() -> int:
    """Enqueue every page that is open though its contract has ended; return how many."""
    pages = await _pages_to_close()
    for payment_id, instalment_id in pages:
        await _enqueue(payment_id, instalment_id)
    return len(pages)


async def _pages_to_close() -> list[tuple[UUID, UUID]]:
    rows = await connection().execute_query_dict(
        PAGES_TO_CLOSE,
        [
            INSTALMENT,
            [status.value for status in OPEN_PAYMENTS],
            DealStatus.RESCINDED.value,
            ChangeKind.CANCELLATION.value,
        ],
    )
    return [(row["id"], row["payable_id"]) for row in rows]


async def _enqueue(payment_id: UUID, instalment_id: UUID) -> None:
    await enqueue(CLOSE_PAGE, lock=f"payments:{payment_id}", instalment_id=instalment_id)


class InstalmentPayable:
    """See `payments.payables.Payable`."""

    async def describe(self, payable_id: UUID) -> PayableDescription:
        instalment = await _instalment(payable_id)
        number = instalment.contract.number
        return PayableDescription(
            title=_("合同 %(number)s 第 %(n)s 期", number=number, n=instalment.sequence),
            address=f"/contracts/{number}/money",
        )

    async def lock(self, payable_id: UUID) -> None:
        """Lock the deal: every change to its contract and its money waits for it."""
        instalment = await _instalment(payable_id)
        await Deal.select_for_update().get(id=instalment.contract.deal_id)

    async def open_amount(self, payable_id: UUID) -> Money:
        """Return what has not arrived, less the bank transfers that wait for their confirmation."""
        instalment = await _instalment(payable_id)
        left = await open_amount(instalment) - await waiting_amount([payable_id])
        return Money(left, instalment.contract.currency)

    async def seller_account(self, payable_id: UUID) -> str:
        instalment = await _instalment(payable_id)
        return await require_receiving_account(instalment.contract.deal.seller_id)

    async def book(self, update: GatewayUpdate, *, by: By) -> None:
        """Book what came, went back or is withheld; a failed payment changes nothing on a contract."""
        match update:
            case PaidPayment():
                await book_payment(update, by=by)
            case RefundedPayment():
                await book_refund_update(update, by=by)
            case DisputedPayment():
                await book_dispute_update(update, by=by)


async def _instalment(instalment_id: UUID) -> Instalment:
    return await Instalment.get(id=instalment_id).select_related("contract__deal")
