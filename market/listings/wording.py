"""What the texts of a listing may not hold: contact details and words of advertising. Pure.

Contacts have fields of their own, which only signed-in members of verified organisations read. Superlatives
without proof are forbidden in advertising (广告法 art. 9); a technical text may use such words, so most of
the list counts in titles and highlights only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from market.kit.i18n import gettext as _

HEADLINES = ("title", "title_en", "highlight")
"""Fields that stand in lists and in shared links."""
TEXTS = (
    *HEADLINES,
    *("keywords", "problem", "solution", "comparison", "indicators", "applications", "economics", "evidence"),
    *("conditions", "abstract_en"),
    *("background", "description", "targets", "constraints", "attempts", "expected_form", "rights_intent"),
    *("payment_terms", "requirements"),
)
"""Public texts of outcomes and needs. References may hold addresses of papers."""
BANNED_IN_HEADLINES = (
    *("全国第一", "世界第一", "全球第一", "国内第一", "行业第一", "业界第一", "史上", "天下第一", "独一无二"),
    *("国家级", "世界级", "最高级", "最先进", "最领先", "最优秀", "最好", "最佳", "最强", "顶级", "顶尖"),
    *("极品", "王牌", "绝无仅有", "前所未有", "百分之百", "全网", "领导品牌", "填补空白"),
)
BANNED = (
    "立即购买",
    "马上购买",
    "抢购",
    "秒杀",
    "优惠价",
    "稳赚",
    "包赚",
    "零风险",
    "一夜暴富",
    "躺赚",
    "包治",
)
_CONTACTS = (
    re.compile(r"(?<!\d)1[3-9]\d(?:[\s-]?\d{4}){2}(?!\d)"),
    re.compile(r"(?<!\d)(?:0\d{2,3}[\s-]\d{7,8}|\(0\d{2,3}\)\s?\d{7,8}|400[\s-]?\d{3}[\s-]?\d{4})(?!\d)"),
    re.compile(r"[A-Za-z0-9._%+-]+\s?@\s?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"),
    re.compile(r"https?:/{1,2}\S+|(?<![A-Za-z0-9])www\.\S+", re.I),
    re.compile(r"(?<![A-Za-z0-9@.-])(?:[a-z0-9-]+\.)+(?:com|cn|org|top|xyz|vip|shop|site)(?![A-Za-z])", re.I),
    re.compile(
        r"(?:加|我|扫|联系)\s?[微薇威徽]\s?[信xX]|[微薇威]\s?信\s?(?:号|[:：]|同号)|[qQ]{2}\s?(?:号|群|[:：])?\s?\d{5,11}"
        r"|(?<![A-Za-z])(?:we\s?chat|weixin)\s?(?:id|号|[:：])|(?<![A-Za-z])[vV][xX信]\s?(?:号|[:：]|同号)"
        r"|加\s?[vV]\s?[:：]",
        re.I,
    ),
)


def contact_details(text: str) -> list[str]:
    """Return the phone numbers, WeChat and QQ names, mail addresses and links in a text, as written."""
    plain = unicodedata.normalize("NFKC", text)
    return list(dict.fromkeys(match[0].strip() for pattern in _CONTACTS for match in pattern.finditer(plain)))


def banned_words(text: str, *, is_headline: bool) -> list[str]:
    """Return the words in a text that a listing may not use, in the order of the list."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    words = (*BANNED, *BANNED_IN_HEADLINES) if is_headline else BANNED
    return [word for word in words if word in plain]


def wording_faults(listing: Any, names: Collection[str] | None = None) -> list[tuple[str, str]]:
    """Return what the texts of a listing may not hold, as pairs of field and sentence.

    `names` restricts it to some fields, such as those that were changed.
    """
    faults = []
    for name in TEXTS:
        if not hasattr(listing, name) or (names is not None and name not in names):
            continue
        text = text_of(getattr(listing, name))
        if found := contact_details(text):
            words = "”“".join(found[:3])[:80]
            faults.append((name, _("“%(words)s”是联系方式，请写在联系栏里。", words=words)))
        if found := banned_words(text, is_headline=name in HEADLINES):
            faults.append((name, _("请不要写“%(words)s”，用数字和依据说明。", words="”“".join(found[:3]))))
    return faults


def text_of(value: Any) -> str:
    """Return the text of a field, one line for each part of a list or a row."""
    if isinstance(value, list):
        return "\n".join(text_of(item) for item in value)
    if isinstance(value, dict):
        return "\n".join(str(part or "") for part in value.values())
    return str(value or "")
