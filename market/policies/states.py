"""The life of a policy in the library, what it is about, audit verbs and permissions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class PolicyStatus(LabelEnum):
    DRAFT = "draft", lazy("待发布"), "due"
    RETURNED = "returned", lazy("退回修改"), "wrong"
    IN_FORCE = "in_force", lazy("有效"), "done"
    AMENDED = "amended", lazy("已修改"), "note"
    REPEALED = "repealed", lazy("废止")
    DISCARDED = "discarded", lazy("已作废")


PUBLIC = (PolicyStatus.IN_FORCE, PolicyStatus.AMENDED, PolicyStatus.REPEALED)
"""What everybody reads; what is repealed stays readable."""
VALID = (PolicyStatus.IN_FORCE, PolicyStatus.AMENDED)
EDITABLE = (PolicyStatus.DRAFT, PolicyStatus.RETURNED)


class PolicyAction(LabelEnum):
    RETURN = "return", lazy("退回")
    REDRAFT = "redraft", lazy("改后重新提交")
    RELEASE = "release", lazy("发布")
    DISCARD = "discard", lazy("作废")
    AMEND = "amend", lazy("被修改")
    REPEAL = "repeal", lazy("废止")


class PolicyVerb(LabelEnum):
    """Audit verbs of policies besides the actions of the workflow."""

    DRAFT = "draft", lazy("起草")
    EDIT = "edit", lazy("修改")
    PROPOSE_END = "propose_end", lazy("提出废止")
    CONFIRM_END = "confirm_end", lazy("同意废止")
    REJECT_END = "reject_end", lazy("不同意废止")


S, A = PolicyStatus, PolicyAction
POLICY_WORKFLOW: Workflow[PolicyStatus, PolicyAction] = Workflow(
    {
        (S.DRAFT, A.RELEASE): S.IN_FORCE,
        (S.DRAFT, A.RETURN): S.RETURNED,
        (S.RETURNED, A.REDRAFT): S.DRAFT,
        (S.DRAFT, A.DISCARD): S.DISCARDED,
        (S.RETURNED, A.DISCARD): S.DISCARDED,
        (S.IN_FORCE, A.AMEND): S.AMENDED,
        (S.AMENDED, A.AMEND): S.AMENDED,
        (S.IN_FORCE, A.REPEAL): S.REPEALED,
        (S.AMENDED, A.REPEAL): S.REPEALED,
    },
    refusal=lazy("这份政策的状态已经变了，请刷新后再看。"),
)


class Level(LabelEnum):
    """Who issued it, from the top."""

    NATION = "nation", lazy("国家")
    PROVINCE = "province", lazy("省级（自治区）")
    CITY = "city", lazy("市级")
    COUNTY = "county", lazy("县（区）级")


class Topic(LabelEnum):
    SUBSIDY = "subsidy", lazy("后补助")
    TRANSFER = "transfer", lazy("成果转化")
    CONTRACTS = "contracts", lazy("技术合同")
    REWARDS = "rewards", lazy("收益分配")
    TAX = "tax", lazy("税收")
    FINANCE = "finance", lazy("科技金融")
    TALENT = "talent", lazy("人才")
    SERVICES = "services", lazy("机构与服务")


class Effect(LabelEnum):
    """What it does to an earlier one, from the day on which it takes effect."""

    AMENDS = "amends", lazy("修改")
    REPEALS = "repeals", lazy("代替（原文件废止）")


class PolicyAct(StrEnum):
    """Acts of this room that need a permission."""

    DRAFT_POLICY = "draft_policy"
    RELEASE_POLICY = "release_policy"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    PolicyAct.DRAFT_POLICY: frozenset({Role.OFFICER}),
    PolicyAct.RELEASE_POLICY: frozenset({Role.APPROVER}),
}
FRESH: Mapping[StrEnum, FreshProof] = {PolicyAct.RELEASE_POLICY: FreshProof.TO_ACT}
