"""Write tables as an Excel workbook: amounts as numbers, everything else as text, never as a formula."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import xlsxwriter

from market.kit.money import Money

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Media type of a workbook."""
CHUNK = 64 * 1024

Cell = str | int | Money | Decimal
"""A decimal is an amount in a unit of its own, such as 万元."""


@dataclass(frozen=True)
class Table:
    """One sheet of a workbook; its rows come in portions."""

    title: str
    heads: Sequence[str]
    rows: AsyncIterator[Sequence[Sequence[Cell]]]
    width: int = 18


async def write_workbook(*tables: Table) -> AsyncIterator[bytes]:
    """Yield a workbook that is written to a file in portions and never held in memory whole."""
    with NamedTemporaryFile(suffix=".xlsx") as file:
        book = xlsxwriter.Workbook(
            file.name, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        head, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
        for table in tables:
            sheet = book.add_worksheet(table.title)
            sheet.set_column(0, len(table.heads) - 1, table.width)
            for column, title in enumerate(table.heads):
                sheet.write_string(0, column, title, head)
            written = 1
            async for portion in table.rows:
                await asyncio.to_thread(_write, sheet, written, portion, money)
                written += len(portion)
        await asyncio.to_thread(book.close)
        with await asyncio.to_thread(Path(file.name).open, "rb") as workbook:
            while chunk := await asyncio.to_thread(workbook.read, CHUNK):
                yield chunk


async def in_one_portion(rows: Sequence[Sequence[Cell]]) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    """Yield the rows of a short table."""
    yield rows


def _write(sheet: Any, first: int, rows: Sequence[Sequence[Cell]], money: Any) -> None:
    for number, row in enumerate(rows, start=first):
        for column, cell in enumerate(row):
            if isinstance(cell, Money):
                sheet.write_number(number, column, cell.decimal, money)
            elif isinstance(cell, Decimal):
                sheet.write_number(number, column, cell, money)
            elif isinstance(cell, int):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, cell)
