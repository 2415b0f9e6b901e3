"""Units of technical indicators as people write them, reduced to dimension and factor. Pure.

`MPa`, `兆帕`, `N/mm²` and `Mpa` are one unit, `千瓦时/吨` and `kWh/t` are, `mg/kg` is a ratio like `ppm`. A
word that is no known unit, such as 次 or IU, counts as a unit of its own, comparable with itself only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

Dimension = tuple[tuple[str, int], ...]
"""Base units with their exponents, sorted; empty for a ratio."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its dimension, and how much of the base one of it is."""

    dimension: Dimension
    factor: Fraction
    is_known: bool = True
    """False: a word in it was taken as a unit of its own."""

    def per(self, other: Unit) -> Unit:
        """Return this unit per another."""
        below = [(name, -power) for name, power in other.dimension]
        return _unit((*self.dimension, *below), self.factor / other.factor, self.is_known and other.is_known)


_PREFIXES: Mapping[str, tuple[str, int]] = {
    "n": ("纳", -9),
    "μ": ("微", -6),
    "u": ("", -6),
    "m": ("毫", -3),
    "c": ("厘", -2),
    "d": ("分", -1),
    "": ("", 0),
    "h": ("百", 2),
    "k": ("千", 3),
    "M": ("兆", 6),
    "G": ("吉", 9),
    "T": ("太", 12),
}
"""Chinese prefixes and powers of ten by symbol."""
_SI: Mapping[str, tuple[tuple[str, ...], dict[str, int], Fraction]] = {
    "m": (("米",), {"m": 1}, Fraction(1)),
    "g": (("克",), {"g": 1}, Fraction(1)),
    "s": (("秒",), {"s": 1}, Fraction(1)),
    "N": (("牛", "牛顿"), {"g": 1, "m": 1, "s": -2}, Fraction(1000)),
    "Pa": (("帕", "帕斯卡"), {"g": 1, "m": -1, "s": -2}, Fraction(1000)),
    "J": (("焦", "焦耳"), {"g": 1, "m": 2, "s": -2}, Fraction(1000)),
    "W": (("瓦", "瓦特"), {"g": 1, "m": 2, "s": -3}, Fraction(1000)),
    "Wh": (("瓦时",), {"g": 1, "m": 2, "s": -2}, Fraction(3_600_000)),
    "L": (("升",), {"m": 3}, Fraction(1, 1000)),
    "V": (("伏", "伏特"), {"V": 1}, Fraction(1)),
    "A": (("安", "安培"), {"A": 1}, Fraction(1)),
    "Ah": (("安时",), {"A": 1, "s": 1}, Fraction(3600)),
    "Ω": (("欧", "欧姆"), {"Ω": 1}, Fraction(1)),
    "Hz": (("赫", "赫兹"), {"s": -1}, Fraction(1)),
    "mol": (("摩尔",), {"mol": 1}, Fraction(1)),
}
"""Chinese names, dimension and factor of the units that take prefixes."""
_OTHERS: Mapping[str, tuple[dict[str, int], Fraction]] = {
    "%": ({}, Fraction(1, 100)),
    "wt%": ({}, Fraction(1, 100)),
    "百分点 个百分点": ({}, Fraction(1, 100)),
    "‰": ({}, Fraction(1, 1000)),
    "ppm": ({}, Fraction(1, 10**6)),
    "ppb": ({}, Fraction(1, 10**9)),
    "t 吨 公吨": ({"g": 1}, Fraction(10**6)),
    "公斤": ({"g": 1}, Fraction(1000)),
    "斤 市斤": ({"g": 1}, Fraction(500)),
    "公里": ({"m": 1}, Fraction(1000)),
    "ml": ({"m": 3}, Fraction(1, 10**6)),
    "方 立方": ({"m": 3}, Fraction(1)),
    "平方": ({"m": 2}, Fraction(1)),
    "亩": ({"m": 2}, Fraction(2000, 3)),
    "hm2 ha 公顷": ({"m": 2}, Fraction(10**4)),
    "min 分钟": ({"s": 1}, Fraction(60)),
    "h hr 小时 个小时": ({"s": 1}, Fraction(3600)),
    "d 天 日": ({"s": 1}, Fraction(86400)),
    "周 星期": ({"s": 1}, Fraction(7 * 86400)),
    "月 个月": ({"月": 1}, Fraction(1)),
    "a 年": ({"月": 1}, Fraction(12)),
    "度电": ({"g": 1, "m": 2, "s": -2}, Fraction(3_600_000_000)),
    "cal 卡": ({"g": 1, "m": 2, "s": -2}, Fraction(4184)),
    "kcal 千卡 大卡": ({"g": 1, "m": 2, "s": -2}, Fraction(4_184_000)),
    "bar 巴": ({"g": 1, "m": -1, "s": -2}, Fraction(10**8)),
    "元 圆 块 ¥ RMB CNY": ({"元": 1}, Fraction(1)),
    "角": ({"元": 1}, Fraction(1, 10)),
    "°C 摄氏度 度C": ({"°C": 1}, Fraction(1)),
    "r 转": ({"转": 1}, Fraction(1)),
    "rpm": ({"转": 1, "s": -1}, Fraction(1, 60)),
    "dB 分贝": ({"dB": 1}, Fraction(1)),
    "° 度": ({"°": 1}, Fraction(1)),
}
_COUNTED = re.compile("^个(?=.)")
MULTIPLES: Mapping[str, int] = {
    "百": 100,
    "千": 1000,
    "万": 10**4,
    "十万": 10**5,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
}
_POWERS = {"平方": 2, "立方": 3}
_FACTOR = re.compile(
    r"(?P<number>10+)?(?P<multiple>百万|千万|十万|百|千|万|亿)?(?P<symbol>(?:[^\W\d_]|[%‰°¥])+?)"
    r"(?:\^?(?P<power>-?\d))?$"
)
_JOINTS = re.compile(r"(/|每|·|\*|\s+)")
MOST = 24
"""Characters of a unit; what is longer is a sentence."""


def _known_units() -> Iterator[tuple[str, Unit]]:
    for symbol, (names, dimension, factor) in _SI.items():
        for prefix, (chinese, power) in _PREFIXES.items():
            unit = _unit(dimension.items(), factor * Fraction(10) ** power)
            yield prefix + symbol, unit
            if chinese or not prefix:
                yield from ((chinese + name, unit) for name in names)
    for words, (dimension, factor) in _OTHERS.items():
        yield from ((word, _unit(dimension.items(), factor)) for word in words.split())


def _unit(dimension: Iterable[tuple[str, int]], factor: Fraction, is_known: bool = True) -> Unit:
    powers: Counter[str] = Counter()
    for name, power in dimension:
        powers[name] += power
    return Unit(tuple(sorted((name, power) for name, power in powers.items() if power)), factor, is_known)


KNOWN: Mapping[str, Unit] = dict(_known_units())
"""Units by symbol or Chinese name, as written."""
_CARELESS: Mapping[str, Unit] = {
    symbol.lower(): unit for symbol, unit in reversed(list(KNOWN.items())) if len(symbol) > 1
} | {
    symbol.lower(): KNOWN[symbol]
    for symbol in ("MPa", "GPa", "mm", "mg", "mL", "kW", "kWh", "MW", "MHz", "mA", "mAh", "L", "kV", "kN")
}
"""Units by symbol in small letters, for `Mpa`, `KWh` and `KG`: the unit that is usually meant."""


@lru_cache(maxsize=4096)
def parse_unit(folded: str) -> Unit | None:
    """Parse a folded unit (NFKC, simplified Chinese, case kept); None for a text that is no unit."""
    text = folded.strip(" ()")
    if not text or len(text) > MOST:
        return None
    dimension: list[tuple[str, int]] = []
    factor, is_known, sign = Fraction(1), True, 1
    parts = _JOINTS.split(text)
    for position, part in enumerate(parts):
        if position % 2:
            # What follows the first solidus is all below it: `mL/cm²·d`.
            sign = -1 if part in "/每" else sign
            continue
        if part in ("", "1") and position == 0 and len(parts) > 1:
            continue
        read = _read_factor(part, is_below=sign < 0)
        if read is None:
            return None
        unit, power = read
        is_known = is_known and unit.is_known
        factor *= unit.factor ** (sign * power)
        dimension += [(name, sign * power * exponent) for name, exponent in unit.dimension]
    return _unit(dimension, factor, is_known)


def _read_factor(part: str, *, is_below: bool) -> tuple[Unit, int] | None:
    """Read one symbol with its power, such as `cm2`, `100g`, `万米` or `立方米`."""
    match = _FACTOR.match(part.strip("()"))
    if match is None or (match["number"] and not is_below):
        return None
    times = Fraction(match["number"] or 1)
    power = int(match["power"] or 1)
    symbol = (match["multiple"] or "") + match["symbol"]
    unit = _find(symbol, is_below=is_below)
    if unit is None and match["multiple"]:
        times *= MULTIPLES[match["multiple"]]
        unit = _find(match["symbol"], is_below=is_below)
        symbol = match["symbol"]
    if unit is None:
        for word, exponent in _POWERS.items():
            if symbol.startswith(word) and (unit := _find(symbol.removeprefix(word), is_below=is_below)):
                power = exponent
                break
    if unit is None:
        unit = Unit(((_COUNTED.sub("", symbol), 1),), Fraction(1), is_known=False)
    return Unit(unit.dimension, unit.factor * times, unit.is_known), power


def _find(symbol: str, *, is_below: bool) -> Unit | None:
    if is_below and symbol in {"分", "K"}:
        return KNOWN["min" if symbol == "分" else "°C"]
    return KNOWN.get(symbol) or (_CARELESS.get(symbol.lower()) if symbol.isascii() else None)
