"""What the audit log says of this room's acts."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class DraftVerb(LabelEnum):
    """Written into the log of the deal: the contract does not exist before it is signed."""

    ENTER = "enter_contract", lazy("填写合同")


class ContractVerb(LabelEnum):
    SIGN = "sign", lazy("签署")
    REGISTER = "register", lazy("认定登记")
    RECORD_REMITTANCE = "record_remittance", lazy("登记转账")
    RECEIVE = "receive", lazy("到账")
    REFUND = "refund", lazy("退款")
    DISPUTE = "dispute", lazy("拒付争议")
    ENTER_CHANGE = "enter_change", lazy("提出变更")
    ENTER_RESCISSION = "enter_rescission", lazy("提出解除")
    CANCEL_REGISTRATION = "enter_cancellation", lazy("注销登记")
    CONFIRM_CHANGE = "confirm_change", lazy("确认变更")
    CONFIRM_RESCISSION = "confirm_rescission", lazy("确认解除")
    REJECT_CHANGE = "reject_change", lazy("不同意变更或解除")
    WITHDRAW_CHANGE = "withdraw_change", lazy("撤回变更或解除")
    STATE_ROYALTY = "state_royalty", lazy("填报提成")
    CONFIRM_ROYALTY = "confirm_royalty", lazy("核对提成")
    REJECT_ROYALTY = "reject_royalty", lazy("退回提成")
    RECORD_PAID_IN = "record_paid_in", lazy("登记实缴")
    CONFIRM_PAID_IN = "confirm_paid_in", lazy("确认实缴")
    REJECT_PAID_IN = "reject_paid_in", lazy("退回实缴")
