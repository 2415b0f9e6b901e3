"""The life of a payment and of a remittance: which action leads from which status to which."""

from __future__ import annotations

from enum import StrEnum

from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.payments.models import LineStatus, PaymentStatus, RefundStatus, RemittanceStatus


class PaymentAction(StrEnum):
    OPEN = "open"
    """The gateway made a page for it."""
    SUCCEED = "succeed"
    FAIL = "fail"
    EXPIRE = "expire"
    REFUND = "refund"
    """All of it went back."""
    RESTORE = "restore"
    """A refund did not go through after all."""


class RemittanceAction(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"


class RefundAction(StrEnum):
    SEND = "send"
    """The gateway has taken it on."""
    SUCCEED = "succeed"
    FAIL = "fail"
    CONFIRM = "confirm"
    REJECT = "reject"


class LineAction(StrEnum):
    FIND = "find"
    MISS = "miss"
    KNOW = "know"
    """It is a transfer that was confirmed before the statement came."""
    MATCH = "match"
    RELEASE = "release"
    BOOK = "book"
    RETURN = "return"
    KEEP = "keep"
    """The money does not go back after all."""
    SET_ASIDE = "set_aside"
    REOPEN = "reopen"


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
    (PaymentStatus.REFUNDED, PaymentAction.RESTORE): PaymentStatus.SUCCEEDED,
}
REMITTANCE_TRANSITIONS: dict[tuple[RemittanceStatus, RemittanceAction], RemittanceStatus] = {
    (RemittanceStatus.RECORDED, RemittanceAction.CONFIRM): RemittanceStatus.CONFIRMED,
    (RemittanceStatus.RECORDED, RemittanceAction.REJECT): RemittanceStatus.REJECTED,
}
REFUND_TRANSITIONS: dict[tuple[RefundStatus, RefundAction], RefundStatus] = {
    (RefundStatus.PREPARED, RefundAction.SEND): RefundStatus.PENDING,
    (RefundStatus.PREPARED, RefundAction.SUCCEED): RefundStatus.SUCCEEDED,
    (RefundStatus.PREPARED, RefundAction.FAIL): RefundStatus.FAILED,
    (RefundStatus.PENDING, RefundAction.SUCCEED): RefundStatus.SUCCEEDED,
    (RefundStatus.PENDING, RefundAction.FAIL): RefundStatus.FAILED,
    # The payer's bank may send a refund back days after the gateway called it done.
    (RefundStatus.SUCCEEDED, RefundAction.FAIL): RefundStatus.FAILED,
    (RefundStatus.RECORDED, RefundAction.CONFIRM): RefundStatus.SUCCEEDED,
    (RefundStatus.RECORDED, RefundAction.REJECT): RefundStatus.REJECTED,
}
LINE_TRANSITIONS: dict[tuple[LineStatus, LineAction], LineStatus] = {
    (LineStatus.NEW, LineAction.FIND): LineStatus.MATCHED,
    (LineStatus.NEW, LineAction.MISS): LineStatus.OPEN,
    (LineStatus.NEW, LineAction.KNOW): LineStatus.BOOKED,
    (LineStatus.OPEN, LineAction.MATCH): LineStatus.MATCHED,
    (LineStatus.MATCHED, LineAction.RELEASE): LineStatus.OPEN,
    (LineStatus.MATCHED, LineAction.BOOK): LineStatus.BOOKED,
    (LineStatus.OPEN, LineAction.RETURN): LineStatus.RETURNED,
    (LineStatus.RETURNED, LineAction.KEEP): LineStatus.OPEN,
    (LineStatus.OPEN, LineAction.SET_ASIDE): LineStatus.SET_ASIDE,
    (LineStatus.SET_ASIDE, LineAction.REOPEN): LineStatus.OPEN,
}


def next_refund_status(status: RefundStatus, action: RefundAction) -> RefundStatus:
    """Return the status that `action` leads to.

    Raises:
        ActionNotAllowed: it leads nowhere from here.
    """
    try:
        return REFUND_TRANSITIONS[status, action]
    except KeyError:
        raise ActionNotAllowed(_("这笔退款的状态已经变化，请刷新后再看。")) from None


def next_line_status(status: LineStatus, action: LineAction) -> LineStatus:
    """Return the status that `action` leads to.

    Raises:
        ActionNotAllowed: somebody else was faster.
    """
    try:
        return LINE_TRANSITIONS[status, action]
    except KeyError:
        raise ActionNotAllowed(_("这笔流水已经有人处理，请刷新后再看。")) from None


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
