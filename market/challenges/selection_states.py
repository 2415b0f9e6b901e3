"""Statuses of what is awarded after a choice, its workflow and the audit verbs of choosing. Pure."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class SelectionKind(LabelEnum):
    """What two persons decide about the solutions of a challenge."""

    CHOOSE = "choose", lazy("评选结果")
    CUT = "cut", lazy("赛马第二阶段")
    """Who goes on after the first stage of a race."""
    PROMOTE = "promote", lazy("递补下一名")
    """The next in rank steps in for who did not sign."""


class Comparison(LabelEnum):
    """With what the price of an only solution is compared."""

    QUOTES = "quotes", lazy("同类报价")
    CONTRACTS = "contracts", lazy("同类合同的成交价")
    COST = "cost", lazy("成本测算")
    APPRAISAL = "appraisal", lazy("第三方评估")


class AwardStatus(LabelEnum):
    PROPOSED = "proposed", lazy("待双方商定"), "due"
    AGREED = "agreed", lazy("已商定，待签约"), "act"
    SIGNED = "signed", lazy("攻关"), "act"
    ACCEPTED = "accepted", lazy("验收通过"), "done"
    FAILED = "failed", lazy("未通过验收"), "wrong"
    DECLINED = "declined", lazy("协商未成")
    LAPSED = "lapsed", lazy("未按期签约"), "wrong"
    DROPPED = "dropped", lazy("赛马淘汰")
    ENDED = "ended", lazy("已终止")


class AwardAction(LabelEnum):
    AGREE = "agree", lazy("双方商定")
    DECLINE = "decline", lazy("协商未成")
    SIGN = "sign", lazy("签约")
    LAPSE = "lapse", lazy("未按期签约")
    ACCEPT = "accept", lazy("验收通过")
    FAIL = "fail", lazy("验收未通过")
    DROP = "drop", lazy("赛马淘汰")
    END = "end", lazy("终止")


class AwardVerb(LabelEnum):
    """Audit verbs of awards besides the actions of their workflow."""

    CONSENTED = "consented", lazy("同意阶段和金额")
    REVISED = "revised", lazy("修改阶段安排")
    REPORTED = "reported", lazy("提交阶段成果")
    REVIEWED = "reviewed", lazy("验收阶段成果")
    HANDED_OVER = "handed_over", lazy("逾期未验收，转平台")
    DEALT = "dealt", lazy("进入签约")


class SelectionVerb(LabelEnum):
    """Audit verbs of choosing, in the log of the challenge."""

    SELECTION_PROPOSED = "selection_proposed", lazy("提出入选名单")
    SELECTION_DECIDED = "selection_decided", lazy("决定入选名单")
    SELECTION_REJECTED = "selection_rejected", lazy("退回入选名单")
    PRICE_TESTED = "price_tested", lazy("提出价格比对")
    PRICE_CONFIRMED = "price_confirmed", lazy("确认价格比对")
    PRICE_REJECTED = "price_rejected", lazy("退回价格比对")


S, A = AwardStatus, AwardAction
AWARD_WORKFLOW = Workflow[AwardStatus, AwardAction](
    {
        (S.PROPOSED, A.AGREE): S.AGREED,
        (S.PROPOSED, A.DECLINE): S.DECLINED,
        (S.PROPOSED, A.END): S.ENDED,
        (S.AGREED, A.SIGN): S.SIGNED,
        (S.AGREED, A.LAPSE): S.LAPSED,
        (S.AGREED, A.END): S.ENDED,
        (S.SIGNED, A.ACCEPT): S.ACCEPTED,
        (S.SIGNED, A.FAIL): S.FAILED,
        (S.SIGNED, A.DROP): S.DROPPED,
    },
    refusal=lazy("这项入选的状态已经变了，现在不能这样做。请刷新后再看。"),
)
STANDING = (S.PROPOSED, S.AGREED, S.SIGNED, S.ACCEPTED, S.FAILED)
"""Statuses in which an award counts against the budget."""
VACANT = (S.DECLINED, S.LAPSED)
"""Statuses whose place the next in rank may take."""
