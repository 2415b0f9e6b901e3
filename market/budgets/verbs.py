"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


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
    TAKE_OFF_LIST = "take_off_list", lazy("移出名单")
    START_CLAWBACK = "start_clawback", lazy("发起追回")
    DROP_CLAWBACK = "drop_clawback", lazy("撤销追回")
    RECORD_RETURN = "record_return", lazy("登记缴回")
    RECEIVE_CLAWBACK = "receive_clawback", lazy("确认缴回")
    REJECT_RETURN = "reject_return", lazy("退回缴回登记")


class YearRunVerb(LabelEnum):
    START_YEAR_RUN = "start_year_run", lazy("开始年度核算")
    DRAW_SAMPLE = "draw_sample", lazy("抽取复核样本")
    SIGN_YEAR_RUN = "sign_year_run", lazy("签署年度核算")
