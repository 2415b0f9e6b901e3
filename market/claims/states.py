"""The state table of a claim. Pure."""

from __future__ import annotations

from market.claims.models import ClaimAction as A
from market.claims.models import ClaimStatus as S
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _

TABLE: dict[S, dict[A, S]] = {
    S.DRAFT: {A.SUBMIT: S.SUBMITTED, A.WITHDRAW: S.WITHDRAWN},
    S.SUBMITTED: {A.ACCEPT: S.ACCEPTED, A.REJECT: S.REJECTED, A.WITHDRAW: S.WITHDRAWN},
    S.ACCEPTED: {
        A.ASK_SUPPLEMENT: S.SUPPLEMENT,
        A.CALCULATE: S.CALCULATED,
        A.REJECT: S.REJECTED,
        A.WITHDRAW: S.WITHDRAWN,
    },
    S.SUPPLEMENT: {A.SUPPLY: S.ACCEPTED, A.REJECT: S.REJECTED, A.WITHDRAW: S.WITHDRAWN},
    S.CALCULATED: {A.RECHECK: S.RECHECKED, A.RETURN_CALCULATION: S.ACCEPTED, A.REJECT: S.REJECTED},
    S.RECHECKED: {
        A.REVIEW: S.REVIEWED,
        A.PUBLISH: S.PUBLICITY,
        A.RETURN_CALCULATION: S.ACCEPTED,
        A.REJECT: S.REJECTED,
    },
    S.REVIEWED: {A.PUBLISH: S.PUBLICITY, A.REJECT: S.REJECTED},
    S.PUBLICITY: {A.OBJECT: S.OBJECTION, A.APPROVE: S.APPROVED, A.RELEASE: S.REJECTED},
    S.OBJECTION: {A.DISMISS_OBJECTION: S.PUBLICITY, A.REJECT: S.REJECTED, A.RELEASE: S.REJECTED},
    S.APPROVED: {A.ORDER_PAYMENT: S.TO_PAY, A.RELEASE: S.REJECTED},
    S.TO_PAY: {A.PAY: S.PAID, A.RELEASE: S.REJECTED},
    S.PAID: {A.TRACK: S.TRACKING, A.CLAW_BACK: S.CLAWBACK},
    S.TRACKING: {A.CLOSE: S.CLOSED, A.CLAW_BACK: S.CLAWBACK},
    S.CLOSED: {},
    S.REJECTED: {},
    S.WITHDRAWN: {},
    S.CLAWBACK: {},
}

ENDED = frozenset({S.REJECTED, S.WITHDRAWN})
"""Ended without an award; their contracts may be claimed for again."""
GRANTED = frozenset({S.PUBLICITY, S.OBJECTION, S.APPROVED, S.TO_PAY, S.PAID, S.TRACKING, S.CLOSED})
"""Money is reserved or paid: they count against caps and bar a second grant."""
EDITABLE = frozenset({S.DRAFT, S.SUPPLEMENT})
"""The applicant may add evidence and submit."""
COMPUTED = frozenset(S) - {S.DRAFT, S.SUBMITTED, S.ACCEPTED, S.SUPPLEMENT, S.WITHDRAWN}
"""A stored computation is valid; before that a page shows a trial."""


def next_status(status: S, action: A) -> S:
    """Return where `action` takes a claim.

    Raises:
        Conflict: a claim in this state does not take that step.
    """
    if action not in TABLE[status]:
        raise Conflict(_("这份申报的状态已经变化，不能再做这一步，请刷新后再看。"))
    return TABLE[status][action]


def require_editable(status: S) -> None:
    """Raise unless the applicant may still change the claim.

    Raises:
        Conflict: it is submitted.
    """
    if status not in EDITABLE:
        raise Conflict(_("这份申报已经提交，不能再改；需要补充材料时会发补正通知。"))


def allowed_actions(status: S) -> frozenset[A]:
    """Return the steps a claim in this state can take."""
    return frozenset(TABLE[status])
