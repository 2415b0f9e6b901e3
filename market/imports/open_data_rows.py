"""Maps a row of an external file to the columns of a listing. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from market.codes.labels import label
from market.imports.excel_template import YES, ListForm
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.listings.kinds import OUTCOME
from market.listings.rules import MAX_KEYWORDS, first_sentence, keywords_of
from market.listings.vocabulary import field_named

MAX_TITLE = 200
MAX_TITLE_EN = 400
MAX_REFERENCE = 120
MAX_HIGHLIGHT = 120
MAX_TEXT = 50_000
MAX_KEYWORD = 60

DISCIPLINES: Mapping[str, str] = {
    "计算机科学与技术": "electronics",
    "信息与通信工程": "electronics",
    "电子科学与技术": "electronics",
    "控制科学与工程": "electronics",
    "光学工程": "electronics",
    "航空宇航科学与技术": "aerospace",
    "兵器科学与技术": "aerospace",
    "机械工程": "manufacturing",
    "纺织科学与工程": "manufacturing",
    "食品科学与工程": "agriculture",
    "药学": "biomedicine",
    "中医学/中药学": "biomedicine",
    "基础医学/临床医学": "biomedicine",
    "口腔医学": "biomedicine",
    "公共卫生与预防医学": "biomedicine",
    "生物学/生物科学与工程": "biomedicine",
    "材料科学与工程": "materials",
    "冶金工程": "materials",
    "化学/化学工程与技术": "materials",
    "电气工程": "energy",
    "动力工程及工程热物理": "energy",
    "石油与天然气工程": "energy",
    "环境科学与工程": "environment",
    "矿业工程": "environment",
    "核科学与技术": "nuclear",
    "作物学": "agriculture",
    "园艺学": "agriculture",
    "水产": "agriculture",
    "农业工程": "agriculture",
    "农业资源利用": "agriculture",
    "林学/林业工程": "agriculture",
    "畜牧学/兽医学": "agriculture",
    "植物保护": "agriculture",
    "交通运输工程": "transport",
    "船舶与海洋工程": "transport",
    "土木工程": "urban",
    "水利工程": "urban",
    "建筑学": "urban",
}
"""一级学科 to technical field; disciplines outside technology are absent."""

CLC: Mapping[str, str] = {
    "Q": "biomedicine",
    "R": "biomedicine",
    "S": "agriculture",
    "TB": "manufacturing",
    "TB3": "materials",
    "TD": "environment",
    "TE": "energy",
    "TF": "materials",
    "TG": "materials",
    "TG5": "manufacturing",
    "TH": "manufacturing",
    "TJ": "aerospace",
    "TK": "energy",
    "TL": "nuclear",
    "TM": "energy",
    "TN": "electronics",
    "TP": "electronics",
    "TQ": "materials",
    "TS": "manufacturing",
    "TS2": "agriculture",
    "TU": "urban",
    "TV": "urban",
    "U": "transport",
    "V": "aerospace",
    "X": "environment",
}
"""Prefixes of the Chinese Library Classification; the longest match wins."""

CPC: Mapping[str, str] = {
    "A01": "agriculture",
    "A23": "agriculture",
    "A61": "biomedicine",
    "B": "manufacturing",
    "B09": "environment",
    "B60": "transport",
    "B61": "transport",
    "B62": "transport",
    "B63": "transport",
    "B64": "aerospace",
    "B82": "materials",
    "C": "materials",
    "C02": "environment",
    "C12": "biomedicine",
    "D": "manufacturing",
    "E": "urban",
    "F": "manufacturing",
    "F03": "energy",
    "F24": "energy",
    "G": "electronics",
    "G21": "nuclear",
    "H": "electronics",
    "H02": "energy",
    "Y02": "environment",
}
"""Prefixes of the Cooperative Patent Classification; the longest match wins."""


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""A zero byte or a lone surrogate, which the database refuses."""


class InvalidRow(Exception):
    """The row cannot be imported; the message says why."""


def outcome_of(row: Any) -> dict[str, Any]:
    """Return the columns of an outcome from one line of JSON.

    Missing fields stay empty and lower the completeness.

    Raises:
        InvalidRow: id or title is missing, or a value cannot be stored.
    """
    reference, abstract = _reference(row), _text(row, "abstract", MAX_TEXT)
    return {
        "source_reference": reference,
        "title": _title(row),
        "highlight": first_sentence(abstract, MAX_HIGHLIGHT),
        "solution": abstract,
        "keywords": _keywords(row),
        "title_en": _text(row, "title_en", MAX_TITLE_EN),
        "abstract_en": _text(row, "abstract_en", MAX_TEXT),
        "field": field_of(row),
        "source_classification": _classification(row),
    }


def need_of(row: Any) -> dict[str, Any]:
    """Return the columns of a need from one line of JSON; else as `outcome_of`."""
    return {
        "source_reference": _reference(row),
        "title": _title(row),
        "description": _text(row, "text", MAX_TEXT),
        "keywords": _keywords(row),
        "field": field_of(row),
    }


def cells_of(form: ListForm, row: Any) -> dict[str, str]:
    """Return one line of JSON as the cells of a list, by our columns.

    A key may be a column of ours, in its name or the words of its head; else it is read as `outcome_of` and
    `need_of` read it. Unlike there, an id is not required.

    Raises:
        InvalidRow: it is no record, or a value cannot be stored.
    """
    if not isinstance(row, Mapping):
        raise InvalidRow(_("这一行不是一条记录。"))
    with in_source_language():
        named = {words: column.name for column in form.columns for words in (column.name, str(column.head))}
        own = {named[key]: _cell(value) for key, value in row.items() if key in named}
        read = outcome_of if form.kind is OUTCOME else need_of
        values = read({"id": "-", **row, "title": row.get("title") or own.get("title")})
        cells = {name: value for name, value in values.items() if isinstance(value, str)}
        cells["keywords"] = "；".join(values["keywords"])
        reference = cells.pop("source_reference")
        cells["reference"] = reference if "id" in row else ""
        if cells["field"]:
            own["field"] = label("field", cells["field"])
    return {name: text for name, text in (cells | own).items() if text}


def _cell(value: Any) -> str:
    """Return a value as a cell holds it; several are parted as in our template, rows of a table too."""
    if isinstance(value, Mapping):
        return "|".join(_cell(part) for part in value.values())
    if isinstance(value, list | tuple):
        return "；".join(_cell(part) for part in value)
    if isinstance(value, bool):
        return str(YES) if value else ""
    return "" if value is None else check_text(str(value).strip())


def field_of(row: Mapping[str, Any]) -> str:
    """Return the technical field of the source's classification, or of its words; empty if neither tells."""
    discipline = row.get("discipline")
    if isinstance(discipline, str) and discipline in DISCIPLINES:
        return DISCIPLINES[discipline]
    for name, table in (("clc", CLC), ("cpc", CPC)):
        for code in _strings(row.get(name)):
            if technical_field := _longest_prefix(code.strip().upper(), table):
                return technical_field
    named = (field_named(text) for name in ("field", "category") for text in _strings(row.get(name)))
    return next(filter(None, named), "")


def check_text(text: str) -> str:
    """Return the text if the database can store it.

    Raises:
        InvalidRow: it contains a zero byte or a lone surrogate.
    """
    if _UNSTORABLE.search(text):
        raise InvalidRow(_("含有不能保存的字符。"))
    return text


def _longest_prefix(code: str, table: Mapping[str, str]) -> str:
    for length in range(min(len(code), 3), 0, -1):
        if code[:length] in table:
            return table[code[:length]]
    return ""


def _reference(row: Any) -> str:
    if not isinstance(row, Mapping):
        raise InvalidRow(_("这一行不是一条记录。"))
    reference = row.get("id")
    if isinstance(reference, int):
        reference = str(reference)
    if not isinstance(reference, str) or not reference.strip():
        raise InvalidRow(_("没有编号（id）。"))
    if len(reference) > MAX_REFERENCE:
        raise InvalidRow(_("编号过长，最多 %(most)s 个字符。", most=MAX_REFERENCE))
    return check_text(reference.strip())


def _title(row: Mapping[str, Any]) -> str:
    title = " ".join(_text(row, "title", MAX_TEXT).split())
    if not title:
        raise InvalidRow(_("没有名称。"))
    if len(title) > MAX_TITLE:
        raise InvalidRow(_("名称过长，最多 %(most)s 个字。", most=MAX_TITLE))
    return title


def _text(row: Mapping[str, Any], name: str, most: int) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidRow(_("栏目 %(name)s 应是文字。", name=name))
    text = check_text(value).replace("\r\n", "\n").strip()
    if len(text) > most:
        raise InvalidRow(_("栏目 %(name)s 过长，最多 %(most)s 个字。", name=name, most=most))
    return text


def _keywords(row: Mapping[str, Any]) -> list[str]:
    given = row.get("keywords")
    listed = keywords_of(given) if isinstance(given, str) else _strings(given)
    words = (" ".join(check_text(word).split())[:MAX_KEYWORD] for word in listed)
    return list(dict.fromkeys(word for word in words if word))[:MAX_KEYWORDS]


def _classification(row: Mapping[str, Any]) -> dict[str, str]:
    names = ("source", "kind", "category", "discipline", "clc", "cpc", "licence", "ref")
    columns = {name: check_text("; ".join(_strings(row.get(name))))[:500] for name in names}
    return {name: value for name, value in columns.items() if value}


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return []
