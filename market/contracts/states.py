"""Kinds of changes and receipts, audit verbs and permissions of contracts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, Role
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.room import FreshProof


class ChangeKind(LabelEnum):
    """What may happen to a contract after its signing; each is a fact beside it, never an edit."""

    CHANGE = "change", lazy("变更")
    """变更: both sides agree on other terms."""
    RESCISSION = "rescission", lazy("解除")
    """解除: both sides end it."""
    CANCELLATION = "cancellation", lazy("注销登记")
    """注销登记: the registry takes the registration back."""


class Disclosure(LabelEnum):
    """What one side lets everybody know of a contract it signs; the lesser of the two holds."""

    NOTHING = "nothing", lazy("不公开，只计入合计")
    SUBJECT = "subject", lazy("公开标的和领域")
    PRICE = "price", lazy("公开标的、领域和价格")

    @classmethod
    def of(cls, text: object) -> Disclosure:
        """Return the choice as it was sent; what is no choice discloses nothing."""
        return next((choice for choice in cls if choice.value == text), cls.NOTHING)


class ReceiptSource(LabelEnum):
    REMITTANCE = "remittance", lazy("对公转账")
    PAYMENT = "payment", lazy("在线支付")
    REFUND = "refund", lazy("退款")
    """Money that went back; its amount is below zero."""
    DISPUTE = "dispute", lazy("拒付扣回")
    """Money that the payer's bank took back; below zero."""
    RESTORED = "restored", lazy("退款未成，转回")
    """A refund that did not go through after all; its source is the refund."""


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


class ContractAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    CHANGE_CONTRACT = "change_contract"
    STATE_ROYALTY = "state_royalty"
    CONFIRM_REMITTANCE = "confirm_remittance"
    CONFIRM_PAID_IN = "confirm_paid_in"
    IMPORT_STATEMENT = "import_statement"
    """Hand in a bank statement and say what its lines pay."""
    SEE_STATEMENTS = "see_statements"
    REFUND = "refund"
    CONFIRM_REFUND = "confirm_refund"
    SEE_RECONCILIATION = "see_reconciliation"
    """Compare our record of online payments with the gateway's: finance its own, operators all."""
    PAY_ONLINE = "pay_online"
    CONNECT_ACCOUNT = "connect_account"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    ContractAct.CHANGE_CONTRACT: ORGANISATION,
    ContractAct.STATE_ROYALTY: ALL_MEMBERS,
    ContractAct.CONFIRM_REMITTANCE: frozenset({Role.FINANCE}),
    ContractAct.CONFIRM_PAID_IN: frozenset({Role.FINANCE}),
    ContractAct.IMPORT_STATEMENT: ALL_MEMBERS,
    ContractAct.SEE_STATEMENTS: ALL_MEMBERS | {Role.AUDITOR},
    ContractAct.REFUND: frozenset({Role.ADMIN, Role.FINANCE}),
    ContractAct.CONFIRM_REFUND: frozenset({Role.FINANCE}),
    ContractAct.SEE_RECONCILIATION: frozenset({Role.FINANCE, Role.OFFICER, Role.OPERATOR, Role.AUDITOR}),
    ContractAct.PAY_ONLINE: ALL_MEMBERS,
    ContractAct.CONNECT_ACCOUNT: frozenset({Role.ADMIN, Role.FINANCE}),
}

FRESH: Mapping[StrEnum, FreshProof] = {
    ContractAct.CONNECT_ACCOUNT: FreshProof.TO_ACT,
    ContractAct.CONFIRM_REMITTANCE: FreshProof.TO_ACT,
    ContractAct.CONFIRM_REFUND: FreshProof.TO_ACT,
    ContractAct.CONFIRM_PAID_IN: FreshProof.TO_ACT,
}
