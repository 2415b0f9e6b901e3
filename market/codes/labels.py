"""The one table of what states, kinds and codes are called, and which tone a state is shown in.

Keys are plain strings, because the rooms that own the enums lie above this one.
"""

from collections.abc import Mapping

from market.codes import contract_lists, lists
from market.codes.states import STATES, Tone
from market.kit.i18n import Lazy, lazy
from market.kit.room import rooms

WORDS: Mapping[str, Mapping[str, Lazy]] = {
    "field": lists.FIELDS,
    "industry": lists.INDUSTRIES,
    "mode": lists.MODES,
    "need_kind": lists.NEED_KINDS,
    "stage": lists.STAGES,
    "right_kind": lists.RIGHT_KINDS,
    "right_state": lists.RIGHT_STATES,
    "contract_kind": contract_lists.CONTRACT_KINDS,
    "exclusion_kind": contract_lists.EXCLUSION_KINDS,
    "payment_way": contract_lists.PAYMENT_WAYS,
    "deduction_kind": contract_lists.DEDUCTION_KINDS,
    "economic_goal": contract_lists.ECONOMIC_GOALS,
    "country": contract_lists.COUNTRIES,
    "currency": contract_lists.CURRENCIES,
    "change_kind": {
        "change": lazy("变更"),
        "rescission": lazy("解除"),
        "cancellation": lazy("注销登记"),
    },
    "cost_item": contract_lists.COST_ITEMS,
    "bearer": contract_lists.BEARERS,
    "follow_up_way": contract_lists.FOLLOW_UP_WAYS,
    "nature": lists.NATURES,
    "organisation_kind": lists.ORGANISATION_KINDS,
    "staff_role": lists.STAFF_ROLES,
    "member_role": lists.MEMBER_ROLES,
    "certificate_level": lists.CERTIFICATE_LEVELS,
    "alert_frequency": {
        "immediate": lazy("立即提醒"),
        "daily": lazy("每天提醒"),
        "off": lazy("不提醒"),
    },
    "search_scope": {
        "outcomes": lazy("成果"),
        "needs": lazy("需求"),
        "organisations": lazy("单位"),
        "brokers": lazy("经纪人"),
        "policies": lazy("政策"),
    },
    "drop_reason": lists.DROP_REASONS,
    "end_reason": lists.END_REASONS,
    "evidence_kind": lists.EVIDENCE_KINDS,
    "price_kind": {
        "fixed": lazy("挂牌价"),
        "negotiable": lazy("面议"),
    },
    "side": {
        "seller": lazy("卖方"),
        "buyer": lazy("买方"),
    },
    "opening": {
        "interest": lazy("意向洽谈"),
        "response": lazy("我能解决"),
        "introduction": lazy("经纪人引荐"),
    },
    "notice_kind": {
        "price": lazy("协议定价公示"),
        "subsidy": lazy("补助拟支持名单公示"),
        "reward": lazy("现金奖励公示"),
    },
    "day_kind": {
        "calendar": lazy("自然日"),
        "working": lazy("工作日"),
    },
    "receipt_source": {
        "remittance": lazy("对公转账"),
        "payment": lazy("在线支付"),
        "refund": lazy("退款"),
        "dispute": lazy("拒付扣回"),
        "restored": lazy("退款未成，转回"),
    },
    "bank": {
        "icbc": lazy("工商银行"),
        "ccb": lazy("建设银行"),
        "boc": lazy("中国银行"),
    },
    "dispute_reason": {
        "credit_not_processed": lazy("该退的没有退"),
        "duplicate": lazy("重复扣款"),
        "fraudulent": lazy("付款人称被冒用"),
        "general": lazy("一般争议"),
        "product_not_received": lazy("没有收到成果"),
        "product_unacceptable": lazy("成果不符约定"),
        "unrecognized": lazy("付款人不认识这笔付款"),
    },
    "difference": {
        "paid_there": lazy("平台已收款，我方未记"),
        "not_paid_there": lazy("我方已记收款，平台未收"),
        "unknown_page": lazy("平台有收款，我方没有这笔付款"),
        "missing_page": lazy("我方有收款，平台没有这笔付款"),
        "page_differs": lazy("付款金额不同"),
        "unknown_refund": lazy("平台有退款，我方没有"),
        "missing_refund": lazy("我方有退款，平台没有"),
        "refund_differs": lazy("退款状态或金额不同"),
        "unknown_dispute": lazy("平台有拒付，我方没有"),
        "missing_dispute": lazy("我方有拒付，平台没有"),
        "dispute_differs": lazy("拒付状态或金额不同"),
    },
    "found_by": {
        "reference": lazy("按付款附言"),
        "recorded": lazy("按登记过的转账"),
        "payer": lazy("按付款单位和金额"),
        "hand": lazy("人工认领"),
    },
    "tier": {
        "public": lazy("公开"),
        "verified": lazy("实名可见"),
        "undertaking": lazy("签承诺书后可见"),
        "parties": lazy("仅当事各方可见"),
    },
    "scope": {
        "subsidy": lazy("财政补助"),
        "project": lazy("科技项目"),
        "review": lazy("评审评估"),
        "brokerage": lazy("技术中介"),
    },
    "match_part": {
        "wording": lazy("用词"),
        "meaning": lazy("含义"),
        "field": lazy("领域与产业"),
        "budget": lazy("预算与价格"),
        "region": lazy("地域"),
        "maturity": lazy("成熟度"),
        "mode": lazy("合作方式"),
        "feedback": lazy("反馈"),
    },
    "misfit": {
        "field_differs": lazy("技术领域不同"),
        "budget_below_price": lazy("预算低于挂牌价"),
        "region_far": lazy("不在同一省份"),
        "maturity_too_low": lazy("成熟度低于要求"),
        "mode_not_offered": lazy("没有所要的合作方式"),
        "exclusive_not_possible": lazy("不能独占"),
        "like_refused": lazy("与不感兴趣的一条相近"),
    },
    "deal_action": {
        "offer": lazy("报价"),
        "agree": lazy("接受报价"),
        "publish": lazy("发起公示"),
        "skip_publicity": lazy("依法无需公示"),
        "clear": lazy("公示无异议"),
        "sign": lazy("签约"),
        "register": lazy("登记合同"),
        "start_paying": lazy("开始履约付款"),
        "complete": lazy("完成"),
        "rescind": lazy("解除"),
        "terminate": lazy("终止"),
    },
    "claim_action": {
        "submit": lazy("提交"),
        "withdraw": lazy("撤回"),
        "accept": lazy("受理"),
        "ask_supplement": lazy("发出补正通知"),
        "supply": lazy("补正"),
        "calculate": lazy("核算"),
        "return_calculation": lazy("退回重新核算"),
        "recheck": lazy("复核"),
        "review": lazy("专家评审"),
        "publish": lazy("列入公示"),
        "object": lazy("提出异议"),
        "dismiss_objection": lazy("异议不成立"),
        "approve": lazy("批准"),
        "order_payment": lazy("下达拨付"),
        "pay": lazy("拨付"),
        "track": lazy("转入绩效跟踪"),
        "close": lazy("完结"),
        "reject": lazy("不予支持"),
        "claw_back": lazy("追回"),
        "release": lazy("释放预留"),
    },
}
"""Kinds and codes, which have a name but no tone."""


def label(kind: str, value: str) -> str:
    """Return what people call `value` in the person's language; a value not given has no name.

    Only an empty field has one: 未分类.

    Raises:
        KeyError: the table knows no such kind or value.
    """
    if not value:
        return str(lists.UNCLASSIFIED) if kind == "field" else ""
    return str(labels(kind)[value])


def labels(kind: str) -> Mapping[str, Lazy]:
    """Return all names of one kind, in the order they are shown."""
    if declared := rooms().labels.get(kind):
        return {member.value: member.label for member in declared}
    if kind in STATES:
        return {value: name for value, (_, name) in STATES[kind].items()}
    return WORDS[kind]


def choices(kind: str) -> list[tuple[str, str]]:
    """Return all values of one kind with their names, for a `<select>`."""
    return [(value, str(name)) for value, name in labels(kind).items()]


def tone(kind: str, value: str) -> Tone:
    """Return the tone of the badge that shows this state; what is no state is plain."""
    if value and (declared := rooms().labels.get(kind)):
        return declared(value).tone
    states = STATES.get(kind)
    return states[value][0] if states and value else "plain"
