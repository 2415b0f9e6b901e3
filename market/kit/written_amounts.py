"""Amounts as people write them in words: 十二万, 3百万元, 约30万, 10-20万. Pure.

Only what can be one thing is read, in simplified or traditional characters; 一万二 and 一百二 are not.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

from market.kit.chinese_numbers import DIGITS

MOST = 40
"""Characters of the longest amount that is read."""
_DIGITS = DIGITS | {char: value for value, char in enumerate("〇壹贰叁肆伍陆柒捌玖")} | {"俩": 2}
_TENS = {"千": 1000, "仟": 1000, "百": 100, "佰": 100, "十": 10, "拾": 10}
_GROUPS = {"亿": 10**8, "万": 10**4, "": 1}
_DIGIT = f"[{''.join(_DIGITS)}]"
_SECTION = re.compile(
    "".join(f"(?:({_DIGIT})({tens})(零)?)?" for tens in ("[千仟]", "[百佰]"))
    + (f"(?:({_DIGIT})?([十拾])(零)?)?({_DIGIT})?")
)
_ARABIC = re.compile(r"(\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)\s*([十百千]?)(万|亿|)")
_YUAN = re.compile(r"\s*(?:人民币)?\s*[元圆块]\s*[整正]?\s*(?:人民币)?$|[整正]$")
_ABOUT = re.compile(r"^(?:大约|大概|约为|约|近|上下)\s*|\s*(?:左右|上下)$")
_TRADITIONAL = str.maketrans("萬億圓塊幣約兩貳參陸點", "万亿圆块币约两贰叁陆点")
_INSIDE = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?\s*[十百千]?(?:[万亿Ww]\s*元?|元)(?![\d.])")
"""An amount in digits with its unit, among other words."""
_RANGE = re.compile(r"\s*(?:-{1,2}|~|〜|—{1,2}|–|至|到)\s*")


def read_amount(text: str, *, unit: int) -> int | None:
    """Return the fen of an amount in words, in `unit`s of a yuan where no unit is written; else None."""
    text = _folded(text)
    bare = _YUAN.sub("", text)
    number = _number(bare)
    if number is None:
        return None
    is_in_yuan = bare != text or any(group and group in bare for group in _GROUPS)
    fen = number * (1 if is_in_yuan else unit) * 100
    return int(fen) if fen.denominator == 1 and 0 < fen < 10**16 else None


def read_approximate(text: str, *, unit: int) -> int | None:
    """Return the fen of an amount that is said to be about right: 约30万, 三十万左右; else None."""
    folded = _folded(text)
    plain = _ABOUT.sub("", folded)
    return read_amount(plain, unit=unit) if plain != folded else None


def read_inside(text: str, *, unit: int) -> int | None:
    """Return the fen of the only amount with a unit among other words: 35万元/年, 35W起; else None."""
    amounts = _INSIDE.findall(_folded(text))
    return read_amount(re.sub("[Ww]", "万", amounts[0]), unit=unit) if len(amounts) == 1 else None


def read_range(text: str, *, unit: int) -> tuple[int, int] | None:
    """Return the two ends of a range in fen: 10-20万, 10万至20万元, 十到二十万; else None.

    An end without a unit has that of the other: 10-20万 are 100,000 to 200,000 yuan.
    """
    parts = _RANGE.split(_ABOUT.sub("", _folded(text)))
    if len(parts) != 2 or not all(parts):
        return None
    low, high = parts
    if not (_YUAN.search(low) or any(group and group in low for group in _GROUPS)):
        match = re.search(r"(?:[万亿])?\s*(?:[元圆]\s*[整正]?)?$", high)
        low += match[0].strip() if match else ""
    ends = read_amount(low, unit=unit), read_amount(high, unit=unit)
    if ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
        return None
    return ends[0], ends[1]


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text[:MOST]).strip() if len(text) <= MOST else ""
    folded = folded.translate(_TRADITIONAL)
    return folded.removeprefix("人民币").lstrip("¥￥ ")


def _number(text: str) -> Fraction | None:
    """Return a number in digits with Chinese units (3百万), or wholly in Chinese numerals (一百二十万)."""
    if match := _ARABIC.fullmatch(text):
        number = Fraction(Decimal(match[1].replace(",", "")))
        return number * _TENS.get(match[2], 1) * _GROUPS[match[3]]
    return _chinese_number(text)


def _chinese_number(text: str) -> Fraction | None:
    whole, point, part = text.partition("点")
    if point:
        group = part[-1:] if part[-1:] in ("万", "亿") else ""
        digits = part.removesuffix(group)
        number = _section(whole)
        if number is None or not digits or not all(char in _DIGITS for char in digits):
            return None
        fraction = Fraction(int("".join(str(_DIGITS[char]) for char in digits)), 10 ** len(digits))
        return (number + fraction) * _GROUPS[group]
    total, rest = 0, text
    for group in ("亿", "万"):
        head, is_there, tail = rest.partition(group)
        if is_there:
            number = _section(head.removeprefix("零") if total else head)
            if number is None:
                return None
            total += number * _GROUPS[group]
            rest = tail
    if not rest:
        return Fraction(total) if total else None
    # 一万二 may be 12,000 and 10,002.
    if total and len(rest) == 1 and rest in _DIGITS:
        return None
    number = _section(rest.removeprefix("零") if total else rest)
    return None if number is None else Fraction(total + number)


def _section(text: str) -> int | None:
    """Return a number below ten thousand: 一千二百三十, 两百零五; None for others, as 一百二 and 二三."""
    match = _SECTION.fullmatch(text)
    if match is None or not text:
        return None
    thousands, _t, zero_t, hundreds, _h, zero_h, tens, ten, _zero_x, ones = match.groups()
    number = 1000 * _DIGITS.get(thousands or "", 0) + 100 * _DIGITS.get(hundreds or "", 0)
    number += (10 * _DIGITS.get(tens, 0) if tens else 10) if ten else 0
    if ones and (thousands or hundreds) and not ten and not (zero_t or zero_h):
        return None
    if text[-1] == "零" and len(text) > 1:
        return None
    return number + _DIGITS.get(ones or "", 0) or None
