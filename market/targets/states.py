"""Statuses of targets and deeds, their workflows, audit verbs and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import DESK, ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class PlanStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿"), "due"
    WAITING = "waiting", lazy("待批准下达"), "due"
    ISSUED = "issued", lazy("已下达"), "done"
    RETURNED = "returned", lazy("已退回"), "wrong"
    REPLACED = "replaced", lazy("已被新版替换")


class PlanAction(LabelEnum):
    SUBMIT = "submit", lazy("提交下达")
    ISSUE = "issue", lazy("批准下达")
    RETURN = "return", lazy("退回")
    REPLACE = "replace", lazy("被新版替换")


class PlanVerb(LabelEnum):
    CREATE = "create", lazy("拟定目标")
    EDIT = "edit", lazy("修改目标")
    SPLIT = "split", lazy("分解目标")


class DefinitionVerb(LabelEnum):
    PROPOSE = "propose", lazy("提出指标口径")
    DECIDE = "decide", lazy("确认指标口径")
    RECOUNT = "recount", lazy("重算")


class Event(LabelEnum):
    """Which event of a contract makes it a deed, and dates it."""

    REGISTERED = "registered", lazy("登记日")
    SIGNED = "signed", lazy("签订日")


class ScopeKind(LabelEnum):
    """By what a target is split."""

    CITY = "city", lazy("市")
    UNIT = "unit", lazy("单位")
    KIND = "kind", lazy("合同类别")


class DeedStatus(LabelEnum):
    FOUND = "found", lazy("系统发现，未申报"), "due"
    DECLARED = "declared", lazy("已申报，待市审核"), "act"
    CHECKED = "checked", lazy("市已审核，待核验"), "act"
    VERIFIED = "verified", lazy("已核验"), "done"
    PARTIAL = "partial", lazy("部分符合"), "note"
    REFUSED = "refused", lazy("不予认定"), "wrong"
    DOUBTFUL = "doubtful", lazy("存疑，待现场核查"), "due"
    STRUCK = "struck", lazy("已核减"), "wrong"
    LAPSED = "lapsed", lazy("不再符合口径")


class DeedAction(LabelEnum):
    DECLARE = "declare", lazy("申报")
    WITHDRAW = "withdraw", lazy("撤回申报")
    CHECK = "check", lazy("市审核通过")
    RETURN = "return", lazy("市退回")
    VERIFY = "verify", lazy("核验认定")
    FIND_PARTIAL = "find_partial", lazy("认定部分符合")
    REFUSE = "refuse", lazy("不予认定")
    DOUBT = "doubt", lazy("列为存疑")
    STRIKE = "strike", lazy("核减")
    LAPSE = "lapse", lazy("不再符合口径")
    FIND = "find", lazy("重新符合口径")


class DeedVerb(LabelEnum):
    FIND = "found", lazy("系统发现")
    STATE = "state", lazy("填报一项条件")
    DECIDE_STATEMENT = "decide_statement", lazy("审核填报的条件")
    PROPOSE_RESULT = "propose_result", lazy("提出核验结论")
    REJECT_RESULT = "reject_result", lazy("退回核验结论")
    PROPOSE_SHARE = "propose_share", lazy("提出分享比例")
    DECIDE_SHARE = "decide_share", lazy("答复分享比例")
    VISIT = "visit", lazy("登记现场核查")
    FOLLOW_UP = "follow_up", lazy("填报回访")
    DECIDE_FOLLOW_UP = "decide_follow_up", lazy("确认回访")


class StruckFor(LabelEnum):
    """Why a deed that counted was struck."""

    ENDED = "ended", lazy("合同解除或登记注销")
    RELATED = "related", lazy("双方是关联方")
    OTHER = "other", lazy("其他原因")


class SampleVerb(LabelEnum):
    DRAW = "draw", lazy("抽取核验样本")
    PROPOSE_REST = "propose_rest", lazy("提出认定未抽中的")
    DECIDE_REST = "decide_rest", lazy("决定未抽中的")


class ClosingVerb(LabelEnum):
    PROPOSE = "propose_closing", lazy("提出封存年度数")
    DECIDE = "decide_closing", lazy("决定封存年度数")


class Result(LabelEnum):
    """What verification comes to."""

    VERIFIED = "verified", lazy("符合"), "done"
    PARTIAL = "partial", lazy("部分符合"), "note"
    REFUSED = "refused", lazy("不符合"), "wrong"
    DOUBTFUL = "doubtful", lazy("存疑，现场核查"), "due"
    STRUCK = "struck", lazy("核减"), "wrong"


class Answer(LabelEnum):
    """Whether a criterion is met."""

    MET = "met", lazy("符合"), "done"
    FAILED = "failed", lazy("不符合"), "wrong"
    OPEN = "open", lazy("待核"), "due"


class TargetAct(StrEnum):
    DECLARE_DEED = "declare_deed"
    CHECK_DEED = "check_deed"
    READ_DEEDS = "read_deeds"
    MANAGE_TARGETS = "manage_targets"
    DECIDE_TARGETS = "decide_targets"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    TargetAct.DECLARE_DEED: ORGANISATION,
    TargetAct.CHECK_DEED: ORGANISATION | {Role.OPERATOR},
    TargetAct.READ_DEEDS: DESK,
    TargetAct.MANAGE_TARGETS: frozenset({Role.OPERATOR}),
    TargetAct.DECIDE_TARGETS: frozenset({Role.APPROVER}),
}
"""A city's deeds are checked by its recommending unit, which the room of surveys names."""

P, A = PlanStatus, PlanAction
PLAN_WORKFLOW = Workflow(
    {
        (P.DRAFT, A.SUBMIT): P.WAITING,
        (P.WAITING, A.ISSUE): P.ISSUED,
        (P.WAITING, A.RETURN): P.RETURNED,
        (P.ISSUED, A.REPLACE): P.REPLACED,
    }
)
D, B = DeedStatus, DeedAction
DEED_WORKFLOW = Workflow(
    {
        (D.FOUND, B.DECLARE): D.DECLARED,
        (D.DECLARED, B.WITHDRAW): D.FOUND,
        (D.DECLARED, B.CHECK): D.CHECKED,
        (D.DECLARED, B.RETURN): D.FOUND,
        **{
            (source, action): target
            for source in (D.CHECKED, D.DOUBTFUL)
            for action, target in (
                (B.VERIFY, D.VERIFIED),
                (B.FIND_PARTIAL, D.PARTIAL),
                (B.REFUSE, D.REFUSED),
            )
        },
        (D.CHECKED, B.DOUBT): D.DOUBTFUL,
        (D.VERIFIED, B.STRIKE): D.STRUCK,
        (D.PARTIAL, B.STRIKE): D.STRUCK,
        (D.FOUND, B.LAPSE): D.LAPSED,
        (D.LAPSED, B.FIND): D.FOUND,
    }
)
ACTION_OF = {
    Result.VERIFIED: DeedAction.VERIFY,
    Result.PARTIAL: DeedAction.FIND_PARTIAL,
    Result.REFUSED: DeedAction.REFUSE,
    Result.DOUBTFUL: DeedAction.DOUBT,
    Result.STRUCK: DeedAction.STRIKE,
}
PENDING = (D.DECLARED, D.CHECKED, D.DOUBTFUL)
"""Declared, and no result yet."""
ERRORS = (D.REFUSED, D.DOUBTFUL)
"""What counts as an error of a sample."""


def results_from(status: DeedStatus) -> list[Result]:
    """Return the results that may be proposed of a deed in this status."""
    return [result for result, action in ACTION_OF.items() if DEED_WORKFLOW.allows(status, action)]
