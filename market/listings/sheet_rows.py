"""Reads lists of listings, our template or another's, row by row. Pure but for the file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from market.codes import lists
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.workbooks.cells import Cell, Limits, UnreadableWorkbook
from market.kit.workbooks.heads import Head, HeadRow, HeadsNotFound, find_heads
from market.kit.workbooks.reading import read_sheets
from market.kit.workbooks.values import UnreadableCell, amount_of, day_of
from market.listings.excel_template import MAX_ROWS, YES, Column, columns_of, names_of
from market.listings.import_mapping import MAX_REFERENCE, MAX_TEXT, MAX_TITLE, InvalidRow, check_text
from market.listings.kinds import OUTCOME, Kind
from market.listings.models import PriceKind
from market.listings.rights import InvalidNumber, patent_number_of
from market.listings.rules import keywords_of, may_have_open_licence
from market.listings.vocabulary import NO_AMOUNT, OPEN_TERMS, field_named, mode_named, stage_level, target_of

FEWEST_COLUMNS = 3
"""Known columns that make a sheet a list of listings."""
LIMITS = Limits(rows=MAX_ROWS + 100)
_OPEN_LICENCE = lazy("开放许可")
"""Mark after the status of a patent under a declared open licence."""


class NotTheTemplate(Exception):
    """The workbook is not our template; the message says what is missing."""


@dataclass(frozen=True)
class SheetRow:
    """One row of the workbook: cells by column, and the organisation it names."""

    cells: Mapping[str, Cell]
    """Of the columns that the list has."""
    is_foreign: bool = False
    """The list is not our template: what it does not tell lowers the completeness and refuses nothing."""

    @property
    def owner(self) -> str:
        return self["owner"]

    def __getitem__(self, name: str) -> str:
        return self.cells[name].text if name in self.cells else ""


def open_sheet(path: Path, kind: Kind) -> HeadRow:
    """Find the heads of our template, or of another list, in a workbook or a text file.

    A list of other people has at least a title and two more columns whose heads are known.

    Raises:
        NotTheTemplate: it cannot be read, or columns are missing.
    """
    columns = [
        Head(column.name, (str(column.head), *column.spellings), column.name == "title")
        for column in columns_of(kind)
    ]
    try:
        heads = find_heads(read_sheets(path.read_bytes(), LIMITS), columns)
        if len(heads.columns) < FEWEST_COLUMNS:
            missing = [head for head in columns if head.name not in heads.columns]
            raise HeadsNotFound(missing, heads.row, heads.sheet.name)
        return heads
    except UnreadableWorkbook as error:
        raise NotTheTemplate(str(error)) from error
    except HeadsNotFound as error:
        names = _("缺少这些列：%(names)s。请用下载的模板。", names=str(error))
        place = ""
        if error.row:
            place = _("工作表“%(sheet)s”第 %(row)s 行的表头", sheet=error.sheet, row=error.row)
        raise NotTheTemplate(f"{place}{names}") from error


def read(heads: HeadRow, kind: Kind) -> Iterator[tuple[int, SheetRow]]:
    """Yield the filled rows below the heads, with their numbers in the sheet."""
    columns = [column for column in columns_of(kind) if column.name in heads.columns]
    is_foreign = any(column.is_required and column not in columns for column in columns_of(kind))
    for place, row in enumerate(heads.rows()):
        filled = SheetRow({column.name: heads.cell(row, column.name) for column in columns}, is_foreign)
        if not (place == 0 and _is_hints(filled, columns)) and any(
            cell.text for cell in filled.cells.values()
        ):
            yield row.number, filled


def listing_of(kind: Kind, row: SheetRow) -> dict[str, Any]:
    """Return the columns of a listing from one row.

    Raises:
        InvalidRow: a required value is missing, or one cannot be parsed.
    """
    for column in columns_of(kind):
        cell = row.cells.get(column.name)
        if cell is None:
            continue
        if cell.problem:
            raise InvalidRow(_("“%(name)s”：%(why)s。", name=column.head, why=cell.problem))
        text = check_text(cell.text)
        is_required = column.is_required and (not row.is_foreign or column.name in ("title", "owner"))
        if is_required and not text:
            raise InvalidRow(_("没有填“%(name)s”。", name=column.head))
        if len(text) > (MAX_TITLE if column.name == "title" else MAX_TEXT):
            raise InvalidRow(_("“%(name)s”过长。", name=column.head))
    return _outcome(row) if kind is OUTCOME else _need(row)


def _outcome(cells: SheetRow) -> dict[str, Any]:
    amount = _money(cells, "price_amount")
    if cells["price_kind"] or not cells.is_foreign:
        is_fixed = _key("price_kind", cells["price_kind"]) == PriceKind.FIXED
    else:
        is_fixed = amount is not None
    if is_fixed and amount is None:
        raise InvalidRow(_("价格方式是挂牌价，却没有填价格。"))
    rights = [_right(parts) for parts in _table(cells["rights"])]
    patents = ",".join(right["number"] for right in rights)
    return {
        **_common(cells, patents),
        "highlight": cells["highlight"][:300],
        "trl": _level(cells["trl"]),
        "price_kind": PriceKind.FIXED if is_fixed else PriceKind.NEGOTIABLE,
        "price_amount": amount if is_fixed else None,
        "problem": cells["problem"],
        "solution": cells["solution"],
        "comparison": [
            {"indicator": a[:80], "current": b, "ours": c, "change": "", "evidence": ""}
            for a, b, c in (_three(parts) for parts in _table(cells["comparison"]))
        ],
        "rights": rights,
        "team": [{"name": name, "title": "", "direction": ""} for name in keywords_of(cells["team"])],
        "source_classification": {"organisation": cells["owner"][:200]},
    }


def _need(cells: SheetRow) -> dict[str, Any]:
    low, high = _money(cells, "budget_min_amount"), _money(cells, "budget_max_amount")
    if low is not None and (high is None or high < low):
        raise InvalidRow(_("预算上限不应小于下限。"))
    return {
        **_common(cells, ""),
        "kind": _code(cells, "need_kind", "kind"),
        "background": cells["background"],
        "description": _description(cells),
        "targets": [_target(parts) for parts in _table(cells["targets"])],
        "budget_min_amount": low,
        "budget_max_amount": high,
        "deadline_on": _day(cells, "deadline_on"),
        "is_masked": cells["is_masked"] == str(YES),
    }


def _common(cells: SheetRow, patents: str) -> dict[str, Any]:
    """Return the columns of both kinds. Organisation, title and patents identify a record."""
    identity = "\n".join((cells["owner"], cells["title"], patents))
    return {
        "source_reference": f"sheet:{hashlib.sha256(identity.encode()).hexdigest()}"[:MAX_REFERENCE],
        "title": " ".join(cells["title"].split()),
        "field": _field(cells),
        "industries": _codes(cells, "industry", "industries"),
        "modes": _codes(cells, "mode", "modes"),
        "contact_name": cells["contact_name"][:60],
        "contact_phone": cells["contact_phone"][:40],
        "keywords": keywords_of(cells["keywords"]),
    }


def _right(parts: Sequence[str]) -> dict[str, str]:
    """Parse kind, number, status and optional open licence of one right."""
    kind, number, state = _three(parts)
    key = _key("right_kind", kind)
    if key in lists.PATENT_KINDS and number:
        try:
            number = patent_number_of(number)
        except InvalidNumber as error:
            raise InvalidRow(str(error)) from error
    right = {
        "kind": key,
        "number": number[:60],
        "name": "",
        "status": _key("right_state", state) if state else "",
        "holder": "",
        "expires_on": "",
        "pledged": "",
    }
    if declared := "".join(parts[3:]):
        if declared != str(_OPEN_LICENCE):
            raise InvalidRow(_("“%(text)s”不在列表里。", text=declared[:40]))
        if not may_have_open_licence(right):
            raise InvalidRow(_("只有已授权的专利才能声明开放许可。"))
        right["open_licence"] = "yes"
    return right


def _table(text: str) -> list[list[str]]:
    rows = [row.strip() for row in text.replace(";", "；").split("；")]
    return [[part.strip() for part in row.split("|")] for row in rows if row]


def _three(parts: Sequence[str]) -> tuple[str, str, str]:
    a, b, c = [*parts, "", "", ""][:3]
    return a, b, c


def _key(kind: str, text: str) -> str:
    names = names_of(kind)
    if kind == "trl" and text.isdecimal() and text in names.values():
        return text
    if text not in names:
        raise InvalidRow(_("“%(text)s”不在列表里。", text=text[:40]))
    return names[text]


def _code(cells: SheetRow, kind: str, name: str) -> str:
    """Return the code of a label; in a list of other people an unknown one is left out."""
    try:
        return _key(kind, cells[name])
    except InvalidRow:
        if cells.is_foreign:
            return ""
        raise


def _codes(cells: SheetRow, kind: str, name: str) -> list[str]:
    """Return the codes of several labels; ways of cooperation are known in other words too."""
    codes = []
    for word in keywords_of(cells[name]):
        code = mode_named(word) if kind == "mode" and word not in names_of(kind) else ""
        try:
            codes.append(code or _key(kind, word))
        except InvalidRow:
            if not cells.is_foreign:
                raise
    return list(dict.fromkeys(codes))


def _field(cells: SheetRow) -> str:
    """Return the field, also in the words of other lists."""
    text = cells["field"]
    if text in names_of("field"):
        return names_of("field")[text]
    if code := field_named(text):
        return code
    return "" if cells.is_foreign else _key("field", text)


def _level(text: str) -> int | None:
    """Return the readiness of a level or of a stage in words; None where nothing is told."""
    if not text:
        return None
    level = stage_level(text)
    return int(_key("trl", text)) if level is None or text in names_of("trl") else level


def _description(cells: SheetRow) -> str:
    """Return what a need is about, with the difficulty that other lists tell in a column of its own."""
    if not cells["difficulty"]:
        return cells["description"]
    difficulty = _("拟解决的技术难题：%(text)s", text=cells["difficulty"])
    return f"{cells['description']}\n{difficulty}".strip()


def _target(parts: Sequence[str]) -> dict[str, str]:
    indicator, present, target = _three(parts)
    if len(parts) == 1:
        return target_of(indicator)
    return {"indicator": indicator, "present": present, "target": target}


def _money(cells: SheetRow, name: str) -> int | None:
    """Convert a cell in 万元 to fen; None if it is empty, or says that it is left open."""
    if not cells[name] or cells[name] in NO_AMOUNT:
        return None
    cell = cells.cells[name]
    try:
        amount = amount_of(cell, unit=10_000)
    except UnreadableCell as error:
        raise InvalidRow(_("“%(text)s”不是金额（%(why)s）。", text=cell.text[:40], why=error.why)) from error
    if amount is None or not 0 < amount.amount < 10**16:
        raise InvalidRow(_("“%(text)s”不是金额（%(why)s）。", text=cell.text[:40], why=cell.place))
    return amount.amount


def _day(cells: SheetRow, name: str) -> date | None:
    """Return a day; None where the list says that there is none."""
    if not cells[name] or cells[name] in OPEN_TERMS:
        return None
    cell = cells.cells[name]
    try:
        return day_of(cell)
    except UnreadableCell as error:
        raise InvalidRow(_("“%(text)s”不是日期（%(why)s）。", text=cell.text[:40], why=error.why)) from error


def _is_hints(row: SheetRow, columns: Sequence[Column]) -> bool:
    """Return whether only columns with a hint are filled: older templates had other hints."""
    return all(not row[column.name] or column.hint for column in columns)
