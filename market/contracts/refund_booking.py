"""Booking of refunds of a contract's money: surplus first, the rest as receipts below zero."""

from __future__ import annotations

from market.audit.log import record
from market.contracts.fees import book_fee
from market.contracts.models import Receipt, ReceiptSource
from market.contracts.payment_origins import (
    PaymentOrigin,
    book_negative_receipt,
    origin_of,
    surplus_left,
    transfers_under,
)
from market.contracts.receipts import book_restored_refund
from market.contracts.verbs import ContractVerb
from market.deals.notifications import notify_both_parties
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import services as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.payments.models import BankLine, Payment, Refund, Remittance
from market.payments.payables import RefundedPayment
from market.payments.refunds import lock_refund
from market.payments.states import RefundStatus
from market.records.by import By


@atomic()
async def book_refund_update(update: RefundedPayment, *, by: By) -> None:
    """Book an online refund that was carried out, or reverse one that failed after all. Idempotent."""
    refund = await lock_refund(update.refund_id)
    if refund.status is RefundStatus.SUCCEEDED and update.is_done:
        await book_refund(refund, by=by)
    elif refund.status is RefundStatus.FAILED and not update.is_done:
        await _reverse_refund(refund, by=by)
    await book_fee(update.payment_id, at=by.now)


async def book_refund(refund: Refund, *, by: By) -> None:
    """Book a refund that was carried out, online or by bank. Idempotent."""
    if await transfers_under(f"refund:{refund.id}:"):
        return
    if refund.line_id is not None:
        await _book_returned_line(refund, by=by)
        return
    origin = await _origin_of_refund(refund)
    surplus = min(refund.amount, await surplus_left(origin))
    if surplus:
        await ledger.post(
            "surplus_refund",
            Money(surplus, refund.currency),
            debit=f"surplus:{origin.instalment.id}",
            credit=account_code("refunded", origin.deal.seller_id, refund.currency),
            reference=f"refund:{refund.id}:surplus",
            at=by.now,
            subject=origin.subject,
        )
    if rest := refund.amount - surplus:
        await book_negative_receipt(
            origin,
            Money(rest, refund.currency),
            ReceiptSource.REFUND,
            refund.id,
            debit=origin.received_account,
            reference=f"refund:{refund.id}:receipt",
            on=refund.refunded_on or local_date(by.now),
            now=by.now,
        )
    contract = origin.instalment.contract
    await record(
        "contract",
        contract.id,
        ContractVerb.REFUND,
        by=by,
        refund=refund.id,
        amount=refund.amount,
        surplus=surplus,
    )
    await notify_both_parties(
        origin.deal,
        _(
            "合同 %(number)s 第 %(n)s 期退款 %(amount)s。",
            number=contract.number,
            n=origin.instalment.sequence,
            amount=yuan(refund.money),
        ),
        now=by.now,
        address=f"/contracts/{contract.number}",
    )


async def _book_returned_line(refund: Refund, *, by: By) -> None:
    """Book a bank line that paid for nothing and was sent back."""
    line = await BankLine.get(id=refund.line_id)
    await ledger.post(
        "refund",
        refund.money,
        debit=account_code("unplaced", line.organisation_id, refund.currency),
        credit=account_code("refunded", line.organisation_id, refund.currency),
        reference=f"refund:{refund.id}:returned",
        at=by.now,
        subject=("refund", refund.id),
    )


async def _reverse_refund(refund: Refund, *, by: By) -> None:
    """Book the money of a failed refund, which is back at the seller, as if it had arrived anew."""
    for transfer in await Transfer.filter(reference=f"refund:{refund.id}:surplus"):
        await ledger.reverse(transfer.id, reference=f"{transfer.reference}:back", at=by.now)
    receipt = await Receipt.get_or_none(source=ReceiptSource.REFUND, source_id=refund.id)
    if receipt is not None:
        origin = await _origin_of_refund(refund)
        money = Money(-receipt.amount, receipt.currency)
        await book_restored_refund(refund.id, origin.instalment.id, money, way=origin.way, by=by)


async def _origin_of_refund(refund: Refund) -> PaymentOrigin:
    if refund.payment_id is not None:
        return await origin_of(await Payment.get(id=refund.payment_id))
    return await origin_of(await Remittance.get(id=refund.remittance_id))
