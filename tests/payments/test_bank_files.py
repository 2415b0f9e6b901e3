from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest

from market.kit.money import Money
from market.payments.bank_files import UnreadableStatement, read_statement
from market.payments.line_matching import (
    LineFacts,
    LineMatcher,
    OpenPayable,
    RecordedRemittance,
    references_in,
)
from market.payments.states import RemittanceStatus
from tests.kit.xls import Table, xls
from tests.payments.bank_statement_files import OWN, Row, boc, ccb, icbc

BANKS = [("icbc", icbc, "a.csv"), ("ccb", ccb, "a.xlsx"), ("boc", boc, "a.csv")]


@pytest.mark.parametrize(("bank", "write", "name"), BANKS)
def test_each_bank_is_read_by_its_own_layout(bank: str, write: Callable[..., bytes], name: str) -> None:
    content = write(
        Row("805,000.00", "HT-2026-000001-1"), Row("12.30", "水电费", payer="供电局", incoming=False)
    )

    read = read_statement(name, content)

    came, went = read.rows
    assert (read.bank, read.account) == (bank, OWN)
    assert (came.is_incoming, came.money) == (True, Money(805_000_00))
    assert (came.payer_name, came.payer_account) == ("南宁铝业有限公司", "4500160473000056")
    assert "HT-2026-000001-1" in came.text
    assert came.happened_at.date().isoformat() == "2026-03-21"
    assert (went.is_incoming, went.money) == (False, Money(12_30))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"a,b\n1,2\n", "没有认出"),
        ("a.csv", icbc(Row("1O.00")), "第 4 行：没有读懂“.*金额“1O.00”看不懂"),
        ("a.csv", icbc(Row("1.001")), "看不懂"),
        ("a.csv", icbc(Row("1.00", day="2026-02-30")), "没有读懂“2026-02-30"),
        ("a.csv", icbc(Row("")), "没有交易明细"),
        ("a.csv", icbc(), "没有交易明细"),
        ("a.csv", b"\xff\xff\xff", "编码"),
        ("a.xlsx", b"PK\x03\x04", "打不开"),
    ],
)
def test_a_file_of_which_no_row_can_be_read_is_refused_with_its_reason(
    name: str, content: bytes, words: str
) -> None:
    with pytest.raises(UnreadableStatement, match=words):
        read_statement(name, content)


def rewritten(content: bytes, change: Callable[[list[list[str]]], None]) -> bytes:
    """Return an ICBC export after somebody worked on its cells."""
    lines = list(csv.reader(io.StringIO(content.decode("gb18030"))))
    change(lines)
    target = io.StringIO()
    csv.writer(target).writerows(lines)
    return target.getvalue().encode("gb18030")


def test_numbers_that_excel_protects_as_texts_are_the_same_numbers() -> None:
    original = icbc(Row("5.00"))

    def protect(lines: list[list[str]]) -> None:
        lines[3] = [f'="{text.strip()}"' if text.strip().isdecimal() else text for text in lines[3]]

    assert (
        read_statement("a.csv", rewritten(original, protect)).rows == read_statement("a.csv", original).rows
    )


def test_an_account_that_excel_has_rounded_is_told_and_not_used() -> None:
    def round_account(lines: list[list[str]]) -> None:
        lines[3][2] = "4.50016E+15"

    read = read_statement("a.csv", rewritten(icbc(Row("5.00")), round_account))

    assert [row.payer_account for row in read.rows] == [""]
    assert ["第 4 行的“对方账号”" in notice for notice in read.notices] == [True]


def test_heads_that_the_bank_repeats_on_each_page_are_no_lines() -> None:
    def repeat(lines: list[list[str]]) -> None:
        lines.insert(4, lines[2])

    read = read_statement("a.csv", rewritten(icbc(Row("5.00"), Row("6.00")), repeat))

    assert [row.row for row in read.rows] == [4, 6]
    assert [(row.row, row.reason) for row in read.skipped] == [(5, "summary"), (7, "summary")]


def test_an_old_excel_file_and_unicode_text_are_read_like_the_csv() -> None:
    original = icbc(Row("1,500.00", "HT-2026-000001-1"))
    lines = list(csv.reader(io.StringIO(original.decode("gb18030"))))
    tabbed = "\r\n".join("\t".join(text.strip() for text in line) for line in lines)

    assert read_statement("a.xls", xls(Table(lines))).rows == read_statement("a.csv", original).rows
    assert read_statement("a.txt", tabbed.encode("utf-16")).rows == read_statement("a.csv", original).rows


def test_a_booking_taken_back_by_the_bank_is_money_the_other_way() -> None:
    [row] = read_statement("a.csv", icbc(Row("-5.00"))).rows

    assert (row.is_incoming, row.is_reversal, row.money) == (False, True, Money(5_00))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("付技术许可费 HT-2026-000001-1", [("HT-2026-000001", 1)]),
        ("ｈｔ－２０２６－０００００１－１２", [("HT-2026-000001", 12)]),
        ("HT2026000001 首付", [("HT-2026-000001", None)]),
        ("HT-2026-0000011", []),
        ("货款", []),
    ],
)
def test_a_reference_is_recognised_however_it_was_typed(text: str, found: list[tuple[str, int]]) -> None:
    assert references_in(text) == found


FIRST, SECOND, OTHER = (
    OpenPayable(UUID(int=n), number, sequence, Money(owed), Money(owed), payer, account)
    for n, (number, sequence, owed, payer, account) in enumerate(
        [
            ("HT-2026-000001", 1, 805, "南宁铝业（集团）有限公司", "45001"),
            ("HT-2026-000001", 2, 345, "南宁铝业（集团）有限公司", "45001"),
            ("HT-2026-000002", 1, 345, "柳州机械厂", "45002"),
        ]
    )
)
KNOWN = RecordedRemittance(UUID(int=9), SECOND.id, Money(345), RemittanceStatus.RECORDED, "B7", OTHER.id)


def line(amount: int, text: str = "", payer: str = "", account: str = "", reference: str = "") -> LineFacts:
    return LineFacts(Money(amount), text, payer, account, reference)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(100, "HT-2026-000001-1")], [(FIRST, "reference")]),
        ([line(900, "HT-2026-000001-1")], [(FIRST, "reference")]),
        ([line(345, "HT-2026-000001")], [(SECOND, "reference")]),
        ([line(345, payer="柳州机械厂")], [(OTHER, "payer")]),
        ([line(345, payer="某人", account="45002")], [(OTHER, "payer")]),
        ([line(805, payer="南宁铝业(集团) 有限-公司")], [(FIRST, "payer")]),
        ([line(344, payer="柳州机械厂")], [None]),
        ([line(345, payer="别人")], [None]),
        ([line(345, payer="柳州机械厂")] * 2, [(OTHER, "payer"), None]),
        ([line(1, "HT-2026-000009-1")], [None]),
    ],
)
def test_a_line_is_matched_by_reference_or_by_payer_and_amount_or_left_to_a_person(
    lines: list[LineFacts], expected: list[tuple[OpenPayable, str] | None]
) -> None:
    matcher = LineMatcher([FIRST, SECOND, OTHER], [])

    found = [matcher.match(each) for each in lines]

    assert [([part.payable_id for part in each.parts], each.basis) if each else None for each in found] == [
        ([each[0].id], each[1]) if each else None for each in expected
    ]


@pytest.mark.parametrize(
    "paid", [line(345, "HT-2026-000001-2"), line(345, reference="B7"), line(345, "HT-2026-000001")]
)
def test_a_line_bears_out_the_transfer_that_was_recorded_before_it_once(paid: LineFacts) -> None:
    matcher = LineMatcher([FIRST, SECOND, OTHER], [KNOWN])

    first, second = matcher.match(paid), matcher.match(paid)

    assert first is not None
    assert (first.basis, first.remittance) == ("recorded", KNOWN)
    assert second is None or second.remittance is None


def test_days_are_read_as_banks_write_them() -> None:
    for day in ("20260321", "2026/3/21", "2026年3月21日", "2026-03-21"):
        [row] = read_statement("a.csv", icbc(Row("1", day=day))).rows
        assert row.happened_at == datetime(2026, 3, 21, 10, 0)  # noqa: DTZ001 -- the bank's own clock
