"""Words of other lists for what the market has codes for: fields, stages, ways of cooperation. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "electronics": "电子信息 信息技术 新一代信息技术 人工智能 软件 集成电路 通信 大数据 数字经济 光电子",
    "aerospace": "航空航天 航空 航天 卫星",
    "manufacturing": "先进制造 制造 装备制造 高端装备 智能制造 自动化 机械 光机电一体化 机器人 汽车",
    "biomedicine": "生物医药 生物与新医药 医疗器械 医药卫生 生物技术 医药 生物 大健康 医疗",
    "materials": "新材料 材料 化工 冶金 石化",
    "energy": "新能源 新能源与节能 高效节能 能源 节能 电力",
    "environment": "资源与环境 环境保护 节能环保 生态环境 环保 资源综合利用 环境",
    "nuclear": "核应用 核",
    "agriculture": "农业 现代农业 农林牧渔 种业 食品 林业 渔业 畜牧",
    "transport": "现代交通 交通运输 交通 物流",
    "urban": "城市建设 社会发展 建筑 城乡建设 水利 公共安全 住房",
}
"""Words for each of the eleven fields: of the national list of high technology, provinces and trades."""
SOCIAL_GOALS: Mapping[str, str] = {
    "environment": "环境保护、生态建设及污染防治",
    "energy": "能源生产、分配和合理利用",
    "biomedicine": "卫生事业发展",
    "urban": "基础设施以及城市和农村规划|社会发展和社会服务|教育事业发展",
    "aerospace": "民用空间探测及开发",
    "agriculture": "农林牧渔业发展",
    "": "工商业发展|地球和大气层的探索与利用|地球、空间与海洋|非定向研究|其他民用目标"
    "|国防|其他|其它|高技术服务",
}
"""The socio-economic goals (社会经济目标) of the national registration of achievements, by field.

With headings of the list of high technology; those that no field of ours answers to are known, and empty."""
STAGES: Mapping[str, int] = {
    "概念": 2,
    "原理": 2,
    "初期": 3,
    "实验室": 3,
    "研制": 4,
    "研发": 4,
    "小试": 5,
    "中期": 5,
    "样机": 6,
    "中试": 6,
    "试生产": 7,
    "小批量": 7,
    "成熟": 8,
    "成熟应用": 8,
    "可规模生产": 9,
    "规模化": 9,
    "产业化": 9,
    "批量生产": 9,
    "量产": 9,
}
"""Readiness by the stages of the national registration of achievements: the lowest level of each (A)."""
MODES: Mapping[str, str] = {
    "转让": "assignment",
    "专利转让": "assignment",
    "专利权转让": "assignment",
    "许可": "licence",
    "专利许可": "licence",
    "许可使用": "licence",
    "使用许可": "licence",
    "实施许可": "licence",
    "普通许可": "licence",
    "普通实施许可": "licence",
    "独占许可": "exclusive_licence",
    "独占实施许可": "exclusive_licence",
    "合作开发": "development",
    "合作研发": "development",
    "合作研究": "development",
    "委托开发": "development",
    "委托研发": "development",
    "联合开发": "development",
    "联合研发": "development",
    "联合攻关": "development",
    "共同开发": "development",
    "开发": "development",
    "作价入股": "equity",
    "作价投资": "equity",
    "入股": "equity",
    "服务": "service",
    "咨询": "consulting",
}
NEED_KINDS: Mapping[str, str] = {
    "攻关": "breakthrough",
    "难题": "breakthrough",
    "难题攻关": "breakthrough",
    "关键技术攻关": "breakthrough",
    "核心技术攻关": "breakthrough",
    "研发": "breakthrough",
    "成果引进": "adoption",
    "引进": "adoption",
    "成果转化": "adoption",
    "改造": "process",
    "工艺优化": "process",
    "工艺改进": "process",
    "升级": "upgrade",
    "新产品开发": "upgrade",
    "产品开发": "upgrade",
    "检验检测": "testing",
    "检测服务": "testing",
    "人才引进": "talent",
    "人才需求": "talent",
}
RIGHT_KINDS: Mapping[str, str] = {
    word: key
    for key, words in {
        "invention": "发明专利 发明 发明授权 国家发明专利 中国发明专利 授权发明专利",
        "utility_model": "实用新型 实用新型专利 实用",
        "design": "外观设计 外观设计专利 外观专利 外观",
        "software": "软件著作权 软著 计算机软件著作权",
        "plant_variety": "植物新品种 植物新品种权 新品种权 新品种",
        "layout_design": "集成电路布图设计 集成电路布图 布图设计",
        "trade_secret": "技术秘密 商业秘密 专有技术",
    }.items()
    for word in words.split()
}
RIGHT_STATES: Mapping[str, str] = {
    word: key
    for key, words in {
        "granted": "已授权 授权 有效 授权有效 专利权维持 维持 有权 已获授权",
        "applied": "申请中 申请 已申请 受理 已受理 实审 实质审查 审查中 在审 实审中 正在申请",
        "published": "已公开 公开 公布 已公布",
        "registered": "已登记 登记",
        "secret": "保密中 保密",
        "lapsed": "已失效 失效 终止 已终止 无效 届满 未缴年费终止",
    }.items()
    for word in words.split()
}
PRICE_KINDS: Mapping[str, str] = {
    "挂牌": "fixed",
    "一口价": "fixed",
    "定价": "fixed",
    "协商": "negotiable",
    "协议": "negotiable",
    "协议定价": "negotiable",
    "双方协商": "negotiable",
}
OPEN_TERMS = frozenset(["长期", "长期有效", "不限", "永久有效", "无", "一直有效", "常年", "常年有效", "待定"])
"""Words for a need without a last day."""
NO_AMOUNT = frozenset(
    [
        "面议",
        "可面议",
        "协商",
        "待定",
        "不限",
        "另议",
        "双方协商",
        "可协商",
        "电议",
        "暂无",
        "面谈",
        "洽谈",
        "TBD",
    ]
)
"""Words for a price or a budget that is left open."""
_PRICE_WORD = re.compile("^(?:转让|许可|合作|意向)?(?:价格|价|预算|费用|金额)")
_AFFIX = re.compile("^技术|技术$|产业$|行业$|领域$|业$|阶段$|级$|方式$")
_LEVEL = re.compile(r"(?:^|TRL\s*-?\s*)([1-9])(?![\d.%])|([1-9一二三四五六七八九])\s*级", re.IGNORECASE)
_COMPARISON = re.compile(
    r"(?P<name>[^≥≤><=＝]{1,60}?)\s*(?P<target>(?:≥|≤|>=|<=|>|<|=|不低于|不小于|不少于|不超过|不大于|大于|小于|达到|优于).+)"
)


def _bare(text: str) -> str:
    """Return a word without punctuation, blanks and what lists add to it (技术, 产业, 领域)."""
    bare = re.sub(r"[\s、，,·/及其与和的]", "", unicodedata.normalize("NFKC", text))
    while (shorter := _AFFIX.sub("", bare)) != bare and shorter:
        bare = shorter
    return bare


_FIELD_OF = {_bare(word): key for key, words in FIELDS.items() for word in words.split()}
_FIELD_OF |= {_bare(word): key for key, words in SOCIAL_GOALS.items() if key for word in words.split("|")}
_WITHOUT_FIELD = frozenset(_bare(word) for word in SOCIAL_GOALS[""].split("|"))


def field_named(text: str) -> str:
    """Return the field that a text names; empty where it names none, or several as the head of a list does.

    先进制造业, 现代农业 and 生物医药与医疗器械 are understood; the longest words decide before parts of them.
    """
    bare = _bare(text)
    if bare in _FIELD_OF or bare in _WITHOUT_FIELD:
        return _FIELD_OF.get(bare, "")
    rest, fields = bare, set()
    for word in sorted(_FIELD_OF, key=len, reverse=True):
        if len(word) > 1 and word in rest:
            fields.add(_FIELD_OF[word])
            rest = rest.replace(word, " ")
    return fields.pop() if len(fields) == 1 else ""


def is_known_heading(text: str) -> bool:
    """Return whether a text is a heading of the national lists that none of our fields answers to."""
    return _bare(text) in _WITHOUT_FIELD


def stage_level(text: str) -> int | None:
    """Return the technology readiness level that a text names, by number or stage; None where it names none.

    A number wins: 7, TRL 7 中试, 7 环境级 and 中试（七级） are level 7.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if match := _LEVEL.search(plain):
        number = match[1] or match[2]
        return int(number) if number.isdigit() else "一二三四五六七八九".index(number) + 1
    bare = _bare(plain)
    if not bare or bare.startswith("未"):
        return None
    words = sorted(STAGES, key=len, reverse=True)
    begins = next((word for word in words if bare.startswith(word)), "")
    word = begins or next((word for word in words if word in bare), "")
    return STAGES.get(word)


def is_plain_level(text: str) -> bool:
    """Return whether a text is a level or one of the known stages and nothing else."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    return plain.removesuffix("级").isdecimal() or plain.startswith("TRL") or _bare(text) in STAGES


def mode_named(text: str) -> str:
    """Return the way of cooperation that a text names; empty where it names none."""
    return MODES.get(_bare(text), "")


def need_kind_named(text: str) -> str:
    """Return the kind of need that a text names; empty where it names none."""
    return NEED_KINDS.get(_bare(text), "")


def is_left_open(text: str) -> bool:
    """Return whether a price or a budget is left open: 面议, 价格另议, TBD."""
    bare = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    return _PRICE_WORD.sub("", bare) in NO_AMOUNT


def right_kind_named(text: str) -> str:
    """Return the kind of right that a text names; empty where it names none."""
    return RIGHT_KINDS.get("".join(text.split()), "")


def right_state_named(text: str) -> str:
    """Return the status of a right that a text names; empty where it names none."""
    return RIGHT_STATES.get("".join(text.split()), "")


def price_kind_named(text: str) -> str:
    """Return the kind of price that a text names; empty where it names none."""
    return PRICE_KINDS.get(_bare(text), "fixed" if text == "挂牌价" else "")


def target_of(text: str) -> dict[str, str]:
    """Return an indicator of a need from a phrase such as 寿命≥12个月."""
    flat = " ".join(text.split())
    if match := _COMPARISON.fullmatch(flat):
        return {
            "indicator": match["name"].strip()[:80],
            "present": "",
            "target": match["target"].strip()[:80],
        }
    return {"indicator": flat[:80], "present": "", "target": ""}
