"""A list of listings as JSON lines, read as the sheet that a spreadsheet of it would be. Pure."""

from __future__ import annotations

import gzip
import json
import zlib
from io import BytesIO
from typing import Any

from market.imports.excel_template import ListForm
from market.imports.open_data_rows import InvalidRow, cells_of
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.workbooks.builder import Budget, SheetBuilder
from market.kit.workbooks.cells import Cell, Kind, Limits, Sheet, UnreadableWorkbook, clean, text_cell
from market.kit.workbooks.reading import decode

_BEGINNINGS = (b"{", b"\xef\xbb\xbf{")


def is_json_lines(content: bytes) -> bool:
    """Return whether a file is JSON lines, by its beginning."""
    return content.lstrip(b" \t\r\n").startswith(_BEGINNINGS)


def is_packed(content: bytes) -> bool:
    """Return whether a file is packed by gzip, by its beginning."""
    return content.startswith(b"\x1f\x8b")


def unpack_lines(content: bytes, limits: Limits) -> bytes:
    """Return the JSON lines that a gzip file holds; no more is unpacked than the limit.

    Raises:
        UnreadableWorkbook: it is broken, holds something else, or more than the limit.
    """
    try:
        with gzip.GzipFile(fileobj=BytesIO(content)) as packed:
            lines = packed.read(limits.unpacked + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableWorkbook(_("文件读不出来：压缩文件是坏的。")) from error
    if len(lines) > limits.unpacked:
        raise limits.too_large()
    if not is_json_lines(lines):
        raise UnreadableWorkbook(_("压缩文件（.gz）里只能是 JSON Lines；表格请解压后再上传。"))
    return lines


def parse_line(line: str) -> Any:
    """Return what a line says; an `InvalidRow`, not raised, where it is no JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return InvalidRow(_("这一行不是 JSON。"))


def read_json_lines(content: bytes, form: ListForm, limits: Limits) -> Sheet:
    """Return the sheet: our heads in the first row, then each record, one row below its line in the file.

    What is wrong with a line stands in its first cell, as an error value does.

    Raises:
        UnreadableWorkbook: the encoding is broken, or it is too large.
    """
    text = decode(content)
    if text is None or "\x00" in text:
        raise UnreadableWorkbook(_("文件的编码看不懂，请另存为 UTF-8。"))
    builder = SheetBuilder("", Budget(limits))
    with in_source_language():
        heads = [(column.name, str(column.head)) for column in form.columns]
    places = {name: place for place, (name, _head) in enumerate(heads, start=1)}
    records = [
        (number, _record(form, line))
        for number, line in enumerate(text.splitlines(), start=2)
        if line.strip()
    ]
    used = {name for _number, record in records if isinstance(record, dict) for name in record}
    for name, head in heads:
        if name in used or name == "title":
            builder.add(text_cell("", 1, places[name], head))
    for number, record in records:
        if isinstance(record, InvalidRow):
            builder.add(Cell("", number, places["title"], Kind.ERROR, str(record)))
            continue
        for name, value in record.items():
            builder.add(text_cell("", number, places[name], clean(value)))
    return builder.build()


def _record(form: ListForm, line: str) -> dict[str, str] | InvalidRow:
    parsed = parse_line(line)
    try:
        return parsed if isinstance(parsed, InvalidRow) else cells_of(form, parsed)
    except InvalidRow as error:
        return error
