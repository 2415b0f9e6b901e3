"""Reads statement files of banks, CSV or Excel, by layout, heads or mapping; see `statement_columns`. Pure.

Nothing is guessed. A row that cannot be read is set aside with the word that was not understood, and the
other rows go in; text whose digits a spreadsheet took away is told and not used. Every row below the heads
becomes a `BankRow` or a `SkippedRow`, so that both together are the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from market.codes.currencies import currency_of
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.kit.money import HOME, UNITS, Money
from market.kit.workbooks.cells import Cell, Limits, Row, Sheet, UnreadableWorkbook
from market.kit.workbooks.reading import read_sheets
from market.kit.workbooks.values import UnreadableCell, amount_of, clock_of, moment_of, text_of
from market.payments.balances import BalanceCheck, check_balances
from market.payments.line_comparison import is_reversal_text
from market.payments.statement_columns import Role, StatementColumns, recognise_layout, remembered_columns
from market.payments.statement_rows import BankRow, SkippedRow
from market.payments.statement_words import direction_of, is_summary, is_total, marks_of
from market.payments.states import UNDERSTOOD, Bank, SkipReason

MAX_LINES = 20_000
LIMITS = Limits(rows=2 * MAX_LINES)
_BRACKETED = re.compile(r"\((.+)\)")


class UnreadableStatement(Invalid):
    """The file is in no supported layout, or none of its rows can be read."""


@dataclass(frozen=True)
class ReadStatement:
    """A parsed statement file."""

    bank: Bank
    account: str
    """Of the organisation itself; empty if the file lacks it or its digits."""
    rows: tuple[BankRow, ...]
    skipped: tuple[SkippedRow, ...] = ()
    notices: tuple[str, ...] = ()
    """Remarks about what could not be used."""
    balance: BalanceCheck | None = None
    """None if the file has no balances, or several currencies."""
    columns: StatementColumns = field(default_factory=lambda: StatementColumns(0, {}))


Mappings = Mapping[str, Mapping[Role, Sequence[int]]]
"""Columns by role, by the signature of the heads that a person has mapped."""


def read_statement(
    name: str, content: bytes, mappings: Mappings | None = None, currency: str = HOME, most: int = MAX_LINES
) -> ReadStatement:
    """Parse a bank's file; the format is detected by its content, the layout by its heads.

    `mappings` override detected layouts; `currency` is the account's, for files without such a column; `most`
    is the number of lines that are taken.

    Raises:
        UnknownLayout: the columns are not recognised.
        UnreadableStatement: at the field `file`, with the reason.
    """
    sheets = open_sheets(content)
    recognised = _recognise(name, sheets, mappings or {})
    statements: dict[str, ReadStatement] = {}
    problems: list[_NoLines] = []
    for bank, sheet, columns in recognised:
        try:
            statements[sheet.name] = _Reader(bank, sheet, columns, currency).read(most)
        except _NoLines as problem:
            problems.append(problem)
    if len(statements) > 1:
        raise UnreadableStatement(
            _(
                "文件里有几张流水表（%(sheets)s），请各存为一个文件分别导入。",
                sheets="、".join(statements),
            ),
            field="file",
        )
    if not statements:
        raise problems[0]
    [(used, statement)] = statements.items()
    return replace(statement, notices=(*statement.notices, *unread_sheets(sheets, used)))


def unread_sheets(sheets: Iterable[Sheet], used: str) -> list[str]:
    """Return a remark about the sheets that hold something and were not read, if there are any."""
    names = [sheet.name for sheet in sheets if sheet.rows and sheet.name != used]
    return [_("没有读入的工作表：%(sheets)s。", sheets="、".join(names))] if names else []


def read_columns(sheet: Sheet, columns: StatementColumns, currency: str = HOME) -> ReadStatement:
    """Parse a sheet by a mapping of columns that a person is editing.

    Raises:
        UnreadableStatement: no row can be parsed.
    """
    return _Reader(Bank.OTHER, sheet, columns, currency).read()


def open_sheets(content: bytes) -> list[Sheet]:
    """Return the sheets of a file, for mapping its columns by hand.

    Raises:
        UnreadableStatement: at the field `file`.
    """
    try:
        return [sheet for sheet in read_sheets(content, LIMITS) if sheet.rows]
    except UnreadableWorkbook as error:
        raise UnreadableStatement(str(error), field="file") from error


class _NoLines(UnreadableStatement):
    """A sheet has the heads of a statement, but no row that can be read."""


class UnknownLayout(UnreadableStatement):
    """No row of heads names day, amount and direction: a person must map the columns."""


def _recognise(
    name: str, sheets: Iterable[Sheet], mappings: Mappings
) -> list[tuple[Bank, Sheet, StatementColumns]]:
    recognised = []
    for sheet in sheets:
        if columns := remembered_columns(sheet, mappings):
            recognised.append((Bank.OTHER, sheet, columns))
        elif layout := recognise_layout(sheet):
            recognised.append((layout[0], sheet, layout[1]))
    if recognised:
        return recognised
    raise UnknownLayout(
        _("没有认出这个银行流水（%(name)s）的列，请说明每一列是什么。", name=name[-60:]), field="file"
    )


class _Skip(Exception):
    """The row is skipped."""

    def __init__(self, reason: SkipReason, word: str = "") -> None:
        super().__init__(word)
        self.reason, self.word = reason, word


class _Reader:
    """Parses the rows below the heads and collects remarks about the file."""

    def __init__(self, bank: Bank, sheet: Sheet, columns: StatementColumns, currency: str) -> None:
        self.bank, self.sheet, self.columns, self.currency = bank, sheet, columns, currency
        self.accounts: dict[str, None] = {}
        self.lost: dict[str, list[int]] = {}
        currency_column = columns.column(Role.CURRENCY)
        self.has_currency = any(row.cell(currency_column).text for row in self._below())
        self.writes_outgoing_negative = self._writes_outgoing_negative()

    def _below(self) -> Iterator[Row]:
        return (row for row in self.sheet.rows if row.number > self.columns.head_row)

    def read(self, most: int = MAX_LINES) -> ReadStatement:
        lines: list[BankRow] = []
        skipped: list[SkippedRow] = []
        for row in self._below():
            try:
                lines.append(self._line(row))
            except _Skip as skip:
                skipped.append(SkippedRow(row.number, skip.reason, skip.word[:200], row.text[:400]))
            if len(lines) > most:
                raise UnreadableStatement(
                    _("一次最多导入 %(most)s 行，请分段导出。", most=f"{most:,}"), field="file"
                )
        if not lines:
            raise _no_lines(skipped)
        if len(self.accounts) > 1:
            raise UnreadableStatement(
                _(
                    "文件里有几个本方账户（%(accounts)s），请按账户分别导出。",
                    accounts="、".join(self.accounts),
                ),
                field="file",
            )
        return ReadStatement(
            self.bank,
            next(iter(self.accounts), ""),
            tuple(lines),
            tuple(skipped),
            tuple(self._notices()),
            check_balances(
                lines,
                [*self._titles(), *(row.text for row in skipped if row.row < lines[0].row)],
                [row.text for row in skipped if row.row > lines[0].row],
            ),
            self.columns,
        )

    def _writes_outgoing_negative(self) -> bool:
        """Return whether the file writes 往账 with a minus, as some banks do: then it takes nothing back.

        What most of its outgoing rows without a word for a reversal do is the file's manner.
        """
        negative = positive = 0
        for row in self._below() if self.columns.has(Role.SIGN) else ():
            try:
                money = self._money(row.cell(self.columns.column(Role.AMOUNT)), self.currency)
                is_outgoing = not self._direction(row, money)
            except _Skip:
                continue
            if is_outgoing and not any(is_reversal_text(cell.text) for cell in row.cells.values()):
                negative += money.amount < 0
                positive += money.amount > 0
        return negative > positive

    def _titles(self) -> list[str]:
        return [row.text for row in self.sheet.rows if row.number < self.columns.head_row]

    def _notices(self) -> Iterator[str]:
        for what, rows in self.lost.items():
            numbers = "、".join(map(str, rows[:10])) + ("…" if len(rows) > 10 else "")
            yield _(
                "第 %(rows)s 行的%(what)s已被表格软件改写或不是文字，没有使用；请以文本格式重新导出。",
                rows=numbers,
                what=what,
            )

    def _line(self, row: Row) -> BankRow:
        if self._is_total(row):
            raise _Skip(SkipReason.SUMMARY)
        happened_at = self._moment(row)
        currency = self._currency(row)
        is_incoming, money, is_negative = self._amount(row, currency)
        text = " ".join(dict.fromkeys(filter(None, (self._text(row, c) for c in self._columns(Role.TEXT)))))
        is_marked, is_red = marks_of(self._text(row, self.columns.column(Role.MARK)))
        # A minus or red figures invert the direction of the column.
        stands_incoming = is_incoming != is_negative
        if not is_negative and is_red:
            is_incoming = not is_incoming
        self._note_own_account(row, stands_incoming)
        name, account = self._other_side(stands_incoming)
        return BankRow(
            row=row.number,
            happened_at=happened_at,
            is_incoming=is_incoming,
            money=money,
            payer_name=self._text(row, name)[:200],
            payer_account=self._number(row, account)[:60],
            text=text[:400],
            reference=self._text(row, self.columns.column(Role.REFERENCE))[:80],
            balance=self._balance(row, currency),
            is_reversal=is_negative or is_marked or is_reversal_text(text),
        )

    def _columns(self, role: Role) -> tuple[int, ...]:
        return self.columns.columns.get(role, ())

    def _other_side(self, is_incoming: bool) -> tuple[int, int]:
        """Return the columns of the other side's name and account."""
        if not is_incoming and self.columns.has(Role.PAYEE_NAME):
            return self.columns.column(Role.PAYEE_NAME), self.columns.column(Role.PAYEE_ACCOUNT)
        return self.columns.column(Role.NAME), self.columns.column(Role.ACCOUNT)

    def _note_own_account(self, row: Row, is_incoming: bool) -> None:
        column = self.columns.column(Role.OWN_ACCOUNT)
        if not column and self.columns.has(Role.PAYEE_ACCOUNT):
            column = self.columns.column(Role.PAYEE_ACCOUNT if is_incoming else Role.ACCOUNT)
        account = self._number(row, column)[:40]
        if account:
            self.accounts[account] = None

    def _moment(self, row: Row) -> datetime:
        cell = row.cell(self.columns.column(Role.DAY))
        if self._is_heads(row):
            raise _Skip(SkipReason.SUMMARY)
        try:
            moment = moment_of(cell)
        except UnreadableCell as error:
            if any(is_summary(other.text) for other in row.cells.values()) or not any(self._has_amount(row)):
                raise _Skip(SkipReason.SUMMARY) from error
            word = cell.text or _("没有日期")
            raise _Skip(SkipReason.UNREADABLE, word) from error
        clock = clock_of(row.cell(self.columns.column(Role.TIME)))
        is_midnight = moment.time() == time.min
        return datetime.combine(moment.date(), clock) if clock and is_midnight else moment

    def _is_total(self, row: Row) -> bool:
        """Return whether a cell says that the row is a sum or a balance; a row with another side is none."""
        total = {column for column, cell in row.cells.items() if is_total(cell.text)}
        others = {self.columns.column(role) for role in (Role.NAME, Role.ACCOUNT)} - total
        return bool(total) and not any(row.cell(column).text for column in others)

    def _is_heads(self, row: Row) -> bool:
        """Return whether the row repeats the heads, as on a further page."""
        heads = self.columns.heads
        return bool(heads) and all(row.cell(column).text == text for column, text in heads.items())

    def _has_amount(self, row: Row) -> Iterator[bool]:
        for role in (Role.CREDIT, Role.DEBIT, Role.AMOUNT):
            yield bool(re.search(r"\d", row.cell(self.columns.column(role)).text))

    def _currency(self, row: Row) -> str:
        if not self.has_currency:
            return self.currency
        word = row.cell(self.columns.column(Role.CURRENCY)).text
        currency = currency_of(word)
        if currency is None:
            raise _Skip(SkipReason.CURRENCY, word or _("空白"))
        return currency

    def _amount(self, row: Row, currency: str) -> tuple[bool, Money, bool]:
        """Return whether money came in, how much, and whether the file writes it with a minus."""
        if self.columns.has(Role.AMOUNT):
            money = self._money(row.cell(self.columns.column(Role.AMOUNT)), currency)
            if not money:
                raise _Skip(SkipReason.NO_AMOUNT)
            is_incoming = self._direction(row, money)
            is_negative = self.columns.has(Role.SIGN) and money.amount < 0
            if not is_incoming and self.columns.has(Role.SIGN):
                is_negative = is_negative != self.writes_outgoing_negative
            return is_incoming != is_negative, Money(abs(money.amount), currency), is_negative
        credit = self._money(row.cell(self.columns.column(Role.CREDIT)), currency)
        debit = self._money(row.cell(self.columns.column(Role.DEBIT)), currency)
        if credit and debit:
            raise _Skip(SkipReason.UNREADABLE, _("收入和支出两列都有金额"))
        money = credit or debit
        if not money:
            raise _Skip(SkipReason.NO_AMOUNT)
        # A reversed booking is negative in its own column: the direction is inverted.
        is_negative = money.amount < 0
        return bool(credit) != is_negative, Money(abs(money.amount), currency), is_negative

    def _direction(self, row: Row, money: Money) -> bool:
        """Return whether a positive amount of this row is incoming."""
        if not self.columns.has(Role.SIGN):
            return money.amount > 0
        word = row.cell(self.columns.column(Role.SIGN)).text
        is_incoming = direction_of(word)
        if is_incoming is not None:
            return is_incoming
        raise _Skip(SkipReason.DIRECTION, word or _("空白"))

    def _money(self, cell: Cell, currency: str) -> Money:
        text = unicodedata.normalize("NFKC", cell.text).replace("−", "-").strip()
        if bracketed := _BRACKETED.fullmatch(text):
            cell = cell._replace(text=f"-{bracketed[1].strip()}")
        elif len(text) > 1 and text.endswith("-"):
            cell = cell._replace(text=f"-{text[:-1].strip()}")
        try:
            return amount_of(cell, currency, unit=self._unit(cell.column)) or Money(0, currency)
        except UnreadableCell as error:
            raise _Skip(SkipReason.UNREADABLE, str(error)) from error

    def _unit(self, column: int) -> int:
        """Return in how many yuan a column is, by its head: 贷方发生额（万元）."""
        unit = self.columns.unit(column)
        if unit not in UNITS:
            raise _Skip(SkipReason.UNREADABLE, unit)
        return UNITS[unit]

    def _balance(self, row: Row, currency: str) -> str:
        cell = row.cell(self.columns.column(Role.BALANCE))
        try:
            return str(self._money(cell, currency).amount) if cell.text else ""
        except _Skip:
            self.lost.setdefault(_("余额"), []).append(row.number)
            return ""

    def _number(self, row: Row, column: int) -> str:
        """Return an account's number, in half-width digits and without spaces."""
        return unicodedata.normalize("NFKC", self._text(row, column)).replace(" ", "")

    def _text(self, row: Row, column: int) -> str:
        cell = row.cell(column)
        try:
            # An apostrophe in front keeps a spreadsheet from reading a number.
            return " ".join(text_of(cell).split()).lstrip("'`")
        except UnreadableCell:
            self.lost.setdefault(f"“{self.columns.heads.get(column, cell.letter)}”", []).append(row.number)
            return ""


def _no_lines(skipped: list[SkippedRow]) -> _NoLines:
    unread = next((row for row in skipped if row.reason not in UNDERSTOOD), None)
    if unread is None:
        return _NoLines(_("这个银行流水里没有交易明细。"), field="file")
    return _NoLines(
        _(
            "没有一行可以导入。第 %(row)s 行：%(reason)s“%(word)s”。",
            row=unread.row,
            reason=unread.reason.label,
            word=unread.word,
        ),
        field="file",
    )
