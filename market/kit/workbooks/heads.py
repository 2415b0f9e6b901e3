"""Find the row of heads: below titles, over one or two rows, merged, spelled as people spell them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Cell, Row, Sheet, letter_of

MOST_TITLE_ROWS = 30
"""Rows that hold something in which the heads are looked for."""
MOST_GROUP = 30
"""Columns that one group of heads may reach over; what is wider is a title."""
_NOTE = re.compile(r"(?:[(\[{<【][^()\[\]{}<>【】]*[)\]}>】]?)+$")
"""Notes in brackets at the end of a head; 收(付)方名称 has none."""
_OTHER_UNIT = re.compile(r"[百千]元|万|亿|%")
"""A unit that changes what the numbers below mean, so that it is part of the head."""


@dataclass(frozen=True)
class Head:
    """A column that is wanted: its key, how its head may be spelled, the usual spelling first."""

    name: str
    spellings: tuple[str, ...]
    is_needed: bool = True


@dataclass(frozen=True)
class HeadRow:
    """Where the heads stand, and which column each wanted one is."""

    sheet: Sheet
    row: int
    """Number of the (last) row of heads."""
    columns: Mapping[str, int]

    def rows(self) -> Iterator[Row]:
        """Yield the rows below; heads repeated on a further page are left out."""
        heads = next(row for row in self.sheet.rows if row.number == self.row)
        texts = {column: heads.cell(column).text for column in self.columns.values()}
        for row in self.sheet.rows:
            is_heads = bool(texts) and all(row.cell(column).text == text for column, text in texts.items())
            if row.number > self.row and not is_heads:
                yield row

    def cell(self, row: Row, name: str) -> Cell:
        """Return the cell of a wanted column, an empty one when the sheet has no such column."""
        return row.cell(self.columns.get(name, 0))

    def notices(self) -> list[str]:
        """Tell of what a person may not see: rows and columns that are hidden and were read."""
        notices = []
        if rows := [row.number for row in self.rows() if row.is_hidden]:
            more = "…" if len(rows) > 10 else ""
            numbers = "、".join(map(str, rows[:10])) + more
            notices.append(_("第 %(rows)s 行是隐藏的，也已读入。", rows=numbers))
        hidden = sorted(column for column in self.columns.values() if self.sheet.is_column_hidden(column))
        if hidden:
            letters = "、".join(map(letter_of, hidden))
            notices.append(_("%(columns)s 列是隐藏的，也已读入。", columns=letters))
        return notices


class HeadsNotFound(Exception):
    """No row holds all that is needed. `missing` are the heads that the best row lacks."""

    def __init__(self, missing: Sequence[Head], row: int, sheet: str) -> None:
        super().__init__("、".join(head.spellings[0] for head in missing))
        self.missing = missing
        self.row = row
        """The row that holds most of the heads; 0 when none holds any."""
        self.sheet = sheet


def find_heads(sheets: Iterable[Sheet], heads: Sequence[Head]) -> HeadRow:
    """Return the first row, of the first sheet, that holds every needed head.

    Raises:
        HeadsNotFound: there is none; tells what the row that came nearest lacks.
    """
    names_by_key = {key: head.name for head in reversed(heads) for key in map(head_key, head.spellings)}
    nearest = HeadsNotFound([head for head in heads if head.is_needed], 0, "")
    most = 0
    for sheet in sheets:
        for place, row in enumerate(sheet.rows[:MOST_TITLE_ROWS]):
            columns = _columns(sheet, sheet.rows[place - 1] if place else None, row, names_by_key)
            missing = [head for head in heads if head.is_needed and head.name not in columns]
            if not missing:
                return HeadRow(sheet, row.number, columns)
            if len(columns) > most:
                most, nearest = len(columns), HeadsNotFound(missing, row.number, sheet.name)
    raise nearest


def head_key(text: str) -> str:
    """Return what two spellings of one head share: no blanks, stars, notes in brackets, units of one yuan.

    Traditional characters count as simplified ones. A unit such as 万元 stays: without it the numbers
    would mean something else.
    """
    bare = "".join(unicodedata.normalize("NFKC", text).split()).strip("*:").casefold()
    bare = to_simplified(bare)
    bare = re.sub(r"[/,]?([百千万亿]+元)$", r"(\1)", bare.replace("单位:", ""))
    if (note := _NOTE.search(bare)) and note.start() and not _OTHER_UNIT.search(note[0]):
        bare = bare[: note.start()]
    return bare.removesuffix("/元").strip("*:")


def to_simplified(text: str) -> str:
    """Return a text in simplified characters."""
    return text if text.isascii() else str(_simplified().convert(text))


@lru_cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")


def _columns(sheet: Sheet, above: Row | None, row: Row, names_by_key: Mapping[str, str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for column, keys in head_keys(sheet, above, row):
        name = next((names_by_key[key] for key in keys if key in names_by_key), None)
        if name and name not in columns:
            columns[name] = column
    return columns


def head_keys(sheet: Sheet, above: Row | None, row: Row) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield each column of a row of heads with the keys of its head, under its group above and alone."""
    groups = _groups(sheet, above) if above else {}
    for column, cell in sorted(row.cells.items()):
        yield column, (head_key(groups.get(column, "") + cell.text), head_key(cell.text))


def _groups(sheet: Sheet, row: Row) -> dict[int, str]:
    """Return for each column the text of the merged cell that reaches over it in this row."""
    groups: dict[int, str] = {}
    for span in sheet.spans:
        if span.top <= row.number <= span.bottom and 0 < span.right - span.left < MOST_GROUP:
            groups |= dict.fromkeys(range(span.left, span.right + 1), row.cell(span.left).text)
    return groups
