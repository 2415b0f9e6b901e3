from __future__ import annotations

import io
import re
from datetime import date
from uuid import uuid4

import pytest
import xlsxwriter
from openpyxl import load_workbook

from market.budgets.batches import approve_batch
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import InstructionFile, PaymentResult
from market.budgets.payment_results import confirm_result
from market.budgets.result_files import import_results, is_account_of, is_name_of, read_results
from market.budgets.states import DisbursementStatus, PaymentOutcome, ReturnReason
from market.kit.errors import Invalid
from market.records.by import By
from tests.budgets.factories import order_and_release
from tests.claims.factories import LATER, Desk, make_desk, make_published, make_rechecked
from tests.claims.payees import broken_checks
from tests.kit.books import row_of, xlsx
from tests.kit.xls import Table, xls
from tests.stage_cache import cached_stage

HEADS = ["拨付编号", "申报编号", "金额（元）", "银行结果", "日期", "银行流水号"]
PAID = ["BF-2026-000001", "SB-1", "120,000.00", "已付出", "2026-11-20", "LS1"]


def workbook(*rows: list[str]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, texts in enumerate(rows):
            sheet.write_row(number, 0, texts)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        workbook(HEADS, PAID),
        workbook(["某银行批量付款结果"], [], ["序号", *HEADS], ["1", *PAID]),
        workbook(["拨付单号", "项目", "付款金额（元）", "处理结果", "交易日期", "流水号"], PAID),
        workbook(["撥付編號", "申報編號", "金額（元）", "銀行結果", "日期", "銀行流水號"], PAID),
        xls(Table([HEADS, PAID])),
        xlsx(row_of(1, *HEADS) + row_of(2, *PAID), strict=True, before='<dimension ref="A1"/>'),
        "\n".join("\t".join(row) for row in (HEADS, PAID)).encode("gb18030"),
    ],
)
def test_the_banks_list_is_read_whoever_saved_it_and_wherever_its_columns_stand(content: bytes) -> None:
    [row] = read_results(content).rows

    assert (row.number, row.amount, row.outcome) == ("BF-2026-000001", 12_000_000, "paid")
    assert (row.ended_on, row.bank_reference) == (date(2026, 11, 20), "LS1")


@pytest.mark.parametrize(
    ("column", "text", "why"),
    [
        (3, "处理中", "结果“处理中”看不懂，应为“已付出”或“被银行退回”"),
        (4, "", "请填日期"),
        (4, "03/04/2026", "Sheet1!E3，分不清哪个是月、哪个是日"),
        (5, "", "请填银行流水号"),
        (5, "1.23457E+17", "F3 的“1.23457E\\+17”.*丢失了位数"),
        (2, "12O", "金额“12O”看不懂（Sheet1!C3）"),
        (2, "#N/A", "C3 是错误值 #N/A"),
    ],
)
def test_a_result_that_cannot_be_read_is_told_with_its_row_and_the_others_are_read(
    column: int, text: str, why: str
) -> None:
    wrong = [*PAID[:column], text, *PAID[column + 1 :]]

    results = read_results(workbook(HEADS, PAID, wrong, ["BF-2026-000003", "SB-3", "5", "", "", ""]))

    [(row, reason)] = results.faults
    assert (len(results.rows), row) == (1, 3)
    assert re.search(why, reason)


def test_a_list_without_the_columns_is_refused_and_they_are_named() -> None:
    with pytest.raises(Invalid, match="没有这些列：银行结果、银行流水号。"):
        read_results(workbook(["拨付编号", "金额（元）", "日期"], ["BF-2026-000001", "5", "2026-11-20"]))


@cached_stage
async def make_ordered(desk: Desk, claims: int = 1) -> tuple[str, list[Disbursement]]:
    number = await make_published(desk, *[await make_rechecked(desk) for _ in range(claims)])
    await approve_batch(number, by=By(desk.approver, LATER))
    return number, (await order_and_release(number, desk)).orders


async def confirm_all(desk: Desk) -> None:
    for result in await PaymentResult.filter(verdict=None):
        await confirm_result(result.id, by=By(desk.rechecker, LATER))


async def test_the_banks_results_are_imported_once_and_stand_when_another_person_confirms_them() -> None:
    desk = await make_desk()
    number, _orders = await make_ordered(desk, claims=2)
    filled = _filled(await _treasury_file(), [("已付出", "ok-1"), ("被银行退回", "no-1")])

    first = await import_results(number, filled, source="回单.xlsx", by=By(desk.officer, LATER))
    waiting = await import_results(number, filled, by=By(desk.officer, LATER))
    assert {order.status for order in await Disbursement.all()} == {DisbursementStatus.ORDERED}
    await confirm_all(desk)
    known = await import_results(number, filled, by=By(desk.officer, LATER))

    assert (first.entered, first.refused) == (2, [])
    assert (waiting.entered, waiting.known, waiting.refused) == (0, 2, [])
    assert (known.entered, known.known, known.refused) == (0, 2, [])
    statuses = [order.status for order in await Disbursement.all().order_by("number")]
    assert statuses == [DisbursementStatus.PAID, DisbursementStatus.RETURNED]
    assert {result.source for result in await PaymentResult.all()} == {"回单.xlsx"}
    assert await broken_checks() == {}


async def name_of(order: Disbursement) -> str:
    claim = await order.claim
    return str((await claim.applicant).name)


BANK = ["交易日期", "处理状态", "失败原因", "金额", "收款人账号", "收款人户名", "附言", "交易流水号"]


async def test_the_banks_own_reply_is_read_whatever_the_order_of_its_columns() -> None:
    desk = await make_desk()
    number, (first, second, third) = await make_ordered(desk, claims=3)
    day = f"{LATER:%Y/%m/%d}"
    reply = workbook(
        ["批量代付结果"],
        BANK,
        [
            day,
            "付款成功",
            "",
            "600,000.00",
            first.payee_account,
            await name_of(first),
            f"补助 {first.number}",
            "20261214000418",
        ],
        [day, "退票", "收款人户名与账号不符", "600000.00", second.payee_account, "乙", "补助", "no-2"],
        [day, "失败", "账户已销户", "600000.00", third.payee_account, "丙", third.number, "no-3"],
        ["", "", "", "1800000.00", "", "合计", "", ""],
    )

    result = await import_results(number, reply, by=By(desk.officer, LATER))

    assert (result.entered, result.refused) == (3, [])
    stored = await PaymentResult.all().select_related("order").order_by("order__number")
    assert [(row.outcome, row.return_reason) for row in stored] == [
        (PaymentOutcome.PAID, None),
        (PaymentOutcome.RETURNED, ReturnReason.NAME),
        (PaymentOutcome.RETURNED, ReturnReason.CLOSED),
    ]
    assert stored[0].bank_reference == "20261214000418"
    assert stored[1].return_words == "户名不符：收款人户名与账号不符"
    assert stored[2].return_words == "账户已销户"


async def test_a_reference_that_lost_its_digits_is_told_and_never_used() -> None:
    desk = await make_desk()
    number, (order,) = await make_ordered(desk)
    book = load_workbook(io.BytesIO(_filled(await _treasury_file(), [("已付", "x")])))
    book.worksheets[0].cell(4, 20).value = 20261214000418000
    written = io.BytesIO()
    book.save(written)

    result = await import_results(number, written.getvalue(), by=By(desk.officer, LATER))

    [(row, why)] = result.refused
    assert (result.entered, row) == (0, 4)
    assert "丢失了位数" in why
    assert not await PaymentResult.filter(order_id=order.id).exists()


async def test_a_file_of_another_batch_is_refused_at_its_rows() -> None:
    desk = await make_desk()
    number, (order,) = await make_ordered(desk)
    other = await Batch.create(
        id=uuid4(),
        number="PC-2026-000099",
        programme_id=(await Batch.get(number=number)).programme_id,
        year=2026,
        fiscal_year=2026,
        title="x",
        proposed_by_id=desk.officer.user_id,
        proposed_at=LATER,
        created_at=LATER,
    )
    filled = _filled(await _treasury_file(), [("已付出", "ok-1")])

    result = await import_results(other.number, filled, by=By(desk.officer, LATER))

    assert (result.entered, result.refused) == (0, [(4, f"{order.number} 属于批次 {number}。")])


UNFIT_ROWS = (
    ("6222029999999999999", "order", "600000", "账号与拨付单不符"),
    ("6222029999999999999", "", "600000", "没有这个账号和金额的拨付"),
    ("own", "", "600000.01", "没有这个账号和金额的拨付"),
    ("6222****9999", "", "600000", "分不清是哪一笔"),
    ("own", "order", "600000.01", "金额与拨付单不符"),
    ("6222", "order", "600000", "账号与拨付单不符"),
    ("6222 02**** 9999", "order", "600000", "账号与拨付单不符"),
    ("", "order", "600000", "收款单位与拨付单不符"),
)


async def test_a_row_that_fits_no_order_is_refused() -> None:
    desk = await make_desk()
    batch, (order,) = await make_ordered(desk)

    for typed, number, amount, why in UNFIT_ROWS:
        account = order.payee_account if typed == "own" else typed
        name = "别的公司" if not account else await name_of(order)
        remark = order.number if number else "补助"
        reply = workbook(BANK, [f"{LATER:%Y-%m-%d}", "成功", "", amount, account, name, remark, "LS1"])

        result = await import_results(batch, reply, by=By(desk.officer, LATER))

        [(_row, reason)] = result.refused
        assert (result.entered, why in reason) == (0, True), (typed, number, amount)


async def _treasury_file() -> bytes:
    file = await InstructionFile.get(layout="treasury", format="xlsx")
    return bytes(file.content)


def _filled(content: bytes, results: list[tuple[str, str]]) -> bytes:
    """Fill the bank's results into a payment file, whose heads stand in its third row."""
    book = load_workbook(io.BytesIO(content))
    page = book.worksheets[0]
    for row, (words, reference) in enumerate(results, start=4):
        page.cell(row, 18, words)
        page.cell(row, 19, LATER.date().isoformat())
        page.cell(row, 20, reference)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


async def test_a_changed_amount_a_strange_number_and_no_workbook_are_refused_row_by_row() -> None:
    desk = await make_desk()
    number, _orders = await make_ordered(desk)
    book = load_workbook(io.BytesIO(await _treasury_file()))
    book.worksheets[0].cell(4, 10, 1.5)
    book.worksheets[0].cell(5, 2, "BF-2026-999999")
    written = io.BytesIO()
    book.save(written)

    filled = _filled(written.getvalue(), [("已付出", "a"), ("已付出", "b")])
    result = await import_results(number, filled, by=By(desk.officer, LATER))

    assert (result.entered, [row for row, _why in result.refused]) == (0, [4, 5])
    with pytest.raises(Invalid):
        await import_results(number, b"no workbook", by=By(desk.officer, LATER))


@pytest.mark.parametrize(
    ("shown", "is_it"),
    [
        ("4500160473000056", True),
        ("4500****0056", True),
        ("*0056", True),
        ("4500160473000056xxxx", False),
        ("45001604730000560", False),
        ("4500**0057", False),
        ("45001604730000****73000056", False),
    ],
)
def test_an_account_whose_middle_is_masked_is_compared_by_what_is_shown(shown: str, is_it: bool) -> None:
    assert is_account_of(shown, "4500160473000056") is is_it


@pytest.mark.parametrize(
    ("shown", "is_it"),
    [
        ("南宁青屿铝缆股份有限公司", True),
        ("南宁青屿铝缆股份", True),
        ("南宁青屿", False),
        ("南宁青屿铝业股份有限公司", False),
    ],
)
def test_a_name_that_the_bank_cut_is_compared_as_far_as_it_goes(shown: str, is_it: bool) -> None:
    assert is_name_of(shown, "南宁青屿铝缆股份有限公司") is is_it
