"""Payment files for the bank: their layouts as data, and their bytes as CSV and as a workbook. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy

FOLDER = Path(__file__).parent / "layouts"
ENCODINGS = {"utf-8-sig": "UTF-8", "gb18030": "GB18030（GBK）"}
MAX_COLUMNS = 40
MAX_ROWS = 10
"""Rows above or below the table."""
LINE_FIELDS = {
    "sequence": lazy("序号"),
    "order": lazy("拨付编号"),
    "claim": lazy("申报编号"),
    "payee": lazy("收款人"),
    "uscc": lazy("统一社会信用代码"),
    "account": lazy("账号"),
    "bank": lazy("开户行"),
    "bank_code": lazy("行号"),
    "province": lazy("省"),
    "city": lazy("市"),
    "amount": lazy("金额（元）"),
}
"""What a row of the table may show of its order."""
SHARED_FIELDS = {
    "instruction": lazy("指令编号"),
    "batch": lazy("批次编号"),
    "programme": lazy("政策"),
    "year": lazy("年度"),
    "released_on": lazy("放行日期"),
    "count": lazy("合计笔数"),
    "total": lazy("合计金额（元）"),
    "total_words": lazy("合计金额大写"),
    "maker": lazy("制表"),
    "checker": lazy("复核"),
    "checksum": lazy("校验码"),
}
"""What any cell may show of the instruction."""
NUMBERS = frozenset({"{amount}", "{total}"})
"""Cells that are numbers in a workbook; every other cell is text, so that no code loses a digit."""
NEEDED = ("payee", "account", "amount")
"""A payment file without one of these pays nobody."""
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Layout:
    """How one kind of payment file is written."""

    key: str
    version: int
    """0: as shipped; else the office's version."""
    name: str
    encoding: str
    guard_digits: bool
    """True: codes of digits carry a tab in CSV, so that a spreadsheet that opens it keeps them as text."""
    head: tuple[tuple[str, ...], ...]
    columns: tuple[tuple[str, str], ...]
    """Title and contents of each column, such as ("账号", "{account}")."""
    foot: tuple[tuple[str, ...], ...]

    def content(self) -> dict[str, Any]:
        """Return the layout as its file holds it."""
        return {
            "name": self.name,
            "encoding": self.encoding,
            "guard_digits": self.guard_digits,
            "head": [list(row) for row in self.head],
            "columns": [list(column) for column in self.columns],
            "foot": [list(row) for row in self.foot],
        }


@cache
def shipped_layouts() -> Mapping[str, Layout]:
    """Return the layouts that ship with the release, by key."""
    return {
        path.stem: read_layout(path.stem, 0, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.json"))
    }


def read_layout(key: str, version: int, content: Mapping[str, Any]) -> Layout:
    """Check a layout and return it.

    Raises:
        Invalid: at `name`, `encoding`, `head`, `columns` or `foot`, with what is wrong.
    """
    layout = Layout(
        key=key,
        version=version,
        name=str(content["name"]).strip(),
        encoding=str(content["encoding"]),
        guard_digits=bool(content["guard_digits"]),
        head=tuple(tuple(map(str, row)) for row in content["head"]),
        columns=tuple((str(title), str(value)) for title, value in content["columns"]),
        foot=tuple(tuple(map(str, row)) for row in content["foot"]),
    )
    _check(layout)
    return layout


def read_columns(text: str) -> list[tuple[str, str]]:
    """Return the columns of a text with one `title = contents` a line.

    Raises:
        Invalid: at `columns`: a line without `=`.
    """
    columns = []
    for number, line in enumerate(_lines(text), start=1):
        title, sign, value = line.partition("=")
        if not sign or not title.strip():
            raise Invalid(_("第 %(row)s 行应写成“标题=内容”。", row=number), field="columns")
        columns.append((title.strip(), value.strip()))
    return columns


def read_rows(text: str) -> list[list[str]]:
    """Return the rows of a text with one row a line, its cells divided by `|`."""
    return [[cell.strip() for cell in line.split("|")] for line in _lines(text)]


def columns_text(columns: Sequence[tuple[str, str]]) -> str:
    """Return columns as `read_columns` reads them."""
    return "\n".join(f"{title}={value}" for title, value in columns)


def rows_text(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as `read_rows` reads them."""
    return "\n".join("|".join(row) for row in rows)


def _lines(text: str) -> list[str]:
    plain = text.replace("＝", "=").replace("｛", "{").replace("｝", "}").replace("｜", "|")
    return [line.strip() for line in plain.splitlines() if line.strip()]


def _check(layout: Layout) -> None:
    if not layout.name or len(layout.name) > 60:
        raise Invalid(_("请填写名称，最多 60 个字。"), field="name")
    if layout.encoding not in ENCODINGS:
        raise Invalid(_("请选择编码。"), field="encoding")
    if not 0 < len(layout.columns) <= MAX_COLUMNS:
        raise Invalid(_("应有 1 到 %(most)s 列。", most=MAX_COLUMNS), field="columns")
    titles = [unicodedata.normalize("NFKC", title) for title, _value in layout.columns]
    if repeated := sorted({title for title in titles if titles.count(title) > 1}):
        raise Invalid(_("列标题重复：%(titles)s。", titles="、".join(repeated)), field="columns")
    _check_fields("columns", [value for _title, value in layout.columns], LINE_FIELDS | SHARED_FIELDS)
    used = {name for _title, value in layout.columns for name in _FIELD.findall(value)}
    if missing := [str(LINE_FIELDS[name]) for name in NEEDED if name not in used]:
        raise Invalid(_("缺少这些内容：%(names)s。", names="、".join(missing)), field="columns")
    if not any(value == "{amount}" for _title, value in layout.columns):
        raise Invalid(_("金额应单独占一列，内容只写 {amount}。"), field="columns")
    for field, rows in (("head", layout.head), ("foot", layout.foot)):
        if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
            raise Invalid(_("最多 %(most)s 行。", most=MAX_ROWS), field=field)
        _check_fields(field, [cell for row in rows for cell in row], SHARED_FIELDS)


def _check_fields(field: str, values: Sequence[str], known: Mapping[str, Any]) -> None:
    for value in values:
        if len(value) > 200:
            raise Invalid(_("内容“%(text)s…”太长。", text=value[:20]), field=field)
        if "{" in _FIELD.sub("", value) or "}" in _FIELD.sub("", value):
            raise Invalid(_("“%(text)s”里的大括号不成对。", text=value[:40]), field=field)
        if unknown := [name for name in _FIELD.findall(value) if name not in known]:
            raise Invalid(_("这里不能用 {%(name)s}。", name=unknown[0][:40]), field=field)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a cell's text with its fields replaced."""
    return _FIELD.sub(lambda match: values[match[1]], template)


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

    `market.budgets.checks` computes the same in SQL.
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
