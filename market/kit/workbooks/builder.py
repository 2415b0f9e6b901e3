"""Build a sheet row by row within the limits, and fill merged cells downwards."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from market.kit.workbooks.cells import Cell, Kind, Limits, Row, Sheet, Span


@dataclass
class Budget:
    """What has been read of one file, over all its sheets."""

    limits: Limits
    rows: int = 0
    cells: int = 0

    def spend_row(self) -> None:
        self.rows += 1
        if self.rows > self.limits.rows:
            raise self.limits.too_many_rows()

    def spend_cell(self) -> None:
        self.cells += 1
        if self.cells > self.limits.cells:
            raise self.limits.too_many_cells()


@dataclass
class SheetBuilder:
    """Collect the cells of a sheet in the order of the file; blank cells and rows are left out."""

    name: str
    budget: Budget
    spans: list[Span] = field(default_factory=list)
    hidden_columns: list[range] = field(default_factory=list)
    _rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    _hidden_rows: set[int] = field(default_factory=set)

    def add(self, cell: Cell) -> None:
        """Add a cell to the sheet; an empty one is dropped."""
        if cell.kind is Kind.EMPTY:
            return
        self.budget.spend_cell()
        cells = self._rows.get(cell.row)
        if cells is None:
            self.budget.spend_row()
            cells = self._rows[cell.row] = {}
        cells[cell.column] = cell

    def hide_row(self, number: int) -> None:
        if number in self._rows:
            self._hidden_rows.add(number)

    def merge(self, span: Span) -> None:
        if span.bottom < span.top or span.right < span.left:
            return
        if len(self.spans) >= self.budget.limits.merges:
            raise self.budget.limits.too_large()
        self.spans.append(span)

    def build(self) -> Sheet:
        """Return the sheet, with merged cells filled downwards."""
        numbers = sorted(self._rows)
        for span in self.spans:
            if span.bottom > span.top:
                self._fill_merged_cells(span, numbers)
        rows = (Row(self.name, n, self._rows[n], n in self._hidden_rows) for n in numbers)
        return Sheet(self.name, tuple(rows), tuple(self.spans), tuple(self.hidden_columns))

    def _fill_merged_cells(self, span: Span, numbers: list[int]) -> None:
        """Repeat the top left value of a merged cell in the rows below that hold something."""
        origin = self._rows.get(span.top, {}).get(span.left)
        if origin is None:
            return
        for place in range(bisect_left(numbers, span.top + 1), len(numbers)):
            number = numbers[place]
            if number > span.bottom:
                break
            self.budget.spend_cell()
            self._rows[number].setdefault(span.left, origin._replace(row=number, is_merged=True))
