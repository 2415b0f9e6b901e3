"""The lives of lists, orders to pay and clawbacks. Pure."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
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
    SETTLED = "settled", lazy("已缴回"), "done"
    DROPPED = "dropped", lazy("已撤销")


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
