"""Statuses, workflow, kinds, audit verbs and permissions of the pool of experts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class ExpertStatus(LabelEnum):
    APPLIED = "applied", lazy("待核验"), "due"
    IN_POOL = "in_pool", lazy("在库"), "done"
    PAUSED = "paused", lazy("暂停"), "plain"
    REFUSED = "refused", lazy("未入库"), "wrong"
    LEFT = "left", lazy("已退库"), "plain"
    BARRED = "barred", lazy("禁入"), "wrong"


S = ExpertStatus


class ExpertAction(LabelEnum):
    APPLY = "apply", lazy("申请入库")
    ADMIT = "admit", lazy("入库")
    REFUSE = "refuse", lazy("不予入库")
    PAUSE = "pause", lazy("暂停参评")
    RESUME = "resume", lazy("恢复参评")
    LEAVE = "leave", lazy("退库")
    BAR = "bar", lazy("禁入")
    LIFT = "lift", lazy("解除禁入")


A = ExpertAction

WORKFLOW: Workflow[ExpertStatus, ExpertAction] = Workflow(
    {
        (S.APPLIED, A.ADMIT): S.IN_POOL,
        (S.APPLIED, A.REFUSE): S.REFUSED,
        (S.APPLIED, A.LEAVE): S.LEFT,
        (S.APPLIED, A.BAR): S.BARRED,
        (S.IN_POOL, A.PAUSE): S.PAUSED,
        (S.IN_POOL, A.APPLY): S.APPLIED,
        (S.IN_POOL, A.LEAVE): S.LEFT,
        (S.IN_POOL, A.BAR): S.BARRED,
        (S.PAUSED, A.RESUME): S.IN_POOL,
        (S.PAUSED, A.APPLY): S.APPLIED,
        (S.PAUSED, A.LEAVE): S.LEFT,
        (S.PAUSED, A.BAR): S.BARRED,
        (S.REFUSED, A.APPLY): S.APPLIED,
        (S.REFUSED, A.BAR): S.BARRED,
        (S.LEFT, A.APPLY): S.APPLIED,
        (S.LEFT, A.BAR): S.BARRED,
        (S.BARRED, A.APPLY): S.APPLIED,
        (S.BARRED, A.LIFT): S.LEFT,
    }
)
"""Who is in the pool applies anew to change what was verified; so does who was barred, when that is over."""


class ExpertKind(LabelEnum):
    TECHNICAL = "technical", lazy("技术专家")
    FINANCIAL = "financial", lazy("财务专家")
    MANAGING = "managing", lazy("管理专家")
    INDUSTRIAL = "industrial", lazy("产业与投资专家")
    LEGAL = "legal", lazy("法律专家")


class TitleRank(LabelEnum):
    ACADEMICIAN = "academician", lazy("院士")
    SENIOR = "senior", lazy("正高级")
    ASSOCIATE = "associate", lazy("副高级")
    MIDDLE = "middle", lazy("中级")
    OTHER = "other", lazy("其他")


class ExpertTieKind(LabelEnum):
    """What ties an expert to an organisation or a person."""

    ADVISOR = "advisor", lazy("师生")
    CO_AUTHOR = "co_author", lazy("合作研究或论文合著")
    RELATIVE = "relative", lazy("亲属")
    SHAREHOLDING = "shareholding", lazy("持股")
    ADVISER_PAY = "adviser_pay", lazy("领取顾问费或兼职报酬")
    DISPUTE = "dispute", lazy("纠纷")
    OTHER = "other", lazy("其他可能影响公正的关系")


class TieSource(LabelEnum):
    DECLARED = "declared", lazy("本人申报")
    OBJECTED = "objected", lazy("他人提出")


class ExpertRuling(LabelEnum):
    """What two persons decide about an expert: the operator proposes it, the approver confirms."""

    ADMIT = "admit", lazy("入库"), "done"
    REFUSE = "refuse", lazy("不予入库"), "wrong"
    BAR = "bar", lazy("禁入"), "wrong"
    LIFT = "lift", lazy("解除禁入"), "done"

    @property
    def action(self) -> ExpertAction:
        """The action of the workflow that it carries out."""
        return ExpertAction(self.value)

    @property
    def is_of_application(self) -> bool:
        """It is about the application that the operator looked at; else about a bar."""
        return self in (ExpertRuling.ADMIT, ExpertRuling.REFUSE)


class ExpertVerb(LabelEnum):
    """Audit verbs besides the actions of the workflow."""

    CREATE = "create", lazy("首次申请入库")
    RESUBMIT = "resubmit", lazy("修改入库申请")
    PROPOSE_RULING = "propose_ruling", lazy("提请决定")
    RETURN_RULING = "return_ruling", lazy("退回提请")
    CHANGE_DETAILS = "change_details", lazy("修改评审安排")
    ADD_UNIT = "add_unit", lazy("登记任职单位")
    END_UNIT = "end_unit", lazy("登记离任")
    DECLARE_TIE = "declare_tie", lazy("申报关联关系")
    OBJECT_TIE = "object_tie", lazy("登记他人提出的关联关系")
    END_TIE = "end_tie", lazy("关联关系终止")


class AvoidanceVerb(LabelEnum):
    """Audit verbs of an applicant who names experts to avoid."""

    AVOID_EXPERT = "avoid_expert", lazy("申请专家回避")
    WITHDRAW_AVOIDANCE = "withdraw_avoidance", lazy("撤回专家回避申请")


class ExpertAct(StrEnum):
    """Acts of this room that need a permission."""

    APPLY_AS_EXPERT = "apply_as_expert"
    SEE_EXPERTS = "see_experts"
    VERIFY_EXPERT = "verify_expert"
    DECIDE_EXPERT = "decide_expert"
    BAR_EXPERT = "bar_expert"
    CONFIRM_BAR = "confirm_bar"
    AVOID_EXPERTS = "avoid_experts"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ExpertAct.APPLY_AS_EXPERT: frozenset({Role.PERSON}),
    ExpertAct.SEE_EXPERTS: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
    ExpertAct.VERIFY_EXPERT: frozenset({Role.OPERATOR}),
    ExpertAct.DECIDE_EXPERT: frozenset({Role.APPROVER}),
    ExpertAct.BAR_EXPERT: frozenset({Role.OPERATOR}),
    ExpertAct.CONFIRM_BAR: frozenset({Role.APPROVER}),
    ExpertAct.AVOID_EXPERTS: ORGANISATION,
}
"""Whoever decides or audits for the department may not apply: see `applications.apply_as_expert`."""

FRESH: Mapping[StrEnum, FreshProof] = {
    ExpertAct.BAR_EXPERT: FreshProof.TO_ACT,
    ExpertAct.CONFIRM_BAR: FreshProof.TO_ACT,
}
"""Of a bar, and of its end, as of every sanction (README j)."""

MOST_FIELDS = 5
WHOLE = 100
"""What the weights of an expert's fields sum up to."""
MOST_AVOIDED = 3
MOST_A_MONTH = 60


def weights_fault(fields: Mapping[str, int]) -> str:
    """Return which rule the weights of fields break: `count`, `range` or `sum`; empty where none is."""
    if not 1 <= len(fields) <= MOST_FIELDS:
        return "count"
    if not all(1 <= weight <= WHOLE for weight in fields.values()):
        return "range"
    return "" if sum(fields.values()) == WHOLE else "sum"
