"""Reads lists of listings, our template or another's, row by row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from market.imports.excel_template import MAX_ROWS, Column, ListForm
from market.imports.heads import SheetHeads, guess_heads, visible_rows
from market.imports.json_lines import is_json_lines, is_packed, read_json_lines, unpack_lines
from market.imports.row_reading import SheetRow, lacks_required
from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Limits, Row, Sheet, UnreadableWorkbook
from market.kit.workbooks.reading import read_sheets

_TOTALS = frozenset(["合计", "总计", "小计", "共计", "合計", "總計"])
LIMITS = Limits(rows=MAX_ROWS + 100)


class NotTheTemplate(Exception):
    """The workbook is no list of listings; the message says what is missing."""


def open_sheets(content: bytes, form: ListForm) -> list[Sheet]:
    """Return the sheets of a workbook, a text file or JSON lines, also packed by gzip.

    Raises:
        NotTheTemplate: it cannot be read.
    """
    try:
        if is_packed(content):
            content = unpack_lines(content, LIMITS)
        if is_json_lines(content):
            return [read_json_lines(content, form, LIMITS)]
        return list(read_sheets(content, LIMITS))
    except UnreadableWorkbook as error:
        raise NotTheTemplate(str(error)) from error


def open_list(content: bytes, form: ListForm, remembered: Mapping[str, str] = {}) -> SheetHeads:
    """Find the heads of our template, or of another list, in a workbook or a text file.

    A list has a title and two more columns whose heads are known.

    Raises:
        NotTheTemplate: it cannot be read, or columns are missing.
    """
    heads = guess_heads(open_sheets(content, form), form, remembered)
    if heads is None or not heads.is_list:
        raise NotTheTemplate(missing_columns(heads, form))
    return heads


def missing_columns(heads: SheetHeads | None, form: ListForm) -> str:
    """Say which columns a list lacks, and in which row its heads were taken to stand."""
    columns = heads.columns if heads else {}
    missing = [column for column in form.columns if column.name not in columns and column.is_offered]
    if len(columns) >= 3:
        missing = [column for column in missing if column.name == "title"]
    names = _(
        "缺少这些列：%(names)s。请用下载的模板。", names="、".join(str(column.head) for column in missing)
    )
    if heads is None:
        return names
    return _("工作表“%(sheet)s”第 %(row)s 行的表头", sheet=heads.sheet.name, row=heads.row) + names


def read(heads: SheetHeads, form: ListForm) -> Iterator[tuple[int, SheetRow]]:
    """Yield the filled rows below the heads that a person sees, with their numbers in the sheet."""
    places = heads.columns
    columns = [column for column in form.columns if column.name in places]
    is_foreign = lacks_required(form, places)
    for place, row in enumerate(visible_rows(heads)):
        cells = {column.name: row.cell(places[column.name]) for column in columns}
        filled = SheetRow(cells, is_foreign, heads.units)
        is_aside = (place == 0 and _is_hints(filled, columns)) or (not filled["title"] and _is_total(row))
        if not is_aside and any(cell.text for cell in cells.values()):
            yield row.number, filled


def _is_total(row: Row) -> bool:
    """Return whether a row sums up the rows above it."""
    return any("".join(cell.text.split()).strip(":：") in _TOTALS for cell in row.cells.values())


def _is_hints(row: SheetRow, columns: Sequence[Column]) -> bool:
    """Return whether only columns with a hint are filled: older templates had other hints."""
    return all(not row[column.name] or column.hint for column in columns)
