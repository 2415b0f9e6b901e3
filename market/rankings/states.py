"""Statuses of rankings, their workflow, audit verbs and permissions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import DESK, ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class PlaceKind(LabelEnum):
    """What is ranked."""

    CITY = "city", lazy("市")
    PARK = "park", lazy("高新区")


class PeriodKind(LabelEnum):
    MONTH = "month", lazy("月排序")
    QUARTER = "quarter", lazy("季分析")
    YEAR = "year", lazy("年考核")


class ParkLevel(LabelEnum):
    NATIONAL = "national", lazy("国家级")
    PROVINCIAL = "provincial", lazy("自治区级")


class RankingStatus(LabelEnum):
    CHECKING = "checking", lazy("待核定"), "due"
    TOLD = "told", lazy("核定数，已告知"), "note"
    FINAL = "final", lazy("最终数"), "done"
    RETURNED = "returned", lazy("已退回"), "wrong"
    REPLACED = "replaced", lazy("已被更正")


STANDING = (RankingStatus.TOLD, RankingStatus.FINAL)
"""In force."""


class RankingAction(LabelEnum):
    TELL = "tell", lazy("核定并告知")
    RETURN = "return", lazy("退回")
    CONCLUDE = "conclude", lazy("转为最终数")
    REPLACE = "replace", lazy("被更正")


class ObjectionStatus(LabelEnum):
    FILED = "filed", lazy("待答复"), "due"
    ANSWERED = "answered", lazy("已答复，待决定"), "due"
    UPHELD = "upheld", lazy("异议成立"), "wrong"
    DENIED = "denied", lazy("异议不成立"), "done"
    WITHDRAWN = "withdrawn", lazy("已撤回")


class ObjectionAction(LabelEnum):
    ANSWER = "answer_ranking_objection", lazy("答复异议")
    RETURN = "return_ranking_answer", lazy("退回答复")
    UPHOLD = "uphold_ranking_objection", lazy("认定异议成立")
    DENY = "deny_ranking_objection", lazy("认定异议不成立")
    WITHDRAW = "withdraw_ranking_objection", lazy("撤回异议")


class ObjectionVerb(LabelEnum):
    FILE = "file_ranking_objection", lazy("对排序提出异议")


UNDECIDED = (ObjectionStatus.FILED, ObjectionStatus.ANSWERED)


class Occasion(LabelEnum):
    """What points are taken off for; how many says the scheme."""

    UNREPORTED = "unreported", lazy("未按时报送月报")
    LATE = "late", lazy("月报迟报")
    UNTRUE = "untrue", lazy("数据不实")
    BREACH = "breach", lazy("失信或者处罚")
    ACCIDENT = "accident", lazy("安全、环保事故")


class DeductionVerb(LabelEnum):
    PROPOSE = "propose_deduction", lazy("提出扣分")
    DECIDE = "decide_deduction", lazy("决定扣分")


class AppraisalVerb(LabelEnum):
    PREPARE = "prepare_appraisal", lazy("编制年度评议")


class RankingVerb(LabelEnum):
    FREEZE = "freeze", lazy("按现在的记录排出")
    ANALYSE = "analyse", lazy("写分析")


class SchemeVerb(LabelEnum):
    PROPOSE = "propose_scheme", lazy("提出排序方案")
    DECIDE = "decide_scheme", lazy("决定排序方案")


class RowStatus(LabelEnum):
    RANKED = "ranked", lazy("参加排序"), "done"
    UNREPORTED = "unreported", lazy("未报，不排名"), "due"


class WarningKind(LabelEnum):
    REMINDER = "reminder", lazy("提醒"), "note"
    YELLOW = "yellow", lazy("黄牌"), "due"
    RED = "red", lazy("红牌"), "wrong"


class WarningStatus(LabelEnum):
    PROPOSED = "proposed", lazy("待决定"), "due"
    GIVEN = "given", lazy("已发出，待整改"), "wrong"
    ANSWERED = "answered", lazy("已交整改情况"), "act"
    TO_LIFT = "to_lift", lazy("待解除"), "due"
    LIFTED = "lifted", lazy("已解除"), "done"
    DROPPED = "dropped", lazy("不予发出")


OPEN_WARNINGS = (WarningStatus.GIVEN, WarningStatus.ANSWERED, WarningStatus.TO_LIFT)
"""Given and not lifted."""


class WarningAction(LabelEnum):
    GIVE = "give", lazy("发出")
    DROP = "drop", lazy("不予发出")
    ANSWER = "answer", lazy("交整改情况")
    ASK_LIFT = "ask_lift", lazy("提出解除")
    LIFT = "lift", lazy("解除")
    KEEP = "keep", lazy("暂不解除")


class WarningVerb(LabelEnum):
    PROPOSE = "propose_warning", lazy("按规则提出")


class ReportVerb(LabelEnum):
    STATE = "state_report", lazy("填报月报")
    DECIDE = "decide_report", lazy("核对月报")


class ParkVerb(LabelEnum):
    CREATE = "create_park", lazy("登记园区")
    JOIN = "join_park", lazy("登记企业入园")
    LEAVE = "leave_park", lazy("登记企业离园")


class RankingAct(StrEnum):
    READ_RANKINGS = "read_rankings"
    RUN_RANKINGS = "run_rankings"
    DECIDE_RANKINGS = "decide_rankings"
    REPORT_PARK = "report_park"
    OBJECT_RANKING = "object_ranking"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    RankingAct.READ_RANKINGS: DESK,
    RankingAct.RUN_RANKINGS: frozenset({Role.OPERATOR}),
    RankingAct.DECIDE_RANKINGS: frozenset({Role.APPROVER}),
    RankingAct.REPORT_PARK: ORGANISATION,
    RankingAct.OBJECT_RANKING: ORGANISATION,
}

S, A = RankingStatus, RankingAction
RANKING_WORKFLOW = Workflow(
    {
        (S.CHECKING, A.TELL): S.TOLD,
        (S.CHECKING, A.RETURN): S.RETURNED,
        (S.TOLD, A.CONCLUDE): S.FINAL,
        (S.TOLD, A.REPLACE): S.REPLACED,
        (S.FINAL, A.REPLACE): S.REPLACED,
    }
)
OB, OA = ObjectionStatus, ObjectionAction
OBJECTION_WORKFLOW = Workflow(
    {
        (OB.FILED, OA.ANSWER): OB.ANSWERED,
        (OB.FILED, OA.WITHDRAW): OB.WITHDRAWN,
        (OB.ANSWERED, OA.RETURN): OB.FILED,
        (OB.ANSWERED, OA.UPHOLD): OB.UPHELD,
        (OB.ANSWERED, OA.DENY): OB.DENIED,
    }
)
W, B = WarningStatus, WarningAction
WARNING_WORKFLOW = Workflow(
    {
        (W.PROPOSED, B.GIVE): W.GIVEN,
        (W.PROPOSED, B.DROP): W.DROPPED,
        (W.GIVEN, B.ANSWER): W.ANSWERED,
        (W.GIVEN, B.ASK_LIFT): W.TO_LIFT,
        (W.ANSWERED, B.ASK_LIFT): W.TO_LIFT,
        (W.TO_LIFT, B.LIFT): W.LIFTED,
        (W.TO_LIFT, B.KEEP): W.ANSWERED,
    }
)
