"""Write .xls files for tests: no kept library does, and old systems still send them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

SECTOR = 512
DATE_STYLE = 1


@dataclass(frozen=True)
class Formula:
    """A formula of which the writing program stored a number, or no result."""

    tokens: bytes
    result: float | None = None


Value = str | float | bool | date | None | Exception | Formula
"""An exception stands for the error value #N/A."""


@dataclass(frozen=True)
class Table:
    rows: Sequence[Sequence[Value]]
    name: str = "Sheet1"
    is_hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    """Counted from 0, as are columns and merged ranges: first and last row, first and last column."""
    hidden_columns: tuple[int, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()


def xls(*tables: Table) -> bytes:
    """Return a workbook in BIFF8, in the container that Office puts around it."""
    sheets = [_sheet(table) for table in tables]
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)) + _record(0x42, b"\xb0\x04")
    fonts = _record(0x31, struct.pack("<HHHHHBBBB", 200, 0, 0, 400, 0, 0, 0, 0, 0) + _short("Arial")) * 5
    styles = b"".join(_record(0xE0, struct.pack("<HHH", 0, key, 1) + bytes(14)) for key in (0, 14))
    names = [_short(table.name) for table in tables]
    offset = len(begin + fonts + styles) + sum(4 + 6 + len(name) for name in names) + 4
    entries = b""
    for table, name, sheet in zip(tables, names, sheets, strict=True):
        entries += _record(0x85, struct.pack("<IBB", offset, int(table.is_hidden), 0) + name)
        offset += len(sheet)
    return container(begin + fonts + styles + entries + _record(0x0A, b"") + b"".join(sheets))


def container(stream: bytes, name: str = "Workbook") -> bytes:
    """Return an OLE file with one stream: header, table of sectors, directory, stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    sectors = len(stream) // SECTOR
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    padded = [*table, *[0xFFFFFFFF] * (128 - len(table))]
    directory = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry(name, 2, 0xFFFFFFFF, 2, len(stream))
    return header + struct.pack("<128I", *padded) + directory.ljust(SECTOR, b"\0") + stream


def _sheet(table: Table) -> bytes:
    parts = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))]
    parts += [_record(0x7D, struct.pack("<HHHHHH", n, n, 2000, 0, 1, 0)) for n in table.hidden_columns]
    for number, values in enumerate(table.rows):
        hidden = 0x20 if number in table.hidden_rows else 0
        parts.append(_record(0x208, struct.pack("<HHHHHHI", number, 0, len(values), 255, 0, 0, hidden)))
        parts += [_cell(number, column, value) for column, value in enumerate(values) if value is not None]
    ranges = b"".join(struct.pack("<HHHH", *span) for span in table.merged)
    if ranges:
        parts.append(_record(0xE5, struct.pack("<H", len(table.merged)) + ranges))
    return b"".join(parts) + _record(0x0A, b"")


def _cell(row: int, column: int, value: Value) -> bytes:
    if isinstance(value, str):
        text = struct.pack("<HB", len(value.encode("utf-16-le")) // 2, 1) + value.encode("utf-16-le")
        return _record(0x204, struct.pack("<HHH", row, column, 0) + text)
    if isinstance(value, bool):
        return _record(0x205, struct.pack("<HHHBB", row, column, 0, int(value), 0))
    if isinstance(value, Exception):
        return _record(0x205, struct.pack("<HHHBB", row, column, 0, 0x2A, 1))
    if isinstance(value, Formula):
        result = b"\x03" + bytes(5) + b"\xff\xff" if value.result is None else struct.pack("<d", value.result)
        head = struct.pack("<HHH", row, column, 0) + result + bytes(6)
        return _record(0x06, head + struct.pack("<H", len(value.tokens)) + value.tokens)
    style, number = 0, value
    if isinstance(value, date):
        style, number = DATE_STYLE, (value - date(1899, 12, 30)).days
    assert isinstance(number, int | float)
    return _record(0x203, struct.pack("<HHHd", row, column, style, number))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child if kind == 5 else 0xFFFFFFFF)
    head = written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1) + links
    return head + bytes(36) + struct.pack("<IQ", start, size)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _short(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")
