"""The acts of this room, by the files they stand in."""

from market.payments.checkouts import AlreadyPaid, start_checkout, withdraw
from market.payments.gateway import ReturnUrls
from market.payments.gateway_events import PROCESS_EVENT, record_event, settle_event
from market.payments.onboarding import refresh_account, start_onboarding
from market.payments.payables import DisputedPayment, PaidPayment, RefundedPayment
from market.payments.refunds import MoreThanCame
from market.payments.remittances import (
    confirm_remittance,
    record_remittance,
    reject_remittance,
)
from market.payments.settlement import record_success, refresh_payment

__all__ = [
    "PROCESS_EVENT",
    "AlreadyPaid",
    "DisputedPayment",
    "MoreThanCame",
    "PaidPayment",
    "RefundedPayment",
    "ReturnUrls",
    "confirm_remittance",
    "record_event",
    "record_remittance",
    "record_success",
    "refresh_account",
    "refresh_payment",
    "reject_remittance",
    "settle_event",
    "start_checkout",
    "start_onboarding",
    "withdraw",
]
