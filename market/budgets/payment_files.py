"""The bytes of a payment instruction in one layout, as CSV and as a workbook. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import xlsxwriter

from market.budgets.payment_layouts import NUMBERS, Layout, fill

CSV = "text/csv"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class PaymentRow:
    """One order as a payment file shows it; `amount` in fen."""

    sequence: int
    order: str
    payee: str
    account: str
    bank: str
    amount: int


@dataclass(frozen=True)
class PaymentTable:
    """What a layout is filled with: the fields of the whole, and those of each order."""

    shared: Mapping[str, str]
    lines: Sequence[Mapping[str, str]]


def checksum(rows: Sequence[PaymentRow]) -> str:
    """Return the SHA-256 of number, payee, account, bank and amount of each order, one a line.

    `market.budgets.payment_checks` computes the same in SQL.
    """
    lines = [
        f"{row.sequence}|{row.order}|{row.payee}|{row.account}|{row.bank}|{row.amount}"
        for row in sorted(rows, key=lambda row: row.sequence)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def csv_file(layout: Layout, table: PaymentTable) -> bytes:
    """Return the file as CSV in the layout's encoding; every cell is quoted but the amounts."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for cells in _rows(layout, table):
        writer.writerow([_csv_cell(text, is_number, layout) for text, is_number in cells])
    return buffer.getvalue().encode(layout.encoding, errors="replace")


def _csv_cell(text: str, is_number: bool, layout: Layout) -> str | Decimal:
    if is_number:
        return Decimal(text)
    return f"{text}\t" if layout.guard_digits and text.isdigit() and len(text) > 1 else text


def workbook_file(layout: Layout, table: PaymentTable) -> bytes:
    """Return the file as a workbook; every cell is text, also the empty ones, but the amounts."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(table.shared["instruction"])
    text_format = book.add_format({"num_format": "@"})
    money_format = book.add_format({"num_format": "#,##0.00"})
    sheet.set_column(0, len(layout.columns) - 1, 20, text_format)
    for row, cells in enumerate(_rows(layout, table)):
        for column, (text, is_number) in enumerate(cells):
            if is_number:
                sheet.write_number(row, column, Decimal(text), money_format)
            elif text:
                sheet.write_string(row, column, text, text_format)
            else:
                sheet.write_blank(row, column, None, text_format)
    book.close()
    return buffer.getvalue()


def _rows(layout: Layout, table: PaymentTable) -> Iterator[list[tuple[str, bool]]]:
    """Yield the rows from head to foot, each cell with whether it is a number."""
    shared = table.shared
    for row in layout.head:
        yield [(fill(cell, shared), cell in NUMBERS) for cell in row]
    yield [(title, False) for title, _value in layout.columns]
    for line in table.lines:
        values = {**shared, **line}
        yield [(fill(value, values), value in NUMBERS) for _title, value in layout.columns]
    for row in layout.foot:
        yield [(fill(cell, shared), cell in NUMBERS) for cell in row]
