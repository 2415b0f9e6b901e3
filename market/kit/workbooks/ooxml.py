"""Read .xlsx of every writer: both namespaces, wrong dimensions, missing addresses, hidden and merged cells.

The parts are parsed as they are, by the local names of their elements, so that a number's digits are
those in the file and what a library would silently drop (errors, formulas without a result) is told.
"""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zipfile import ZipFile

from market.kit.i18n import gettext as _
from market.kit.workbooks.builder import Budget, SheetBuilder
from market.kit.workbooks.cells import (
    MOST_RAW,
    Cell,
    Kind,
    Limits,
    Sheet,
    Span,
    UnreadableWorkbook,
    clean,
    date_cell,
    moment_cell,
    number_cell,
    text_cell,
)
from market.kit.workbooks.package import DAMAGE, Attributes, Package, Part, Relations, relations_of

ZIP = b"PK\x03\x04"
MOST_PARTS = 2000
_CENTRAL_HEADER = b"PK\x01\x02"
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
"""Built-in formats of dates and times, those of the Chinese version included."""
_NOT_OF_A_DATE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")


def read_ooxml(content: bytes, limits: Limits) -> Iterator[Sheet]:
    """Yield the sheets of an .xlsx one after another, those that are shown unless all are hidden.

    Raises:
        UnreadableWorkbook: it is damaged, locked, no workbook or larger than the limits.
    """
    if content.count(_CENTRAL_HEADER) > MOST_PARTS:
        raise limits.too_large()
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            yield from _sheets(Package(archive, limits), limits)
    except DAMAGE as error:
        raise UnreadableWorkbook(
            _("这个 Excel 文件打不开，可能已损坏，请用表格软件打开后另存为 XLSX。")
        ) from error


def _sheets(package: Package, limits: Limits) -> Iterator[Sheet]:
    book = package.book_name()
    workbook, targets = _Workbook(), Relations(posixpath.dirname(book))
    package.parse(book, workbook)
    package.parse(relations_of(book), targets)
    entries = [(name, state, targets.by_id[key]) for name, key, state in workbook.sheets]
    # A chart may be a sheet of its own; it holds no cells.
    tables = [entry for entry in entries if not re.search(r"(?:chart|dialog)sheets/", entry[2])]
    shown = [entry for entry in tables if entry[1] == "visible"] or tables
    if not shown:
        raise KeyError("no sheet")
    strings, styles = _Strings(), _Styles()
    for kind, part in (("sharedstrings", strings), ("styles", styles)):
        if name := targets.by_kind.get(kind):
            package.parse(name, part)
    budget = Budget(limits)
    for name, _state, target in shown[: limits.sheets]:
        builder = SheetBuilder(clean(name)[:100], budget)
        package.parse(target, _Cells(builder, strings.texts, styles.date_styles(), workbook.is_1904))
        yield builder.build()


@dataclass
class _Workbook(Part):
    """The list of sheets: name, id of its relation, state."""

    sheets: list[tuple[str, str, str]] = field(default_factory=list)
    is_1904: bool = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            key = next((value for name, value in attributes.items() if name.rpartition(" ")[2] == "id"), "")
            self.sheets.append((attributes.get("name", ""), key, attributes.get("state", "visible")))
        elif tag == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")


@dataclass
class _Strings(Part):
    """The texts that cells refer to by number; readings of Chinese characters are left out."""

    texts: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _is_text: bool = False
    _is_reading: bool = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "si":
            self._pieces = []
        elif tag == "rPh":
            self._is_reading = True
        elif tag == "t":
            self._is_text = not self._is_reading

    def end(self, tag: str) -> None:
        if tag == "si":
            self.texts.append(_unescaped("".join(self._pieces)))
            self._length = 0
        elif tag == "rPh":
            self._is_reading = False
        elif tag == "t":
            self._is_text = False

    def text(self, text: str) -> None:
        if self._is_text:
            self._length += len(text)
            if self._length > MOST_RAW:
                raise ValueError("longer than a cell can be")
            self._pieces.append(text)


@dataclass
class _Styles(Part):
    """Which of the cells' styles show a number as a date."""

    _formats: dict[int, str] = field(default_factory=dict)
    _used: list[int] = field(default_factory=list)
    _is_of_cells: bool = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "numFmt":
            self._formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            self._is_of_cells = True
        elif tag == "xf" and self._is_of_cells:
            self._used.append(int(attributes.get("numFmtId", 0)))

    def end(self, tag: str) -> None:
        if tag == "cellXfs":
            self._is_of_cells = False

    def date_styles(self) -> frozenset[int]:
        dates = {key for key, code in self._formats.items() if is_date_format(code)}
        dates |= _DATE_FORMATS - self._formats.keys()
        return frozenset(place for place, key in enumerate(self._used) if key in dates)


def is_date_format(code: str) -> bool:
    """Tell whether a number format shows a day or a time of day; a duration such as [h]:mm is none."""
    bare = _NOT_OF_A_DATE.sub("", code.partition(";")[0])
    if _ELAPSED.search(bare) or "general" in bare.lower():
        return False
    return re.search(r"[ymdhs年月日]", bare, re.IGNORECASE) is not None


@dataclass
class _Cells(Part):
    """The cells of a sheet. Rows and cells without an address follow the one before them."""

    builder: SheetBuilder
    strings: list[str]
    date_styles: frozenset[int]
    is_1904: bool
    row: int = 0
    column: int = 0
    _is_hidden: bool = False
    _kind: str = ""
    _style: int = 0
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0
    _formula: str | None = None
    _has_value: bool = False
    _sink: Callable[[str], None] | None = None
    _is_reading: bool = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "v" or (tag == "t" and not self._is_reading):
            self._has_value, self._sink = True, self._take_value
        elif tag == "f":
            self._formula, self._sink = "", self._take_formula
        elif tag == "row":
            self.row = int(attributes.get("r", self.row + 1))
            if not 1 <= self.row <= _LAST_ROW:
                raise ValueError("no such row")
            self.column, self._is_hidden = 0, attributes.get("hidden") in ("1", "true")
        elif tag == "rPh":
            self._is_reading = True
        elif tag == "mergeCell":
            self.builder.merge(_span(attributes["ref"]))
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            self.builder.hidden_columns.append(range(int(attributes["min"]), int(attributes["max"]) + 1))

    def end(self, tag: str) -> None:
        if tag in ("v", "t", "f"):
            self._sink = None
        elif tag == "c":
            self._end_cell()
        elif tag == "row" and self._is_hidden:
            self.builder.hide_row(self.row)
        elif tag == "rPh":
            self._is_reading = False

    def text(self, text: str) -> None:
        if self._sink is not None:
            self._sink(text)

    def _take_value(self, text: str) -> None:
        self._length += len(text)
        if self._length > MOST_RAW:
            raise ValueError("longer than a cell can be")
        self._pieces.append(text)

    def _take_formula(self, text: str) -> None:
        self._formula = (self._formula or "")[:200] + text[:200]

    def _start_cell(self, attributes: Attributes) -> None:
        self.column += 1
        if reference := _REFERENCE.fullmatch(attributes.get("r", "")):
            self.column, self.row = _column(reference[1]), int(reference[2])
        if not (1 <= self.column <= _LAST_COLUMN and 1 <= self.row <= _LAST_ROW):
            raise ValueError("no such cell")
        self._kind, self._style = attributes.get("t", "n"), int(attributes.get("s", 0))
        self._pieces, self._length, self._formula, self._has_value = [], 0, None, False

    def _end_cell(self) -> None:
        raw = "".join(self._pieces)
        if self._formula is not None and not raw and not (self._kind == "str" and self._has_value):
            text = f"={self._formula}"
            self.builder.add(Cell(self.builder.name, self.row, self.column, Kind.FORMULA, text))
        elif raw:
            self.builder.add(self._cell(raw))

    def _cell(self, raw: str) -> Cell:
        name, row, column = self.builder.name, self.row, self.column
        match self._kind:
            case "s":
                if (place := int(raw)) < 0:
                    raise IndexError("no such text")
                return text_cell(name, row, column, self.strings[place])
            case "b":
                return Cell(
                    name, row, column, Kind.BOOLEAN, "TRUE" if raw.strip() in ("1", "true") else "FALSE"
                )
            case "e":
                return Cell(name, row, column, Kind.ERROR, raw.strip() or "#VALUE!")
            case "d":
                moment = datetime.fromisoformat(raw.strip()).replace(tzinfo=None)
                return moment_cell(name, row, column, moment.replace(microsecond=0))
            case "n":
                return self._number(raw.strip())
        return text_cell(name, row, column, _unescaped(raw))

    def _number(self, raw: str) -> Cell:
        name, row, column = self.builder.name, self.row, self.column
        if "_" in raw:
            raise ValueError("no number")
        number = float(raw)
        if self._style in self.date_styles:
            return date_cell(name, row, column, number, is_1904=self.is_1904)
        return number_cell(name, row, column, number, is_1904=self.is_1904)


def _unescaped(text: str) -> str:
    """Return a text as it is meant: the format writes some characters as _x000D_."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return clean(text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _span(reference: str) -> Span:
    corners = [_REFERENCE.fullmatch(corner) for corner in reference.split(":")]
    (left, top), (right, bottom) = [
        (_column(corner[1]), int(corner[2])) for corner in (corners[0], corners[-1]) if corner is not None
    ]
    return Span(top, left, bottom, right)
