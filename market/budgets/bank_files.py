"""The bank's results of orders to pay, read from its reply file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime

from market.accounts.actors import Actor
from market.budgets.disbursements import enter_result
from market.budgets.models import Disbursement
from market.budgets.permissions import BudgetAct
from market.budgets.states import DisbursementStatus
from market.integrity.conflicts import Conflicted
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Limits, Row
from market.kit.workbooks.heads import Head, HeadRow, HeadsNotFound, find_heads, head_key
from market.kit.workbooks.reading import read_sheets
from market.kit.workbooks.values import UnreadableCell, amount_of, day_of, text_of
from market.records.by import By

LIMITS = Limits(rows=5100)


HEADS = (
    Head("number", ("拨付编号", "拨付单号", "拨付号")),
    Head("amount", ("金额（元）", "拨付金额（元）", "付款金额（元）")),
    Head("result", ("银行结果", "结果", "付款结果", "处理结果")),
    Head("day", ("日期", "付款日期", "结果日期", "交易日期")),
    Head("reference", ("银行流水号", "流水号", "交易流水号")),
)
"""Columns of our payment list, and how banks rename them."""


PAID, RETURNED = "已付出", "被银行退回"


@dataclass(frozen=True)
class ResultRow:
    """One order's result in the workbook."""

    row: int
    number: str
    amount: int | None
    is_paid: bool
    ended_on: date
    bank_reference: str


@dataclass
class ImportResult:
    """The outcome of an import; `refused` holds row and reason, other rows are stored."""

    entered: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    """What a person may not have seen in the file, such as hidden rows."""


@dataclass
class ParsedResults:
    """A parsed workbook: valid results, invalid rows with the reason, and notices."""

    rows: list[ResultRow] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_results(content: bytes) -> ParsedResults:
    """Read the filled-in payment list; rows without a result are skipped.

    Raises:
        Invalid: it is no workbook, or no payment list of ours.
    """
    try:
        heads = find_heads(read_sheets(content, LIMITS), HEADS)
    except HeadsNotFound as error:
        message = _("文件里没有这些列：%(names)s。请用银行的回单文件或填好结果的付款文件。", names=str(error))
        raise Invalid(message, field="file") from error
    results = ParsedResults(notices=heads.notices())
    for row in heads.rows():
        if not heads.cell(row, "number").text or not heads.cell(row, "result").text:
            continue
        try:
            results.rows.append(_result(heads, row))
        except (Invalid, UnreadableCell) as fault:
            results.faults.append((row.number, str(fault)))
    return results


def _result(heads: HeadRow, row: Row) -> ResultRow:
    words = head_key(text_of(heads.cell(row, "result")))
    if words not in (PAID, RETURNED):
        paid, returned = _("已付出"), _("被银行退回")
        raise Invalid(_("结果应为“%(paid)s”或“%(returned)s”。", paid=paid, returned=returned))
    if not heads.cell(row, "day").text:
        raise Invalid(_("请填日期，如 2026-03-02。"))
    ended_on = day_of(heads.cell(row, "day"))
    reference = text_of(heads.cell(row, "reference"))
    if not reference or len(reference) > 80:
        raise Invalid(_("请填银行流水号。"))
    amount = amount_of(heads.cell(row, "amount"))
    return ResultRow(
        row=row.number,
        number=text_of(heads.cell(row, "number")),
        amount=amount.amount if amount else None,
        is_paid=words == PAID,
        ended_on=ended_on,
        bank_reference=reference,
    )


async def import_results(content: bytes, *, by: By) -> ImportResult:
    """Store each result in its own transaction; idempotent.

    Raises:
        Invalid: it is no workbook of ours.
    """
    by.actor.require(BudgetAct.DISBURSE)
    results = await asyncio.to_thread(read_results, content)
    result = ImportResult(refused=results.faults, notices=results.notices)
    for row in results.rows:
        order = await Disbursement.get_or_none(number=row.number)
        if order is not None and order.amount != row.amount:
            result.refused.append((row.row, _("金额与拨付单不符。")))
        elif order is not None and _is_same(order, row):
            result.known += 1
        elif reason := await _enter(row, by.actor, by.now):
            result.refused.append((row.row, reason))
        else:
            result.entered += 1
    result.refused.sort()
    return result


def _is_same(order: Disbursement, row: ResultRow) -> bool:
    status = DisbursementStatus.PAID if row.is_paid else DisbursementStatus.RETURNED
    return order.status is status and order.bank_reference == row.bank_reference


async def _enter(row: ResultRow, actor: Actor, now: datetime) -> str:
    """Store one result; return why it was refused, or an empty string."""
    try:
        await enter_result(
            row.number,
            is_paid=row.is_paid,
            ended_on=row.ended_on,
            bank_reference=row.bank_reference,
            by=By(actor, now),
        )
    except (Conflict, Conflicted, Invalid, NotFound) as fault:
        return str(fault)
    return ""
