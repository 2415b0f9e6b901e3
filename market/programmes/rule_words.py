"""What the parts of a rule file are called in its form."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.programmes.texts import FACTS, VALUES

LEVELS = {
    "nation": lazy("国家"),
    "province": lazy("省（自治区）"),
    "city": lazy("市"),
    "district": lazy("县区"),
}
ROLES = {name: VALUES[name] for name in ("buyer", "seller", "broker", "registry", "agency")}
APPLICANT_KINDS = {
    name: VALUES[name]
    for name in ("enterprise", "university", "institute", "farmers_coop", "registry", "agency")
}
CONTRACT_KINDS = {
    name: VALUES[name] for name in ("development", "assignment", "licence", "consulting", "service", "equity")
}
PER = {"contract": lazy("逐份合同计算"), "claim": lazy("按整份申报计算")}
BASES = {
    name: FACTS[name]
    for name in (
        *("contract_amount", "trade_amount", "receipts", "paid_in_equity", "new_sales"),
        *("vat_payable", "vat_paid", "registered_total", "brokered_total", "matched_award"),
    )
}
TESTS = {
    "is": lazy("是"),
    "in": lazy("属于"),
    "not_in": lazy("不属于"),
    "within": lazy("在这个地区以内"),
    "outside": lazy("在这个地区以外"),
    "at_least": lazy("不低于（不早于）"),
    "more_than": lazy("高于（晚于）"),
    "at_most": lazy("不高于（不晚于）"),
    "less_than": lazy("低于（早于）"),
    "at_most_fact": lazy("不高于另一项"),
    "in_years": lazy("在这些年度（0 是申报年度）"),
    "by_year": lazy("不晚于这个年度末（0 是申报年度）"),
}
AMOUNT_TESTS = frozenset({"at_least", "more_than", "at_most", "less_than"})
LIST_TESTS = frozenset({"in", "not_in", "in_years"})
MONEY_FACTS = frozenset(
    {
        *("contract_amount", "trade_amount", "paid_in_equity", "receipts", "base", "new_sales", "sum"),
        *("granted_this_year", "vat_payable", "vat_paid", "registered_total", "brokered_total"),
        *("matched_award", "granted_for_outcome"),
    }
)
"""Facts whose values are amounts in fen."""
RATE_IS = {"exact": lazy("文本规定的比例"), "ceiling": lazy("最高比例，可核定得低些")}
SUMMED_BY = {"outcome": lazy("同一成果的合同合计"), "year": lazy("全年合同合计")}
ORDERS = {
    "0": lazy("加成在单项上限之外；先同一成果上限，后年度上限"),
    "1": lazy("加成在单项上限之内；先同一成果上限，后年度上限"),
    "2": lazy("加成在单项上限之外；先年度上限，后同一成果上限"),
    "3": lazy("加成在单项上限之内；先年度上限，后同一成果上限"),
}
"""By the place of an order in the schema's list."""
SHARING = {"proportional": lazy("按比例分摊（最大余数法）"), "by_number": lazy("按编号先后足额")}
ROUNDING = {"half_up": lazy("四舍五入"), "down": lazy("舍去")}
UNITS = {"1": lazy("分"), "100": lazy("元"), "10000": lazy("百元"), "1000000": lazy("万元")}
POTS = {
    "none": lazy("不限总额"),
    "pro_rata": lazy("总额不足时按比例折算"),
    "ranked": lazy("按排序支持到用完为止"),
    "hard_stop": lazy("总额不足时停止确认"),
}
DAYS = {"calendar": lazy("自然日"), "working": lazy("工作日")}
YES_NO = {"yes": lazy("是"), "no": lazy("否")}
WEIGHTS = {"novelty": lazy("创新性权重"), "maturity": lazy("成熟度权重"), "benefit": lazy("应用效益权重")}
