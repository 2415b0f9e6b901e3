"""Rights of a listing as people type them in one cell: kind, number and status, or numbers alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from market.codes import lists
from market.codes.canonical import normalise_width
from market.codes.patents import foreign_number, parse_patent_number, split_at_numbers
from market.kit.i18n import gettext as _
from market.listings.rights import InvalidNumber, patent_number_of, without_label
from market.listings.rules import may_have_open_licence
from market.listings.vocabulary import right_kind_named, right_state_named

_OPEN_LICENCE = "开放许可"
"""Mark after the status of a patent under a declared open licence."""
_KINDS = {"1": "invention", "8": "invention", "2": "utility_model", "9": "utility_model", "3": "design"}
_SOFTWARE = re.compile(r"(?:软著登字第?)?(?:20\d{2}SR\d{6,7}|\d{7,8}号?)", re.IGNORECASE)
_NOTHING = frozenset(
    ["", "无", "-", "/", "—", "——", "暂无", "无专利", "没有", "暂无专利", "N/A", "NA", "NONE"]
)
_THOUSANDS = re.compile(r"(?<![0-9A-Z])([A-Z]{2} ?\d{1,3}(?:,\d{3})+)(?!\d)")
"""A foreign number with its thousands parted: US10,123,456B2."""
_DIGITS = re.compile(r"\d{6}")
_AROUND = " \t,，、。.()（）[]【】《》“”\"'-—:："
_NAME_ENDS = re.compile(r"(?:专利|申请|授权|公告)+编?号码?$")
_COUNT = re.compile(r"\D{0,6}[\d一二三四五六七八九十]{1,3}[件项]\D{0,4}")
"""发明专利1件, 共3项"""


class InvalidRight(ValueError):
    """A right cannot be read; the message says why."""


def rights_of(text: str, kinds: Mapping[str, str], states: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rights that a cell names; `kinds` and `states` are keys by label.

    Raises:
        InvalidRight: a number is wrong, or a kind or status unknown.
    """
    if normalise_width(text).strip() in _NOTHING:
        return []
    rights: list[dict[str, str]] = []
    for row in re.split(r"[;；\n]", text):
        parts = [part.strip() for part in row.replace("｜", "|").split("|")]
        if len(parts) == 1:
            rights += _rights_in(parts[0], kinds, states)
        elif any(parts):
            rights.append(_right(parts, kinds, states))
    return rights


def _rights_in(text: str, kinds: Mapping[str, str], states: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rights of a text without columns: numbers alone, or numbers among names and states."""
    if _key_of(text, kinds, right_kind_named) == "trade_secret":
        return [_row("trade_secret", "", "")]
    try:
        return [drafted_right(number) for number in _numbers(text)]
    except InvalidRight:
        if not (parts := split_at_numbers(text)):
            raise
    rights: list[dict[str, str]] = []
    for before, number in parts:
        if _DIGITS.search(before):
            # A further number that is none of ours, or wrong: never dropped.
            raise InvalidRight(_why(before.strip(_AROUND)))
        state, name = _state_and_name(before, states)
        if rights and state and not rights[-1]["status"]:
            # What follows a number up to the next tells of it: ZL…（已授权）.
            rights[-1]["status"], state = state, ""
        if rights and not number:
            rights[-1]["name"] = " ".join(filter(None, (rights[-1]["name"], name)))[:200]
        if number:
            rights.append({**drafted_right(number), "name": name[:200], "status": state})
    return rights


def _state_and_name(text: str, states: Mapping[str, str]) -> tuple[str, str]:
    """Return the status that a text between numbers tells, and the name in it."""
    state, name = "", []
    for word in re.split(r"[\s,，、。()（）\[\]【】:：]+", text):
        if found := _key_of(word, states, right_state_named):
            state = found
        elif not right_kind_named(word) and not _COUNT.fullmatch(word):
            name.append(word)
    return state, _NAME_ENDS.sub("", " ".join(name).strip(_AROUND)).strip(_AROUND)


def drafted_right(number: str) -> dict[str, str]:
    """Return a row drafted from a number alone: its kind by the digit after the year, its status left open.

    Raises:
        InvalidRight: it is no number of a right.
    """
    number = number if _SOFTWARE.fullmatch(number) else without_label(number)
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
    text = _THOUSANDS.sub(lambda match: match[1].replace(",", ""), text)
    numbers = [part.strip() for part in re.split(r"[,，、]", text) if part.strip()]
    spaced = text.split()
    if len(numbers) == 1 and len(spaced) > 1 and all(parse_patent_number(part) for part in spaced):
        return spaced
    return numbers


def _right(parts: Sequence[str], kinds: Mapping[str, str], states: Mapping[str, str]) -> dict[str, str]:
    kind, number, state = [*parts, "", "", ""][:3]
    if kind not in kinds and (parse_patent_number(kind) or foreign_number(kind)):
        kind, number, state = "", kind, number
    key = _key(kind, kinds, right_kind_named) if kind else kind_of_number(number)
    if not key:
        raise InvalidRight(_why(number))
    if key in lists.PATENT_KINDS and number:
        number = _number(number)
    right = _row(key, number[:60], _key(state, states, right_state_named) if state else "")
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


def _key(text: str, keys: Mapping[str, str], named: Callable[[str], str]) -> str:
    if not (key := _key_of(text, keys, named)):
        raise InvalidRight(_("“%(text)s”不在列表里。", text=text[:40]))
    return key


def _key_of(text: str, keys: Mapping[str, str], named: Callable[[str], str]) -> str:
    """Return the key of a label, or of a word of other lists; empty where it is unknown."""
    return keys.get(text) or named(text)


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
