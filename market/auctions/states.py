"""Kinds, statuses, workflows, audit verbs and permissions of auctions (网络竞价). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, OVERSEERS, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class Format(LabelEnum):
    """How prices are offered."""

    ASCENDING = "ascending", lazy("多次报价")
    SEALED = "sealed", lazy("一次性报价")


class BidKind(LabelEnum):
    BID = "bid", lazy("报价")
    EQUAL = "equal", lazy("同价优先")
    """At the present price, by who has a confirmed priority."""
    SEALED = "sealed", lazy("一次性报价")


class Refusal(LabelEnum):
    """Why an offered price does not count."""

    NOT_ENROLLED = "not_enrolled", lazy("未取得竞价资格")
    SUSPENDED = "suspended", lazy("竞价已暂停")
    NOT_OPEN = "not_open", lazy("尚未开始")
    CLOSED = "closed", lazy("竞价已结束")
    LEADER = "leader", lazy("已是当前最高价")
    PRIORITY = "priority", lazy("同价优先权仅限已确认的优先权人")
    REPEATED = "repeated", lazy("一次性报价只能报一次")
    LOW = "low", lazy("报价低于最低可报价")
    TOO_HIGH = "too_high", lazy("报价超过十倍")
    STEP = "step", lazy("不是加价幅度的整数倍")


class DefaultRule(LabelEnum):
    """What becomes of the deposit of a winner who does not sign (悔约)."""

    ALL = "all", lazy("保证金全部不予退还")
    DAMAGE = "damage", lazy("抵扣差价和费用后退还余额")


class Right(LabelEnum):
    """What is transferred."""

    TRANSFER = "transfer", lazy("转让")
    EXCLUSIVE = "exclusive", lazy("独占许可")
    SOLE = "sole", lazy("排他许可")
    ORDINARY = "ordinary", lazy("普通许可")


class Basis(LabelEnum):
    """What the starting price rests on."""

    APPRAISAL = "appraisal", lazy("评估报告")
    EXPERTS = "experts", lazy("专家论证意见")
    NONE = "none", lazy("集体决策")


class DepositPlace(LabelEnum):
    """Where deposits lie; never with us."""

    EXCHANGE = "exchange", lazy("交易机构的监管账户")
    GUARANTEE = "guarantee", lazy("银行保函或保证保险")


class PriorityMode(LabelEnum):
    NONE = "none", lazy("没有优先权")
    EQUAL = "equal", lazy("已确认的优先权人可以同价优先")


class SingleRule(LabelEnum):
    """What happens when only one bidder was admitted."""

    FAIL = "fail", lazy("竞价未成交")
    AGREE = "agree", lazy("可以转为协议定价，不低于起始价")


class NextRule(LabelEnum):
    """Whether the second in line may step in when the winner does not sign."""

    NONE = "none", lazy("不递补")
    SECOND = "second", lazy("次高报价人同意的可以递补")


class PriorityClaim(LabelEnum):
    """On what a bidder rests a priority at equal price (民法典 847, 859, 860)."""

    NONE = "none", lazy("不主张")
    INVENTOR = "inventor", lazy("完成人")
    CO_OWNER = "co_owner", lazy("共有人")
    COMMISSIONER = "commissioner", lazy("委托人")
    OTHER = "other", lazy("其他")


class AuctionStatus(LabelEnum):
    DRAFT = "draft", lazy("草稿")
    CHECKING = "checking", lazy("待平台审核"), "due"
    ENROLLING = "enrolling", lazy("报名中"), "act"
    QUALIFYING = "qualifying", lazy("资格审核"), "due"
    READY = "ready", lazy("待开始"), "act"
    LIVE = "live", lazy("竞价中"), "act"
    CONFIRMING = "confirming", lazy("结果确认"), "due"
    RESULT_PUBLICITY = "result_publicity", lazy("结果公示中"), "note"
    CONCLUDED = "concluded", lazy("成交"), "done"
    FAILED = "failed", lazy("竞价未成交")
    SINGLE = "single", lazy("只有一家合格"), "due"
    SUSPENDED = "suspended", lazy("已暂停"), "wrong"
    ABORTED = "aborted", lazy("已终止"), "wrong"
    DEFAULTED = "defaulted", lazy("受让方悔约"), "wrong"


class AuctionShownStatus(LabelEnum):
    """A status that is read from the clock, never stored."""

    ENDING = "ending", lazy("正在确认结果"), "due"


class AuctionAction(LabelEnum):
    SUBMIT = "submit", lazy("提交审核")
    RETURN = "return", lazy("退回修改")
    APPROVE = "approve", lazy("审核通过并公告")
    END_ENROLMENT = "end_enrolment", lazy("报名截止")
    DRAW = "draw", lazy("抽取竞价号")
    FIND_SINGLE = "find_single", lazy("只有一家合格")
    OPEN = "open", lazy("竞价开始")
    CLOSE = "close", lazy("竞价结束")
    FAIL = "fail", lazy("竞价未成交")
    CONFIRM = "confirm", lazy("确认结果")
    CONCLUDE = "conclude", lazy("公示期满，成交")
    SUSPEND = "suspend", lazy("暂停")
    RESUME = "resume", lazy("恢复")
    ABORT = "abort", lazy("终止")
    DEFAULT = "default", lazy("认定悔约")
    PROMOTE = "promote", lazy("次高递补")


class FailReason(LabelEnum):
    """Why an auction did not lead to a price."""

    NONE_ENROLLED = "none_enrolled", lazy("无人报名")
    TOO_FEW = "too_few", lazy("报名人数不足")
    OBJECTED = "objected", lazy("竞价公告有异议，未能按期开始")
    NOT_ADMITTED = "not_admitted", lazy("资格审核没有按时完成")
    NO_BID = "no_bid", lazy("无人报价")
    RESERVE_UNMET = "reserve_unmet", lazy("未达保留价")
    SINGLE_AGREED = "single_agreed", lazy("只有一家，转为协议定价")
    SINGLE_DECLINED = "single_declined", lazy("只有一家，转让方不转协议定价")


class EnrolmentStatus(LabelEnum):
    APPLIED = "applied", lazy("待审核"), "due"
    QUALIFIED = "qualified", lazy("有竞价资格"), "done"
    REFUSED = "refused", lazy("不予通过"), "wrong"
    WITHDRAWN = "withdrawn", lazy("已撤回")


class EnrolmentAction(LabelEnum):
    ADMIT = "admit", lazy("审核通过")
    REFUSE = "refuse", lazy("不予通过")
    WITHDRAW = "withdraw", lazy("撤回报名")


class Movement(LabelEnum):
    """What happened to a deposit where it lies."""

    RECEIVED = "received", lazy("已存入")
    RELEASED = "released", lazy("已退还")
    APPLIED = "applied", lazy("已抵作价款")
    FORFEITED = "forfeited", lazy("不予退还")


class Ruling(LabelEnum):
    """What two persons of the organiser decide about an auction."""

    RESULT = "result", lazy("确认竞价结果"), "done"
    DEFAULT = "default", lazy("认定悔约"), "wrong"
    PROMOTE = "promote", lazy("次高递补"), "act"


class AuctionVerb(LabelEnum):
    """Audit verbs of auctions besides the actions of the workflow."""

    CREATED = "created", lazy("新建")
    EDITED = "edited", lazy("修改")
    DRAWING = "drawing", lazy("开始抽取竞价号")
    PROPOSED = "proposed", lazy("提出认定")
    REJECTED = "rejected", lazy("退回认定")
    SETTLING = "settling", lazy("提出悔约结算")
    SETTLED = "settled", lazy("复核悔约结算")
    AGREED_NEXT = "agreed_next", lazy("同意递补")
    SWITCHED = "switched_result_notice", lazy("选择竞价结果公示期")


class EnrolmentVerb(LabelEnum):
    """Audit verbs of enrolments besides the actions of the workflow."""

    APPLIED = "applied", lazy("报名")
    DEPOSIT_RECORDED = "deposit_recorded", lazy("登记保证金")
    DEPOSIT_DECIDED = "deposit_decided", lazy("复核保证金")


S, A = AuctionStatus, AuctionAction
BEFORE_LIVE = (S.ENROLLING, S.QUALIFYING, S.READY)
OFFERED = (*BEFORE_LIVE, S.LIVE, S.SUSPENDED, S.SINGLE, S.CONFIRMING, S.RESULT_PUBLICITY)
"""Statuses in which the lot is held for the auction: no other deal about it may be opened."""
PUBLIC = tuple(status for status in S if status not in (S.DRAFT, S.CHECKING))
"""Statuses in which everybody sees the lot."""
OVER = (S.CONFIRMING, S.RESULT_PUBLICITY, S.CONCLUDED, S.FAILED, S.ABORTED, S.DEFAULTED)
"""Statuses in which no price is taken any more."""
AUCTION_WORKFLOW = Workflow[AuctionStatus, AuctionAction](
    {
        (S.DRAFT, A.SUBMIT): S.CHECKING,
        (S.CHECKING, A.RETURN): S.DRAFT,
        (S.CHECKING, A.APPROVE): S.ENROLLING,
        (S.ENROLLING, A.END_ENROLMENT): S.QUALIFYING,
        (S.QUALIFYING, A.DRAW): S.READY,
        (S.QUALIFYING, A.FIND_SINGLE): S.SINGLE,
        (S.READY, A.OPEN): S.LIVE,
        (S.LIVE, A.CLOSE): S.CONFIRMING,
        (S.CONFIRMING, A.CONFIRM): S.RESULT_PUBLICITY,
        (S.RESULT_PUBLICITY, A.CONCLUDE): S.CONCLUDED,
        **{(status, A.FAIL): S.FAILED for status in (S.QUALIFYING, S.SINGLE, S.LIVE)},
        (S.READY, A.SUSPEND): S.SUSPENDED,
        (S.LIVE, A.SUSPEND): S.SUSPENDED,
        (S.SUSPENDED, A.RESUME): S.READY,
        **{
            (status, A.ABORT): S.ABORTED
            for status in (*BEFORE_LIVE, S.SINGLE, S.LIVE, S.SUSPENDED, S.CONFIRMING, S.RESULT_PUBLICITY)
        },
        (S.CONCLUDED, A.DEFAULT): S.DEFAULTED,
        (S.DEFAULTED, A.PROMOTE): S.RESULT_PUBLICITY,
    },
    refusal=lazy("这场竞价的状态已经变了，现在不能这样做。请刷新后再看。"),
)
E, B = EnrolmentStatus, EnrolmentAction
ENROLMENT_WORKFLOW = Workflow[EnrolmentStatus, EnrolmentAction](
    {
        (E.APPLIED, B.ADMIT): E.QUALIFIED,
        (E.APPLIED, B.REFUSE): E.REFUSED,
        (E.APPLIED, B.WITHDRAW): E.WITHDRAWN,
    },
    refusal=lazy("这份报名的状态已经变了，现在不能这样做。请刷新后再看。"),
)
GRACE = timedelta(seconds=10)
"""How long after its end an auction is closed: bids that arrived in time may still wait for the lock, at most
as long as a statement waits for one."""


def shown_status(
    status: AuctionStatus, bids_from: datetime | None, ends_at: datetime | None, now: datetime
) -> AuctionStatus | AuctionShownStatus:
    """Return the status as people see it: beginning and end are facts of the clock, not acts of a job."""
    if status in (S.READY, S.LIVE) and bids_from is not None and ends_at is not None:
        if now >= ends_at:
            return AuctionShownStatus.ENDING
        return S.LIVE if now >= bids_from else S.READY
    return status


class AuctionAct(StrEnum):
    """Acts of this room that need a permission; whose auction it is, the guarded getters tell."""

    DRAFT_AUCTION = "draft_auction"
    """Write an auction of an own outcome and submit it."""
    CHECK_AUCTION = "check_auction"
    """Let a submitted auction be announced, suspend and resume one."""
    ENROL = "enrol_in_auction"
    BID = "bid"
    RUN_AUCTION = "run_auction"
    """Admit, draw, record deposits, propose results: for the organiser, or for the operator in its place."""
    DECIDE_AUCTION = "decide_auction"
    """Decide what another person of the organiser, or the operator, has recorded or proposed."""
    SWITCH_PUBLICITY = "switch_auction_publicity"
    """Choose how long the notices of the own results run."""
    READ_AUCTIONS = "read_auctions"
    """Read every auction that is not public yet."""


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    AuctionAct.DRAFT_AUCTION: ORGANISATION,
    AuctionAct.CHECK_AUCTION: frozenset({Role.OPERATOR}),
    AuctionAct.ENROL: ORGANISATION,
    AuctionAct.BID: ORGANISATION,
    AuctionAct.RUN_AUCTION: ORGANISATION | {Role.OPERATOR},
    AuctionAct.DECIDE_AUCTION: ALL_MEMBERS | {Role.APPROVER},
    AuctionAct.SWITCH_PUBLICITY: frozenset({Role.ADMIN}),
    AuctionAct.READ_AUCTIONS: OVERSEERS,
}
