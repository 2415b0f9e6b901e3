"""Currencies as banks and exporters spell them: ISO 4217 codes and the Chinese names in use. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, ...]] = {
    "CNY": ("人民币", "人民币元", "元", "人民幣", "RMB", "CNH", "156", "离岸人民币"),
    "USD": ("美元", "美金", "美圆", "美國元", "840"),
    "EUR": ("欧元", "歐元", "欧罗", "978"),
    "HKD": ("港币", "港元", "港圆", "港幣", "香港元", "344"),
    "MOP": ("澳门元", "澳门币", "澳門元", "澳門幣", "446"),
    "TWD": ("新台币", "台币", "新臺幣", "新台币元", "901"),
    "JPY": ("日元", "日圆", "日币", "日圓", "日本元", "392"),
    "GBP": ("英镑", "英鎊", "826"),
    "AUD": ("澳大利亚元", "澳元", "澳洲元", "澳大利亞元", "036"),
    "NZD": ("新西兰元", "纽元", "新西兰币", "紐元", "554"),
    "CAD": ("加拿大元", "加元", "加币", "加拿大币", "124"),
    "CHF": ("瑞士法郎", "瑞郎", "756"),
    "SEK": ("瑞典克朗", "瑞典克郎", "752"),
    "NOK": ("挪威克朗", "挪威克郎", "578"),
    "DKK": ("丹麦克朗", "丹麦克郎", "208"),
    "KRW": ("韩元", "韩国元", "韩圆", "韩币", "韓元", "410"),
    "RUB": ("俄罗斯卢布", "卢布", "643"),
    "INR": ("印度卢比", "356"),
    "PKR": ("巴基斯坦卢比", "586"),
    "LKR": ("斯里兰卡卢比", "144"),
    "NPR": ("尼泊尔卢比", "524"),
    "BDT": ("孟加拉塔卡", "塔卡", "050"),
    "MNT": ("蒙古图格里克", "图格里克", "496"),
    "KZT": ("哈萨克斯坦坚戈", "坚戈", "398"),
    "TRY": ("土耳其里拉", "新土耳其里拉", "949"),
    "AED": ("阿联酋迪拉姆", "迪拉姆", "784"),
    "SAR": ("沙特里亚尔", "沙特里亚", "682"),
    "ZAR": ("南非兰特", "兰特", "710"),
    "BRL": ("巴西雷亚尔", "雷亚尔", "986"),
    "MXN": ("墨西哥比索", "484"),
    "PLN": ("波兰兹罗提", "兹罗提", "985"),
    "CZK": ("捷克克朗", "203"),
    "HUF": ("匈牙利福林", "福林", "348"),
    "VND": ("越南盾", "越盾", "越南元", "704"),
    "THB": ("泰铢", "泰国铢", "泰銖", "泰币", "764"),
    "SGD": ("新加坡元", "新加坡币", "新元", "新币", "坡币", "702"),
    "MYR": ("林吉特", "马来西亚林吉特", "马来西亚元", "马币", "令吉", "458"),
    "IDR": ("印尼盾", "印尼卢比", "印度尼西亚卢比", "印度尼西亚盾", "360"),
    "PHP": ("菲律宾比索", "菲律宾元", "608"),
    "KHR": ("柬埔寨瑞尔", "瑞尔", "116"),
    "LAK": ("老挝基普", "基普", "418"),
    "MMK": ("缅甸元", "缅元", "缅甸缅元", "104"),
    "BND": ("文莱元", "文莱币", "096"),
}
"""Every spelling of a currency that can mean only that one; 卢比, 比索, 克朗 and 盾 alone name several."""
_PARTS = re.compile(r"[A-Z]+|[0-9]+|[^\W\dA-Z_]+")
_FILLERS = frozenset(["币种", "货币", "币别", "CURRENCY"])


def _spelling(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().strip()


_CODES = {_spelling(name): code for code, names in NAMES.items() for name in (code, *names)}


def currency_of(text: str) -> str | None:
    """Return the ISO 4217 code that a text names, None where it names none, several, or one we do not know.

    港币, HKD, 港币HKD, HKD-港币 and 344 are one; an empty text names nothing.
    """
    spelling = _spelling(text)
    if code := _CODES.get(spelling):
        return code
    parts = [part for part in _PARTS.findall(spelling) if part not in _FILLERS]
    codes = {_CODES.get(part) for part in parts}
    return codes.pop() if len(codes) == 1 else None
