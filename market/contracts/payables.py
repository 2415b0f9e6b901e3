"""An instalment as a payable: how its online payment is described, locked and booked."""

from __future__ import annotations

from uuid import UUID

from market.contracts.disputes import book_dispute_update
from market.contracts.models import Instalment
from market.contracts.queries import open_amount, waiting_amount
from market.contracts.receipts import book_payment
from market.contracts.refunds import book_refund_update
from market.deals.models import Deal
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.payments.connected_accounts import require_receiving_account
from market.payments.payables import (
    DisputedPayment,
    GatewayUpdate,
    PaidPayment,
    PayableDescription,
    RefundedPayment,
)
from market.records.by import By


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
