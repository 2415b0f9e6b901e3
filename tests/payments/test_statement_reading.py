"""Files of banks as they really are: other heads, other currencies, reversals, pages, balances."""

from __future__ import annotations

import csv
import io

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from market.kit.money import Money
from market.payments.bank_files import (
    LIMITS,
    MAX_LINES,
    ReadStatement,
    UnknownLayout,
    UnreadableStatement,
    open_sheets,
    read_columns,
    read_statement,
)
from market.payments.statement_columns import Role, columns_from, guess_columns
from market.payments.states import Bank, SkipReason

HEADS = ["交易日期", "借贷标志", "交易金额", "余额", "对方户名", "对方账号", "摘要", "流水号"]


def sheet(*rows: list[str]) -> bytes:
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode("gb18030")


def row(
    amount: str, sign: str = "贷", *, day: str = "2026-11-03", text: str = "货款", balance: str = ""
) -> list[str]:
    return [day, sign, amount, balance, "桂某公司", "4500", text, "1"]


def read(*rows: list[str]) -> ReadStatement:
    return read_statement("a.csv", sheet(*rows))


def test_english_heads_and_rare_spellings_name_the_same_columns() -> None:
    english = ["Date", "Description", "Debit", "Credit", "Balance", "Counterparty", "Counterparty account"]
    rare = ["记账日", "摘 要", "借方", "贷方", "本次余额", "对手方名称", "对手方账户"]

    for heads, account in (
        (english, "4500123456789012345"),
        (rare, "４５００１２３４５６７８９０１２３４５"),
    ):
        cells = ["2026-11-10", "货款", "", "8,100.00", "", "桂某公司", account]
        content = sheet(heads, cells)
        [table] = open_sheets(content)
        [line] = read_columns(table, guess_columns(table)).rows
        assert (line.money, line.payer_name, line.payer_account) == (
            Money(810_000),
            "桂某公司",
            "4500123456789012345",
        )


def test_any_bank_is_read_by_the_heads_that_banks_use() -> None:
    statement = read(["某农商银行对公账户交易明细"], HEADS, row("11,300.00"))

    assert statement.bank is Bank.OTHER
    assert [(line.money, line.is_incoming, line.reference) for line in statement.rows] == [
        (Money(11_300_00), True, "1")
    ]


@pytest.mark.parametrize(
    "heads", [["收(付)方名称", "收(付)方账号"], ["对方名称（户名）", "对方账号（卡号）"]]
)
def test_brackets_within_a_head_are_part_of_it_and_those_at_its_end_are_a_note(heads: list[str]) -> None:
    statement = read([*HEADS[:4], *heads, *HEADS[6:]], row("5.00"))

    assert [(line.payer_name, line.payer_account) for line in statement.rows] == [("桂某公司", "4500")]


def test_a_file_whose_columns_nobody_knows_is_put_to_a_person() -> None:
    content = sheet(["甲", "乙", "丙", "丁"], ["2026-11-03", "贷", "5.00", "付款人"])
    with pytest.raises(UnknownLayout):
        read_statement("a.csv", content)

    [table] = open_sheets(content)
    mapping = columns_from(table, 1, {Role.DAY: [1], Role.SIGN: [2], Role.AMOUNT: [3], Role.NAME: [4]})
    tried = read_columns(table, mapping)
    remembered = read_statement("b.csv", content, {mapping.signature: mapping.columns})

    assert guess_columns(table).missing() == [Role.DAY, Role.AMOUNT]
    assert tried.rows == remembered.rows
    assert [line.payer_name for line in tried.rows] == ["付款人"]


def test_one_column_of_signed_amounts_is_read_only_when_a_person_says_so() -> None:
    content = sheet(["日期", "金额", "对方"], ["2026-11-03", "-5.00", "甲"], ["2026-11-04", "6.00", "乙"])
    with pytest.raises(UnknownLayout):
        read_statement("a.csv", content)

    [table] = open_sheets(content)
    lines = read_columns(table, guess_columns(table)).rows

    assert [(line.is_incoming, line.is_reversal) for line in lines] == [(False, False), (True, False)]


def test_an_unknown_currency_or_direction_sets_the_row_aside_with_its_word() -> None:
    heads = [*HEADS, "币种"]
    statement = read(
        heads,
        [*row("5.00"), "人民币"],
        [*row("430,000.00"), "越南盾"],
        [*row("7.00"), "火星币"],
        [*row("8.00", "其他"), "CNY"],
        [*row("9.00"), ""],
    )

    assert [line.money for line in statement.rows] == [Money(5_00), Money(430_000, "VND")]
    assert [(skipped.row, skipped.reason, skipped.word) for skipped in statement.skipped] == [
        (4, SkipReason.CURRENCY, "火星币"),
        (5, SkipReason.DIRECTION, "其他"),
        (6, SkipReason.CURRENCY, "空白"),
    ]


@pytest.mark.parametrize(
    "word", ["贷", "贷方", "来账", "来帐", "收款", "收入", "入账", "转入", "C", "Credit", "+"]
)
def test_money_that_came_in_is_known_by_every_word_for_it(word: str) -> None:
    assert [line.is_incoming for line in read(HEADS, row("5.00", word)).rows] == [True]


@pytest.mark.parametrize("word", ["借", "往账", "支出", "付款", "转出", "D", "debit"])
def test_money_that_left_is_known_by_every_word_for_it(word: str) -> None:
    assert [line.is_incoming for line in read(HEADS, row("5.00", word)).rows] == [False]


@pytest.mark.parametrize("amount", ["-560,000.00", "(560,000.00)", "560,000.00-", "−560,000.00"])
def test_a_negative_credit_is_a_reversal_and_money_out(amount: str) -> None:
    came, back = read(HEADS, row("560,000.00"), row(amount, text="货款 冲正")).rows

    assert (came.is_incoming, came.is_reversal) == (True, False)
    assert (back.is_incoming, back.is_reversal, back.money) == (False, True, Money(560_000_00))


def test_a_bank_that_writes_all_outgoing_amounts_with_a_minus_takes_nothing_back() -> None:
    lines = read(HEADS, row("-5.00", "借"), row("-6.00", "借"), row("7.00")).rows

    assert [(line.is_incoming, line.is_reversal) for line in lines] == [
        (False, False),
        (False, False),
        (True, False),
    ]


def test_red_figures_turn_the_direction_round() -> None:
    [line] = read([*HEADS, "红蓝字标志"], [*row("5.00"), "红字"]).rows

    assert (line.is_incoming, line.is_reversal) == (False, True)


def test_rows_that_are_no_bookings_are_told_and_the_others_go_in() -> None:
    statement = read(
        HEADS,
        row("5.00"),
        row("0.00", text="利息税"),
        ["本页合计", "", "5.00", "", "", "", "", ""],
        HEADS,
        ["打印时间：2026-11-30 10:00", "", "", "", "", "", "", ""],
        row("6.00", day="2026-02-30"),
        row("7.0O"),
        row("8.00"),
    )

    assert [line.row for line in statement.rows] == [2, 9]
    assert [(skipped.row, skipped.reason) for skipped in statement.skipped] == [
        (3, SkipReason.NO_AMOUNT),
        (4, SkipReason.SUMMARY),
        (5, SkipReason.SUMMARY),
        (6, SkipReason.SUMMARY),
        (7, SkipReason.UNREADABLE),
        (8, SkipReason.UNREADABLE),
    ]
    assert "2026-02-30" in statement.skipped[4].word


@pytest.mark.parametrize(
    "word",
    [
        "本日合计",
        "本月累计",
        "合 计",
        "本页小计",
        "过次页",
        "月结",
        "期末余额：",
        "贷方发生额合计",
        "Subtotal",
    ],
)
def test_a_sum_that_has_a_day_is_no_line(word: str) -> None:
    total = ["2026-11-30", "贷", "5.00", "105.00", "", "", word, ""]
    in_place_of_a_name = ["2026-11-30", "贷", "5.00", "105.00", word, "", "", ""]

    statement = read(HEADS, row("5.00", balance="105.00"), total, in_place_of_a_name)

    assert [line.row for line in statement.rows] == [2]
    assert [skipped.reason for skipped in statement.skipped] == [SkipReason.SUMMARY] * 2
    assert statement.balance is not None
    assert statement.balance.holds
    assert len(read(HEADS, row("5.00", text=word)).rows) == 1  # somebody paid it


def test_a_page_closes_with_its_last_sum() -> None:
    pages = read(
        ["承前余额：100.00"],
        HEADS,
        row("5.00"),
        ["本期余额：105.00"],
        ["承前余额：105.00"],
        row("6.00"),
        ["本期余额：111.00"],
    )

    assert pages.balance is not None
    assert pages.balance.holds


def test_what_an_account_holds_today_closes_no_file_of_last_month() -> None:
    month = read(["当前余额：900.00"], HEADS, row("5.00", balance="105.00"))

    assert month.balance is not None
    assert month.balance.closing == 105_00


def _workbook(**sheets: list[list[str]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name, rows in sheets.items():
            table = book.add_worksheet(name)
            for number, values in enumerate(rows):
                table.write_row(number, 0, values)
    return target.getvalue()


def test_no_sheet_of_a_workbook_is_left_out_in_silence() -> None:
    cover, empty = [["某银行", "账户明细"]], [HEADS]

    [notice] = read_statement("a.xlsx", _workbook(封面=cover, 十月=empty, 明细=[HEADS, row("5.00")])).notices
    with pytest.raises(UnreadableStatement, match="十月、十一月"):
        read_statement("a.xlsx", _workbook(十月=[HEADS, row("5.00")], 十一月=[HEADS, row("6.00")]))

    assert notice == "没有读入的工作表：封面、十月。"


def test_an_account_under_the_head_of_the_other_side_is_not_ones_own() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        table = book.add_worksheet()
        table.merge_range(0, 1, 0, 2, "对方")
        table.write_row(1, 0, ["交易日期", "户名", "账号", "收入", "支出"])
        table.write_row(2, 0, ["2026-11-03", "桂某公司", "4500", "5.00", ""])
        table.write_row(3, 0, ["2026-11-04", "别家公司", "4600", "6.00", ""])

    statement = read_statement("a.xlsx", target.getvalue())

    assert statement.account == ""
    assert [(line.payer_name, line.payer_account) for line in statement.rows] == [
        ("桂某公司", "4500"),
        ("别家公司", "4600"),
    ]


@pytest.mark.parametrize(
    ("mark", "is_reversal"), [("未冲正", False), ("非红字", False), ("否", False), ("冲正", True)]
)
def test_a_mark_that_denies_is_no_reversal(mark: str, is_reversal: bool) -> None:
    [line] = read([*HEADS, "冲正标志"], [*row("5.00"), mark]).rows

    assert (line.is_incoming, line.is_reversal) == (True, is_reversal)


def test_an_apostrophe_that_protects_a_cell_is_not_part_of_it() -> None:
    protected = [f"'{cell}" for cell in row("5.00")]
    protected[2] = "5.00"

    [line] = read(HEADS, ["2026-11-03", "贷", *protected[2:]]).rows

    assert (line.payer_name, line.payer_account, line.reference) == ("桂某公司", "4500", "1")


def test_a_number_that_lost_its_digits_is_told_and_never_used() -> None:
    values = row("5.00")
    values[5], values[7] = "4.50012E+18", "2.0261214000418E+16"
    statement = read(HEADS, values)

    assert [(line.payer_account, line.reference) for line in statement.rows] == [("", "")]
    assert len(statement.notices) == 2


def test_two_accounts_in_one_file_are_not_mixed() -> None:
    with pytest.raises(UnreadableStatement, match="几个本方账户"):
        read([*HEADS, "本方账号"], [*row("5.00"), "1"], [*row("6.00"), "2"])


def test_opening_and_lines_make_the_closing_balance_or_the_gap_is_named() -> None:
    whole = read(
        ["期初余额：", "100.00"], HEADS, row("5.00", balance="105.00"), row("2.00", "借", balance="103.00")
    ).balance
    gapped = read(HEADS, row("5.00", balance="105.00"), row("2.00", balance="207.00")).balance
    newest_first = read(HEADS, row("2.00", balance="107.00"), row("5.00", balance="105.00")).balance

    assert whole is not None
    assert whole.holds
    assert (whole.opening, whole.closing, whole.incoming, whole.outgoing) == (100_00, 103_00, 5_00, 2_00)
    assert gapped is not None
    assert not gapped.holds
    assert [(gap.row, gap.difference) for gap in gapped.gaps] == [(3, 100_00)]
    assert gapped.difference == 100_00
    assert newest_first is not None
    assert newest_first.holds
    assert read(HEADS, row("5.00")).balance is None


_words = ["", "5.00", "-5.00", "0", "贷", "借", "合计", "2026-11-03", "越南盾"]
_cells = st.one_of(st.sampled_from(_words), st.text("甲乙0123456789.,-/()=# ", max_size=6))


@given(st.lists(st.lists(_cells, min_size=8, max_size=8), max_size=12))
def test_every_row_of_a_file_has_a_place(rows: list[list[str]]) -> None:
    content = sheet(HEADS, row("5.00"), *rows)
    [table] = open_sheets(content)

    statement = read_statement("a.csv", content)

    places = [line.row for line in statement.rows] + [skipped.row for skipped in statement.skipped]
    assert sorted(places) == [line.number for line in table.rows if line.number > 1]


def test_what_cannot_be_opened_or_is_too_long_is_refused() -> None:
    with pytest.raises(UnreadableStatement, match="打不开"):
        open_sheets(b"PK\x03\x04")
    assert LIMITS.rows > MAX_LINES == 20_000
    assert len(read_statement("a.csv", sheet(HEADS, *[row("5.00")] * 20), most=20).rows) == 20
    with pytest.raises(UnreadableStatement, match="一次最多导入 20 行"):
        read_statement("a.csv", sheet(HEADS, *[row("5.00")] * 21), most=20)


def test_a_row_with_money_on_both_sides_is_set_aside() -> None:
    heads = ["交易日期", "贷方发生额", "借方发生额", "对方户名"]

    statement = read(heads, ["2026-11-03", "5.00", "", "甲"], ["2026-11-03", "5.00", "6.00", "甲"])

    assert [(skipped.row, skipped.reason) for skipped in statement.skipped] == [(3, SkipReason.UNREADABLE)]
    assert "两列都有金额" in statement.skipped[0].word


def test_a_balance_that_cannot_be_read_or_is_missing_is_told_and_bridged() -> None:
    statement = read(
        ["期初余额：1,2", "期末余额：108.00"],
        HEADS,
        row("5.00", balance="105.00"),
        row("1.00", balance="坏"),
        row("2.00", balance="108.00"),
    )

    assert ["余额" in notice for notice in statement.notices] == [True]
    assert statement.balance is not None
    assert statement.balance.to_json() == {
        "currency": "CNY",
        "opening": 100_00,
        "closing": 108_00,
        "incoming": 8_00,
        "outgoing": 0,
        "difference": 0,
        "gaps": [],
    }


def test_a_mapping_is_stored_by_role_and_of_a_row_that_is_none_nothing_is_taken() -> None:
    [table] = open_sheets(sheet(HEADS, row("5.00")))

    mapping = columns_from(table, 1, {Role.DAY: [1], Role.CREDIT: [3], Role.DEBIT: [4]})

    assert mapping.to_json() == {"day": [1], "credit": [3], "debit": [4]}
    assert mapping.missing() == []
    assert columns_from(table, 99, {Role.DAY: [1]}).columns == {}


@pytest.mark.parametrize(
    ("heads", "day", "clock", "at"),
    [
        (["交易日", "交易时间"], "20261105", "101112", "2026-11-05 10:11:12"),
        (["记账日期", "交易时间"], "2026/11/9", "9:05", "2026-11-09 09:05:00"),
        (["交易时间", "记账日期"], "93001", "2026-11-09", "2026-11-09 09:30:01"),
        (["交易时间", "记账日期"], "2026-11-10 08:00:01", "2026-11-11", "2026-11-10 08:00:01"),
        (["交易日期", "交易时刻"], "2026-11-09", "没有", "2026-11-09 00:00:00"),
        (["交易日期", "交易时刻"], "2026-11-09", "25:99", "2026-11-09 00:00:00"),
    ],
)
def test_the_day_is_read_where_days_stand_and_the_time_beside_it(
    heads: list[str], day: str, clock: str, at: str
) -> None:
    rest = ["贷方金额", "借方金额", "收(付)方名称", "附言"]
    rows = [[day, clock, "10,001.00", "", "桂某公司", "货款"]]
    if day == "93001":
        rows.append(["101500", clock, "5.00", "", "桂某公司", "货款"])

    line = read([*heads, *rest], *rows).rows[0]

    assert str(line.happened_at) == at


def test_a_head_in_ten_thousands_counts_in_ten_thousands() -> None:
    content = sheet(
        ["日期", "收入（万元）", "支出（万元）", "户名"],
        ["2026-11-03", "1.0028", "", "甲"],
        ["2026-11-04", "", "2", "乙"],
    )
    [table] = open_sheets(content)
    by_hand = columns_from(table, 1, {Role.DAY: [1], Role.CREDIT: [2], Role.DEBIT: [3], Role.NAME: [4]})

    lines = read_columns(table, by_hand).rows

    assert [(line.is_incoming, line.money) for line in lines] == [
        (True, Money(10_028_00)),
        (False, Money(20_000_00)),
    ]


def test_a_head_in_a_unit_that_nobody_knows_is_told() -> None:
    [table] = open_sheets(sheet(["日期", "收入（百元）", "支出"], ["2026-11-03", "1", ""]))

    with pytest.raises(UnreadableStatement, match="百元"):
        read_columns(table, columns_from(table, 1, {Role.DAY: [1], Role.CREDIT: [2], Role.DEBIT: [3]}))


@pytest.mark.parametrize("typed", ["4.50012E+18", "450012E+13", "45.0012e+17", "4E18"])
def test_an_account_is_never_a_rounded_number(typed: str) -> None:
    [line] = read(HEADS, ["2026-11-03", "贷", "5.00", "", "桂某公司", typed, "货款", "1"]).rows

    assert line.payer_account == ""
