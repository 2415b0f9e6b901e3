"""Reads the statements that banks here give out, CSV or Excel, each in its own layout.

Known are the corporate exports of ICBC (工商银行), CCB (建设银行) and BOC (中国银行): title lines before
the heads, GBK or UTF-8, amounts with thousands separators, tabs that keep a number from becoming one.
Nothing is guessed: a row that cannot be read refuses the file and names the row.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zipfile import BadZipFile

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.money import Money

MOST_LINES = 20_000
MOST_TITLE_LINES = 30
Cell = str | int | float | datetime | date | None
CURRENCIES = {
    "": "CNY",
    "人民币": "CNY",
    "人民币元": "CNY",
    "RMB": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "港币": "HKD",
    "港元": "HKD",
    "日元": "JPY",
    "英镑": "GBP",
}
INCOMING = ("贷", "来账", "转入", "收入")


class UnreadableStatement(Invalid):
    """The file is no statement we know, or a row of it cannot be read."""


@dataclass(frozen=True)
class Layout:
    """Under which heads a bank writes what; a direction is told by a sign or by the column."""

    bank: str
    day: str
    payer: tuple[str, str]
    """Heads of the other side's name and account."""
    texts: tuple[str, ...]
    reference: str
    balance: str
    own_account: str
    credit: str = ""
    debit: str = ""
    amount: str = ""
    sign: str = ""
    currency: str = ""

    @property
    def needed(self) -> set[str]:
        """Heads without which this is another bank's file."""
        return {self.day, *self.payer, self.credit or self.amount, self.debit or self.sign}


LAYOUTS = (
    Layout(
        bank="icbc",
        day="交易时间",
        payer=("对方单位名称", "对方账号"),
        texts=("摘要", "用途", "个性化信息"),
        reference="凭证号",
        balance="余额",
        own_account="本方账号",
        credit="贷方发生额",
        debit="借方发生额",
    ),
    Layout(
        bank="ccb",
        day="交易时间",
        payer=("对方户名", "对方账号"),
        texts=("摘要", "备注"),
        reference="账户明细编号-交易流水号",
        balance="余额",
        own_account="账号",
        credit="贷方发生额",
        debit="借方发生额",
        currency="币种",
    ),
    Layout(
        bank="boc",
        day="交易日期",
        payer=("付款人名称", "付款人账号"),
        texts=("摘要", "用途", "交易附言", "备注"),
        reference="交易流水号",
        balance="交易后余额",
        own_account="收款人账号",
        amount="交易金额",
        sign="交易类型",
        currency="交易货币",
    ),
)


@dataclass(frozen=True)
class BankRow:
    """One line as the bank wrote it."""

    row: int
    happened_at: datetime
    """By the bank's own clock; midnight where it tells the day only."""
    is_incoming: bool
    money: Money
    payer_name: str
    payer_account: str
    text: str
    reference: str
    balance: str


@dataclass(frozen=True)
class ReadStatement:
    bank: str
    account: str
    rows: tuple[BankRow, ...]

    def fingerprints(self) -> list[str]:
        """Return for each row what names it again in another statement of the same account.

        Rows that are alike in everything count as the first, the second … of their kind.
        """
        seen: Counter[str] = Counter()
        made = []
        for row in self.rows:
            parts = (
                self.account,
                row.happened_at.isoformat(),
                "+" if row.is_incoming else "-",
                str(row.money.amount),
                row.money.currency,
                row.payer_account,
                row.payer_name,
                row.text,
                row.reference,
                row.balance,
            )
            like = "\x1f".join(parts)
            seen[like] += 1
            made.append(hashlib.sha256(f"{like}\x1f{seen[like]}".encode()).hexdigest())
        return made


def read_statement(name: str, content: bytes) -> ReadStatement:
    """Return the lines of a bank's file; its kind is told by the name, its layout by the heads.

    Raises:
        UnreadableStatement: at the field `file`, with what is wrong and in which row.
    """
    table = _workbook(content) if name.lower().endswith(".xlsx") else _csv(content)
    numbered = [
        (number, row) for number, row in enumerate(table, start=1) if any(_text(cell) for cell in row)
    ]
    for place, (_number, row) in enumerate(numbered[:MOST_TITLE_LINES]):
        heads = {_head(cell): column for column, cell in reversed(list(enumerate(row))) if _text(cell)}
        for layout in LAYOUTS:
            if layout.needed <= heads.keys():
                return _read(layout, heads, numbered[place + 1 :])
    raise UnreadableStatement(
        _("没有认出这个银行流水。请用工商银行、建设银行或中国银行企业网银导出的 CSV 或 XLSX 明细。"),
        field="file",
    )


def _read(
    layout: Layout, heads: Mapping[str, int], numbered: Sequence[tuple[int, Sequence[Cell]]]
) -> ReadStatement:
    if len(numbered) > MOST_LINES:
        raise UnreadableStatement(
            _("一次最多导入 %(most)s 行，请分段导出。", most=f"{MOST_LINES:,}"), field="file"
        )
    account, made = "", []
    for number, cells in numbered:
        row = _Row(number, heads, cells)
        if not row.text(layout.day) or _is_total(cells):
            continue
        made.append(_line(layout, row))
        account = account or _account_of(layout, row)
    if not made:
        raise UnreadableStatement(_("这个银行流水里没有交易明细。"), field="file")
    return ReadStatement(layout.bank, account, tuple(made))


def _line(layout: Layout, row: _Row) -> BankRow:
    currency = _currency(row.text(layout.currency)) if layout.currency else "CNY"
    if layout.amount:
        is_incoming = row.text(layout.sign).startswith(INCOMING)
        money = row.money(layout.amount, currency)
    else:
        credit, debit = row.money(layout.credit, currency), row.money(layout.debit, currency)
        # A reversed booking (冲正) stands on its own side with a minus: it is money the other way.
        is_incoming = credit.amount > 0 or debit.amount < 0
        money = credit or debit
    if not money:
        raise row.unreadable(_("没有发生额"))
    name, account = layout.payer
    return BankRow(
        row=row.number,
        happened_at=row.moment(layout.day),
        is_incoming=is_incoming,
        money=Money(abs(money.amount), currency),
        payer_name=row.text(name)[:200],
        payer_account=row.text(account).replace(" ", "")[:60],
        text=" ".join(dict.fromkeys(found for head in layout.texts if (found := row.text(head))))[:400],
        reference=row.text(layout.reference)[:80],
        balance=str(row.money(layout.balance, currency).amount) if row.text(layout.balance) else "",
    )


def _account_of(layout: Layout, row: _Row) -> str:
    if layout.amount and not row.text(layout.sign).startswith(INCOMING):
        return ""  # BOC's payee of an outgoing line is somebody else.
    return row.text(layout.own_account).replace(" ", "")[:40]


@dataclass(frozen=True)
class _Row:
    number: int
    heads: Mapping[str, int]
    cells: Sequence[Cell]

    def cell(self, head: str) -> Cell:
        column = self.heads.get(head)
        return self.cells[column] if column is not None and column < len(self.cells) else None

    def text(self, head: str) -> str:
        return _text(self.cell(head))

    def money(self, head: str, currency: str) -> Money:
        text = self.text(head).lstrip("+")
        if text in ("", "-", "--"):
            return Money(0, currency)
        try:
            return Money.parse(text, currency)
        except ValueError:
            raise self.unreadable(_("金额“%(text)s”看不懂", text=text[:20])) from None

    def moment(self, head: str) -> datetime:
        value = self.cell(head)
        if isinstance(value, datetime):
            return value.replace(tzinfo=None, microsecond=0)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- the bank's own clock
        found = re.fullmatch(
            r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]*(\d{1,2}):?(\d{2}):?(\d{2})?)?(?:\.\d+)?",
            _text(value),
        )
        try:
            if found:
                return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001
        except ValueError:
            pass
        raise self.unreadable(_("日期“%(text)s”看不懂", text=_text(value)[:20]))

    def unreadable(self, what: str) -> UnreadableStatement:
        return UnreadableStatement(
            _("第 %(row)s 行：%(what)s。整个文件没有导入。", row=self.number, what=what), field="file"
        )


def _csv(content: bytes) -> Iterator[Sequence[Cell]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableStatement(_("文件的编码看不懂，请从网银重新导出。"), field="file")
    head = text[:4000]
    separator = "\t" if head.count("\t") > head.count(",") else ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise UnreadableStatement(_("这个 CSV 文件已损坏，请从网银重新导出。"), field="file") from error


def _workbook(content: bytes) -> Iterator[Sequence[Cell]]:
    from openpyxl import load_workbook  # slow to load, and few files are sheets
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # Banks' own writers state wrong ones.
        yield from sheet.iter_rows(values_only=True)  # type: ignore[misc]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, AttributeError) as error:
        raise UnreadableStatement(
            _("这个 Excel 文件打不开，请从网银重新导出 XLSX。"), field="file"
        ) from error


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        # What Excel keeps as 1234.56 is written so, never with the error of its binary fraction.
        return f"{Decimal(repr(cell)).quantize(Decimal('0.01')):f}"
    return " ".join(str(cell).split()).strip("'`")


def _head(cell: Cell) -> str:
    """Return a head without what banks add to it: English in brackets, units, blanks."""
    bare = re.sub(r"[\[［(（].*", "", "".join(_text(cell).split()))
    return bare.removesuffix("/元").strip()


def _is_total(cells: Sequence[Cell]) -> bool:
    first = next((found for cell in cells if (found := _text(cell))), "")
    return first.startswith(("合计", "总计", "小计", "总笔数", "总金额", "借方", "贷方"))


def _currency(text: str) -> str:
    code = text.upper()
    return CURRENCIES.get(code) or (code if re.fullmatch(r"[A-Z]{3}", code) else "CNY")
