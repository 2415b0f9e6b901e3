"""The Excel template of listings: generated with drop-downs from the code lists, parsed row by row."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from market.codes import lists
from market.codes.labels import label, labels
from market.codes.patents import parse_patent_number
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Cell, Limits, UnreadableWorkbook
from market.kit.workbooks.heads import Head, HeadRow, HeadsNotFound, find_heads
from market.kit.workbooks.reading import read_sheets
from market.kit.workbooks.values import UnreadableCell, amount_of, day_of
from market.listings.import_mapping import MAX_REFERENCE, MAX_TEXT, MAX_TITLE, InvalidRow, check_text
from market.listings.kinds import OUTCOME, Kind
from market.listings.models import PriceKind
from market.listings.rules import keywords_of, may_have_open_licence

MAX_ROWS = 5000
LIMITS = Limits(rows=MAX_ROWS + 100)
_YES = lazy("是")
_OPEN_LICENCE = lazy("开放许可")
"""Mark after the status of a patent under a declared open licence."""


class NotTheTemplate(Exception):
    """The workbook is not our template; the message says what is missing."""


@dataclass(frozen=True)
class SheetRow:
    """One row of the workbook: cells by column, and the organisation it names."""

    cells: Mapping[str, Cell]

    @property
    def owner(self) -> str:
        return self.cells["owner"].text

    def __getitem__(self, name: str) -> str:
        return self.cells[name].text


@dataclass(frozen=True)
class Column:
    """A column of the template: its head, whether it is required, and its allowed values."""

    name: str
    head: Lazy
    is_required: bool = False
    codes: str = ""
    """Kind of code offered in a drop-down."""
    hint: Lazy | None = None

    @property
    def title(self) -> str:
        return f"{self.head}*" if self.is_required else str(self.head)


_SEVERAL = lazy("可填多项，用；分隔")
OUTCOME_COLUMNS = (
    Column("title", lazy("成果名称"), True),
    Column("highlight", lazy("一句话亮点"), True),
    Column("field", lazy("领域"), True, "field"),
    Column("industries", lazy("产业"), hint=_SEVERAL),
    Column("trl", lazy("成熟度"), True, "trl"),
    Column("modes", lazy("合作方式"), True, hint=_SEVERAL),
    Column("price_kind", lazy("价格方式"), True, "price_kind"),
    Column("price_amount", lazy("价格（万元）")),
    Column("problem", lazy("痛点"), True),
    Column("solution", lazy("方案"), True),
    Column("comparison", lazy("对比"), hint=lazy("指标|现有|本成果；指标|现有|本成果")),
    Column("rights", lazy("知识产权"), hint=lazy("类型|号|状态；已声明开放许可的专利加“|开放许可”")),
    Column("team", lazy("负责人"), True),
    Column("owner", lazy("单位"), True),
    Column("contact_name", lazy("联系窗口"), True),
    Column("contact_phone", lazy("联系电话")),
    Column("keywords", lazy("关键词"), hint=_SEVERAL),
)
NEED_COLUMNS = (
    Column("title", lazy("需求名称"), True),
    Column("field", lazy("领域"), True, "field"),
    Column("industries", lazy("产业"), hint=_SEVERAL),
    Column("kind", lazy("需求类型"), True, "need_kind"),
    Column("background", lazy("背景与现状")),
    Column("description", lazy("需求描述"), True),
    Column("targets", lazy("指标"), True, hint=lazy("指标|现有|目标；指标|现有|目标")),
    Column("modes", lazy("合作方式"), hint=_SEVERAL),
    Column("budget_min_amount", lazy("预算下限（万元）")),
    Column("budget_max_amount", lazy("预算上限（万元）")),
    Column("deadline_on", lazy("截止日期"), True, hint=lazy("如 2026-09-01")),
    Column("is_masked", lazy("不公开单位名称"), codes="yes"),
    Column("owner", lazy("单位"), True),
    Column("contact_name", lazy("联系窗口"), True),
    Column("contact_phone", lazy("联系电话")),
    Column("keywords", lazy("关键词"), hint=_SEVERAL),
)


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """Return the columns of the template of one kind of listing."""
    return OUTCOME_COLUMNS if kind is OUTCOME else NEED_COLUMNS


def template(kind: Kind) -> bytes:
    """Return the empty template as bytes of an .xlsx file, one row per listing."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet, codes = book.add_worksheet(str(kind.words)), book.add_worksheet("codes")
    codes.hide()
    bold = book.add_format({"bold": True, "bg_color": "#e6f2ee", "border": 1})
    grey = book.add_format({"font_color": "#5f716f", "text_wrap": True})
    for place, column in enumerate(columns_of(kind)):
        sheet.write_string(0, place, column.title, bold)
        sheet.write_string(1, place, str(column.hint or ""), grey)
        sheet.set_column(place, place, 18)
        if column.codes:
            names = list(_names(column.codes))
            codes.write_column(0, place, names)
            letter = xlsxwriter.utility.xl_col_to_name(place)
            source = f"=codes!${letter}$1:${letter}${len(names)}"
            sheet.data_validation(2, place, MAX_ROWS, place, {"validate": "list", "source": source})
    sheet.freeze_panes(2, 1)
    book.close()
    return content.getvalue()


def open_sheet(path: Path, kind: Kind) -> HeadRow:
    """Find the template's heads in a workbook or a text file, skipping any rows above them.

    Raises:
        NotTheTemplate: it cannot be read, or columns are missing.
    """
    columns = [Head(column.name, (str(column.head),)) for column in columns_of(kind)]
    try:
        return find_heads(read_sheets(path.read_bytes(), LIMITS), columns)
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
    for place, row in enumerate(heads.rows()):
        filled = SheetRow({column.name: heads.cell(row, column.name) for column in columns_of(kind)})
        if not (place == 0 and _is_hints(filled, columns_of(kind))) and any(
            cell.text for cell in filled.cells.values()
        ):
            yield row.number, filled


def listing_of(kind: Kind, row: SheetRow) -> dict[str, Any]:
    """Return the columns of a listing from one row.

    Raises:
        InvalidRow: a required value is missing, or one cannot be parsed.
    """
    for column in columns_of(kind):
        cell = row.cells[column.name]
        if cell.problem:
            raise InvalidRow(_("“%(name)s”：%(why)s。", name=column.head, why=cell.problem))
        text = check_text(cell.text)
        if column.is_required and not text:
            raise InvalidRow(_("没有填“%(name)s”。", name=column.head))
        if len(text) > (MAX_TITLE if column.name == "title" else MAX_TEXT):
            raise InvalidRow(_("“%(name)s”过长。", name=column.head))
    return _outcome(row) if kind is OUTCOME else _need(row)


def _outcome(cells: SheetRow) -> dict[str, Any]:
    is_fixed = _key("price_kind", cells["price_kind"]) == PriceKind.FIXED
    amount = _money(cells.cells["price_amount"])
    if is_fixed and amount is None:
        raise InvalidRow(_("价格方式是挂牌价，却没有填价格。"))
    rights = [_right(parts) for parts in _table(cells["rights"])]
    patents = ",".join(right["number"] for right in rights)
    return {
        **_common(cells, patents),
        "highlight": cells["highlight"][:300],
        "trl": int(_key("trl", cells["trl"])),
        "price_kind": PriceKind.FIXED if is_fixed else PriceKind.NEGOTIABLE,
        "price_amount": amount if is_fixed else None,
        "problem": cells["problem"],
        "solution": cells["solution"],
        "comparison": [
            {"indicator": a, "current": b, "ours": c, "change": "", "evidence": ""}
            for a, b, c in (_three(parts) for parts in _table(cells["comparison"]))
        ],
        "rights": rights,
        "team": [{"name": name, "title": "", "direction": ""} for name in keywords_of(cells["team"])],
        "source_classification": {"organisation": cells["owner"][:200]},
    }


def _need(cells: SheetRow) -> dict[str, Any]:
    low, high = _money(cells.cells["budget_min_amount"]), _money(cells.cells["budget_max_amount"])
    if low is not None and (high is None or high < low):
        raise InvalidRow(_("预算上限不应小于下限。"))
    return {
        **_common(cells, ""),
        "kind": _key("need_kind", cells["kind"]),
        "background": cells["background"],
        "description": cells["description"],
        "targets": [
            {"indicator": a, "present": b, "target": c}
            for a, b, c in (_three(parts) for parts in _table(cells["targets"]))
        ],
        "budget_min_amount": low,
        "budget_max_amount": high,
        "deadline_on": _day(cells.cells["deadline_on"]),
        "is_masked": cells["is_masked"] == str(_YES),
    }


def _common(cells: SheetRow, patents: str) -> dict[str, Any]:
    """Return the columns of both kinds. Organisation, title and patents identify a record."""
    identity = "\n".join((cells["owner"], cells["title"], patents))
    return {
        "source_reference": f"sheet:{hashlib.sha256(identity.encode()).hexdigest()}"[:MAX_REFERENCE],
        "title": " ".join(cells["title"].split()),
        "field": _key("field", cells["field"]),
        "industries": _keys("industry", cells["industries"]),
        "modes": _keys("mode", cells["modes"]),
        "contact_name": cells["contact_name"][:60],
        "contact_phone": cells["contact_phone"][:40],
        "keywords": keywords_of(cells["keywords"]),
    }


def _right(parts: Sequence[str]) -> dict[str, str]:
    """Parse kind, number, status and optional open licence of one right."""
    kind, number, state = _three(parts)
    key = _key("right_kind", kind)
    if key in lists.PATENT_KINDS and number:
        patent = parse_patent_number(number)
        if patent is None:
            raise InvalidRow(_("专利号 %(number)s 的校验位不对。", number=number[:40]))
        number = patent
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


def _names(kind: str) -> Mapping[str, str]:
    """Return the keys of a drop-down by their labels."""
    if kind == "trl":
        return {f"{level} {name}": str(level) for level, name in lists.TRL.items()}
    if kind == "yes":
        return {str(_YES): "yes"}
    return {label(kind, key): key for key in labels(kind)}


def _key(kind: str, text: str) -> str:
    names = _names(kind)
    if kind == "trl" and text.isdecimal() and text in names.values():
        return text
    if text not in names:
        raise InvalidRow(_("“%(text)s”不在列表里。", text=text[:40]))
    return names[text]


def _keys(kind: str, text: str) -> list[str]:
    return [_key(kind, word) for word in keywords_of(text)]


def _money(cell: Cell) -> int | None:
    """Convert a cell in 万元 to fen; None if it is empty."""
    if not cell.text:
        return None
    try:
        amount = amount_of(cell, unit=10_000)
    except UnreadableCell as error:
        raise InvalidRow(_("“%(text)s”不是金额（%(why)s）。", text=cell.text[:40], why=error.why)) from error
    if amount is None or not 0 < amount.amount < 10**16:
        raise InvalidRow(_("“%(text)s”不是金额（%(why)s）。", text=cell.text[:40], why=cell.place))
    return amount.amount


def _day(cell: Cell) -> date:
    try:
        return day_of(cell)
    except UnreadableCell as error:
        raise InvalidRow(_("“%(text)s”不是日期（%(why)s）。", text=cell.text[:40], why=error.why)) from error


def _is_hints(row: SheetRow, columns: Sequence[Column]) -> bool:
    """Return whether only columns with a hint are filled: older templates had other hints."""
    return all(not row[column.name] or column.hint for column in columns)
