"""Read an uploaded table; its format is detected by content, never by name.

Text files of rows are read in the encodings and with the separators that people send.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from market.kit.i18n import gettext as _
from market.kit.workbooks.biff import OLE, read_biff
from market.kit.workbooks.builder import Budget, SheetBuilder
from market.kit.workbooks.cells import MOST_RAW, Limits, Sheet, UnreadableWorkbook, clean, text_cell
from market.kit.workbooks.ooxml import ZIP, read_ooxml

_BARE_BIFF = (
    *(b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"),
    *(b"\x09\x08\x08\x00", b"\x09\x08\x10\x00"),
)
"""Beginnings of .xls files that lie in no container, as some programmes write them."""


def read_sheets(content: bytes, limits: Limits | None = None) -> Iterator[Sheet]:
    """Yield the sheets of an .xlsx, .xls or text file, each read when it is asked for.

    Raises:
        UnreadableWorkbook: it is none of these, damaged, locked, or larger than the limits.
    """
    limits = limits or Limits()
    if not content.strip(b"\x00\r\n\t "):
        raise UnreadableWorkbook(_("这个文件是空的。"))
    if content.startswith(ZIP):
        yield from read_ooxml(content, limits)
    elif content.startswith((OLE, *_BARE_BIFF)):
        yield from read_biff(content, limits)
    else:
        yield from read_delimited(content, limits)


SEPARATORS = (",", "\t", ";", "|")
_SAMPLE_ROWS = 60
_SAMPLE = 64 * 1024
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


def decode(content: bytes) -> str | None:
    """Return the text of a file in UTF-8, UTF-16 or GB18030, or None when it is none of these.

    A Ctrl-Z at the end, which old bank systems write, is left out.
    """
    content = content.rstrip(b"\x1a")
    encodings = ["utf-8-sig", "gb18030"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in content[:1000]:
        # Commas and line ends have a zero byte: behind them, or before them when the high byte comes first.
        zeros_before, zeros_behind = content[0:1000:2].count(0), content[1:1000:2].count(0)
        encodings = ["utf-16-be" if zeros_before > zeros_behind else "utf-16-le"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def read_delimited(content: bytes, limits: Limits) -> Iterator[Sheet]:
    """Yield the one sheet of a text file; its rows are counted as a spreadsheet would number them.

    Raises:
        UnreadableWorkbook: the encoding or the quoting is broken, or it is a page, or too large.
    """
    text = decode(content)
    if text is None or "\x00" in text:
        raise UnreadableWorkbook(_("文件的编码看不懂，请另存为 UTF-8 的 CSV 或 XLSX。"))
    if re.match(r"\s*<(?:!doctype|html|table|\?xml)", text[:200], re.IGNORECASE):
        raise UnreadableWorkbook(_("这个文件其实是网页，不是表格，请打开后另存为 XLSX。"))
    separator_line = _SEPARATOR_LINE.match(text)
    separator = separator_line[1] if separator_line else separator_of(text)
    builder = SheetBuilder("", Budget(limits))
    # A quoted text may hold a break, but one that never ends would swallow the rest of the file.
    csv.field_size_limit(MOST_RAW)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for number, texts in enumerate(rows, start=1):
            if number == 1 and separator_line:
                continue
            for column, raw in enumerate(texts, start=1):
                if raw and (value := clean(raw)):
                    builder.add(text_cell("", number, column, value))
    except csv.Error as error:
        raise UnreadableWorkbook(_("这个 CSV 文件已损坏，请重新导出。")) from error
    yield builder.build()


def separator_of(text: str) -> str:
    """Return the separator under which the first rows fall into columns most evenly."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    return max(SEPARATORS, key=lambda separator: _evenness(sample, separator))


def _evenness(sample: str, separator: str) -> int:
    widths: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
            widths[len(row)] += 1
            if widths.total() >= _SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    return max(((width - 1) * count for width, count in widths.items() if width > 1), default=0)
