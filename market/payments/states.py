"""The life of a payment and of a remittance: which action leads from which status to which."""

from __future__ import annotations

from enum import StrEnum

from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.payments.models import PaymentStatus, RemittanceStatus


class PaymentAction(StrEnum):
    OPEN = "open"
    """The gateway made a page for it."""
    SUCCEED = "succeed"
    FAIL = "fail"
    EXPIRE = "expire"
    REFUND = "refund"


class RemittanceAction(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"


class ActionNotAllowed(Conflict):
    """The present status does not permit the action."""


OPEN_PAYMENTS = (PaymentStatus.PREPARED, PaymentStatus.PENDING)
"""One payable has one payment in these at most."""

PAYMENT_TRANSITIONS: dict[tuple[PaymentStatus, PaymentAction], PaymentStatus] = {
    (PaymentStatus.PREPARED, PaymentAction.OPEN): PaymentStatus.PENDING,
    (PaymentStatus.PREPARED, PaymentAction.SUCCEED): PaymentStatus.SUCCEEDED,
    (PaymentStatus.PREPARED, PaymentAction.FAIL): PaymentStatus.FAILED,
    (PaymentStatus.PREPARED, PaymentAction.EXPIRE): PaymentStatus.EXPIRED,
    (PaymentStatus.PENDING, PaymentAction.SUCCEED): PaymentStatus.SUCCEEDED,
    (PaymentStatus.PENDING, PaymentAction.FAIL): PaymentStatus.FAILED,
    (PaymentStatus.PENDING, PaymentAction.EXPIRE): PaymentStatus.EXPIRED,
    # The gateway's word counts: money that arrived is recorded even if we had given the payment up.
    (PaymentStatus.FAILED, PaymentAction.SUCCEED): PaymentStatus.SUCCEEDED,
    (PaymentStatus.EXPIRED, PaymentAction.SUCCEED): PaymentStatus.SUCCEEDED,
    (PaymentStatus.SUCCEEDED, PaymentAction.REFUND): PaymentStatus.REFUNDED,
}
REMITTANCE_TRANSITIONS: dict[tuple[RemittanceStatus, RemittanceAction], RemittanceStatus] = {
    (RemittanceStatus.RECORDED, RemittanceAction.CONFIRM): RemittanceStatus.CONFIRMED,
    (RemittanceStatus.RECORDED, RemittanceAction.REJECT): RemittanceStatus.REJECTED,
}


def next_payment_status(status: PaymentStatus, action: PaymentAction) -> PaymentStatus:
    """Return the status that `action` leads to.

    Raises:
        ActionNotAllowed: it leads nowhere from here.
    """
    try:
        return PAYMENT_TRANSITIONS[status, action]
    except KeyError:
        raise ActionNotAllowed(_("这笔付款的状态已经变化，请刷新后再看。")) from None


def next_remittance_status(status: RemittanceStatus, action: RemittanceAction) -> RemittanceStatus:
    """Return the status that `action` leads to.

    Raises:
        ActionNotAllowed: another person has decided already.
    """
    try:
        return REMITTANCE_TRANSITIONS[status, action]
    except KeyError:
        raise ActionNotAllowed(_("这笔对公转账已经有人处理，请刷新后再看。")) from None
