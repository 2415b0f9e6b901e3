"""Our fee on what is paid online: taken by the gateway with the payment, given back with a refund."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from uuid import UUID

from market.contracts.models import Instalment
from market.kit.money import Money, round_half_up
from market.ledger import services as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.ledger.queries import net_of
from market.payments.models import Payment, Refund
from market.payments.states import RefundStatus


def fee_left(payment: Money, fee: Money, refunded: int) -> Money:
    """Return what of the fee stays with us when a part of the payment went back. Pure."""
    if not payment:
        return fee
    return Money(
        round_half_up(Fraction(fee.amount * (payment.amount - refunded), payment.amount)), fee.currency
    )


async def book_fee(payment_id: UUID, *, at: datetime) -> Money:
    """Bring the fee of a payment in the book to what stays with us; return what was booked now.

    The caller holds the lock of the deal. Booking again changes nothing; what a refund gives back comes
    off by a counter entry.
    """
    payment = await Payment.get_or_none(id=payment_id)
    if payment is None or not payment.fee_amount:
        return Money(0)
    instalment = await Instalment.get(id=payment.payable_id).select_related("contract__deal")
    sent = await Refund.filter(payment_id=payment.id, status=RefundStatus.SUCCEEDED).values_list(
        "amount", flat=True
    )
    refunded = sum(int(str(amount)) for amount in sent)
    due = fee_left(payment.money, Money(payment.fee_amount, payment.currency), refunded)
    code, prefix = f"fee:{instalment.contract_id}", f"payment:{payment.id}:fee:"
    booked = await Transfer.filter(reference__startswith=prefix)
    more = due - Money(net_of(code, booked), payment.currency)
    if not more:
        return more
    met = account_code("met:online", instalment.contract.deal.seller_id, payment.currency)
    await ledger.post_difference(
        ("fee", "fee_back"),
        more,
        source=met,
        code=code,
        reference=f"{prefix}{len(booked) + 1}",
        at=at,
        subject=("contract", instalment.contract_id),
    )
    return more
