"""The acts of this room, by the files they stand in."""

from market.payments.checkouts import AlreadyPaid, Payable, start_checkout, withdraw
from market.payments.disputes import DisputedPayment
from market.payments.gateway import ReturnUrls
from market.payments.onboarding import refresh_account, start_onboarding
from market.payments.refunds import MoreThanCame, RefundedPayment
from market.payments.remittances import (
    SamePerson,
    confirm_remittance,
    record_remittance,
    reject_remittance,
)
from market.payments.settling import (
    PROCESS_EVENT,
    PaidPayment,
    Told,
    bring_up,
    look_up,
    record_event,
    record_success,
    settle_event,
)

__all__ = [
    "PROCESS_EVENT",
    "AlreadyPaid",
    "DisputedPayment",
    "MoreThanCame",
    "PaidPayment",
    "Payable",
    "RefundedPayment",
    "ReturnUrls",
    "SamePerson",
    "Told",
    "bring_up",
    "confirm_remittance",
    "look_up",
    "record_event",
    "record_remittance",
    "record_success",
    "refresh_account",
    "reject_remittance",
    "settle_event",
    "start_checkout",
    "start_onboarding",
    "withdraw",
]
