"""The lives of lists, orders to pay and clawbacks, the verbs of the audit log, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof
from market.kit.workflow import Workflow


class BatchStatus(LabelEnum):
    DRAFT = "draft", lazy("拟定中")
    PUBLICITY = "publicity", lazy("公示中"), "note"
    """Confirmed: scaled and reserved under lock, then published."""
    CLEARED = "cleared", lazy("公示期满，待批准"), "due"
    APPROVED = "approved", lazy("已批准"), "done"
    DISBURSING = "disbursing", lazy("拨付中"), "due"
    DONE = "done", lazy("已拨付完毕"), "done"
    RETURNED = "returned", lazy("已退回"), "wrong"
    """Put back before it was confirmed; its claims wait for another list."""


class BudgetChangeKind(LabelEnum):
    """How a released budget changes."""

    INCREASE = "increase", lazy("追加")
    DECREASE = "decrease", lazy("调减")
    CARRY_OVER = "carry_over", lazy("结转下年")


class PotMode(LabelEnum):
    """How a list shares a pot that does not suffice for all its claims."""

    NONE = "none", lazy("不折算")
    PRO_RATA = "pro_rata", lazy("按比例折算")
    RANKED = "ranked", lazy("按排名支持，末位给余额")
    HARD_STOP = "hard_stop", lazy("按排名足额支持，不足即止")


class ClawbackStatus(LabelEnum):
    STARTED = "started", lazy("待确认"), "due"
    CONFIRMED = "confirmed", lazy("追缴中"), "wrong"
    """Ordered by a second person; money is awaited."""
    HANDED_OVER = "handed_over", lazy("已移送追缴"), "wrong"
    """Unpaid after its deadline: another authority collects it; what it collects is still recorded."""
    SETTLED = "settled", lazy("已缴回"), "done"
    DROPPED = "dropped", lazy("已撤销")


class InterestBasis(LabelEnum):
    """From when a clawback bears interest."""

    FROM_DUE = "from_due", lazy("逾期计息：缴回期限的次日起")
    FROM_PAYMENT = "from_payment", lazy("自拨付之日的次日起计息")
    NONE = "none", lazy("不计息")


class DisbursementStatus(LabelEnum):
    ORDERED = "ordered", lazy("待拨付"), "due"
    PAID = "paid", lazy("已拨付"), "done"
    RETURNED = "returned", lazy("银行退回"), "wrong"
    WITHDRAWN = "withdrawn", lazy("已撤回")
    """Its instruction was rejected before it went to the bank."""


class PaymentOutcome(LabelEnum):
    """What the bank did; the values are those of `DisbursementStatus`."""

    PAID = "paid", lazy("已付出"), "done"
    RETURNED = "returned", lazy("被银行退回"), "wrong"


class ReturnReason(LabelEnum):
    """Why the bank returned a payment."""

    NAME = "name", lazy("户名不符")
    ACCOUNT = "account", lazy("账号有误")
    CLOSED = "closed", lazy("账户已销户")
    UNSTATED = "unstated", lazy("银行未说明")
    OTHER = "other", lazy("其他")
    """Not for the account: the text says why, and the same account may be ordered again."""

    @property
    def is_of_account(self) -> bool:
        """True: the firm has to correct its account before the payment is ordered again."""
        return self is not ReturnReason.OTHER


class BatchAction(LabelEnum):
    CONFIRM = "confirm", lazy("确认名单")
    RETURN = "return", lazy("退回名单")
    CLEAR = "clear", lazy("公示期满")
    APPROVE = "approve", lazy("批准名单")
    DISBURSE = "disburse", lazy("开始拨付")
    REOPEN = "reopen", lazy("重新办理拨付")
    """A result was taken back after the last payment."""
    CLOSE = "close", lazy("办理完毕")
    """Every claim is paid, or what was left of it was released."""


class ClawbackAction(LabelEnum):
    CONFIRM = "confirm", lazy("确认追回")
    DROP = "drop", lazy("撤销")
    HAND_OVER = "hand_over", lazy("移送追缴")
    SETTLE = "settle", lazy("全部缴回")


class DisbursementAction(LabelEnum):
    PAY = "paid", lazy("已拨付")
    RETURN = "returned", lazy("银行退回")
    WITHDRAW = "withdrawn", lazy("撤回")
    TAKE_BACK = "taken_back", lazy("撤销银行结果")


LIVE = (DisbursementStatus.ORDERED, DisbursementStatus.PAID)
"""An order that is paid, or may still be."""

B, C, D = BatchStatus, ClawbackStatus, DisbursementStatus
BATCH_WORKFLOW: Workflow[BatchStatus, BatchAction] = Workflow(
    {
        (B.DRAFT, BatchAction.CONFIRM): B.PUBLICITY,
        (B.DRAFT, BatchAction.RETURN): B.RETURNED,
        (B.PUBLICITY, BatchAction.CLEAR): B.CLEARED,
        (B.CLEARED, BatchAction.APPROVE): B.APPROVED,
        # Entries without an objection are approved when the period is over, while others wait for a ruling.
        (B.PUBLICITY, BatchAction.APPROVE): B.APPROVED,
        (B.APPROVED, BatchAction.DISBURSE): B.DISBURSING,
        (B.PUBLICITY, BatchAction.CLOSE): B.DONE,
        (B.CLEARED, BatchAction.CLOSE): B.DONE,
        (B.APPROVED, BatchAction.CLOSE): B.DONE,
        (B.DISBURSING, BatchAction.CLOSE): B.DONE,
        (B.DONE, BatchAction.CLOSE): B.DONE,
        (B.DONE, BatchAction.REOPEN): B.DISBURSING,
    },
    refusal=lazy("这个批次的状态已经变化，请刷新后再看。"),
)
CLAWBACK_WORKFLOW: Workflow[ClawbackStatus, ClawbackAction] = Workflow(
    {
        (C.STARTED, ClawbackAction.CONFIRM): C.CONFIRMED,
        (C.STARTED, ClawbackAction.DROP): C.DROPPED,
        (C.CONFIRMED, ClawbackAction.SETTLE): C.SETTLED,
        (C.CONFIRMED, ClawbackAction.HAND_OVER): C.HANDED_OVER,
        (C.HANDED_OVER, ClawbackAction.SETTLE): C.SETTLED,
    },
    refusal=lazy("这项追回已经办理，请刷新后再看。"),
)
DISBURSEMENT_WORKFLOW: Workflow[DisbursementStatus, DisbursementAction] = Workflow(
    {
        (D.ORDERED, DisbursementAction.PAY): D.PAID,
        (D.ORDERED, DisbursementAction.RETURN): D.RETURNED,
        (D.ORDERED, DisbursementAction.WITHDRAW): D.WITHDRAWN,
        (D.PAID, DisbursementAction.TAKE_BACK): D.ORDERED,
        (D.RETURNED, DisbursementAction.TAKE_BACK): D.ORDERED,
    },
    refusal=lazy("这笔拨付的结果已经登记。"),
)


class BatchVerb(LabelEnum):
    MAKE = "make", lazy("编制名单")
    APPROVE_MORE = "approve_more", lazy("批准其余申报")
    ORDER_PAYMENT = "order_payment", lazy("下达拨付")


class BudgetVerb(LabelEnum):
    DRAFT = "draft", lazy("拟定预算")
    RELEASE = "release", lazy("下达预算")
    PROPOSE_CHANGE = "propose_change", lazy("提出预算变更")
    CONFIRM_CHANGE = "confirm_change", lazy("确认预算变更")
    REJECT_CHANGE = "reject_change", lazy("退回预算变更")


class DisbursementVerb(LabelEnum):
    ORDER = "order", lazy("下达拨付")
    ENTER_RESULT = "enter_result", lazy("登记银行结果")
    REJECT_RESULT = "reject_result", lazy("退回银行结果登记")
    PROPOSE_TAKE_BACK = "propose_take_back", lazy("提出撤销银行结果")
    REJECT_TAKE_BACK = "reject_take_back", lazy("不同意撤销银行结果")


class InstructionVerb(LabelEnum):
    MAKE = "make", lazy("制作拨付指令")
    RELEASE = "release", lazy("放行拨付指令")
    REJECT = "reject", lazy("退回拨付指令")


class LayoutVerb(LabelEnum):
    DRAFT = "draft", lazy("修改版式")
    CONFIRM = "confirm", lazy("确认版式")
    REJECT = "reject", lazy("退回版式")


class ClaimVerb(LabelEnum):
    CORRECT_AWARD = "correct_award", lazy("按异议裁定更正补助")
    TAKE_OFF_LIST = "take_off_list", lazy("移出名单")
    START_CLAWBACK = "start_clawback", lazy("发起追回")
    DROP_CLAWBACK = "drop_clawback", lazy("撤销追回")
    RECORD_RETURN = "record_return", lazy("登记缴回")
    RECEIVE_CLAWBACK = "receive_clawback", lazy("确认缴回")
    REJECT_RETURN = "reject_return", lazy("退回缴回登记")
    FIX_INTEREST = "fix_interest", lazy("结计追回利息")


class ClawbackVerb(LabelEnum):
    PROPOSE_HANDOVER = "propose_handover", lazy("提出移送追缴")
    REJECT_HANDOVER = "reject_handover", lazy("退回移送追缴")


class RateVerb(LabelEnum):
    PROPOSE = "propose", lazy("录入利率")
    CONFIRM = "confirm", lazy("确认利率")
    REJECT = "reject", lazy("退回利率")


class YearRunVerb(LabelEnum):
    START_YEAR_RUN = "start_year_run", lazy("开始年度核算")
    DRAW_SAMPLE = "draw_sample", lazy("抽取复核样本")
    SIGN_YEAR_RUN = "sign_year_run", lazy("签署年度核算")


class BudgetAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    MAKE_LIST = "make_list"
    CONFIRM_LIST = "confirm_list"
    START_CLAWBACK = "start_clawback"
    CONFIRM_CLAWBACK = "confirm_clawback"
    CONFIRM_RETURN = "confirm_return"
    PROPOSE_HANDOVER = "propose_handover"
    CONFIRM_HANDOVER = "confirm_handover"
    APPROVE = "approve"
    DISBURSE = "disburse"
    RELEASE_PAYMENT = "release_payment"
    CONFIRM_RESULT = "confirm_result"
    TAKE_BACK_RESULT = "take_back_result"
    DECIDE_TAKE_BACK = "decide_take_back"
    DRAFT_LAYOUT = "draft_layout"
    CONFIRM_LAYOUT = "confirm_layout"
    SIGN_RUN = "sign_run"
    ENTER_RATE = "enter_rate"
    CONFIRM_RATE = "confirm_rate"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    BudgetAct.MAKE_LIST: frozenset({Role.OFFICER, Role.RECHECKER}),
    BudgetAct.CONFIRM_LIST: frozenset({Role.RECHECKER}),
    BudgetAct.START_CLAWBACK: frozenset({Role.OFFICER}),
    BudgetAct.CONFIRM_CLAWBACK: frozenset({Role.APPROVER}),
    BudgetAct.CONFIRM_RETURN: frozenset({Role.RECHECKER}),
    BudgetAct.PROPOSE_HANDOVER: frozenset({Role.OFFICER}),
    BudgetAct.CONFIRM_HANDOVER: frozenset({Role.APPROVER}),
    BudgetAct.APPROVE: frozenset({Role.APPROVER}),
    BudgetAct.DISBURSE: frozenset({Role.OFFICER}),
    BudgetAct.RELEASE_PAYMENT: frozenset({Role.RECHECKER}),
    BudgetAct.CONFIRM_RESULT: frozenset({Role.RECHECKER}),
    BudgetAct.TAKE_BACK_RESULT: frozenset({Role.RECHECKER}),
    BudgetAct.DECIDE_TAKE_BACK: frozenset({Role.APPROVER}),
    BudgetAct.DRAFT_LAYOUT: frozenset({Role.OFFICER}),
    BudgetAct.CONFIRM_LAYOUT: frozenset({Role.RECHECKER}),
    BudgetAct.SIGN_RUN: frozenset({Role.RECHECKER}),
    BudgetAct.ENTER_RATE: frozenset({Role.OFFICER}),
    BudgetAct.CONFIRM_RATE: frozenset({Role.APPROVER}),
}

FRESH: Mapping[StrEnum, FreshProof] = {
    BudgetAct.MAKE_LIST: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_LIST: FreshProof.TO_ACT,
    BudgetAct.APPROVE: FreshProof.TO_ACT,
    BudgetAct.DISBURSE: FreshProof.TO_ACT,
    BudgetAct.RELEASE_PAYMENT: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_RESULT: FreshProof.TO_ACT,
    BudgetAct.TAKE_BACK_RESULT: FreshProof.TO_ACT,
    BudgetAct.DECIDE_TAKE_BACK: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_CLAWBACK: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_RETURN: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_HANDOVER: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_LAYOUT: FreshProof.TO_ACT,
    BudgetAct.SIGN_RUN: FreshProof.TO_ACT,
    BudgetAct.CONFIRM_RATE: FreshProof.TO_ACT,
}
