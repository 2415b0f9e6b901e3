"""What the states of each kind of record are called, and in which tone they are shown."""

from collections.abc import Mapping
from typing import Literal

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
    "verdict": {
        "confirmed": ("done", lazy("已确认")),
        "rejected": ("wrong", lazy("已退回")),
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
    "review": {
        "published": ("done", lazy("审核通过并发布")),
        "returned": ("wrong", lazy("退回修改")),
    },
}
"""States by kind of record. Two are read, not stored: an outcome's `negotiating` (it has an open
deal) and a deal's `suspended` (its notice has an open objection)."""
