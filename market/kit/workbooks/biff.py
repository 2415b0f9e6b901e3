"""Read .xls, the binary workbooks of Excel until 2003, which bank and tax systems still write."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import xlrd
from xlrd.sheet import Sheet as BiffSheet

from market.kit.i18n import gettext as _
from market.kit.workbooks.builder import Budget, SheetBuilder
from market.kit.workbooks.cells import (
    Cell,
    Kind,
    Limits,
    Sheet,
    Span,
    UnreadableWorkbook,
    clean,
    date_cell,
    number_cell,
    text_cell,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""Name of the stream in which Office keeps an .xlsx that has a password."""

_FORMULA, _BEGIN, _END = (0x0006, 0x0206, 0x0406), (0x0009, 0x0209, 0x0409, 0x0809), 0x000A
"""Records of a formula, and of the begin and end of a sheet and of the charts in it."""
_NO_TEXT = b"\x03\xff\xff"
"""First and last two bytes of a result that is an empty text, or that was never stored."""
_ARITHMETIC = frozenset([*range(0x03, 0x08), 0x13, 0x14])
"""Last token of a formula that makes a number: + - * / ^, a sign, a percentage."""


def read_biff(content: bytes, limits: Limits) -> Iterator[Sheet]:
    """Yield the sheets of an .xls one after another, those that are shown unless all are hidden.

    Raises:
        UnreadableWorkbook: it is damaged, locked or too large.
    """
    if _ENCRYPTED in content:
        raise _locked()
    budget, is_any_shown = Budget(limits), False
    for sheet in _sheets(content, limits):
        if not sheet.visibility:
            is_any_shown = True
            yield _converted(sheet, budget)
    if not is_any_shown:
        yield from (_converted(sheet, budget) for sheet in _sheets(content, limits))


def _sheets(content: bytes, limits: Limits) -> Iterator[BiffSheet]:
    """Load sheet by sheet, one at a time; formats that a writer stored wrongly are done without."""
    try:
        book = _open(content, formatting_info=True)
    except UnreadableWorkbook:
        book = _open(content, formatting_info=False)
    slots = 0
    for place in range(min(book.nsheets, limits.sheets)):
        try:
            sheet = book.sheet_by_index(place)
        except Exception:
            book = _open(content, formatting_info=False)
            try:
                sheet = book.sheet_by_index(place)
            except Exception as error:
                raise _damaged() from error
        # A row takes memory up to its last cell, however few it has.
        slots += sum(map(sheet.row_len, range(sheet.nrows)))
        if slots > limits.slots:
            raise limits.too_large()
        yield sheet
        book.unload_sheet(place)


def _open(content: bytes, *, formatting_info: bool) -> xlrd.Book:
    try:
        return xlrd.open_workbook(
            file_contents=content,
            logfile=io.StringIO(),
            formatting_info=formatting_info,
            on_demand=True,
            ragged_rows=True,
        )
    except Exception as error:  # xlrd lets through whatever its parsing stumbles over.
        raise (_locked() if "encrypted" in str(error) else _damaged()) from error


def _converted(sheet: BiffSheet, budget: Budget) -> Sheet:
    builder = SheetBuilder(sheet.name, budget)
    is_1904 = sheet.book is not None and bool(sheet.book.datemode)
    unstored: set[tuple[int, int]] | None = None
    for place in range(sheet.nrows):
        kinds, values = sheet.row_types(place), sheet.row_values(place)
        for column, kind in enumerate(kinds):
            if kind == xlrd.XL_CELL_TEXT and not values[column]:
                unstored = _formulas_without_result(sheet) if unstored is None else unstored
                if (place, column) in unstored:
                    builder.add(Cell(sheet.name, place + 1, column + 1, Kind.FORMULA, "="))
            elif kind not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                builder.add(_cell(sheet.name, place + 1, column + 1, kind, values[column], is_1904=is_1904))
        layout = sheet.rowinfo_map.get(place)
        if layout is not None and layout.hidden:
            builder.hide_row(place + 1)
    for column, column_layout in sheet.colinfo_map.items():
        if column_layout.hidden:
            builder.hidden_columns.append(range(column + 1, column + 2))
    for top, bottom, left, right in sheet.merged_cells:
        builder.merge(Span(top + 1, left + 1, bottom, right))
    return builder.build()


def _formulas_without_result(sheet: BiffSheet) -> set[tuple[int, int]]:
    """Return row and column, from 0, of formulas whose result the writing program did not store.

    Such a result is stored as an empty text. A sheet with other results was calculated: there an empty text
    is one, unless the formula does arithmetic.
    """
    book: Any = sheet.book  # Its stubs know neither the content as bytes nor where a sheet begins.
    content, position = book.mem, book._sh_abs_posn[sheet.number]
    empty: dict[tuple[int, int], bool] = {}
    has_results, depth = False, 0
    while position + 4 <= len(content):
        record, length = struct.unpack_from("<HH", content, position)
        body, position = content[position + 4 : position + 4 + length], position + 4 + length
        if record in _BEGIN:
            depth += 1
        elif record == _END:
            depth -= 1
            if depth <= 0:
                break
        elif record in _FORMULA and length >= 14:
            row, column = struct.unpack_from("<HH", body)
            if bytes([body[6], *body[12:14]]) == _NO_TEXT:
                empty[row, column] = body[-1] in _ARITHMETIC
            else:
                has_results = True
    return {place for place, is_arithmetic in empty.items() if is_arithmetic or not has_results}


def _cell(sheet: str, row: int, column: int, kind: int, value: object, *, is_1904: bool) -> Cell:
    if kind == xlrd.XL_CELL_ERROR:
        text = xlrd.error_text_from_code.get(int(str(value)), "#VALUE!")
        return Cell(sheet, row, column, Kind.ERROR, text)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return Cell(sheet, row, column, Kind.BOOLEAN, "TRUE" if value else "FALSE")
    if isinstance(value, float):
        if kind == xlrd.XL_CELL_DATE:
            return date_cell(sheet, row, column, value, is_1904=is_1904)
        return number_cell(sheet, row, column, value, is_1904=is_1904)
    return text_cell(sheet, row, column, clean(str(value)))


def _damaged() -> UnreadableWorkbook:
    return UnreadableWorkbook(_("这个 Excel 文件打不开，请用表格软件打开后另存为 XLSX。"))


def _locked() -> UnreadableWorkbook:
    return UnreadableWorkbook(_("这个 Excel 文件有打开密码，请去掉密码后再上传。"))
