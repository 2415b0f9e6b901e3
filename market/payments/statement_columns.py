"""Which column of a bank's file means what: layouts of banks, their usual heads, a mapping by hand. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workbooks.cells import Cell, Row, Sheet
from market.kit.workbooks.heads import MOST_TITLE_ROWS, head_key, head_keys
from market.kit.workbooks.values import UnreadableCell, clock_of, moment_of
from market.payments.states import Bank

_UNIT = re.compile("[百千万亿]+元")


class Role(LabelEnum):
    """What a column of a statement may mean."""

    DAY = "day", lazy("交易日期或时间")
    TIME = "time", lazy("交易时刻（与日期分列）")
    CREDIT = "credit", lazy("收入金额（贷方）")
    DEBIT = "debit", lazy("支出金额（借方）")
    AMOUNT = "amount", lazy("金额（收支同一列）")
    SIGN = "sign", lazy("收支方向")
    CURRENCY = "currency", lazy("币种")
    NAME = "name", lazy("对方户名")
    ACCOUNT = "account", lazy("对方账号")
    PAYEE_NAME = "payee_name", lazy("支出时的对方户名")
    PAYEE_ACCOUNT = "payee_account", lazy("支出时的对方账号")
    TEXT = "text", lazy("摘要、附言、用途")
    REFERENCE = "reference", lazy("银行流水号")
    BALANCE = "balance", lazy("余额")
    OWN_ACCOUNT = "own_account", lazy("本方账号")
    MARK = "mark", lazy("冲正或红字标志")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SPELLINGS: Mapping[Role, tuple[str, ...]] = {
    Role.DAY: _words(
        "交易时间 交易日期 会计日期 记账日期 入账日期 入账时间 交易日 日期 记账日 账务日期"
        " 发生日期 交易日期时间 记账时间 发生时间 时间 TransactionDate Date BookingDate ValueDate PostingDate"
    ),
    Role.TIME: _words("交易时刻 时刻 TransactionTime Time"),
    Role.CREDIT: _words(
        "贷方发生额 贷方金额 收入金额 收入 贷方 存入金额 转入金额 入账金额 收款金额"
        " 贷方交易金额 贷方发生金额 收方金额 来账金额 存入 Credit CreditAmount"
    ),
    Role.DEBIT: _words(
        "借方发生额 借方金额 支出金额 支出 借方 支取金额 转出金额 出账金额 付款金额"
        " 借方交易金额 借方发生金额 付方金额 往账金额 支取 Debit DebitAmount"
    ),
    Role.AMOUNT: _words("交易金额 发生额 金额 交易额 发生金额 Amount TradeAmount"),
    Role.SIGN: _words(
        "借贷标志 借贷方向 收支方向 借/贷 借贷 收付标志 收支标志 收支类型 借贷标识"
        " 交易方向 收/付 收付 收支 借贷类型 来往账标志 来往标志"
    ),
    Role.CURRENCY: _words("币种 币别 货币 交易货币 交易币种 Currency"),
    Role.NAME: _words(
        "对方户名 对方账户名称 对方单位名称 对方名称 收(付)方名称 收付方名称 对手名称"
        " 对方账户名 交易对手名称 对方单位 对手方名称 对手户名 交易对方名称 对方 交易对手"
        " 付款人名称 付款方名称 付款方户名 付款人户名 付款人 对手方 对手方户名 Counterparty CounterpartyName"
    ),
    Role.ACCOUNT: _words(
        "对方账号 对方账户 对方账户账号 收(付)方账号 收付方账号 对手账号 交易对手账号"
        " 对手方账号 对手账户 交易对方账号 对方帐号 付款人账号 付款方账号 付款账号"
        " 对手方账户 交易对手账户 交易对方账户 CounterpartyAccount"
    ),
    Role.PAYEE_NAME: _words("收款人名称 收款方名称 收款方户名 收款人户名"),
    Role.TEXT: _words(
        "摘要 附言 用途 备注 交易附言 个性化信息 摘要说明 交易摘要 附加信息 客户附言"
        " 业务摘要 留言 交易用途 附言说明 说明 交易说明 业务描述 Description Narrative Remark Remarks"
    ),
    Role.REFERENCE: _words(
        "交易流水号 流水号 账户明细编号-交易流水号 银行流水号 交易流水 核心流水号 凭证号"
        " 日志号 交易编号 传票号 柜员流水号 全局流水号 交易参考号 凭证号码 业务流水号 Reference ReferenceNo"
    ),
    Role.BALANCE: _words("余额 账户余额 交易后余额 联机余额 当前余额 本次余额 Balance"),
    Role.OWN_ACCOUNT: _words("本方账号 账号 查询账号 本方账户 我方账号 帐号 本方帐号"),
    Role.MARK: _words(
        "冲正标志 冲正标识 红蓝字标志 红蓝字 冲补标志 抹账标志 冲销标志 红字标志 撤销标志 冲抹标志"
    ),
}
"""How banks write their heads, the usual spelling first; units and notes in brackets are left out."""


@dataclass(frozen=True)
class StatementColumns:
    """Where the heads stand and which column has which role; a text may be spread over several columns."""

    head_row: int
    """Number of the (last) row of heads, from 1."""
    columns: Mapping[Role, tuple[int, ...]]
    """Columns from 1, by role; roles without a column are left out."""
    signature: str = ""
    """Hash of the heads, under which a mapping is remembered."""
    heads: Mapping[int, str] = field(default_factory=dict)

    def column(self, role: Role) -> int:
        """Return the (first) column of a role, 0 where the file has none."""
        return next(iter(self.columns.get(role, ())), 0)

    def has(self, role: Role) -> bool:
        return role in self.columns

    def unit(self, column: int) -> str:
        """Return the unit of a column's amounts, by its head: 万元 of 贷方发生额（万元）, else 元."""
        unit = _UNIT.search(unicodedata.normalize("NFKC", self.heads.get(column, "")))
        return unit[0] if unit else "元"

    @property
    def is_complete(self) -> bool:
        """Whether day, amount and direction can be read without a guess."""
        has_sides = self.has(Role.CREDIT) and self.has(Role.DEBIT)
        return self.has(Role.DAY) and (has_sides or (self.has(Role.AMOUNT) and self.has(Role.SIGN)))

    def to_json(self) -> dict[str, list[int]]:
        return {role.value: list(columns) for role, columns in self.columns.items()}

    def missing(self) -> list[Role]:
        """Return roles without which no line can be read, for a mapping by hand."""
        needed = [] if self.has(Role.DAY) else [Role.DAY]
        if not (self.has(Role.AMOUNT) or (self.has(Role.CREDIT) and self.has(Role.DEBIT))):
            needed.append(Role.AMOUNT)
        return needed


@dataclass(frozen=True)
class Layout:
    """The heads of a bank whose own export was seen. `needed` tells it from other banks'."""

    bank: Bank
    heads: Mapping[Role, tuple[str, ...]]
    needed: frozenset[Role]


LAYOUTS = (
    Layout(
        Bank.ICBC,
        {
            Role.DAY: ("交易时间",),
            Role.NAME: ("对方单位名称",),
            Role.ACCOUNT: ("对方账号",),
            Role.TEXT: ("摘要", "用途", "个性化信息"),
            Role.REFERENCE: ("凭证号",),
            Role.BALANCE: ("余额",),
            Role.OWN_ACCOUNT: ("本方账号",),
            Role.CREDIT: ("贷方发生额",),
            Role.DEBIT: ("借方发生额",),
        },
        frozenset({Role.DAY, Role.NAME, Role.ACCOUNT, Role.CREDIT, Role.DEBIT}),
    ),
    Layout(
        Bank.CCB,
        {
            Role.DAY: ("交易时间",),
            Role.NAME: ("对方户名",),
            Role.ACCOUNT: ("对方账号",),
            Role.TEXT: ("摘要", "备注"),
            Role.REFERENCE: ("账户明细编号-交易流水号",),
            Role.BALANCE: ("余额",),
            Role.OWN_ACCOUNT: ("账号",),
            Role.CREDIT: ("贷方发生额",),
            Role.DEBIT: ("借方发生额",),
            Role.CURRENCY: ("币种",),
        },
        frozenset({Role.DAY, Role.NAME, Role.ACCOUNT, Role.CREDIT, Role.DEBIT, Role.REFERENCE}),
    ),
    Layout(
        Bank.BOC,
        {
            Role.DAY: ("交易日期",),
            Role.NAME: ("付款人名称",),
            Role.ACCOUNT: ("付款人账号",),
            Role.PAYEE_NAME: ("收款人名称",),
            Role.PAYEE_ACCOUNT: ("收款人账号",),
            Role.TEXT: ("摘要", "用途", "交易附言", "备注"),
            Role.REFERENCE: ("交易流水号",),
            Role.BALANCE: ("交易后余额",),
            Role.AMOUNT: ("交易金额",),
            Role.SIGN: ("交易类型",),
            Role.CURRENCY: ("交易货币",),
        },
        frozenset({Role.DAY, Role.NAME, Role.ACCOUNT, Role.AMOUNT, Role.SIGN}),
    ),
)


def recognise_layout(sheet: Sheet) -> tuple[Bank, StatementColumns] | None:
    """Return the layout of a bank that a sheet has, or its columns as its heads name them.

    None where no row of heads tells day, amount and direction; then a person says which column is which.
    """
    rows = _head_rows(sheet)
    for row in rows:
        for layout in LAYOUTS:
            columns = row.columns_of(layout.heads)
            if layout.needed <= columns.keys():
                # What banks added since is read too, where its head is one that banks use.
                return layout.bank, row.resolve(row.settle_day({**row.guess(columns), **columns}))
    for row in rows:
        guess = row.resolve(row.settle_day(row.guess({})))
        if guess.is_complete:
            return Bank.OTHER, guess
    return None


def remembered_columns(
    sheet: Sheet, mappings: Mapping[str, Mapping[Role, Sequence[int]]]
) -> StatementColumns | None:
    """Return the columns of the first row of heads that somebody has mapped before, by its signature."""
    for row in _head_rows(sheet, 1):
        columns = row.resolve({})
        if mapping := mappings.get(columns.signature):
            return row.resolve({role: tuple(numbers) for role, numbers in mapping.items()})
    return None


def guess_columns(sheet: Sheet) -> StatementColumns:
    """Return the columns of the row that looks most like heads, for a person to complete."""
    guesses = [row.resolve(row.settle_day(row.guess({}))) for row in _head_rows(sheet)]
    empty = StatementColumns(0, {})
    return max(guesses, key=lambda guess: (guess.is_complete, len(guess.columns)), default=empty)


def columns_from(sheet: Sheet, head_row: int, columns: Mapping[Role, Sequence[int]]) -> StatementColumns:
    """Return a mapping made by hand, for this sheet; without columns where it has no such row."""
    row = next((row for row in _head_rows(sheet, 1) if row.row.number == head_row), None)
    if row is None:
        return StatementColumns(head_row, {})
    return row.resolve({role: tuple(numbers) for role, numbers in columns.items() if numbers})


@dataclass(frozen=True)
class _HeadRow:
    """A row that may hold the heads, with the columns of each head by its key."""

    row: Row
    columns: Mapping[str, int]
    below: Sequence[Row]
    """The first rows under it."""

    def settle_day(self, columns: Mapping[Role, tuple[int, ...]]) -> dict[Role, tuple[int, ...]]:
        """Return the columns with the day where days stand: 交易时间 may hold the time beside 交易日."""
        settled = dict(columns)
        keys = map(head_key, (*SPELLINGS[Role.DAY], *SPELLINGS[Role.TIME]))
        spelled = [self.columns[key] for key in dict.fromkeys(keys) if key in self.columns]
        others = {column for role, numbers in columns.items() if role is not Role.DAY for column in numbers}
        clocks = [column for column in spelled if self._holds_clocks(column)]
        days = [column for column in spelled if column not in (*clocks, *others) and self._holds_days(column)]
        if days and settled.get(Role.DAY, (0,))[0] in (0, *clocks):
            settled[Role.DAY] = (days[0],)
        free = [column for column in clocks if column not in (*others, *settled.get(Role.DAY, ()))]
        if free and days:
            settled.setdefault(Role.TIME, (free[0],))
        return settled

    def _holds_clocks(self, column: int) -> bool:
        """Return whether nothing but times of day stand in a column."""
        cells = [
            row.cell(column) for row in self.below if clock_of(row.cell(column)) or is_day(row.cell(column))
        ]
        is_written_out = any(":" in cell.text or len(cell.text) == 6 for cell in cells)
        return is_written_out and all(clock_of(cell) for cell in cells)

    def _holds_days(self, column: int) -> bool:
        return any(is_day(row.cell(column)) for row in self.below)

    def columns_of(self, heads: Mapping[Role, tuple[str, ...]]) -> dict[Role, tuple[int, ...]]:
        """Return the columns of each role; a column whose head names two has the first of them only."""
        columns: dict[Role, tuple[int, ...]] = {}
        used: set[int] = set()
        for role, spellings in heads.items():
            keys = dict.fromkeys(map(head_key, spellings))
            present = tuple(dict.fromkeys(self.columns[key] for key in keys if key in self.columns))
            free = tuple(column for column in present if column not in used)
            if free:
                columns[role] = free if role is Role.TEXT else free[:1]
                used |= {*columns[role]}
        return columns

    def guess(self, assigned: Mapping[Role, tuple[int, ...]]) -> dict[Role, tuple[int, ...]]:
        """Return the columns with heads that banks use, without those assigned already."""
        used = {column for columns in assigned.values() for column in columns}
        columns: dict[Role, tuple[int, ...]] = {}
        for role, numbers in self.columns_of(SPELLINGS).items():
            free = tuple(number for number in numbers if number not in used)
            if role not in assigned and free:
                columns[role] = free
        has_sides = {Role.CREDIT, Role.DEBIT} <= {*columns, *assigned}
        unused = (Role.AMOUNT, Role.SIGN) if has_sides else (Role.CREDIT, Role.DEBIT)
        for role in unused:
            columns.pop(role, None)
        return columns

    def resolve(self, columns: Mapping[Role, tuple[int, ...]]) -> StatementColumns:
        heads = {column: cell.text for column, cell in self.row.cells.items()}
        keys = "\x1f".join(head_key(heads[column]) for column in sorted(heads))
        signature = hashlib.sha256(keys.encode()).hexdigest()
        return StatementColumns(self.row.number, dict(columns), signature, heads)


def is_day(cell: Cell) -> bool:
    """Return whether a cell holds a day, with or without a time."""
    try:
        moment_of(cell)
    except UnreadableCell:
        return False
    return True


def _head_rows(sheet: Sheet, least: int = 3) -> list[_HeadRow]:
    """Return the rows at the top that may hold the heads: those with `least` cells."""
    rows = sheet.rows[:MOST_TITLE_ROWS]
    head_rows = []
    for place, row in enumerate(rows):
        if len(row.cells) < least:
            continue
        columns: dict[str, int] = {}
        for column, keys in head_keys(sheet, rows[place - 1] if place else None, row):
            for key in keys:
                columns.setdefault(key, column)
        head_rows.append(_HeadRow(row, columns, sheet.rows[place + 1 : place + 1 + MOST_TITLE_ROWS]))
    return head_rows
