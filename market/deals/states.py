"""The states of a deal: which action leads from which status to which, and how pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, Role
from market.kit.i18n import Lazy, lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow
from market.notices.states import NoticeStatus


class DealStatus(LabelEnum):
    INTENT = "intent", lazy("意向")
    NEGOTIATING = "negotiating", lazy("洽谈"), "act"
    PRICED = "priced", lazy("已定价"), "act"
    PUBLICITY = "publicity", lazy("公示中"), "note"
    """Suspended is not a status of its own: it is read from the open notice."""
    TO_SIGN = "to_sign", lazy("待签约"), "due"
    SIGNED = "signed", lazy("已签约"), "act"
    REGISTERED = "registered", lazy("已登记"), "act"
    PAYING = "paying", lazy("履约付款"), "due"
    COMPLETED = "completed", lazy("已完成"), "done"
    RESCINDED = "rescinded", lazy("已解除"), "wrong"
    TERMINATED = "terminated", lazy("已终止")


class DealShownStatus(LabelEnum):
    """A status that is read from other records, never stored."""

    SUSPENDED = "suspended", lazy("异议处理中，程序中止"), "wrong"


class DealAction(LabelEnum):
    OFFER = "offer", lazy("报价")
    AGREE = "agree", lazy("接受报价")
    AWARD = "award", lazy("竞价成交")
    CHOOSE = "choose", lazy("揭榜商定")
    PUBLISH = "publish", lazy("发起公示")
    SKIP_PUBLICITY = "skip_publicity", lazy("依法无需公示")
    CLEAR = "clear", lazy("公示期满")
    SIGN = "sign", lazy("签约")
    REGISTER = "register", lazy("登记合同")
    START_PAYING = "start_paying", lazy("开始履约付款")
    COMPLETE = "complete", lazy("完成")
    RESCIND = "rescind", lazy("解除")
    TERMINATE = "terminate", lazy("终止")


class OfferStatus(LabelEnum):
    OPEN = "open", lazy("待对方确认"), "due"
    REPLACED = "replaced", lazy("已被新报价替换")
    """A newer offer of either side took its place."""
    ACCEPTED = "accepted", lazy("已接受"), "done"
    EXPIRED = "expired", lazy("已过期")
    WITHDRAWN = "withdrawn", lazy("已撤回")


class OfferAction(LabelEnum):
    ACCEPT = "accept", lazy("接受报价")
    REPLACE = "replace", lazy("以新报价替换")
    EXPIRE = "expire", lazy("报价过期")
    WITHDRAW = "withdraw", lazy("随交易终止撤回")


S, A = DealStatus, DealAction
O, B = OfferStatus, OfferAction  # noqa: E741 -- the table reads better
_REFUSAL = lazy("这笔交易的状态已经变化，请刷新后再看。")

DEAL_WORKFLOW = Workflow(
    {
        (S.INTENT, A.OFFER): S.NEGOTIATING,
        (S.INTENT, A.AWARD): S.PRICED,
        (S.INTENT, A.CHOOSE): S.PRICED,
        (S.INTENT, A.TERMINATE): S.TERMINATED,
        (S.NEGOTIATING, A.OFFER): S.NEGOTIATING,
        (S.NEGOTIATING, A.AGREE): S.PRICED,
        (S.NEGOTIATING, A.TERMINATE): S.TERMINATED,
        (S.PRICED, A.PUBLISH): S.PUBLICITY,
        (S.PRICED, A.SKIP_PUBLICITY): S.TO_SIGN,
        (S.PRICED, A.TERMINATE): S.TERMINATED,
        (S.PUBLICITY, A.CLEAR): S.TO_SIGN,
        # Published again with a changed text after an upheld objection.
        (S.PUBLICITY, A.PUBLISH): S.PUBLICITY,
        (S.PUBLICITY, A.TERMINATE): S.TERMINATED,
        (S.TO_SIGN, A.SIGN): S.SIGNED,
        (S.TO_SIGN, A.TERMINATE): S.TERMINATED,
        (S.SIGNED, A.REGISTER): S.REGISTERED,
        (S.SIGNED, A.RESCIND): S.RESCINDED,
        (S.REGISTERED, A.START_PAYING): S.PAYING,
        (S.REGISTERED, A.RESCIND): S.RESCINDED,
        (S.PAYING, A.COMPLETE): S.COMPLETED,
        (S.PAYING, A.RESCIND): S.RESCINDED,
    },
    refusal=_REFUSAL,
)
"""*Suspended* is not a status: it is derived from the open notice, see `shown_status`."""
OFFER_WORKFLOW = Workflow(
    {
        (O.OPEN, B.ACCEPT): O.ACCEPTED,
        (O.OPEN, B.REPLACE): O.REPLACED,
        (O.OPEN, B.EXPIRE): O.EXPIRED,
        (O.OPEN, B.WITHDRAW): O.WITHDRAWN,
    },
    refusal=lazy("这份报价已被替换、接受或变更，请看过现在的报价再确认。"),
)
BEFORE_SIGNING = (S.INTENT, S.NEGOTIATING, S.PRICED, S.PUBLICITY, S.TO_SIGN)
ENDED = (S.COMPLETED, S.RESCINDED, S.TERMINATED)


def shown_status(status: DealStatus, notice: NoticeStatus | None) -> str:
    """Return the status as people see it: a deal in publicity is suspended while an objection is open."""
    if status is S.PUBLICITY and notice in (NoticeStatus.OBJECTED, NoticeStatus.UPHELD):
        return "suspended"
    return status.value


@dataclass(frozen=True)
class Step:
    """One of the eight steps that the deal page draws as a chain."""

    name: Lazy
    state: str
    """past, now or ahead; skipped where no publicity was required."""


STEP_NAMES = (
    lazy("意向"),
    lazy("洽谈"),
    lazy("定价"),
    lazy("公示"),
    lazy("签约"),
    lazy("登记"),
    lazy("付款"),
    lazy("完成"),
)
_REACHED = {
    S.INTENT: 0,
    S.NEGOTIATING: 1,
    S.PRICED: 2,
    S.PUBLICITY: 3,
    S.TO_SIGN: 4,
    S.SIGNED: 5,
    S.REGISTERED: 6,
    S.PAYING: 6,
    S.COMPLETED: 8,
}
"""Index of the step in progress."""


def steps(status: DealStatus, *, is_skipped: bool, was: DealStatus | None = None) -> list[Step]:
    """Return the chain of a deal; of an ended one up to `was`, its last status before the end."""
    reached = _REACHED[was or S.INTENT] if status not in _REACHED else _REACHED[status]
    is_over = status not in _REACHED
    chain = []
    for index, name in enumerate(STEP_NAMES):
        state = "past" if index < reached else "now" if index == reached and not is_over else "ahead"
        chain.append(Step(name, "skipped" if index == 3 and is_skipped and state == "past" else state))
    return chain


class DealVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    OPEN = "open", lazy("发起洽谈")
    INTRODUCE = "introduce", lazy("登记引荐")
    AGREE_INTRODUCTION = "agree_introduction", lazy("同意引荐")
    ADD_FILE = "add_file", lazy("上传文件")
    FOLLOW_UP = "follow_up", lazy("登记跟进")
    COMMISSION = "commission", lazy("计入应付佣金")
    SUBMIT_CERTIFICATE = "submit_certificate", lazy("提交挂牌交易凭证")
    DECIDE_CERTIFICATE = "decide_certificate", lazy("处理挂牌交易凭证")


class DealAct(StrEnum):
    """Acts of this room that need a permission."""

    INTRODUCE = "introduce"
    OPEN_DEAL = "open_deal"
    SEE_DEALS = "see_deals"
    MAKE_OFFER = "make_offer"
    ACCEPT_OFFER = "accept_offer"
    UPLOAD_TO_DEAL = "upload_to_deal"
    WRITE_MESSAGE = "write_message"
    FOLLOW_UP = "follow_up"
    TERMINATE_DEAL = "terminate_deal"
    PUBLISH_PRICE = "publish_price"
    SUBMIT_CERTIFICATE = "submit_certificate"
    DECIDE_CERTIFICATE = "decide_certificate"
    SIGN = "sign"
    REGISTER_CONTRACT = "register_contract"
    RECORD_REMITTANCE = "record_remittance"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    DealAct.INTRODUCE: frozenset({Role.BROKER}),
    DealAct.OPEN_DEAL: ORGANISATION,
    DealAct.SEE_DEALS: ALL_MEMBERS | {Role.BROKER, Role.AUDITOR},
    DealAct.MAKE_OFFER: ORGANISATION,
    DealAct.ACCEPT_OFFER: ORGANISATION,
    DealAct.UPLOAD_TO_DEAL: ALL_MEMBERS | {Role.BROKER},
    DealAct.WRITE_MESSAGE: ALL_MEMBERS | {Role.BROKER},
    DealAct.FOLLOW_UP: frozenset({Role.BROKER}),
    DealAct.TERMINATE_DEAL: ORGANISATION,
    DealAct.PUBLISH_PRICE: ORGANISATION,
    DealAct.SUBMIT_CERTIFICATE: ORGANISATION,
    DealAct.DECIDE_CERTIFICATE: frozenset({Role.OPERATOR}),
    DealAct.SIGN: ORGANISATION,
    DealAct.REGISTER_CONTRACT: ORGANISATION,
    DealAct.RECORD_REMITTANCE: ALL_MEMBERS,
}
