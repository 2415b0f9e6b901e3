"""Statuses, workflows and audit verbs of review rounds and their seats. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class RoundStatus(LabelEnum):
    DRAFTING = "drafting", lazy("待抽取专家"), "due"
    DRAWING = "drawing", lazy("正在抽取专家"), "act"
    DECLARING = "declaring", lazy("专家声明中"), "act"
    SCORING = "scoring", lazy("评分中"), "act"
    CHECKING = "checking", lazy("待作结论"), "due"
    CONCLUDED = "concluded", lazy("已有结论"), "done"
    PUBLISHED = "published", lazy("结果已告知"), "done"
    DISCARDED = "discarded", lazy("已作废"), "plain"


class RoundAction(LabelEnum):
    """Actions of the workflow; also the verbs of the audit log."""

    ASK_DRAW = "ask_draw", lazy("开始抽取专家")
    DRAW = "draw", lazy("抽取专家")
    FAIL_DRAW = "fail_draw", lazy("未能抽出专家")
    DISCARD = "discard", lazy("作废")
    OPEN = "open_scoring", lazy("声明结束，开始评分")
    COMPLETE = "complete", lazy("评分完成")
    RESUME = "resume", lazy("继续评分")
    CONCLUDE = "conclude", lazy("作出评审结论")
    PUBLISH = "publish", lazy("告知结果")


R, RA = RoundStatus, RoundAction
ROUND_WORKFLOW: Workflow[RoundStatus, RoundAction] = Workflow(
    {
        (R.DRAFTING, RA.ASK_DRAW): R.DRAWING,
        (R.DRAFTING, RA.DISCARD): R.DISCARDED,
        (R.DRAWING, RA.DRAW): R.DECLARING,
        (R.DRAWING, RA.FAIL_DRAW): R.DRAFTING,
        (R.DECLARING, RA.OPEN): R.SCORING,
        (R.SCORING, RA.COMPLETE): R.CHECKING,
        (R.CHECKING, RA.RESUME): R.SCORING,
        (R.CHECKING, RA.CONCLUDE): R.CONCLUDED,
        (R.CONCLUDED, RA.PUBLISH): R.PUBLISHED,
    },
    refusal=lazy("这一轮评审的状态已经变化，请刷新后再看。"),
)
RUNNING = frozenset({R.DECLARING, R.SCORING, R.CHECKING})
"""Experts are drawn and nothing is concluded."""
OVER = frozenset({R.CONCLUDED, R.PUBLISHED})
STANDING = frozenset(set(R) - {R.DISCARDED})
"""The round judges its records: no other does."""


class SeatStatus(LabelEnum):
    RESERVE = "reserve", lazy("候补")
    INVITED = "invited", lazy("待声明"), "due"
    DECLARED_CONFLICT = "declared_conflict", lazy("已声明回避")
    DECLINED = "declined", lazy("不能参加")
    ACCEPTED = "accepted", lazy("待评分"), "due"
    SUBMITTED = "submitted", lazy("已评分"), "done"
    RETURNED = "returned", lazy("已退回"), "due"
    FINAL = "final", lazy("已定稿"), "done"
    LAPSED = "lapsed", lazy("逾期未办"), "wrong"
    REPLACED = "replaced", lazy("已替换")


class SeatAction(LabelEnum):
    """Actions of the workflow; also the verbs of the audit log."""

    CALL = "call", lazy("候补专家递补")
    ACCEPT = "accept", lazy("接受评审")
    DECLARE = "declare", lazy("声明回避")
    DECLINE = "decline", lazy("不能参加")
    SUBMIT = "submit", lazy("提交评分")
    RETURN = "return", lazy("退回评分")
    SUBMIT_ANEW = "submit_anew", lazy("再次提交评分")
    SCORE_ANEW = "score_anew", lazy("第二轮评分")
    FINISH = "finish", lazy("评分定稿")
    KEEP = "keep_sheet", lazy("未再提交，原评分有效")
    LAPSE = "lapse", lazy("逾期")
    REPLACE = "replace", lazy("替换专家")


S, SA = SeatStatus, SeatAction
_OPEN = (S.INVITED, S.ACCEPTED, S.RETURNED)
_UNSCORED = (S.INVITED, S.ACCEPTED)
SEAT_TRANSITIONS: Mapping[tuple[SeatStatus, SeatAction], SeatStatus] = {
    (S.RESERVE, SA.CALL): S.INVITED,
    (S.INVITED, SA.ACCEPT): S.ACCEPTED,
    (S.INVITED, SA.DECLARE): S.DECLARED_CONFLICT,
    (S.INVITED, SA.DECLINE): S.DECLINED,
    (S.ACCEPTED, SA.DECLARE): S.DECLARED_CONFLICT,
    (S.ACCEPTED, SA.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, SA.RETURN): S.RETURNED,
    (S.RETURNED, SA.SUBMIT_ANEW): S.FINAL,
    (S.SUBMITTED, SA.SCORE_ANEW): S.ACCEPTED,
    (S.FINAL, SA.SCORE_ANEW): S.ACCEPTED,
    (S.SUBMITTED, SA.FINISH): S.FINAL,
    # A sheet that was handed in is never lost: who is asked for another and gives none stands by the first.
    (S.RETURNED, SA.KEEP): S.FINAL,
    (S.ACCEPTED, SA.KEEP): S.FINAL,
    **{(status, SA.LAPSE): S.LAPSED for status in _UNSCORED},
    **{(status, SA.REPLACE): S.REPLACED for status in _UNSCORED},
}
SEAT_WORKFLOW: Workflow[SeatStatus, SeatAction] = Workflow(
    SEAT_TRANSITIONS, refusal=lazy("这项评审任务的状态已经变化，请刷新后再看。")
)
WAITING = frozenset(_OPEN)
"""Something is to be done by the expert."""
SCORED = frozenset({S.SUBMITTED, S.FINAL})
"""A sheet of the expert counts."""
SEATED = WAITING | SCORED
"""The expert sits on the panel."""


class RoundVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    PREPARE = "prepare_round", lazy("编制评审轮次")
    DRAWN = "drawn", lazy("抽取结果")
    KEEP_DRAW = "keep_draw", lazy("抽取名单和规则存证")
    PROPOSE_REDRAW = "propose_redraw", lazy("申请再次抽取")
    REFUSE_REDRAW = "refuse_redraw", lazy("不同意再次抽取")
    EXTEND = "extend_panel", lazy("跨档复议")
    SOLICITED = "report_solicitation", lazy("报告请托")
    BLIND_COPY = "blind_copy", lazy("制作盲审副本")
    SHOW_COPY = "show_copy", lazy("核对盲审副本，向专家展示")
    WITHHOLD_COPY = "withhold_copy", lazy("核对盲审副本，不展示")
    FEE = "expert_fee", lazy("填报专家咨询费")
    CONFIRM_FEE = "confirm_fee", lazy("确认专家咨询费")
    REJECT_FEE = "reject_fee", lazy("退回专家咨询费")
    OBJECT = "object_to_result", lazy("对评审结果提出异议")
    UPHOLD_OBJECTION = "uphold_result_objection", lazy("评审结果的异议成立")
    DISMISS_OBJECTION = "dismiss_result_objection", lazy("评审结果的异议不成立")


class Extension(LabelEnum):
    """How a crossed band is looked at once more."""

    MORE_EXPERTS = "more_experts", lazy("增加候补专家")
    SECOND_ROUND = "second_round", lazy("第二轮评分")
