"""The life of a claim, the verbs of the audit log, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class ClaimStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    SUBMITTED = "submitted", lazy("已提交"), "due"
    ACCEPTED = "accepted", lazy("已受理"), "act"
    SUPPLEMENT = "supplement", lazy("补正通知"), "due"
    """补正通知"""
    CALCULATED = "calculated", lazy("已核算"), "act"
    RECHECKED = "rechecked", lazy("已复核"), "act"
    REVIEWED = "reviewed", lazy("已评审"), "act"
    PUBLICITY = "publicity", lazy("公示中"), "note"
    """Suspended is not a status of its own: it is read from the list's notice, see `ClaimShownStatus`."""
    APPROVED = "approved", lazy("已批准"), "done"
    TO_PAY = "to_pay", lazy("待拨付"), "due"
    PAID = "paid", lazy("已拨付"), "done"
    TRACKING = "tracking", lazy("绩效跟踪"), "act"
    CLOSED = "closed", lazy("完结"), "done"
    REJECTED = "rejected", lazy("不予支持"), "wrong"
    WITHDRAWN = "withdrawn", lazy("已撤回")
    CLAWBACK = "clawback", lazy("追回"), "wrong"


class ClaimShownStatus(LabelEnum):
    """A status that is read from other records, never stored."""

    OBJECTION = "objection", lazy("异议处理中，程序中止"), "wrong"
    OBJECTION_UPHELD = "objection_upheld", lazy("异议成立，即将移出名单"), "wrong"


class ClaimAction(LabelEnum):
    SUBMIT = "submit", lazy("提交")
    WITHDRAW = "withdraw", lazy("撤回")
    ACCEPT = "accept", lazy("受理")
    ASK_SUPPLEMENT = "ask_supplement", lazy("发出补正通知")
    SUPPLY = "supply", lazy("补正")
    CALCULATE = "calculate", lazy("核算")
    RETURN_CALCULATION = "return_calculation", lazy("退回重新核算")
    RECHECK = "recheck", lazy("复核")
    REVIEW = "review", lazy("专家评审")
    PUBLISH = "publish", lazy("列入公示")
    UPHOLD_OBJECTION = "uphold_objection", lazy("异议成立")
    """An objection to the list, or to this claim on it, was upheld."""
    APPROVE = "approve", lazy("批准")
    ORDER_PAYMENT = "order_payment", lazy("下达拨付")
    PAY = "pay", lazy("拨付")
    TAKE_BACK_PAYMENT = "take_back_payment", lazy("撤销拨付结果")
    """The bank's result was entered wrongly; the payment is awaited again."""
    TRACK = "track", lazy("转入绩效跟踪")
    CLOSE = "close", lazy("完结")
    REJECT = "reject", lazy("不予支持")
    CLAW_BACK = "claw_back", lazy("追回")
    RELEASE = "release", lazy("释放预留")
    """Give back what was set aside, for its contract was lost before the bank paid."""


class RecheckPoint(LabelEnum):
    """What the rechecker compares, each point ticked."""

    PAPERS = "papers", lazy("合同、登记证书与系统记录一致")
    RECEIPTS = "receipts", lazy("到账凭证、发票与到账金额一致")
    SALES = "sales", lazy("新增销售与专项报告一致")
    RATE = "rate", lazy("条款、比例和上限适用正确")
    DOUBTS = "doubts", lazy("疑点、关联关系和诚信查询已看过")


S, A = ClaimStatus, ClaimAction
_TABLE: dict[ClaimStatus, dict[ClaimAction, ClaimStatus]] = {
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
    S.PUBLICITY: {A.UPHOLD_OBJECTION: S.REJECTED, A.APPROVE: S.APPROVED, A.RELEASE: S.REJECTED},
    S.APPROVED: {A.ORDER_PAYMENT: S.TO_PAY, A.RELEASE: S.REJECTED},
    S.TO_PAY: {A.PAY: S.PAID, A.RELEASE: S.REJECTED},
    S.PAID: {A.TAKE_BACK_PAYMENT: S.TO_PAY, A.TRACK: S.TRACKING, A.CLAW_BACK: S.CLAWBACK},
    S.TRACKING: {A.CLOSE: S.CLOSED, A.CLAW_BACK: S.CLAWBACK},
    S.CLOSED: {},
    S.REJECTED: {},
    S.WITHDRAWN: {},
    S.CLAWBACK: {},
}
WORKFLOW: Workflow[ClaimStatus, ClaimAction] = Workflow(
    {(status, action): after for status, row in _TABLE.items() for action, after in row.items()},
    refusal=lazy("这份申报的状态已经变化，不能再做这一步，请刷新后再看。"),
)

ENDED = frozenset({S.REJECTED, S.WITHDRAWN})
"""Ended without an award; their contracts may be claimed for again."""
GRANTED = frozenset({S.PUBLICITY, S.APPROVED, S.TO_PAY, S.PAID, S.TRACKING, S.CLOSED})
"""Money is reserved or paid: they count against caps and bar a second grant."""
FINISHED = ENDED | {S.PAID, S.TRACKING, S.CLOSED, S.CLAWBACK}
"""Nothing is left for the desk to do before money is paid; the queue shows them last."""
EDITABLE = frozenset({S.DRAFT, S.SUPPLEMENT})
"""The applicant may add evidence and submit."""
COMPUTED = frozenset(S) - {S.DRAFT, S.SUBMITTED, S.ACCEPTED, S.SUPPLEMENT, S.WITHDRAWN}
"""A stored computation is valid; before that a page shows a trial."""


def require_editable(status: ClaimStatus) -> None:
    """Raise unless the applicant may still change the claim.

    Raises:
        Conflict: it is submitted.
    """
    if status not in EDITABLE:
        raise Conflict(_("这份申报已经提交，不能再改；需要补充材料时会发补正通知。"))


class ClaimVerb(LabelEnum):
    CREATE = "create", lazy("新建")
    ADD_EVIDENCE = "add_evidence", lazy("上传佐证")
    REMOVE_EVIDENCE = "remove_evidence", lazy("移去佐证")
    """Before the first submission."""
    WITHDRAW_EVIDENCE = "withdraw_evidence", lazy("撤下佐证")
    """After it: the paper stays on record."""
    REJECT_EVIDENCE = "reject_evidence", lazy("不采信佐证")
    STATE_FACTS = "state_facts", lazy("填报事实")
    PROPOSE_REFUSAL = "propose_refusal", lazy("提出不予支持")
    RETURN_REFUSAL = "return_refusal", lazy("退回不予支持")
    PAYEE_CHANGED = "payee_changed", lazy("收款账户有变更")
    PROPOSE_PAYEE_CHANGE = "propose_payee_change", lazy("提出变更收款账户")
    CHANGE_PAYEE = "change_payee", lazy("批准变更收款账户")
    REJECT_PAYEE_CHANGE = "reject_payee_change", lazy("不批准变更收款账户")
    ASSIGN = "assign", lazy("分派经办人")
    STATE_TOTALS = "state_totals", lazy("填报年度数据")
    FIND_DOUBTS = "find_doubts", lazy("核对疑点")


class SalesVerb(LabelEnum):
    REPORT_SALES = "report_sales", lazy("填报新增销售")


class ClaimAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    REPORT_SALES = "report_sales"
    WRITE_CLAIM = "write_claim"
    ACCEPT_CLAIM = "accept_claim"
    ASSIGN_CLAIM = "assign_claim"
    CALCULATE = "calculate"
    RECHECK = "recheck"
    DECIDE_REFUSAL = "decide_refusal"
    PROPOSE_PAYEE_CHANGE = "propose_payee_change"
    DECIDE_PAYEE_CHANGE = "decide_payee_change"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ClaimAct.REPORT_SALES: ORGANISATION,
    ClaimAct.WRITE_CLAIM: ORGANISATION,
    ClaimAct.ACCEPT_CLAIM: frozenset({Role.OFFICER}),
    ClaimAct.ASSIGN_CLAIM: frozenset({Role.OFFICER}),
    ClaimAct.CALCULATE: frozenset({Role.OFFICER}),
    ClaimAct.RECHECK: frozenset({Role.RECHECKER}),
    ClaimAct.DECIDE_REFUSAL: frozenset({Role.RECHECKER}),
    ClaimAct.PROPOSE_PAYEE_CHANGE: frozenset({Role.RECHECKER}),
    ClaimAct.DECIDE_PAYEE_CHANGE: frozenset({Role.APPROVER}),
}

FRESH: Mapping[StrEnum, FreshProof] = {
    ClaimAct.PROPOSE_PAYEE_CHANGE: FreshProof.TO_ACT,
    ClaimAct.DECIDE_PAYEE_CHANGE: FreshProof.TO_ACT,
    ClaimAct.DECIDE_REFUSAL: FreshProof.TO_ACT,
}
