"""The engine's own sentences: marked for extraction here, translated where they are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from market.codes.lists import FIELDS
from market.codes.regions import full_name
from market.kit.i18n import in_source_language


def N_(msgid: str) -> str:  # noqa: N802
    """Mark a string for the catalogues; return it unchanged."""
    return msgid


class Text(NamedTuple):
    """A sentence and its parameters apart, so that a page can translate before it interpolates."""

    msgid: str
    params: Mapping[str, object] = {}

    def render(self, translate: Callable[[str], str]) -> str:
        """Translate, then interpolate; a parameter that is a `Text` is translated too."""
        if not self.params:
            return translate(self.msgid)
        filled = {
            key: value.render(translate) if isinstance(value, Text) else value
            for key, value in self.params.items()
        }
        return translate(self.msgid) % filled

    def __str__(self) -> str:
        return self.render(str)


FACTS = {
    "applicant.uscc": N_("申请单位统一社会信用代码"),
    "applicant.role": N_("申请身份"),
    "applicant.kind": N_("申请单位性质"),
    "applicant.region": N_("申请单位所在地"),
    "applicant.established_on": N_("申请单位成立日期"),
    "applicant.state_owned": N_("是否国有企业"),
    "applicant.manufacturer": N_("是否工业制造企业"),
    "applicant.high_tech": N_("是否高新技术企业"),
    "applicant.flags.sme": N_("是否中小企业"),
    "granted_this_year": N_("本年度已获补助额"),
    "vat_payable": N_("技术交易收入应缴增值税"),
    "vat_paid": N_("实缴增值税"),
    "registered_total": N_("年度登记技术合同成交总额"),
    "brokered_total": N_("年度促成技术交易总额"),
    "matched_award": N_("配套的上级补助额"),
    "kind": N_("合同类型"),
    "licence_years": N_("许可年限"),
    "exclusive": N_("是否独占许可"),
    "signed_on": N_("合同签订日期"),
    "registered_on": N_("合同登记日期"),
    "field": N_("技术领域"),
    "mode": N_("交易方式"),
    "grade": N_("成果等级"),
    "seller.uscc": N_("卖方统一社会信用代码"),
    "seller.kind": N_("卖方性质"),
    "seller.region": N_("卖方所在地"),
    "buyer.uscc": N_("买方统一社会信用代码"),
    "buyer.kind": N_("买方性质"),
    "buyer.region": N_("买方所在地"),
    "used_in": N_("转化应用地"),
    "outcome": N_("成果编号"),
    "contract_amount": N_("合同成交额"),
    "trade_amount": N_("技术交易额"),
    "excluded": N_("扣除的非技术费用"),
    "paid_in_equity": N_("实缴作价出资额"),
    "receipts": N_("实际到账额"),
    "receipts.on": N_("到账日期"),
    "base": N_("核定基数"),
    "new_sales": N_("新增销售额"),
    "related": N_("双方是否关联"),
    "publicly_funded": N_("是否已获财政科技资金"),
    "subsidised_before": N_("是否已获同类补助"),
    "granted_for_outcome": N_("该成果已获补助额"),
    "public_challenge": N_("是否出自政府榜"),
    "public_support": N_("榜单公布的财政支持额"),
    "flags.witnessed": N_("是否经交易见证或复核备案"),
    "sum": N_("合计基数"),
}
"""What a fact is called on a page."""

CODED = frozenset({"field", "used_in", "applicant.region", "seller.region", "buyer.region"})
"""Facts whose values are codes of lists."""
VALUES = {
    "buyer": N_("买方"),
    "seller": N_("卖方"),
    "broker": N_("技术经纪"),
    "registry": N_("合同登记机构"),
    "agency": N_("技术转移机构"),
    "enterprise": N_("企业"),
    "university": N_("高等院校"),
    "institute": N_("科研院所"),
    "farmers_coop": N_("农民专业合作社"),
    "authority": N_("主管部门"),
    "development": N_("技术开发"),
    "assignment": N_("技术转让"),
    "licence": N_("技术许可"),
    "consulting": N_("技术咨询"),
    "service": N_("技术服务"),
    "equity": N_("作价入股"),
    "agreed": N_("协议定价"),
    "listed": N_("挂牌"),
    "auction": N_("拍卖"),
    "general": N_("一般"),
    "major": N_("重大"),
}

KINDS = N_("合同类型属于本政策支持范围")
PARTY = N_("申请单位即合同的相应一方")
ROLE = N_("申请身份符合本政策对象")
APPLICANT_KINDS = N_("申请单位性质属于本政策对象")
REGION = N_("申请单位在本政策适用地区")
NOT_BEFORE = N_("该合同此前未获同类补助")

OPEN = N_("待核：缺少%(what)s")
ASSUMED = N_("假定：%(what)s为%(value)s")
FAILED = N_("%(what)s为%(actual)s")
BOTH = N_("%(first)s，%(second)s")
GIVE = N_("补充%(what)s")
MEET = N_("须满足：%(text)s")
GAP = N_("还差 %(gap)s")
EARLIER = N_("同一成果的同一许可已有较早登记的合同")
NEITHER = N_("各项均不满足")

COUNTED = N_("以%(what)s为基数")
AT_RATE = N_("%(base)s × %(rate)s")
IN_BRACKET = N_("超额累进：%(low)s 以上部分")
IN_SLAB = N_("全额适用所在分档 %(rate)s")
FLAT_SUM = N_("按分档定额")
FIXED = N_("达到 %(low)s，定额部分")
ASSUMED_RECEIVED = N_("假定：%(amount)s 在 %(year)s 年内全部到账")
ASSUMED_PAID_IN = N_("假定：作价出资 %(amount)s 已全部实缴")
EXCESS = N_("超过 %(low)s 的部分")
NO_RATE = N_("不在给付范围内，比例为 0")
CAP_MET = N_("上限 %(cap)s，未超过")
CAP_CUT = N_("上限 %(cap)s，超过部分不计")
CAP_LESS = N_("上限 %(cap)s，已获 %(granted)s，尚余 %(room)s")
CAP_SHARED = N_("上限 %(cap)s，已获 %(granted)s，尚余 %(room)s，按比例分摊")
BOUND = N_("不超过%(what)s %(bound)s")
TOTAL = N_("各项合计")
ROUNDED = N_("精确值 %(exact)s 元，四舍五入到分")
SUMMED = N_("合计基数（%(of)s）")
OF_YEAR = N_("本年度")
SHARED = N_("合计补助按各合同基数分摊（最大余数法）")


def named(fact: str) -> Text:
    """Return what a fact is called; a flag without a name of its own shows its key."""
    return Text(FACTS.get(fact, fact))


def format_fact(fact: str, value: object, *, money: bool) -> object:
    """Return the value of a fact as a person reads it; a place or field by its name."""
    if isinstance(value, str) and fact in CODED:
        with in_source_language():
            return Text(str(FIELDS.get(value, value)) if fact == "field" else full_name(value))
    return format_value(value, money=money)


def format_value(value: object, *, money: bool) -> object:
    """Return a fact's value as a person reads it."""
    if isinstance(value, bool):
        return Text(N_("是")) if value else Text(N_("否"))
    if isinstance(value, int) and money:
        return wan(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value in VALUES:
        return Text(VALUES[value])
    return value


def wan(amount: int) -> str:
    """Write fen in whole 万元 where it comes out even, else in 元."""
    whole, rest = divmod(amount, 1_000_000)
    return f"{whole:,} 万元" if not rest else f"{amount // 100:,}.{amount % 100:02d} 元"


def percent(basis_points: int) -> str:
    """Write a rate as a percentage, or in ‰ below one percent."""
    hundredths, unit = (basis_points * 10, "‰") if 0 < basis_points < 100 else (basis_points, "%")
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".") + unit
