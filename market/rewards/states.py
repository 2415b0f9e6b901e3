"""Kinds and statuses of reward plans, their workflow, audit verbs and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class RewardKind(LabelEnum):
    CASH = "cash", lazy("现金奖励")
    """Cash from the net income of an assignment, a licence, or a development or service."""
    EQUITY = "equity", lazy("股权奖励")
    """A part of the shares that the outcome was taken for."""


class RewardStatus(LabelEnum):
    DRAFT = "draft", lazy("待复核公示"), "due"
    PUBLICITY = "publicity", lazy("公示中"), "note"
    CLEAR = "clear", lazy("待发放"), "due"
    PAID = "paid", lazy("已发放"), "done"
    CANCELLED = "cancelled", lazy("已撤销")


class RewardAction(LabelEnum):
    CONFIRM = "confirm", lazy("复核并公示")
    SETTLE = "settle", lazy("复核")
    """Shares are settled by the confirmation: there is no cash to publish."""
    CLEAR = "clear", lazy("公示期满")
    PAY = "pay", lazy("发放")
    CANCEL = "cancel", lazy("撤销")


class RewardVerb(LabelEnum):
    """Audit verbs of a plan besides the actions of its workflow."""

    PROPOSE = "make", lazy("编制")
    STATE_TAX = "state_tax", lazy("填写代扣个人所得税")


S, A = RewardStatus, RewardAction


WORKFLOW: Workflow[RewardStatus, RewardAction] = Workflow(
    {
        (S.DRAFT, A.CONFIRM): S.PUBLICITY,
        (S.DRAFT, A.SETTLE): S.PAID,
        (S.DRAFT, A.CANCEL): S.CANCELLED,
        (S.PUBLICITY, A.CLEAR): S.CLEAR,
        # The notice is clear, but the sweep has not moved the plan on yet.
        (S.PUBLICITY, A.PAY): S.PAID,
        (S.PUBLICITY, A.CANCEL): S.CANCELLED,
        (S.CLEAR, A.PAY): S.PAID,
        (S.CLEAR, A.CANCEL): S.CANCELLED,
    },
    refusal=lazy("这份收益分配已经办到下一步，请刷新后再看。"),
)


class RewardRuleVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    ENTER_REWARD_RULE = "enter_reward_rule", lazy("登记奖励办法")


class RewardAct(StrEnum):
    """Acts of this room that need a permission."""

    SHARE_REWARDS = "share_rewards"
    SEE_REWARDS = "see_rewards"
    EXPORT_PAYOUTS = "export_payouts"
    PAY_REWARDS = "pay_rewards"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    RewardAct.SHARE_REWARDS: ORGANISATION,
    RewardAct.SEE_REWARDS: ALL_MEMBERS | {Role.AUDITOR},
    RewardAct.EXPORT_PAYOUTS: ALL_MEMBERS | {Role.AUDITOR},
    RewardAct.PAY_REWARDS: frozenset({Role.FINANCE}),
}

FRESH: Mapping[StrEnum, FreshProof] = {
    RewardAct.PAY_REWARDS: FreshProof.TO_ACT,
    RewardAct.EXPORT_PAYOUTS: FreshProof.TO_READ,
}
