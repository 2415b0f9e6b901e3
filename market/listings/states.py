"""From which state which act leads where. Pure; the services are the only writers of a status."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.listings.models import NeedStatus, OutcomeStatus

Status = OutcomeStatus | NeedStatus


class Move(LabelEnum):
    """What is done to a listing. Each is also the word for it in the audit log."""

    SUBMIT = "submitted", lazy("提交审核")
    RETURN = "returned", lazy("退回")
    PUBLISH = "published", lazy("审核通过并发布")
    UNLIST = "unlisted", lazy("下架")
    RENEW = "renewed", lazy("续期")
    EXPIRE = "expired", lazy("到期")
    MATCH = "matched", lazy("进入对接")
    LICENSE = "licensed", lazy("许可")
    SELL = "sold", lazy("转让")
    SOLVE = "solved", lazy("解决")


O = OutcomeStatus  # noqa: E741 -- the table reads better
N = NeedStatus

_ON_OFFER = (O.PUBLISHED, O.LICENSED)
_LATER = (O.EXPIRED, O.UNLISTED)
OUTCOME_MOVES: Mapping[tuple[Status, Move], Status] = {
    **{(s, Move.SUBMIT): O.PENDING for s in (O.DRAFT, O.RETURNED, O.UNLISTED)},
    (O.PENDING, Move.RETURN): O.RETURNED,
    (O.PENDING, Move.PUBLISH): O.PUBLISHED,
    **{(s, Move.UNLIST): O.UNLISTED for s in (*_ON_OFFER, O.EXPIRED)},
    (O.PUBLISHED, Move.RENEW): O.PUBLISHED,
    (O.LICENSED, Move.RENEW): O.LICENSED,
    (O.EXPIRED, Move.RENEW): O.PUBLISHED,
    **{(s, Move.EXPIRE): O.EXPIRED for s in _ON_OFFER},
    # A contract is signed months after its deal began; the listing may have lapsed meanwhile.
    **{(s, Move.LICENSE): O.LICENSED for s in (*_ON_OFFER, *_LATER)},
    **{(s, Move.SELL): O.SOLD for s in (*_ON_OFFER, *_LATER)},
}
NEED_MOVES: Mapping[tuple[Status, Move], Status] = {
    **{(s, Move.SUBMIT): N.PENDING for s in (N.DRAFT, N.RETURNED, N.CLOSED)},
    (N.PENDING, Move.RETURN): N.RETURNED,
    (N.PENDING, Move.PUBLISH): N.PUBLISHED,
    **{(s, Move.UNLIST): N.CLOSED for s in (N.PUBLISHED, N.MATCHING, N.EXPIRED)},
    (N.PUBLISHED, Move.RENEW): N.PUBLISHED,
    (N.MATCHING, Move.RENEW): N.MATCHING,
    (N.EXPIRED, Move.RENEW): N.PUBLISHED,
    **{(s, Move.EXPIRE): N.EXPIRED for s in (N.PUBLISHED, N.MATCHING)},
    (N.PUBLISHED, Move.MATCH): N.MATCHING,
    (N.MATCHING, Move.MATCH): N.MATCHING,
    **{(s, Move.SOLVE): N.SOLVED for s in (N.PUBLISHED, N.MATCHING, N.EXPIRED, N.CLOSED)},
}

# Tuples, not sets: a set would take the two kinds' `published` for one, since both equal the text.
LIVE: tuple[Status, ...] = (*_ON_OFFER, N.PUBLISHED, N.MATCHING)
"""On offer: found by search, matched, and editable at once without a new review."""
PUBLIC: tuple[Status, ...] = (*LIVE, O.SOLD, O.EXPIRED, N.SOLVED, N.EXPIRED)
"""Everybody may open the page; what is no longer on offer says so."""
EDITABLE: tuple[Status, ...] = (
    *LIVE,
    O.DRAFT,
    O.RETURNED,
    O.EXPIRED,
    O.UNLISTED,
    N.DRAFT,
    N.RETURNED,
    N.EXPIRED,
    N.CLOSED,
)


def next_status(status: Status, move: Move) -> Status:
    """Return the state that `move` leads to from `status`.

    Raises:
        Conflict: there is no such way, most likely because somebody else was faster.
    """
    table = OUTCOME_MOVES if isinstance(status, OutcomeStatus) else NEED_MOVES
    found = table.get((status, move))
    if found is None:
        raise Conflict(_("这条信息的状态已经变了，现在不能这样做。请刷新后再看。"))
    return found


def can(status: Status, move: Move) -> bool:
    """Tell whether `move` is possible from `status`; pages show a button only then."""
    table = OUTCOME_MOVES if isinstance(status, OutcomeStatus) else NEED_MOVES
    return (status, move) in table
