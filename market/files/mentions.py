"""Where a text names somebody whom its reader should not know. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum

SHORTEST = 2
"""Characters of the shortest name that is looked for."""
SHORTEST_CORE = 3
"""Characters of what is left of a unit's name without its legal form."""
MOST = 40
"""Findings of one file that are kept."""
_LEGAL_FORMS = re.compile(
    "(股份有限公司|有限责任公司|集团有限公司|有限公司|集团公司|公司|合作社|普通合伙|有限合伙)$"
)
_SPACE = re.compile(r"[\s\u200b-\u200f\ufeff]+")


class NameKind(LabelEnum):
    """What of somebody a text holds."""

    UNIT = "unit", lazy("单位名称")
    SHORT = "short", lazy("单位简称")
    CODE = "code", lazy("统一社会信用代码")
    PERSON = "person", lazy("人员姓名")
    CONTACT = "contact", lazy("电话或邮箱")


class Place(LabelEnum):
    """Where in a file something stands; the number or the cell is told beside it."""

    PAGE = "page", lazy("页")
    PARAGRAPH = "paragraph", lazy("段")
    SHEET = "sheet", lazy("单元格")
    SLIDE = "slide", lazy("幻灯片")
    OTHER = "other", lazy("页眉页脚、批注或备注")


@dataclass(frozen=True)
class Name:
    """One name that should not be read."""

    kind: NameKind
    text: str


@dataclass(frozen=True)
class Mention:
    """A name in a file: what it is and where it stands, not the name itself."""

    kind: NameKind
    place: Place
    at: str
    """Number of the page, paragraph or slide, or the cell such as `表1!B2`."""


def names_of_unit(name: str, code: str | None = None) -> list[Name]:
    """Return the names by which a unit may be known: in full, without its legal form, by its code."""
    names = [Name(NameKind.UNIT, name)]
    core = _LEGAL_FORMS.sub("", name)
    if core != name and len(core) > SHORTEST_CORE:
        names.append(Name(NameKind.SHORT, core))
    if code:
        names.append(Name(NameKind.CODE, code))
    return names


def fold(text: str) -> str:
    """Return a text without spaces, widths and case, as names are compared."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def folded(names: Iterable[Name]) -> list[tuple[NameKind, str]]:
    """Return the names that can be looked for, folded, the longest first."""
    pairs = {(name.kind, fold(name.text)) for name in names}
    usable = [(kind, text) for kind, text in pairs if len(text) >= SHORTEST]
    return sorted(usable, key=lambda pair: (-len(pair[1]), pair[1]))


def find_mentions(
    texts: Iterable[tuple[Place, str, str]], names: Sequence[tuple[NameKind, str]]
) -> list[Mention]:
    """Return where these texts, each with its place, hold one of the folded names, each kind once a place.

    A unit that is named in full is not told as its short name too.
    """
    mentions: list[Mention] = []
    for place, at, text in texts:
        plain = fold(text)
        kinds: set[NameKind] = set()
        for kind, name in names:
            if name in plain:
                plain = plain.replace(name, "\n")
                kinds.add(kind)
        mentions += [Mention(kind, place, at) for kind in NameKind if kind in kinds]
    return mentions[:MOST]


def without_names(text: str, names: Iterable[tuple[str, str]]) -> str:
    """Return a text in which each name is replaced by the words beside it, the longest names first."""
    for name, words in sorted(names, key=lambda pair: -len(pair[0])):
        if len(name) >= SHORTEST:
            text = re.sub(re.escape(name), words, text, flags=re.IGNORECASE)
    return text
