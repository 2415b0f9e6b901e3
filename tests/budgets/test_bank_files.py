from __future__ import annotations

import io
import re
from datetime import date

import pytest
import xlsxwriter
from openpyxl import load_workbook

from market.budgets.bank_files import import_results, read_results
from market.budgets.batches import approve_batch
from market.budgets.models import Disbursement
from market.budgets.payment_models import InstructionFile
from market.budgets.states import DisbursementStatus
from market.kit.errors import Invalid
from market.records.by import By
from tests.budgets.factories import order_and_release
from tests.claims.factories import LATER, make_desk, make_published, make_rechecked
from tests.kit.books import row_of, xlsx
from tests.kit.xls import Table, xls

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

    assert (row.number, row.amount, row.is_paid) == ("BF-2026-000001", 12_000_000, True)
    assert (row.ended_on, row.bank_reference) == (date(2026, 11, 20), "LS1")


@pytest.mark.parametrize(
    ("column", "text", "why"),
    [
        (3, "成功", "结果应为“已付出”或“被银行退回”"),
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


async def test_the_banks_results_are_imported_once_and_a_returned_payment_is_ordered_again() -> None:
    desk = await make_desk()
    claims = [await make_rechecked(desk) for _ in range(2)]
    number = await make_published(desk, *claims)
    await approve_batch(number, by=By(desk.approver, LATER))
    await order_and_release(number, desk)
    orders = await Disbursement.all().order_by("number")
    filled = _filled(await _treasury_file(), [("已付出", "ok-1"), ("被银行退回", "no-1")])

    first = await import_results(filled, by=By(desk.officer, LATER))
    second = await import_results(filled, by=By(desk.officer, LATER))
    again = await order_and_release(number, desk)

    assert (first.entered, first.refused) == (2, [])
    assert (second.entered, second.known, second.refused) == (0, 2, [])
    assert [order.claim_id for order in again.orders] == [orders[1].claim_id]
    statuses = [order.status for order in await Disbursement.all().order_by("number")]
    assert statuses == [DisbursementStatus.PAID, DisbursementStatus.RETURNED, DisbursementStatus.ORDERED]


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
    number = await make_published(desk, await make_rechecked(desk))
    await approve_batch(number, by=By(desk.approver, LATER))
    await order_and_release(number, desk)
    book = load_workbook(io.BytesIO(await _treasury_file()))
    book.worksheets[0].cell(4, 10, 1.5)
    book.worksheets[0].cell(5, 2, "BF-2026-999999")
    written = io.BytesIO()
    book.save(written)

    result = await import_results(
        _filled(written.getvalue(), [("已付出", "a"), ("已付出", "b")]), by=By(desk.officer, LATER)
    )

    assert (result.entered, [row for row, _why in result.refused]) == (0, [4, 5])
    with pytest.raises(Invalid):
        await import_results(b"no workbook", by=By(desk.officer, LATER))
