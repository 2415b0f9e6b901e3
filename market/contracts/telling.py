"""Books what the gateway told: the one way from its word to a contract's money."""

from __future__ import annotations

from datetime import datetime

from market.contracts.money_back import book_dispute, book_told
from market.contracts.receiving import PAYABLE, receive
from market.payments.services import DisputedPayment, RefundedPayment, Told


async def book(told: Told, *, now: datetime) -> None:
    """Book money that came, went back or is disputed. Telling of it twice books it once."""
    if told.payable_kind != PAYABLE:
        return
    if isinstance(told, RefundedPayment):
        await book_told(told.refund_id, is_done=told.is_done, now=now)
    elif isinstance(told, DisputedPayment):
        await book_dispute(told.dispute_id, is_news=told.is_news, now=now)
    else:
        await receive(told, now=now)
