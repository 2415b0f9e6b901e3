"""The one table of what states, kinds and codes are called, and which tone a state is shown in.

Keys are plain strings, because the rooms that own the enums lie above this one.
"""

from collections.abc import Mapping
from typing import Literal

from market.codes import lists
from market.kit.i18n import Lazy, lazy

Tone = Literal["act", "done", "due", "note", "wrong", "plain"]
"""The meaning of a badge's colour: act = goes on, done = reached, due = somebody must act,
note = before the public, wrong = refused or stopped, plain = over or not begun."""

STATES: Mapping[str, Mapping[str, tuple[Tone, Lazy]]] = {
    "outcome": {
        "draft": ("plain", lazy("草稿")),
        "pending": ("due", lazy("待审核")),
        "returned": ("wrong", lazy("退回修改")),
        "published": ("act", lazy("已发布")),
        "negotiating": ("act", lazy("洽谈中")),
        "licensed": ("done", lazy("已许可（可继续）")),
        "sold": ("done", lazy("已转让")),
        "expired": ("due", lazy("已过期")),
        "unlisted": ("plain", lazy("已下架")),
        "archived": ("plain", lazy("已归档")),
    },
    "need": {
        "draft": ("plain", lazy("草稿")),
        "pending": ("due", lazy("待审核")),
        "returned": ("wrong", lazy("退回修改")),
        "published": ("act", lazy("已发布")),
        "matching": ("act", lazy("对接中")),
        "solved": ("done", lazy("已解决")),
        "closed": ("plain", lazy("已关闭")),
        "expired": ("due", lazy("已过期")),
    },
    "match": {
        "suggested": ("plain", lazy("系统推荐")),
        "assigned": ("due", lazy("经纪人跟进")),
        "interested": ("act", lazy("双方有意向")),
        "talking": ("act", lazy("洽谈中")),
        "dealt": ("done", lazy("转交易")),
        "dropped": ("plain", lazy("已终止")),
    },
    "deal": {
        "intent": ("plain", lazy("意向")),
        "negotiating": ("act", lazy("洽谈")),
        "priced": ("act", lazy("已定价")),
        "publicity": ("note", lazy("公示中")),
        "suspended": ("wrong", lazy("异议处理中，程序中止")),
        "to_sign": ("due", lazy("待签约")),
        "signed": ("act", lazy("已签约")),
        "registered": ("act", lazy("已登记")),
        "paying": ("due", lazy("履约付款")),
        "completed": ("done", lazy("已完成")),
        "rescinded": ("wrong", lazy("已解除")),
        "terminated": ("plain", lazy("已终止")),
    },
    "offer": {
        "open": ("due", lazy("待对方确认")),
        "replaced": ("plain", lazy("已被新报价替换")),
        "accepted": ("done", lazy("已接受")),
        "expired": ("plain", lazy("已过期")),
        "withdrawn": ("plain", lazy("已撤回")),
    },
    "notice": {
        "open": ("note", lazy("公示中")),
        "objected": ("wrong", lazy("异议处理中，程序中止")),
        "clear": ("done", lazy("公示无异议")),
        "upheld": ("wrong", lazy("异议成立")),
        "archived": ("plain", lazy("已归档")),
    },
    "objection": {
        "filed": ("due", lazy("已提出")),
        "answered": ("due", lazy("已答复，待裁定")),
        "upheld": ("wrong", lazy("异议成立")),
        "dismissed": ("plain", lazy("异议不成立")),
    },
    "claim": {
        "draft": ("plain", lazy("草稿")),
        "submitted": ("due", lazy("已提交")),
        "accepted": ("act", lazy("已受理")),
        "supplement": ("due", lazy("补正通知")),
        "calculated": ("act", lazy("已核算")),
        "rechecked": ("act", lazy("已复核")),
        "reviewed": ("act", lazy("已评审")),
        "publicity": ("note", lazy("公示中")),
        "objection": ("wrong", lazy("异议处理中，程序中止")),
        "approved": ("done", lazy("已批准")),
        "to_pay": ("due", lazy("待拨付")),
        "paid": ("done", lazy("已拨付")),
        "tracking": ("act", lazy("绩效跟踪")),
        "closed": ("done", lazy("完结")),
        "rejected": ("wrong", lazy("不予支持")),
        "withdrawn": ("plain", lazy("已撤回")),
        "clawback": ("wrong", lazy("追回")),
    },
    "batch": {
        "draft": ("plain", lazy("拟定中")),
        "publicity": ("note", lazy("公示中")),
        "approved": ("done", lazy("已批准")),
        "disbursing": ("due", lazy("拨付中")),
        "done": ("done", lazy("已拨付完毕")),
    },
    "disbursement": {
        "ordered": ("due", lazy("待拨付")),
        "paid": ("done", lazy("已拨付")),
        "returned": ("wrong", lazy("银行退回")),
    },
    "clawback": {
        "started": ("due", lazy("待确认")),
        "confirmed": ("wrong", lazy("追缴中")),
        "settled": ("done", lazy("已缴回")),
        "dropped": ("plain", lazy("已撤销")),
    },
    "run_stage": {
        "compute": ("due", lazy("核算")),
        "recheck": ("act", lazy("复核")),
        "list": ("act", lazy("列批次")),
        "done": ("done", lazy("完成")),
    },
    "terms": {
        "draft": ("plain", lazy("草稿")),
        "released": ("done", lazy("已发布")),
    },
    "payment": {
        "prepared": ("plain", lazy("准备中")),
        "pending": ("due", lazy("待支付")),
        "succeeded": ("done", lazy("已支付")),
        "failed": ("wrong", lazy("支付未成功")),
        "expired": ("plain", lazy("已超时关闭")),
        "refunded": ("note", lazy("已退款")),
    },
    "remittance": {
        "recorded": ("due", lazy("已登记，待确认")),
        "confirmed": ("done", lazy("已确认到账")),
        "rejected": ("wrong", lazy("核对不符")),
    },
    "refund": {
        "recorded": ("due", lazy("已登记，待确认")),
        "prepared": ("due", lazy("准备退款")),
        "pending": ("act", lazy("退款中")),
        "succeeded": ("done", lazy("已退款")),
        "failed": ("wrong", lazy("退款未成功")),
        "rejected": ("plain", lazy("不予退款")),
    },
    "dispute": {
        "warning": ("due", lazy("拒付询问")),
        "open": ("wrong", lazy("拒付争议中")),
        "won": ("done", lazy("争议胜诉")),
        "lost": ("wrong", lazy("争议败诉")),
        "closed": ("plain", lazy("询问已结束")),
    },
    "bank_line": {
        "new": ("plain", lazy("待匹配")),
        "open": ("due", lazy("待认领")),
        "matched": ("due", lazy("已匹配，待确认")),
        "booked": ("done", lazy("已入账")),
        "returned": ("note", lazy("已退回")),
        "set_aside": ("plain", lazy("与合同无关")),
        "outgoing": ("plain", lazy("支出")),
    },
    "organisation": {
        "pending": ("due", lazy("待认证")),
        "returned": ("wrong", lazy("退回修改")),
        "verified": ("done", lazy("已认证")),
        "suspended": ("wrong", lazy("已停用")),
    },
    "membership": {
        "pending": ("due", lazy("待同意加入")),
        "active": ("done", lazy("在任")),
        "ended": ("plain", lazy("已离任")),
    },
    "sanction": {
        "filed": ("due", lazy("登记")),
        "heard": ("due", lazy("告知申辩")),
        "confirmed": ("wrong", lazy("认定")),
        "active": ("wrong", lazy("生效")),
        "expired": ("plain", lazy("期满")),
        "repaired": ("done", lazy("已修复")),
    },
    "sanction_grade": {
        "general": ("due", lazy("一般失信")),
        "serious": ("wrong", lazy("严重失信")),
    },
    "reward": {
        "draft": ("due", lazy("待复核公示")),
        "publicity": ("note", lazy("公示中")),
        "clear": ("due", lazy("待发放")),
        "paid": ("done", lazy("已发放")),
        "cancelled": ("plain", lazy("已撤销")),
    },
    "review": {
        "published": ("done", lazy("审核通过并发布")),
        "returned": ("wrong", lazy("退回修改")),
    },
}
"""States by kind of record. Two are read, not stored: an outcome's `negotiating` (it has an open
deal) and a deal's `suspended` (its notice has an open objection)."""

WORDS: Mapping[str, Mapping[str, Lazy]] = {
    "field": lists.FIELDS,
    "industry": lists.INDUSTRIES,
    "mode": lists.MODES,
    "need_kind": lists.NEED_KINDS,
    "stage": lists.STAGES,
    "right_kind": lists.RIGHT_KINDS,
    "right_state": lists.RIGHT_STATES,
    "contract_kind": lists.CONTRACT_KINDS,
    "exclusion_kind": lists.EXCLUSION_KINDS,
    "payment_way": lists.PAYMENT_WAYS,
    "deduction_kind": lists.DEDUCTION_KINDS,
    "reward_kind": {
        "cash": lazy("现金奖励"),
        "equity": lazy("股权奖励"),
    },
    "economic_goal": lists.ECONOMIC_GOALS,
    "country": lists.COUNTRIES,
    "currency": lists.CURRENCIES,
    "change_kind": {
        "change": lazy("变更"),
        "rescission": lazy("解除"),
        "cancellation": lazy("注销登记"),
    },
    "cost_item": lists.COST_ITEMS,
    "bearer": lists.BEARERS,
    "follow_up_way": lists.FOLLOW_UP_WAYS,
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
    },
    "misfit": {
        "field_differs": lazy("技术领域不同"),
        "budget_below_price": lazy("预算低于挂牌价"),
        "region_far": lazy("不在同一省份"),
        "maturity_too_low": lazy("成熟度低于要求"),
        "mode_not_offered": lazy("没有所要的合作方式"),
        "exclusive_not_possible": lazy("不能独占"),
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
    if kind in STATES:
        return {value: name for value, (_, name) in STATES[kind].items()}
    return WORDS[kind]


def choices(kind: str) -> list[tuple[str, str]]:
    """Return all values of one kind with their names, for a `<select>`."""
    return [(value, str(name)) for value, name in labels(kind).items()]


def tone(kind: str, value: str) -> Tone:
    """Return the tone of the badge that shows this state; what is no state is plain."""
    states = STATES.get(kind)
    return states[value][0] if states and value else "plain"
