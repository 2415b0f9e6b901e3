"""Names of technical indicators: which of them are one. Pure.

Two names agree when one holds every word of the other and both end in the same noun: 抗压强度 and
28天抗压强度 do, 抗压强度 and 抗拉强度, 铁回收率 and 铟回收率 do not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from market.kit.chinese_numbers import read_small
from market.matching.readings import fold_value
from market.matching.units import parse_unit

_SYNONYMS: Mapping[str, str] = {
    word: canonical
    for canonical, words in {
        "延伸率": "伸长率",
        "抗压强度": "耐压强度 压缩强度",
        "抗折强度": "抗弯强度 弯曲强度",
        "得率": "收率 产率 产出率",
        "成本": "费用 造价 价格 单价 花费 费",
        "能耗": "耗能 能量消耗",
        "电耗": "耗电量 用电量 耗电 用电",
        "时间": "时长 耗时 用时",
        "掺量": "掺入量 掺加量 掺入比例 掺加比例 添加量",
        "水分": "含水率 含水量 水分含量",
        "质量": "重量",
        "ph": "ph值 酸碱度",
        "误差": "偏差",
        "寿命": "使用寿命 使用年限 服役寿命",
        "容量": "比容量",
        "浸出液": "渗滤液",
        "废品率": "不良率 次品率 报废率",
        "合格率": "良品率 良率",
        "导电率": "电导率",
        "导热系数": "热导率 导热率",
        "噪声": "噪音",
        "每": "单位 单",
        "d": "天 日",
        "h": "小时",
        "min": "分钟",
        "°c": "摄氏度",
    }.items()
    for word in words.split()
}
_SYNONYM = re.compile("|".join(sorted(map(re.escape, _SYNONYMS), key=len, reverse=True)))
_FILLERS = frozenset("的之总值率平均最及与和")
"""Characters that alone do not tell two indicators apart."""
_UNIT_AFTER = re.compile(r"\(([^()]*)\)|[/,]\s*([^/,()]+)$")
_PER_UNITS = "吨|千克|公斤|克|立方米|平方米|升|亩|公顷|公里|千米|米|小时|kg|t|m3|m2"
_PER = re.compile(
    rf"每((?:百|千|万)?(?:{_PER_UNITS}))|^((?:百|千|万)?(?:吨|立方米|平方米|亩))(?=[\u4e00-\u9fff]{{2}})"
)
_NOTE = re.compile(r"\(([^()]*)\)")
_TOKEN = re.compile(r"\d+(?:\.\d+)?\s*(?:[a-z%°]+)?|[a-z°][a-z0-9°-]*|[\u3400-\u9fff]")
_OPERATORS = re.compile(r"(?:不低于|不高于|不超过|不小于|不大于|不少于|[≥≤<>=:])+$")
_HAN_TIME = re.compile(
    "([一二三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])(?=小时|天|分钟|年|个月|次)"
)
_LESS = re.compile(
    "(成本|价|耗|误差|损失|缺陷|缺陷率|漏检率?|漏报率?|误报率?|过检率|废品率|开裂率|破损率|发病率|病株率|死亡率|排放|释放|"
    "残留|时间|周期|工时|噪声|磨损|衰减|杂质|延迟|停机|温漂|粗糙度|增重|用工|轮次|含杂率|伤.率)$"
)
_GREATER = re.compile(
    "(强度|硬度|效率|得率|回收率|合格率|纯度|寿命|掺量|导电率|产量|灵敏度|特异度|准确率|成活率|利用率|保留率|保持率|效能|"
    "转化率|容量|去除率|脱除率|检出率|符合率|延伸率|处理能力|提前量|间隔)$"
)


@dataclass(frozen=True, slots=True)
class IndicatorName:
    """A name as read."""

    words: tuple[tuple[str, int], ...]
    """Characters, numbers with units and foreign words, with their counts."""
    head: str
    """The last word, a noun: 度 of 抗压强度."""
    text: str
    """The name in canonical words, without notes."""
    unit: str = ""
    """A unit that stands in the name: 抗压强度（MPa）."""
    per: str = ""
    """What the value is counted by: 吨 in 每吨处置费用."""

    @property
    def direction(self) -> int:
        """Return 1 if more is better, -1 if less is, 0 if the name does not tell."""
        if _LESS.search(self.text):
            return -1
        return 1 if _GREATER.search(self.text) else 0


@lru_cache(maxsize=4096)
def read_name(label: str) -> IndicatorName:
    """Read the name of an indicator."""
    text = _OPERATORS.sub("", fold_value(label[:80])).strip()
    unit = ""
    for match in _UNIT_AFTER.finditer(text):
        inside = (match[1] or match[2] or "").strip()
        if (known := parse_unit(inside)) and known.is_known:
            unit, text = inside, text.replace(match[0], " ")
            break
    text = text.lower()
    per = _PER.search(text)
    if per:
        text = text.replace(per[0], "", 1)
    text = _SYNONYM.sub(
        lambda match: _SYNONYMS[match[0]], _HAN_TIME.sub(lambda match: str(read_small(match[1])), text)
    )
    bare = _NOTE.sub("", text)
    words, own = _words(text), _words(bare) or _words(text)
    heads = [word for word in own if word not in "率值"] or own
    return IndicatorName(
        words=tuple(sorted(Counter(words).items())),
        head=heads[-1] if heads else "",
        text="".join(own),
        unit=unit,
        per=(per[1] or per[2] or "") if per else "",
    )


@lru_cache(maxsize=16384)
def name_closeness(one: IndicatorName, other: IndicatorName) -> float:
    """Return 1 for equal names, less the more words only one of them has, 0 for different ones."""
    ours, theirs = Counter(dict(one.words)), Counter(dict(other.words))
    if not ours or not theirs or one.head != other.head:
        return 0.0
    left, right = ours - theirs, theirs - ours
    if not left and not right:
        return 1.0
    if (left.keys() - _FILLERS) and (right.keys() - _FILLERS):
        return 0.0
    common = sum(len(word) * count for word, count in (ours & theirs).items())
    longest = max(sum(len(word) * count for word, count in words.items()) for words in (ours, theirs))
    return common / longest if common > 1 else 0.0


def _words(text: str) -> list[str]:
    return [re.sub(r"\s", "", word) for word in _TOKEN.findall(text)]
