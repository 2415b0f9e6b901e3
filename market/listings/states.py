"""From which state which act leads where. Pure; the services are the only writers of a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class OutcomeStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    PENDING = "pending", lazy("待审核"), "due"
    RETURNED = "returned", lazy("退回修改"), "wrong"
    PUBLISHED = "published", lazy("已发布"), "act"
    LICENSED = "licensed", lazy("已许可（可继续）"), "done"
    """Licensed at least once and still on offer."""
    SOLD = "sold", lazy("已转让"), "done"
    EXPIRED = "expired", lazy("已过期"), "due"
    UNLISTED = "unlisted", lazy("已下架")


class OutcomeShownStatus(LabelEnum):
    """A status that is read from other records, never stored."""

    NEGOTIATING = "negotiating", lazy("洽谈中"), "act"


class NeedStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    PENDING = "pending", lazy("待审核"), "due"
    RETURNED = "returned", lazy("退回修改"), "wrong"
    PUBLISHED = "published", lazy("已发布"), "act"
    MATCHING = "matching", lazy("对接中"), "act"
    SOLVED = "solved", lazy("已解决"), "done"
    CLOSED = "closed", lazy("已关闭")
    EXPIRED = "expired", lazy("已过期"), "due"


Status = OutcomeStatus | NeedStatus


class Move(LabelEnum):
    """What is done to a listing. Each is also the word for it in the audit log."""

    SUBMIT = "submitted", lazy("提交审核")
    RETURN = "returned", lazy("退回")
    PUBLISH = "published", lazy("审核通过并发布")
    UNLIST = "unlisted", lazy("下架")
    RENEW = "renewed", lazy("续期")
    RENEW_LICENSED = "renewed_licensed", lazy("续期（已许可）")
    """An outcome that was licensed before it lapsed is licensed again."""
    IMPORT = "import_published", lazy("随导入发布")
    EXPIRE = "expired", lazy("到期")
    MATCH = "matched", lazy("进入对接")
    LICENSE = "licensed", lazy("许可")
    SELL = "sold", lazy("转让")
    SOLVE = "solved", lazy("解决")


O = OutcomeStatus  # noqa: E741 -- the table reads better
N = NeedStatus

_ON_OFFER = (O.PUBLISHED, O.LICENSED)
_LATER = (O.EXPIRED, O.UNLISTED)
_REFUSAL = lazy("这条信息的状态已经变了，现在不能这样做。请刷新后再看。")
_OUTCOME_MOVES: Mapping[tuple[OutcomeStatus, Move], OutcomeStatus] = {
    **{(s, Move.SUBMIT): O.PENDING for s in (O.DRAFT, O.RETURNED, O.UNLISTED)},
    (O.PENDING, Move.RETURN): O.RETURNED,
    (O.PENDING, Move.PUBLISH): O.PUBLISHED,
    **{(s, Move.UNLIST): O.UNLISTED for s in (*_ON_OFFER, O.EXPIRED)},
    (O.PUBLISHED, Move.RENEW): O.PUBLISHED,
    (O.LICENSED, Move.RENEW): O.LICENSED,
    (O.EXPIRED, Move.RENEW): O.PUBLISHED,
    (O.EXPIRED, Move.RENEW_LICENSED): O.LICENSED,
    (O.DRAFT, Move.IMPORT): O.PUBLISHED,
    **{(s, Move.EXPIRE): O.EXPIRED for s in _ON_OFFER},
    # A contract is signed months after its deal began; the listing may have lapsed meanwhile.
    **{(s, Move.LICENSE): O.LICENSED for s in (*_ON_OFFER, *_LATER)},
    **{(s, Move.SELL): O.SOLD for s in (*_ON_OFFER, *_LATER)},
}
_NEED_MOVES: Mapping[tuple[NeedStatus, Move], NeedStatus] = {
    **{(s, Move.SUBMIT): N.PENDING for s in (N.DRAFT, N.RETURNED, N.CLOSED)},
    (N.PENDING, Move.RETURN): N.RETURNED,
    (N.PENDING, Move.PUBLISH): N.PUBLISHED,
    **{(s, Move.UNLIST): N.CLOSED for s in (N.PUBLISHED, N.MATCHING, N.EXPIRED)},
    (N.PUBLISHED, Move.RENEW): N.PUBLISHED,
    (N.MATCHING, Move.RENEW): N.MATCHING,
    (N.EXPIRED, Move.RENEW): N.PUBLISHED,
    (N.DRAFT, Move.IMPORT): N.PUBLISHED,
    **{(s, Move.EXPIRE): N.EXPIRED for s in (N.PUBLISHED, N.MATCHING)},
    (N.PUBLISHED, Move.MATCH): N.MATCHING,
    (N.MATCHING, Move.MATCH): N.MATCHING,
    **{(s, Move.SOLVE): N.SOLVED for s in (N.PUBLISHED, N.MATCHING, N.EXPIRED, N.CLOSED)},
}

OUTCOME_WORKFLOW = Workflow(_OUTCOME_MOVES, refusal=_REFUSAL)
NEED_WORKFLOW = Workflow(_NEED_MOVES, refusal=_REFUSAL)

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


def workflow_of(status: Status) -> Workflow[Any, Move]:
    """Return the workflow that a status belongs to."""
    return OUTCOME_WORKFLOW if isinstance(status, OutcomeStatus) else NEED_WORKFLOW
