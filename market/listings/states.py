"""Statuses of outcomes and needs, their workflows, audit verbs and permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from market.accounts.permissions import ORGANISATION, Role
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


class ListingAction(LabelEnum):
    """Actions of the workflows of outcomes and needs; also their verbs in the audit log."""

    SUBMIT = "submitted", lazy("提交审核")
    RETURN = "returned", lazy("退回")
    PUBLISH = "published", lazy("审核通过并发布")
    PUBLISH_LICENSED = "published_licensed", lazy("审核通过（已许可）")
    PUBLISH_SOLD = "published_sold", lazy("审核通过（已转让）")
    PUBLISH_SOLVED = "published_solved", lazy("审核通过（已解决）")
    """A contract was signed about it since it was last shown: it does not come back on offer."""
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
_OFF_OFFER = (O.EXPIRED, O.UNLISTED)
_REFUSAL = lazy("这条信息的状态已经变了，现在不能这样做。请刷新后再看。")
_OUTCOME_TRANSITIONS: Mapping[tuple[OutcomeStatus, ListingAction], OutcomeStatus] = {
    **{(s, ListingAction.SUBMIT): O.PENDING for s in (O.DRAFT, O.RETURNED, O.UNLISTED)},
    (O.PENDING, ListingAction.RETURN): O.RETURNED,
    (O.PENDING, ListingAction.PUBLISH): O.PUBLISHED,
    (O.PENDING, ListingAction.PUBLISH_LICENSED): O.LICENSED,
    (O.PENDING, ListingAction.PUBLISH_SOLD): O.SOLD,
    **{(s, ListingAction.UNLIST): O.UNLISTED for s in (*_ON_OFFER, O.EXPIRED)},
    (O.PUBLISHED, ListingAction.RENEW): O.PUBLISHED,
    (O.LICENSED, ListingAction.RENEW): O.LICENSED,
    (O.EXPIRED, ListingAction.RENEW): O.PUBLISHED,
    (O.EXPIRED, ListingAction.RENEW_LICENSED): O.LICENSED,
    (O.DRAFT, ListingAction.IMPORT): O.PUBLISHED,
    **{(s, ListingAction.EXPIRE): O.EXPIRED for s in _ON_OFFER},
    # A contract is signed months after its deal began; the listing may have lapsed meanwhile.
    **{(s, ListingAction.LICENSE): O.LICENSED for s in (*_ON_OFFER, *_OFF_OFFER)},
    **{(s, ListingAction.SELL): O.SOLD for s in (*_ON_OFFER, *_OFF_OFFER)},
}
_NEED_TRANSITIONS: Mapping[tuple[NeedStatus, ListingAction], NeedStatus] = {
    **{(s, ListingAction.SUBMIT): N.PENDING for s in (N.DRAFT, N.RETURNED, N.CLOSED)},
    (N.PENDING, ListingAction.RETURN): N.RETURNED,
    (N.PENDING, ListingAction.PUBLISH): N.PUBLISHED,
    (N.PENDING, ListingAction.PUBLISH_SOLVED): N.SOLVED,
    **{(s, ListingAction.UNLIST): N.CLOSED for s in (N.PUBLISHED, N.MATCHING, N.EXPIRED)},
    (N.PUBLISHED, ListingAction.RENEW): N.PUBLISHED,
    (N.MATCHING, ListingAction.RENEW): N.MATCHING,
    (N.EXPIRED, ListingAction.RENEW): N.PUBLISHED,
    (N.DRAFT, ListingAction.IMPORT): N.PUBLISHED,
    **{(s, ListingAction.EXPIRE): N.EXPIRED for s in (N.PUBLISHED, N.MATCHING)},
    (N.PUBLISHED, ListingAction.MATCH): N.MATCHING,
    (N.MATCHING, ListingAction.MATCH): N.MATCHING,
    **{(s, ListingAction.SOLVE): N.SOLVED for s in (N.PUBLISHED, N.MATCHING, N.EXPIRED, N.CLOSED)},
}

OUTCOME_WORKFLOW = Workflow(_OUTCOME_TRANSITIONS, refusal=_REFUSAL)
NEED_WORKFLOW = Workflow(_NEED_TRANSITIONS, refusal=_REFUSAL)

# Tuples, not sets: a set would take the two kinds' `published` for one, since both equal the text.
LIVE: tuple[Status, ...] = (*_ON_OFFER, N.PUBLISHED, N.MATCHING)
"""On offer: searchable, matched, and editable without a new review."""
PUBLIC: tuple[Status, ...] = (*LIVE, O.SOLD, O.EXPIRED, N.SOLVED, N.EXPIRED)
"""Statuses in which everybody may open the page."""
SHOWN_AS_REVIEWED: tuple[Status, ...] = (*LIVE, O.EXPIRED, N.EXPIRED)
"""What everybody reads is what was reviewed: title, indicators, price and the like change by review only."""
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


def workflow_of(status: Status) -> Workflow[Any, ListingAction]:
    """Return the workflow that a status belongs to."""
    return OUTCOME_WORKFLOW if isinstance(status, OutcomeStatus) else NEED_WORKFLOW


class ListingVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    CREATED = "created", lazy("新建")
    EDITED = "edited", lazy("修改")
    IMPORTED = "imported", lazy("导入")
    IMPORTED_AND_PUBLISHED = "imported and published", lazy("导入并发布")
    COLLECTED = "collected", lazy("由征集转为需求并发布")
    IMPORTED_AGAIN = "imported again", lazy("再次导入")
    CHANGE_PROPOSED = "change_proposed", lazy("提出变更，待审核")
    CHANGE_REVERTED = "change_reverted", lazy("恢复变更前的内容")


class ChangeStatus(LabelEnum):
    """Where a change to a published listing stands."""

    PENDING = "pending", lazy("待审核"), "due"
    ACCEPTED = "accepted", lazy("已通过"), "done"
    REJECTED = "rejected", lazy("未通过"), "wrong"
    WITHDRAWN = "withdrawn", lazy("已撤回")
    CLOSED = "closed", lazy("随信息下架而结束")
    APPLIED = "applied", lazy("已生效，待过目"), "act"
    """A small change: live at once, listed for the operator with its diff."""
    SEEN = "seen", lazy("已过目")
    REVERTED = "reverted", lazy("已恢复原样"), "wrong"


class ChangeAction(LabelEnum):
    ACCEPT = "accept", lazy("变更通过")
    REJECT = "reject", lazy("变更未通过")
    WITHDRAW = "withdraw", lazy("撤回变更")
    CLOSE = "close", lazy("变更随信息下架而结束")
    SEE = "see", lazy("变更已过目")
    REVERT = "revert", lazy("恢复原样")


CHANGE_WORKFLOW: Workflow[ChangeStatus, ChangeAction] = Workflow(
    {
        (ChangeStatus.PENDING, ChangeAction.ACCEPT): ChangeStatus.ACCEPTED,
        (ChangeStatus.PENDING, ChangeAction.REJECT): ChangeStatus.REJECTED,
        (ChangeStatus.PENDING, ChangeAction.WITHDRAW): ChangeStatus.WITHDRAWN,
        (ChangeStatus.PENDING, ChangeAction.CLOSE): ChangeStatus.CLOSED,
        (ChangeStatus.APPLIED, ChangeAction.SEE): ChangeStatus.SEEN,
        (ChangeStatus.APPLIED, ChangeAction.REVERT): ChangeStatus.REVERTED,
    }
)


class FileVerb(LabelEnum):
    """Audit verbs of listings about their files."""

    ADDED = "file added", lazy("添加附件")
    OPENED_TO = "file tier changed", lazy("改附件的公开范围")


class OwnerVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    CREATED = "created", lazy("随导入建立")


class ListingAct(StrEnum):
    """Acts of this room that need a permission."""

    DRAFT_LISTING = "draft_listing"
    """Write what only the own organisation reads; while it waits for verification, too."""
    WRITE_LISTING = "write_listing"
    MODERATE = "moderate"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ListingAct.DRAFT_LISTING: ORGANISATION | {Role.APPLICANT},
    ListingAct.WRITE_LISTING: ORGANISATION,
    ListingAct.MODERATE: frozenset({Role.OPERATOR}),
}
