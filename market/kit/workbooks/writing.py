"""Write tables as an Excel workbook: amounts and days as such, all else as text, never as a formula."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import xlsxwriter

from market.kit.money import Money

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Media type of a workbook."""
CHUNK = 64 * 1024

MOST_ROWS = 1_048_575
"""Rows of one sheet below its heads; a longer table goes on in a further sheet."""

Cell = str | int | Money | Decimal | date
"""A decimal is an amount in a unit of its own, such as 万元."""


@dataclass(frozen=True)
class Table:
    """One sheet of a workbook; its rows come in portions."""

    title: str
    heads: Sequence[str]
    rows: AsyncIterator[Sequence[Sequence[Cell | None]]]
    width: int = 18
    wide_column: int | None = None
    """A column of long texts, such as titles; None: all are alike."""
    has_filter: bool = False


async def write_workbook(*tables: Table) -> AsyncIterator[bytes]:
    """Yield a workbook that is written to a file in portions and never held in memory whole."""
    with NamedTemporaryFile(suffix=".xlsx") as file:
        await save_workbook(Path(file.name), *tables)
        with await asyncio.to_thread(Path(file.name).open, "rb") as workbook:
            while chunk := await asyncio.to_thread(workbook.read, CHUNK):
                yield chunk


async def save_workbook(path: Path, *tables: Table, most_rows: int = MOST_ROWS) -> None:
    """Write a workbook to a file in portions; it is never held in memory whole."""
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    formats = _Formats(
        head=book.add_format({"bold": True, "bottom": 1}),
        money=book.add_format({"num_format": "#,##0.00"}),
        day=book.add_format({"num_format": "yyyy-mm-dd"}),
    )
    for table in tables:
        sheet, written = _begin_sheet(book, table, table.title, formats), 0
        sheets = 1
        async for portion in table.rows:
            rest = portion
            while rest:
                if written == most_rows:
                    _end_sheet(sheet, table, written)
                    sheets, written = sheets + 1, 0
                    sheet = _begin_sheet(book, table, f"{table.title} {sheets}", formats)
                now, rest = rest[: most_rows - written], rest[most_rows - written :]
                await asyncio.to_thread(_write, sheet, written + 1, now, formats)
                written += len(now)
        _end_sheet(sheet, table, written)
    await asyncio.to_thread(book.close)


@dataclass(frozen=True)
class _Formats:
    head: Any
    money: Any
    day: Any


def _begin_sheet(book: Any, table: Table, title: str, formats: _Formats) -> Any:
    sheet = book.add_worksheet(title)
    sheet.set_column(0, len(table.heads) - 1, table.width)
    if table.wide_column is not None:
        sheet.set_column(table.wide_column, table.wide_column, 2 * table.width)
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(table.heads):
        sheet.write_string(0, column, head, formats.head)
    return sheet


async def in_one_portion(
    rows: Sequence[Sequence[Cell | None]],
) -> AsyncIterator[Sequence[Sequence[Cell | None]]]:
    """Yield the rows of a short table."""
    yield rows


def _end_sheet(sheet: Any, table: Table, rows: int) -> None:
    if table.has_filter:
        sheet.autofilter(0, 0, max(rows, 1), len(table.heads) - 1)


def _write(sheet: Any, first: int, rows: Sequence[Sequence[Cell | None]], formats: _Formats) -> None:
    for number, row in enumerate(rows, start=first):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(number, column, cell)
            elif isinstance(cell, Money):
                sheet.write_number(number, column, cell.decimal, formats.money)
            elif isinstance(cell, Decimal):
                sheet.write_number(number, column, cell, formats.money)
            elif isinstance(cell, date):
                sheet.write_datetime(number, column, cell, formats.day)
            elif cell is not None:
                sheet.write_number(number, column, cell)
