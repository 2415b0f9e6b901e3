"""The cells of an import's row, as they were read and as a person mended them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from market.imports.excel_template import ListForm
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_reading import ReadRow, SheetRow, lacks_required
from market.kit.workbooks.cells import Cell, text_cell
from market.kit.workbooks.cells import Kind as CellKind

DECISION = "listing"
"""Key among the answers: what becomes of a row whose listing is there already."""
UPDATE, LEAVE, NEW = "update", "leave", "new"


def used_columns(mapping: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of the list's column by column of ours."""
    return {column["name"]: column["column"] for column in mapping.get("columns", []) if column["name"]}


def stored_cells(row: SheetRow) -> dict[str, Any]:
    """Return the cells of a row as JSON: a text, or a list with what else matters of it."""
    return {name: _stored(cell) for name, cell in row.cells.items() if cell.text}


def _stored(cell: Cell) -> list[Any]:
    flags = [cell.has_lost_digits, cell.is_merged, cell.is_1904]
    return [cell.text, cell.sheet, cell.column, cell.kind.value, *(flags if any(flags) else ())]


def filled_row(row: ListingImportRow, listing_import: ListingImport, form: ListForm) -> SheetRow:
    """Return a stored row as it is read: with its mended cells, and what the heads say."""
    columns = used_columns(listing_import.mapping)
    units = listing_import.mapping.get("units", {})
    return SheetRow(answered(row, columns), lacks_required(form, columns), units)


def answered(row: ListingImportRow, columns: Mapping[str, int]) -> dict[str, Cell]:
    """Return the cells of a row in the columns that are used, with those that a person mended."""
    cells = {name: Cell("", row.row_number, column) for name, column in columns.items()}
    cells |= {name: _cell(row.row_number, stored) for name, stored in row.cells.items()}
    for name, text in row.answers.items():
        if name != DECISION:
            sheet, column = (cells[name].sheet, cells[name].column) if name in cells else ("", 0)
            cells[name] = text_cell(sheet, row.row_number, column, text)
    return cells


def _cell(number: int, stored: Sequence[Any]) -> Cell:
    text, sheet, column, kind = stored[:4]
    lost, merged, is_1904 = stored[4:] or (False, False, False)
    # Numbers and dates are understood from their text as well; only what must not be used keeps its kind.
    cell_kind = CellKind(kind) if kind in (CellKind.ERROR, CellKind.FORMULA) else CellKind.TEXT
    return Cell(sheet, number, column, cell_kind, text, None, lost, merged, is_1904)


def text_as_read(row: ListingImportRow, column: str) -> str:
    """Return the text of a cell as it stands in the file."""
    stored = row.cells.get(column)
    return str(stored[0]) if stored else ""


def describe(row: ListingImportRow, read: ReadRow, filled: SheetRow) -> None:
    """Write into a row what its cells say and what is wrong with them."""
    row.title = " ".join(filled["title"].split())[:200]
    row.faults = {
        fault.column: {"sentence": fault.sentence, "choices": list(fault.choices)} for fault in read.faults
    }
    row.remarks = {column: str(remark) for column, remark in read.remarks.items()}
    row.listing_id = None
