"""The life of a call for applications (申报通知), its audit verbs, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class CallStatus(LabelEnum):
    """Whether it is released; whether it is open is read from the clock, see `call_windows`."""

    DRAFT = "draft", lazy("待发布"), "due"
    RETURNED = "returned", lazy("退回修改"), "wrong"
    RELEASED = "released", lazy("已发布"), "done"
    DISCARDED = "discarded", lazy("已作废")


class CallAction(LabelEnum):
    RETURN = "return", lazy("退回")
    REDRAFT = "redraft", lazy("改后重新提交")
    RELEASE = "release", lazy("发布")
    DISCARD = "discard", lazy("作废")


class CallVerb(LabelEnum):
    """Audit verbs of calls besides the actions of the workflow."""

    DRAFT = "draft", lazy("起草")
    EDIT = "edit", lazy("修改")
    PROPOSE_CLOSING = "propose_closing", lazy("提出改截止时间")
    CHANGE_CLOSING = "change_closing", lazy("改截止时间")
    REJECT_CLOSING = "reject_closing", lazy("不同意改截止时间")


S, A = CallStatus, CallAction
CALL_WORKFLOW: Workflow[CallStatus, CallAction] = Workflow(
    {
        (S.DRAFT, A.RELEASE): S.RELEASED,
        (S.DRAFT, A.RETURN): S.RETURNED,
        (S.RETURNED, A.REDRAFT): S.DRAFT,
        (S.DRAFT, A.DISCARD): S.DISCARDED,
        (S.RETURNED, A.DISCARD): S.DISCARDED,
    },
    refusal=lazy("这份申报通知的状态已经变了，请刷新后再看。"),
)


class CallAct(StrEnum):
    """Acts of calls that need a permission."""

    DRAFT_CALL = "draft_call"
    RELEASE_CALL = "release_call"


CALL_PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    CallAct.DRAFT_CALL: frozenset({Role.OFFICER}),
    CallAct.RELEASE_CALL: frozenset({Role.APPROVER}),
}
CALL_FRESH: Mapping[StrEnum, FreshProof] = {CallAct.RELEASE_CALL: FreshProof.TO_ACT}
