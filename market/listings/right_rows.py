"""Rights of a listing as people type them in one cell: kind, number and status, or numbers alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from market.codes import lists
from market.codes.patents import foreign_number, parse_patent_number
from market.kit.i18n import gettext as _
from market.listings.rights import InvalidNumber, patent_number_of
from market.listings.rules import may_have_open_licence

_OPEN_LICENCE = "开放许可"
"""Mark after the status of a patent under a declared open licence."""
_KINDS = {"1": "invention", "8": "invention", "2": "utility_model", "9": "utility_model", "3": "design"}
_SOFTWARE = re.compile(r"(?:软著登字第?)?(?:20\d{2}SR\d{6,7}|\d{7,8}号?)", re.IGNORECASE)
_NOTHING = frozenset(["", "无", "-", "/", "—", "——", "暂无", "无专利"])


class InvalidRight(ValueError):
    """A right cannot be read; the message says why."""


def rights_of(text: str, kinds: Mapping[str, str], states: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rights that a cell names; `kinds` and `states` are keys by label.

    Raises:
        InvalidRight: a number is wrong, or a kind or status unknown.
    """
    if text.strip() in _NOTHING:
        return []
    rights: list[dict[str, str]] = []
    for row in re.split(r"[;；\n]", text):
        parts = [part.strip() for part in row.replace("｜", "|").split("|")]
        if len(parts) == 1:
            rights += [drafted_right(number) for number in _numbers(parts[0])]
        elif any(parts):
            rights.append(_right(parts, kinds, states))
    return rights


def drafted_right(number: str) -> dict[str, str]:
    """Return a row drafted from a number alone: its kind by the digit after the year, its status left open.

    Raises:
        InvalidRight: it is no number of a right.
    """
    if parsed := parse_patent_number(number):
        digit = parsed[4] if parsed.startswith("20") and len(parsed) > 12 else parsed[2]
        return _row(_KINDS[digit], parsed, "")
    if foreign := foreign_number(number):
        return _row("invention", foreign, "")
    if _SOFTWARE.fullmatch(number):
        return _row("software", number, "registered")
    raise InvalidRight(_why(number))


def kind_of_number(number: str) -> str:
    """Return the kind of right that a patent number tells; empty where it tells none."""
    try:
        return drafted_right(number)["kind"]
    except InvalidRight:
        return ""


def _numbers(text: str) -> list[str]:
    """Split numbers at commas and the like, and at blanks where what stands between them is a number each."""
    numbers = [part.strip() for part in re.split(r"[,，、]", text) if part.strip()]
    spaced = text.split()
    if len(numbers) == 1 and len(spaced) > 1 and all(parse_patent_number(part) for part in spaced):
        return spaced
    return numbers


def _right(parts: Sequence[str], kinds: Mapping[str, str], states: Mapping[str, str]) -> dict[str, str]:
    kind, number, state = [*parts, "", "", ""][:3]
    if kind not in kinds and (parse_patent_number(kind) or foreign_number(kind)):
        kind, number, state = "", kind, number
    key = _key(kind, kinds) if kind else kind_of_number(number)
    if not key:
        raise InvalidRight(_why(number))
    if key in lists.PATENT_KINDS and number:
        number = _number(number)
    right = _row(key, number[:60], _key(state, states) if state else "")
    if declared := "".join(parts[3:]):
        if declared != _OPEN_LICENCE:
            raise InvalidRight(_("“%(text)s”不在列表里。", text=declared[:40]))
        if not may_have_open_licence(right):
            raise InvalidRight(_("只有已授权的专利才能声明开放许可。"))
        right["open_licence"] = "yes"
    return right


def _row(kind: str, number: str, status: str) -> dict[str, str]:
    return {
        "kind": kind,
        "number": number,
        "name": "",
        "status": status,
        "holder": "",
        "expires_on": "",
        "pledged": "",
    }


def _key(text: str, keys: Mapping[str, str]) -> str:
    if text not in keys:
        raise InvalidRight(_("“%(text)s”不在列表里。", text=text[:40]))
    return keys[text]


def _number(text: str) -> str:
    try:
        return patent_number_of(text)
    except InvalidNumber as error:
        raise InvalidRight(str(error)) from error


def _why(text: str) -> str:
    try:
        return patent_number_of(text)
    except InvalidNumber as error:
        return str(error)
