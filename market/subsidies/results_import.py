"""What the bank says of many orders at once: the payment list with its results, read back from Excel."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zipfile import BadZipFile

from market.accounts.actors import Actor
from market.accounts.permissions import Act
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.subsidies.judging import Conflicted
from market.subsidies.models import Disbursement, DisbursementStatus
from market.subsidies.paying import enter_result

MOST_ROWS = 5000
NUMBER, AMOUNT, RESULT, DAY, REFERENCE = 0, 5, 7, 8, 9
"""Columns of our payment list, from 0."""


@dataclass(frozen=True)
class ResultRow:
    """One order's result as the workbook has it."""

    row: int
    number: str
    amount: int | None
    is_paid: bool
    ended_on: date
    bank_reference: str


@dataclass
class Imported:
    """What an import did; `refused` holds row and reason, and what was entered stands."""

    entered: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def read_results(content: bytes) -> tuple[list[ResultRow], list[tuple[int, str]]]:
    """Read the filled-in payment list; rows without a result are passed over.

    Raises:
        Invalid: it is no workbook of ours.
    """
    from openpyxl import load_workbook  # slow to load, and few files are sheets
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError):
        raise Invalid(_("这不是 Excel 文件（.xlsx）。"), field="file") from None
    rows: list[ResultRow] = []
    faults: list[tuple[int, str]] = []
    page = book.worksheets[0]
    for place, cells in enumerate(
        page.iter_rows(min_row=2, max_row=MOST_ROWS + 1, values_only=True), start=2
    ):
        padded = [*cells, *[None] * (REFERENCE + 1)]
        words = str(padded[RESULT] or "").strip()
        if not padded[NUMBER] or not words:
            continue
        try:
            rows.append(_row(place, padded, words))
        except Invalid as fault:
            faults.append((place, str(fault)))
    return rows, faults


def _row(place: int, cells: list[Any], words: str) -> ResultRow:
    paid, returned = _("已付出"), _("被银行退回")
    if words not in (paid, returned):
        raise Invalid(_("结果应为“%(paid)s”或“%(returned)s”。", paid=paid, returned=returned))
    day = cells[DAY]
    if isinstance(day, datetime):
        day = day.date()
    elif isinstance(day, str):
        try:
            day = date.fromisoformat(day.strip())
        except ValueError:
            day = None
    if not isinstance(day, date):
        raise Invalid(_("请填日期，如 2026-03-02。"))
    reference = str(cells[REFERENCE] or "").strip()
    if not reference or len(reference) > 80:
        raise Invalid(_("请填银行流水号。"))
    return ResultRow(place, str(cells[NUMBER]).strip(), _fen(cells[AMOUNT]), words == paid, day, reference)


def _fen(value: object) -> int | None:
    """Read an amount in 元; Excel keeps numbers as floats, whose shortest form is what was written."""
    try:
        fen = Decimal(str(value)) * 100
    except InvalidOperation:
        return None
    return int(fen) if fen.is_finite() and fen == fen.to_integral_value() else None


async def import_results(content: bytes, *, by: By) -> Imported:
    """Enter each result on its own; importing the same file again changes nothing.

    Raises:
        Invalid: it is no workbook of ours.
    """
    by.actor.require(Act.DISBURSE)
    rows, faults = read_results(content)
    done = Imported(refused=faults)
    for row in rows:
        order = await Disbursement.get_or_none(number=row.number)
        if order is not None and order.amount != row.amount:
            done.refused.append((row.row, _("金额与拨付单不符。")))
        elif order is not None and _is_same(order, row):
            done.known += 1
        elif reason := await _enter(row, by.actor, by.now):
            done.refused.append((row.row, reason))
        else:
            done.entered += 1
    done.refused.sort()
    return done


def _is_same(order: Disbursement, row: ResultRow) -> bool:
    status = DisbursementStatus.PAID if row.is_paid else DisbursementStatus.RETURNED
    return order.status is status and order.bank_reference == row.bank_reference


async def _enter(row: ResultRow, actor: Actor, now: datetime) -> str:
    """Enter one result; return why not, or nothing."""
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
