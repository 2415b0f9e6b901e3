"""Values of technical indicators read from text: operator, number or range, unit. Pure.

`≥ 20 MPa`, `不低于20兆帕`, `20 MPa以上` and `２０ＭＰａ及以上` are one reading. What is not wholly
understood is no reading: a value that needs a person is shown as it stands and never judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from market.kit.chinese_numbers import read_small
from market.matching.units import KNOWN, MULTIPLES, Unit, parse_unit
from market.search.normalise import simplify

MOST_CHARACTERS = 80
"""Length of a value; what is longer is cut."""


class Operator(StrEnum):
    LEAST = "≥"
    MORE = ">"
    MOST = "≤"
    LESS = "<"
    EQUAL = "="
    BETWEEN = "~"


class Change(StrEnum):
    """Whether a value says by how much something rises or falls, rather than how much it is."""

    NONE = ""
    UP = "up"
    DOWN = "down"


ABOUT = "about"
"""Meaning of 约 and its like: the number is not exact."""
Meaning = Operator | Change | str


def _meanings(table: Mapping[Meaning, str]) -> dict[str, Meaning]:
    """Return the meaning of each word, the longest word first."""
    words = {word: meaning for meaning, line in table.items() for word in line.split()}
    return dict(sorted(words.items(), key=lambda item: -len(item[0])))


_BEFORE = _meanings(
    {
        Operator.LEAST: "不低于 不小于 不少于 不短于 大于等于 大于或等于 高于或等于 至少 最少 最低 下限 达到 "
        "提高到 提高至 提升到 提升至 增加到 增至 延长到 延长至 >= ≥ ≧ ⩾ =>",
        Operator.MOST: "不高于 不超过 不大于 不多于 不长于 不超出 小于等于 小于或等于 低于或等于 至多 最多 "
        "最高 上限 降低到 降低至 降到 降至 减少到 减少至 减至 缩短到 缩短至 控制在 <= ≤ ≦ ⩽ =<",
        Operator.MORE: "大于 高于 超过 多于 优于 >",
        Operator.LESS: "小于 低于 少于 短于 不足 <",
        Change.UP: "提高 增加 提升 上升 增长 延长 升高",
        Change.DOWN: "降低 减少 下降 缩短 减小 削减 节约 节省 降",
        ABOUT: "大约 约 接近 平均 中位 实测",
        "": ": = 为 是",
    }
)
_AFTER = _meanings(
    {
        Operator.LEAST: "及以上 或以上 以上",
        Operator.MOST: "及以下 或以下 以下 以内 之内",
        ABOUT: "左右 上下 中位 平均",
    }
)
_NUMBER = (
    r"(?:10\^[+-]?\d{1,2}|(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?: \d{3})+(?!\d)|\d+)(?:\.\d+)?"
    r"(?:\s*[×xX*]\s*10(?:\^[+-]?\d{1,2}|[+-]\d{1,2})|[eE][+-]?\d{1,2})?)"
)
_FIRST = re.compile(rf"(?P<tolerance>±\s*)?(?P<number>(?:(?<![A-Za-z0-9.)])[+-]\s*)?{_NUMBER})")
_SECOND = re.compile(rf"\s*(?P<unit>[^\d~±]*?)\s*(?P<joint>~|-|至|到|±)\s*(?P<number>[+-]?{_NUMBER})")
_MULTIPLE = re.compile("|".join(sorted(MULTIPLES, key=len, reverse=True)))
_NAME_END = re.compile(r"[^\W\d_)]\)?$|[^\W\d_]$")
_SYMBOL = re.compile(r"[/每·*\s]")
_TEN = re.compile(r"\s*[×xX*]\s*10\^?|[eE]")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_POWER_OF_TEN = re.compile(r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_MINUS = re.compile("[−–﹣－]")
_WAVE = re.compile("[～〜∼˜—]+|--+")
_NOTE = re.compile(r"(?<!/)\([^()]*\)|\[[^\[\]]*\]")
"""What is no part of a value: (28 天), but not the lower part of a unit: W/(m·K)."""
_CLAUSE = re.compile(r",(?!\d{3}(?!\d))|[;、。!]")
_HAN_NUMBER = re.compile(
    "(?<![一二两三四五六七八九十百千万每第之])"
    "([一二两三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九])(?![一二三四五六七八九十百千万])"
)


@dataclass(frozen=True, slots=True)
class ValueReading:
    """One value as read."""

    operator: Operator
    low: Fraction
    """The number; the lower end of a range."""
    high: Fraction
    """The upper end of a range; otherwise the same number."""
    unit: Unit | None
    """None: a number alone."""
    multiple: int = 1
    """Ten thousand in 万元, which stands in `unit_text`."""
    unit_text: str = ""
    number_text: str = ""
    basis: str = ""
    """What stands before the number: 千车日, 人工. Only values of one basis are compared."""
    change: Change = Change.NONE
    is_about: bool = False
    """约, 左右."""
    is_tolerance: bool = False
    """±: the size of a deviation."""

    @property
    def shown(self) -> str:
        """Return the value in one spelling, such as `≥ 20 MPa`."""
        operator = "" if self.operator in (Operator.EQUAL, Operator.BETWEEN) else f"{self.operator} "
        sign = "±" if self.is_tolerance else ""
        unit = f" {self.unit_text}" if self.unit_text else ""
        return f"{operator}{sign}{self.number_text}{unit}"


def fold_value(text: str) -> str:
    """Fold a value: full-width forms, traditional characters, superscripts, dashes and waves."""
    text = _POWER_OF_TEN.sub(lambda match: "10^" + match[1].translate(_SUPERSCRIPTS), text)
    text = unicodedata.normalize("NFKC", _WAVE.sub("~", text))
    return " ".join(_MINUS.sub("-", simplify(text)).split())


@lru_cache(maxsize=4096)
def read_value(text: str) -> ValueReading | None:
    """Read a value; None where it is empty, words, or more than one value."""
    folded = _NOTE.sub("", fold_value(text[:MOST_CHARACTERS])).strip()
    clauses = [clause.strip() for clause in _CLAUSE.split(folded)]
    clauses = [clause for clause in clauses if re.search(r"\d", clause)] or [_with_digits(folded)]
    return _read_clause(clauses[0]) if len(clauses) == 1 else None


def _with_digits(text: str) -> str:
    """Write a small Chinese number in digits."""
    return _HAN_NUMBER.sub(lambda match: str(read_small(match[1])), text, count=1)


def _read_clause(text: str) -> ValueReading | None:
    first = _FIRST.search(text)
    if first is None:
        return None
    rest = text[first.end() :]
    second = _SECOND.match(rest)
    basis, before = _peel(text[: first.start()], _BEFORE)
    unit_text, after = _peel(rest[second.end() :] if second else rest, _AFTER)
    multiple, unit_text = _split_multiple(unit_text)
    unit = parse_unit(unit_text) if unit_text else None
    operators = {meaning for meaning in (*before, *after) if isinstance(meaning, Operator)}
    if (unit_text and unit is None) or len(operators) + bool(second) > 1:
        return None
    if second and _split_multiple(second["unit"]) not in {(1, ""), (multiple, unit_text)}:
        return None
    numbers = [first["number"], second["number"]] if second else [first["number"]]
    low, high = (_number(number) * multiple for number in (numbers[0], numbers[-1]))
    if second and second["joint"] == "±":
        low, high = low - high, low + high
    if low > high or (second and first["tolerance"]):
        return None
    if unit and basis.startswith("每") and (below := parse_unit(basis[1:])) and below.is_known:
        unit, unit_text, basis = unit.per(below), f"{unit_text}/{basis[1:]}", ""
    changes = [meaning for meaning in before if isinstance(meaning, Change)]
    signed = Change.UP if numbers[0].startswith("+") else Change.NONE
    return ValueReading(
        operator=Operator.BETWEEN if second else next(iter(operators), Operator.EQUAL),
        low=low,
        high=high,
        unit=unit,
        multiple=multiple,
        unit_text=_multiple_text(multiple) + unit_text,
        number_text=("±" if second and second["joint"] == "±" else "～").join(numbers),
        basis=basis,
        change=changes[0] if changes else signed,
        is_about=ABOUT in before or ABOUT in after,
        is_tolerance=bool(first["tolerance"]),
    )


def _peel(text: str, words: Mapping[str, Meaning]) -> tuple[str, list[Meaning]]:
    """Take the words at the end of a text off, one after the other; return the rest and their meanings."""
    meanings: list[Meaning] = []
    text = text.strip()
    while word := next((word for word in words if text.endswith(word)), ""):
        meanings.append(words[word])
        text = text.removesuffix(word).strip()
    return text, meanings


def _split_multiple(text: str) -> tuple[int, str]:
    """Split 万元 into ten thousand and 元."""
    text = text.strip()
    match = _MULTIPLE.match(text)
    if match is None or _SYMBOL.split(text)[0] in KNOWN:
        return 1, text
    return MULTIPLES[match[0]], text[match.end() :].strip()


def _multiple_text(multiple: int) -> str:
    return next((word for word, number in MULTIPLES.items() if number == multiple), "")


def _number(text: str) -> Fraction:
    if text.startswith("10^"):
        return Fraction(10) ** int(text.removeprefix("10^"))
    digits, *power = _TEN.split(text.replace(",", "").replace(" ", ""))
    return Fraction(digits) * Fraction(10) ** int(power[0] if power else 0)


def split_statement(text: str) -> tuple[str, str] | None:
    """Split 抗压强度 ≥ 20 MPa into name and value; None where no whole value follows a name."""
    folded = fold_value(text)
    for first in _FIRST.finditer(folded):
        name, _words = _peel(folded[: first.start()], _BEFORE)
        value = folded[len(name) :].strip()
        reading = read_value(value) if len(name) > 1 and _NAME_END.search(name) else None
        if reading and not reading.basis and (reading.unit is None or reading.unit.is_known):
            return name.strip(), value
    return None
