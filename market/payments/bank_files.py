"""Parses statement files of banks, CSV or Excel, each in its bank's layout.

Supports the corporate exports of ICBC (工商银行), CCB (建设银行) and BOC (中国银行). A row that cannot be
parsed rejects the whole file, naming row and cell. So does an account number that Excel has rounded: its
lines could not be deduplicated against another statement.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.workbooks.cells import Cell, Limits, Row, Sheet, UnreadableWorkbook
from market.kit.workbooks.heads import Head, HeadRow, HeadsNotFound, find_heads
from market.kit.workbooks.reading import read_sheets
from market.kit.workbooks.values import UnreadableCell, amount_of, moment_of, text_of
from market.payments.states import Bank

MAX_LINES = 20_000
LIMITS = Limits(rows=2 * MAX_LINES)
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
    """The file is in no supported layout, or a row of it cannot be parsed."""


@dataclass(frozen=True)
class Layout:
    """Column heads of a bank's export; the direction is given by a sign or by the column."""

    bank: Bank
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
    def required(self) -> set[str]:
        """Heads without which this is another bank's file."""
        return {self.day, *self.payer, self.credit or self.amount, self.debit or self.sign}

    @property
    def heads(self) -> list[Head]:
        """All heads that are read, under their own names; units and English in brackets are left out."""
        names = (*self.payer, *self.texts, self.day, self.reference, self.balance, self.own_account)
        more = (self.credit, self.debit, self.amount, self.sign, self.currency)
        return [Head(name, (name,), name in self.required) for name in dict.fromkeys((*names, *more)) if name]


LAYOUTS = (
    Layout(
        bank=Bank.ICBC,
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
        bank=Bank.CCB,
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
        bank=Bank.BOC,
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
    """Local time of the bank; midnight where only the day is given."""
    is_incoming: bool
    money: Money
    payer_name: str
    payer_account: str
    text: str
    reference: str
    balance: str


@dataclass(frozen=True)
class ReadStatement:
    bank: Bank
    account: str
    rows: tuple[BankRow, ...]

    def fingerprints(self) -> list[str]:
        """Return a hash per row that identifies it in another statement of the same account.

        Equal rows are numbered, so that each has its own hash.
        """
        counts: Counter[str] = Counter()
        digests = []
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
            content = "\x1f".join(parts)
            counts[content] += 1
            digests.append(hashlib.sha256(f"{content}\x1f{counts[content]}".encode()).hexdigest())
        return digests


def read_statement(name: str, content: bytes) -> ReadStatement:
    """Parse a bank's file; the format is detected by its content, the layout by its heads.

    Raises:
        UnreadableStatement: at the field `file`, with what is wrong and in which row.
    """
    try:
        layout, heads = _recognise(name, read_sheets(content, LIMITS))
    except UnreadableWorkbook as error:
        raise UnreadableStatement(str(error), field="file") from error
    return _read(layout, heads)


def _recognise(name: str, sheets: Iterable[Sheet]) -> tuple[Layout, HeadRow]:
    for sheet in sheets:
        for layout in LAYOUTS:
            try:
                return layout, find_heads([sheet], layout.heads)
            except HeadsNotFound:
                continue
    raise UnreadableStatement(
        _(
            "没有认出这个银行流水（%(name)s）。请用工商、建设或中国银行网银导出的 CSV 或 Excel 明细。",
            name=name[-60:],
        ),
        field="file",
    )


def _read(layout: Layout, heads: HeadRow) -> ReadStatement:
    rows = list(heads.rows())
    if len(rows) > MAX_LINES:
        raise UnreadableStatement(
            _("一次最多导入 %(most)s 行，请分段导出。", most=f"{MAX_LINES:,}"), field="file"
        )
    account, lines = "", []
    for line in rows:
        row = _Row(heads, line)
        if _is_total(line) or not row.text(layout.day):
            continue
        lines.append(_line(layout, row))
        account = account or _account_of(layout, row)
    if not lines:
        raise UnreadableStatement(_("这个银行流水里没有交易明细。"), field="file")
    return ReadStatement(layout.bank, account, tuple(lines))


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
    texts = (row.text(head) for head in layout.texts)
    return BankRow(
        row=row.row.number,
        happened_at=row.moment(layout.day),
        is_incoming=is_incoming,
        money=Money(abs(money.amount), currency),
        payer_name=row.text(name)[:200],
        payer_account=row.text(account).replace(" ", "")[:60],
        text=" ".join(dict.fromkeys(text for text in texts if text))[:400],
        reference=row.text(layout.reference)[:80],
        balance=str(row.money(layout.balance, currency).amount) if row.text(layout.balance) else "",
    )


def _account_of(layout: Layout, row: _Row) -> str:
    if layout.amount and not row.text(layout.sign).startswith(INCOMING):
        return ""  # BOC's payee of an outgoing line is somebody else.
    return row.text(layout.own_account).replace(" ", "")[:40]


@dataclass(frozen=True)
class _Row:
    """A row of the statement, with cells by head."""

    heads: HeadRow
    row: Row

    def cell(self, head: str) -> Cell:
        return self.heads.cell(self.row, head)

    def text(self, head: str) -> str:
        try:
            return " ".join(text_of(self.cell(head)).split())
        except UnreadableCell as error:
            raise self.unreadable(str(error)) from error

    def money(self, head: str, currency: str) -> Money:
        try:
            return amount_of(self.cell(head), currency) or Money(0, currency)
        except UnreadableCell as error:
            raise self.unreadable(str(error)) from error

    def moment(self, head: str) -> datetime:
        try:
            return moment_of(self.cell(head))
        except UnreadableCell as error:
            raise self.unreadable(str(error)) from error

    def unreadable(self, what: str) -> UnreadableStatement:
        return UnreadableStatement(
            _("第 %(row)s 行：%(what)s。整个文件没有导入。", row=self.row.number, what=what), field="file"
        )


def _is_total(row: Row) -> bool:
    first = row.cells[min(row.cells)].text
    return first.startswith(("合计", "总计", "小计", "总笔数", "总金额", "借方", "贷方"))


def _currency(text: str) -> str:
    code = text.upper()
    return CURRENCIES.get(code) or (code if re.fullmatch(r"[A-Z]{3}", code) else "CNY")
