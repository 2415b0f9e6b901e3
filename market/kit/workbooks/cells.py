"""The parts of a table: cells with kind and address, rows, sheets, and their limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _

MOST_RAW = 131_072
"""Characters in one cell; Excel allows 32,767, other programmes more."""
SAFE_DIGITS = 15
"""Digits of a whole number that a spreadsheet keeps; the rest becomes zeros."""
ERRORS = frozenset(
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"]
)
_PROTECTED = re.compile(r'=\s*"((?:[^"]|"")*)"')
_APOSTROPHE = re.compile(r"['`‘’]([+-]?[0-9A-Za-z][0-9A-Za-z.,-]*)['`’]?")
_ROUNDED = re.compile(r"[+-]?(?:\d(?:\.\d+)?E\+?|\d+(?:\.\d+)?E\+)(\d{2,3})", re.IGNORECASE)
_INVISIBLE = dict.fromkeys(
    [
        *(code for code in range(0x20) if chr(code) not in "\t\n"),
        *range(0x7F, 0xA0),
        0xAD,
        0x61C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xD800, 0xE000),
        0xFEFF,
        *range(0xFFF9, 0xFFFC),
    ]
)
"""Control, zero-width and direction marks and half characters, which nobody types and databases refuse."""


class UnreadableWorkbook(Invalid):
    """The file as a whole cannot be read, or not within its limits; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@dataclass(frozen=True)
class Limits:
    """How much of a file is read before it is refused, so that a small one cannot exhaust memory."""

    rows: int = 50_000
    """Rows that hold something, over all sheets that are read."""
    cells: int = 600_000
    unpacked: int = 64 * 1024 * 1024
    """Bytes of the parts of an .xlsx that are read, when unpacked."""
    slots: int = 8_000_000
    """Cells of an .xls with the empty ones before a row's last, which take memory too."""
    sheets: int = 30
    merges: int = 20_000

    def too_many_rows(self) -> UnreadableWorkbook:
        return UnreadableWorkbook(_("表格超过 %(most)s 行，请分成几份。", most=f"{self.rows:,}"))

    def too_many_cells(self) -> UnreadableWorkbook:
        return UnreadableWorkbook(_("表格超过 %(most)s 个单元格，请分成几份。", most=f"{self.cells:,}"))

    def too_large(self) -> UnreadableWorkbook:
        return UnreadableWorkbook(_("这个文件解开后过大，请分成几份，或另存为 CSV。"))


class Kind(StrEnum):
    """What a cell holds."""

    EMPTY = "empty"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    FORMULA = "formula"
    """A formula whose result the writing program did not store."""


class Cell(NamedTuple):
    """One cell: its address, its kind, the text a person sees, and the value of a number or date."""

    sheet: str
    row: int
    """Number from 1, as the spreadsheet shows it."""
    column: int
    kind: Kind = Kind.EMPTY
    text: str = ""
    value: Decimal | datetime | None = None
    has_lost_digits: bool = False
    """A long number that was stored as a number, or rounded to 4.50012E+18: its last digits are gone."""
    is_merged: bool = False
    """Covered by a cell further up that reaches over several rows, whose content this is."""
    is_1904: bool = False
    """Counts days from 1904, as workbooks of old Macs do."""

    @property
    def letter(self) -> str:
        return letter_of(self.column)

    @property
    def address(self) -> str:
        """Letter and row, such as H3."""
        return f"{self.letter}{self.row}"

    @property
    def place(self) -> str:
        """The address with its sheet, as formulas write it: 成果!H3; without one in a text file."""
        return f"{self.sheet}!{self.address}" if self.sheet else self.address

    @property
    def problem(self) -> str:
        """Why the content must not be used, with its place; empty when it may be."""
        if self.kind is Kind.ERROR:
            return _("%(cell)s 是错误值 %(text)s", cell=self.place, text=self.text)
        if self.kind is Kind.FORMULA:
            return _("%(cell)s 是没有算出结果的公式，请打开保存一次", cell=self.place)
        if self.has_lost_digits:
            return _(
                "%(cell)s 的“%(text)s”已被表格软件改写，丢失了位数，请以文本格式重新导出",
                cell=self.place,
                text=self.text[:30],
            )
        return ""


class Span(NamedTuple):
    """A merged range, from its first to its last row and column."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Row:
    """The cells of one row that hold something, by column."""

    sheet: str
    number: int
    cells: Mapping[int, Cell]
    is_hidden: bool = False

    def cell(self, column: int) -> Cell:
        """Return the cell of a column, an empty one if it holds nothing."""
        return self.cells.get(column) or Cell(self.sheet, self.number, column)

    @property
    def text(self) -> str:
        """Return the texts of all cells from left to right."""
        return " | ".join(self.cells[column].text for column in sorted(self.cells))


@dataclass(frozen=True)
class Sheet:
    """A table: the rows that hold something, in order, and what is merged and hidden."""

    name: str
    """Empty for a text file."""
    rows: tuple[Row, ...]
    spans: tuple[Span, ...] = ()
    hidden_columns: tuple[range, ...] = ()

    def is_column_hidden(self, column: int) -> bool:
        return any(column in columns for columns in self.hidden_columns)


def letter_of(column: int) -> str:
    """Return the letter of a column counted from 1: A, Z, AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def clean(text: str) -> str:
    """Return text without invisible characters, blanks around it, and what keeps a number a text.

    Banks and Excel write ="0123", '0123 or a tab behind a number so that it is not taken for one.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.translate(_INVISIBLE).strip()
    if text[:1] == "=" and (protected := _PROTECTED.fullmatch(text)):
        return protected[1].replace('""', '"').strip()
    if text[:1] in ("'", "`", "‘", "’") and (protected := _APOSTROPHE.fullmatch(text)):
        return protected[1]
    return text


def text_cell(sheet: str, row: int, column: int, text: str) -> Cell:
    """Return the cell of a text that is clean already; error values and rounded numbers are recognised."""
    if not text:
        return Cell(sheet, row, column)
    if text in ERRORS:
        return Cell(sheet, row, column, Kind.ERROR, text)
    rounded = _ROUNDED.fullmatch(text) if len(text) < 30 else None
    return Cell(sheet, row, column, Kind.TEXT, text, None, rounded is not None and int(rounded[1]) >= 11)


def number_cell(sheet: str, row: int, column: int, number: float, *, is_1904: bool = False) -> Cell:
    """Return the cell of a number: the 15 digits that a spreadsheet shows, never its binary error."""
    if number != number or number in (float("inf"), float("-inf")):
        return Cell(sheet, row, column, Kind.ERROR, "#NUM!")
    value = Decimal(f"{number:.{SAFE_DIGITS}g}")
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text == "-0":
        text, value = "0", Decimal(0)
    has_lost_digits = abs(value) >= 10**SAFE_DIGITS
    return Cell(sheet, row, column, Kind.NUMBER, text, value, has_lost_digits, is_1904=is_1904)


def date_cell(sheet: str, row: int, column: int, serial: float, *, is_1904: bool = False) -> Cell:
    """Return the cell of a number that is shown as a date; a time of day alone becomes a text."""
    if not 0 <= serial < 2_958_466:
        return Cell(sheet, row, column, Kind.ERROR, "#NUM!")
    moment = moment_of_serial(serial, is_1904=is_1904)
    if serial < 1:
        return Cell(sheet, row, column, Kind.TEXT, moment.strftime("%H:%M:%S"))
    return moment_cell(sheet, row, column, moment)


def moment_cell(sheet: str, row: int, column: int, moment: datetime) -> Cell:
    """Return the cell of a date, its time left out of the text at midnight."""
    text = moment.isoformat(sep=" ").removesuffix(" 00:00:00")
    return Cell(sheet, row, column, Kind.DATE, text, moment)


def moment_of_serial(serial: float, *, is_1904: bool = False) -> datetime:
    """Return the moment of a spreadsheet's day count, to the second.

    Raises:
        OverflowError: it lies beyond the year 9999.
    """
    # The system of 1900 counts a 29 February 1900 that never was.
    first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if serial < 60 else 30)  # noqa: DTZ001 -- a cell has no zone
    return first + timedelta(seconds=round(serial * 86_400))
