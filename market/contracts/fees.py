"""Our fee on what is paid online, and a broker's commission: shares of what was really received.

The gateway takes the fee with the payment and gives its part back with a refund. A commission is brought up
to date with every receipt.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from uuid import UUID

from market.contracts.models import Contract, Instalment
from market.contracts.queries import received_amount
from market.deals.brokerage import book_commission
from market.deals.models import Deal
from market.kit.database import atomic, connection
from market.kit.money import Money, round_half_up
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.ledger.transfers import net_of
from market.payments.models import Payment, Refund
from market.payments.states import RefundStatus

COMMISSIONS_OFF = """
SELECT n.deal_id, d.number, n.commission_basis_points AS share, r.received, c.currency,
    market_available('commission:' || n.deal_id) AS booked
FROM introductions n JOIN contracts c ON c.deal_id = n.deal_id JOIN deals d ON d.id = n.deal_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS received FROM receipts WHERE contract_id = c.id) r
WHERE n.agreed_at IS NOT NULL AND market_available('commission:' || n.deal_id)
    <> div(r.received * n.commission_basis_points + 5000, 10000)
"""
"""Deals whose booked commission is not the agreed share of what was received."""


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


async def update_commission(contract: Contract, *, at: datetime) -> None:
    """Bring the booked commission to its share of what was received; the caller holds the deal's lock."""
    await book_commission(
        contract.deal_id, Money(await received_amount(contract.id), contract.currency), at=at
    )


@atomic()
async def settle_commission(deal_id: UUID, *, now: datetime) -> None:
    """Lock a signed deal and update its booked commission. Idempotent."""
    await Deal.select_for_update().get(id=deal_id)
    await update_commission(await Contract.get(deal_id=deal_id), at=now)


async def settle_commissions(*, now: datetime) -> None:
    """Bring every commission up to date that is off, each in a transaction of its own."""
    for row in await connection().execute_query_dict(COMMISSIONS_OFF):
        await settle_commission(row["deal_id"], now=now)
