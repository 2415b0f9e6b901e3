"""The bank's results of orders to pay, read from its reply file or from a payment file filled in by hand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from market.accounts.relations import Conflicted
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentResult
from market.budgets.payment_results import Reported, enter_result
from market.budgets.states import BudgetAct, DisbursementStatus, PaymentOutcome, ReturnReason
from market.codes.canonical import canonical_key
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.foreign_files import parse_foreign
from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Limits, Row
from market.kit.workbooks.heads import Head, HeadRow, HeadsNotFound, find_heads, head_key
from market.kit.workbooks.reading import read_sheets
from market.kit.workbooks.values import UnreadableCell, amount_of, day_of, text_of
from market.records.by import By
from market.records.decisions import Verdict

LIMITS = Limits(rows=5100)
HEADS = (
    Head("number", ("拨付编号", "拨付单号", "拨付号", "客户流水号", "业务编号", "企业流水号"), False),
    Head("remark", ("附言", "用途", "用途/附言", "摘要", "备注"), False),
    Head("account", ("账号", "收款人账号", "收款账号", "对方账号", "收款方账号"), False),
    Head(
        "name", ("收款人户名", "收款人名称", "收款人", "收款单位", "收款方名称", "收款方户名", "企业"), False
    ),
    Head("amount", ("金额（元）", "拨付金额（元）", "付款金额（元）", "金额", "交易金额", "付款金额")),
    Head("result", ("银行结果", "结果", "付款结果", "处理结果", "处理状态", "交易状态", "交易结果")),
    Head("day", ("日期", "付款日期", "结果日期", "交易日期", "处理日期", "入账日期")),
    Head("reference", ("银行流水号", "流水号", "交易流水号", "银行交易流水号", "核心流水号")),
    Head("why", ("退回原因", "退票原因", "失败原因", "原因", "错误信息", "处理信息"), False),
)
"""Columns of a result, our spelling first, then how banks name them; in any order."""
PAID_WORDS = frozenset(
    [
        *("已付出", "已付", "成功", "付款成功", "交易成功", "处理成功", "支付成功", "转账成功", "入账成功"),
        *("已支付", "已拨付", "已入账", "已到账"),
    ]
)
RETURNED_WORDS = frozenset(
    [
        *("被银行退回", "银行退回", "退回", "已退回", "退票", "已退票", "退汇", "已退汇", "退款"),
        *("失败", "付款失败", "交易失败", "处理失败", "支付失败", "转账失败", "入账失败"),
    ]
)
_NUMBER = re.compile(r"BF-\d{4}-\d{6}")
_ACCOUNT = re.compile(r"\d{8,30}")
SHORTEST_NAME = 6
"""Characters of a name that a bank has cut which still tell whose it is."""
_REASONS = (
    (ReturnReason.CLOSED, ("销户", "注销")),
    (ReturnReason.NAME, ("户名", "名称不符")),
    (ReturnReason.ACCOUNT, ("账号", "帐号", "账户", "帐户")),
)
"""Words of banks that tell a reason; the first that stands in the text decides."""


@dataclass(frozen=True)
class ResultRow:
    """One order's result in the file."""

    row: int
    number: str
    """Empty where the file does not name the order; then account and amount must tell it."""
    account: str
    """Empty where the file has none, or masks it."""
    shown_account: str
    """As the file has it, perhaps masked; empty where it has none, or a spreadsheet took its digits."""
    payee_name: str
    amount: int | None
    outcome: PaymentOutcome
    ended_on: date
    bank_reference: str
    return_reason: ReturnReason | None = None
    return_note: str = ""


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
    """A parsed file: valid results, invalid rows with the reason, and notices."""

    rows: list[ResultRow] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_results(content: bytes) -> ParsedResults:
    """Read a file of results; rows without a result are skipped.

    Raises:
        Invalid: it is no table, or has no columns of results.
    """
    try:
        heads = find_heads(read_sheets(content, LIMITS), HEADS)
    except HeadsNotFound as error:
        message = _("文件里没有这些列：%(names)s。请用银行的回单文件或填好结果的付款文件。", names=str(error))
        raise Invalid(message, field="file") from error
    results = ParsedResults(notices=heads.notices())
    for row in heads.rows():
        if not heads.cell(row, "result").text:
            continue
        try:
            results.rows.append(_result(heads, row))
        except (Invalid, UnreadableCell) as fault:
            results.faults.append((row.number, str(fault)))
    return results


def _result(heads: HeadRow, row: Row) -> ResultRow:
    words = head_key(text_of(heads.cell(row, "result")))
    if words not in PAID_WORDS | RETURNED_WORDS:
        message = _(
            "结果“%(words)s”看不懂，应为“%(paid)s”或“%(returned)s”。",
            words=words[:20],
            paid=_("已付出"),
            returned=_("被银行退回"),
        )
        raise Invalid(message)
    outcome = PaymentOutcome.PAID if words in PAID_WORDS else PaymentOutcome.RETURNED
    if not heads.cell(row, "day").text:
        raise Invalid(_("请填日期，如 2026-03-02。"))
    ended_on = day_of(heads.cell(row, "day"))
    reference = text_of(heads.cell(row, "reference"))
    if not reference or len(reference) > 80:
        raise Invalid(_("请填银行流水号。"))
    amount = amount_of(heads.cell(row, "amount"))
    number = _number(heads, row)
    cell = heads.cell(row, "account")
    if not number:
        text_of(cell)
    account = "" if cell.problem else _bare(cell.text)
    reason, note = (
        _reason(text_of(heads.cell(row, "why"))) if outcome is PaymentOutcome.RETURNED else (None, "")
    )
    return ResultRow(
        row=row.number,
        number=number,
        account=account if _ACCOUNT.fullmatch(account) else "",
        shown_account=account,
        payee_name=heads.cell(row, "name").text,
        amount=amount.amount if amount else None,
        outcome=outcome,
        ended_on=ended_on,
        bank_reference=reference,
        return_reason=reason,
        return_note=note,
    )


def _bare(text: str) -> str:
    """Return an account without blanks, dashes and marks that protect it in a spreadsheet."""
    return re.sub(r"[\s='\"`-]", "", unicodedata.normalize("NFKC", text))


def is_account_of(shown: str, account: str) -> bool:
    """Return whether an account as a file shows it, whole or with its middle masked, can be this one."""
    parts = re.split(r"[*Xx•]+", shown)
    if len(parts) == 1:
        return shown == account
    is_longer = len(account) > sum(map(len, parts))
    return is_longer and account.startswith(parts[0]) and account.endswith(parts[-1])


def is_name_of(shown: str, name: str) -> bool:
    """Return whether a payee's name as a file shows it, perhaps cut at its end, can be this one."""
    key, whole = canonical_key(shown), canonical_key(name)
    return key == whole or (len(key) >= SHORTEST_NAME and whole.startswith(key))


def _number(heads: HeadRow, row: Row) -> str:
    """Return the number of the order, from its own column or from the remark."""
    for name in ("number", "remark"):
        if match := _NUMBER.search(heads.cell(row, name).text):
            return match[0]
    return ""


def _reason(text: str) -> tuple[ReturnReason, str]:
    """Return the reason that the bank's words tell, and the words where they say more."""
    for reason, words in _REASONS:
        if any(word in text for word in words):
            is_plain = text == str(reason.label)
            return reason, "" if is_plain else text[:200]
    return (ReturnReason.OTHER, text[:200]) if text else (ReturnReason.UNSTATED, "")


async def import_results(number: str, content: bytes, *, source: str = "", by: By) -> ImportResult:
    """Enter each result of a batch's orders, to be confirmed by another; each in its own transaction.

    Idempotent: what was entered before is counted as known. `source` is the file's name.

    Raises:
        Invalid: it is no table of results.
        NotFound: there is no such batch.
    """
    by.actor.require(BudgetAct.DISBURSE)
    batch = await Batch.get_or_none(number=number)
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    parsed = await parse_foreign(content, read_results, content)
    result = ImportResult(refused=parsed.faults, notices=parsed.notices)
    orders = {
        order.number: order
        for order in await Disbursement.filter(claim__batch_id=batch.id).select_related("claim__applicant")
    }
    for row in parsed.rows:
        try:
            order = await _order_of(row, orders)
            if await _is_known(order, row):
                result.known += 1
                continue
            reported = Reported(
                row.outcome,
                row.ended_on,
                row.bank_reference,
                row.return_reason,
                row.return_note,
                source[:200],
            )
            await enter_result(order.number, reported, by=by)
            result.entered += 1
        except (Conflict, Conflicted, Invalid, NotFound) as fault:
            result.refused.append((row.row, str(fault)))
    result.refused.sort()
    return result


async def _order_of(row: ResultRow, orders: Mapping[str, Disbursement]) -> Disbursement:
    """Return the order of the batch that a row is about.

    Raises:
        Invalid: it is another batch's, its amount or account is another, or it cannot be told.
        NotFound: there is no order of this number.
    """
    if not row.number:
        return _order_by_account(row, list(orders.values()))
    order = orders.get(row.number)
    if order is None:
        other = await Disbursement.get_or_none(number=row.number).select_related("claim__batch")
        if other is None or other.claim.batch is None:
            raise NotFound(_("没有这笔拨付。"))
        raise Invalid(_("%(order)s 属于批次 %(batch)s。", order=row.number, batch=other.claim.batch.number))
    if order.amount != row.amount:
        raise Invalid(_("金额与拨付单不符。"))
    _require_payee(row, order)
    return order


def _require_payee(row: ResultRow, order: Disbursement) -> None:
    """Raise if the file says that the money went to another account, or to another name."""
    if row.shown_account and not is_account_of(row.shown_account, order.payee_account):
        raise Invalid(_("账号与拨付单不符。"))
    is_paid = row.outcome is PaymentOutcome.PAID
    if is_paid and row.payee_name and not is_name_of(row.payee_name, order.claim.applicant.name):
        raise Invalid(_("收款单位与拨付单不符。"))


def _order_by_account(row: ResultRow, orders: Sequence[Disbursement]) -> Disbursement:
    if not row.account:
        raise Invalid(_("没有拨付编号，也没有完整的收款账号，分不清是哪一笔。"))
    same = [
        order
        for order in orders
        if order.payee_account == row.account
        and order.amount == row.amount
        and order.status is not DisbursementStatus.WITHDRAWN
    ]
    open_orders = [order for order in same if order.status is DisbursementStatus.ORDERED]
    candidates = open_orders or same
    if len(candidates) != 1:
        message = (
            _("本批次没有这个账号和金额的拨付。")
            if not same
            else _("有几笔拨付账号和金额相同，分不清是哪一笔。")
        )
        raise Invalid(message)
    _require_payee(row, candidates[0])
    return candidates[0]


async def _is_known(order: Disbursement, row: ResultRow) -> bool:
    """Return whether this very result waits already, or is the one in force."""
    results = PaymentResult.filter(
        order_id=order.id, outcome=row.outcome, bank_reference=row.bank_reference, ended_on=row.ended_on
    )
    if await results.filter(verdict=None).exists():
        return True
    is_in_force = order.status.value == row.outcome.value and order.bank_reference == row.bank_reference
    return is_in_force and await results.filter(verdict=Verdict.CONFIRMED).exists()
