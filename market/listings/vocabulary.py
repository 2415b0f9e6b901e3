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
STAGES: Mapping[str, int] = {
    "初期": 3,
    "实验室": 3,
    "研制": 4,
    "小试": 5,
    "中期": 5,
    "中试": 6,
    "试生产": 7,
    "成熟应用": 8,
    "产业化": 9,
    "批量生产": 9,
}
"""Readiness by the stages of the national registration of achievements: the lowest level of each (A)."""
MODES: Mapping[str, str] = {
    "转让": "assignment",
    "许可": "licence",
    "普通许可": "licence",
    "独占许可": "exclusive_licence",
    "合作开发": "development",
    "委托开发": "development",
    "联合开发": "development",
    "开发": "development",
    "作价入股": "equity",
    "入股": "equity",
    "服务": "service",
    "咨询": "consulting",
}
OPEN_TERMS = frozenset(["长期", "长期有效", "不限", "永久有效", "无"])
"""Words for a need without a last day."""
NO_AMOUNT = frozenset(["面议", "协商", "待定", "不限", "另议"])
"""Words for a price or a budget that is left open."""
_AFFIX = re.compile("^技术|技术$|产业$|行业$|领域$|业$|阶段$|级$|方式$")
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


def field_named(text: str) -> str:
    """Return the field that a text names; empty where it names none, or several as the head of a list does.

    先进制造业, 现代农业 and 生物医药与医疗器械 are understood; the longest words decide before parts of them.
    """
    bare = _bare(text)
    if bare in _FIELD_OF:
        return _FIELD_OF[bare]
    rest, fields = bare, set()
    for word in sorted(_FIELD_OF, key=len, reverse=True):
        if len(word) > 1 and word in rest:
            fields.add(_FIELD_OF[word])
            rest = rest.replace(word, " ")
    return fields.pop() if len(fields) == 1 else ""


def stage_level(text: str) -> int | None:
    """Return the technology readiness level of a stage in words; None where it names none."""
    bare = _bare(text)
    return next((level for word, level in STAGES.items() if bare.startswith(word)), None)


def mode_named(text: str) -> str:
    """Return the way of cooperation that a text names; empty where it names none."""
    bare = _bare(text)
    return MODES.get(bare, "")


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
