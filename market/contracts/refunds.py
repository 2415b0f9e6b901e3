"""Refunds of a contract's money: by bank, recorded by one person and confirmed by another, or online.

A refund is booked of the surplus first; the rest becomes a receipt below zero.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from market.accounts.actors import Actor
from market.audit.log import record
from market.contracts.fees import book_fee
from market.contracts.models import INSTALMENT, Instalment, Receipt
from market.contracts.money_back import (
    PaymentOrigin,
    book_negative_receipt,
    origin_of,
    surplus_left,
    transfers_under,
)
from market.contracts.queries import get_instalment_for
from market.contracts.receipts import book_restored_refund
from market.contracts.states import ContractAct, ContractVerb, ReceiptSource
from market.deals.messages import notify_both_parties
from market.deals.models import Side
from market.deals.parties import side_of
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Forbidden, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.payments import bank_lines, refunds
from market.payments.bank_lines import settle_reversal_of
from market.payments.models import Payment, Refund, Remittance
from market.payments.payables import RefundedPayment
from market.payments.refunds import lock_refund
from market.payments.statement_models import BankLine
from market.payments.states import LineAction, RefundStatus
from market.records.by import By
from market.records.decisions import Verdict


async def request_refund(payment_id: UUID, amount: int, reason: str, *, by: By) -> Refund:
    """Request the refund of an online payment or a part of it; a job sends it to the gateway.

    Raises:
        Forbidden: the person does not act for the seller.
        RefundExceedsPayment: the payment has less left.
    """
    by.actor.require(ContractAct.REFUND)
    return await _request(payment_id, amount, reason, by=by)


@atomic()
async def _request(payment_id: UUID, amount: int, reason: str, *, by: By) -> Refund:
    payment = await Payment.select_for_update().get_or_none(id=payment_id)
    if payment is None or payment.payable_kind != INSTALMENT:
        raise NotFound(_("没有这笔付款。"))
    await _require_seller(payment.payable_id, by.actor)
    return await refunds.request_refund(payment, Money(amount, payment.currency), reason, by=by)


@atomic()
async def record_refund(
    source: Remittance | BankLine,
    amount: int,
    reason: str,
    *,
    refunded_on: date,
    bank_reference: str,
    blob: StoredBlob | None,
    by: By,
) -> Refund:
    """Write down that money was sent back by bank: of a confirmed transfer, or a line that paid for nothing.

    Raises:
        Forbidden: the person does not act for the seller.
        Invalid: at the field that is wrong.
        RefundExceedsPayment: less came.
    """
    by.actor.require(ContractAct.REFUND)
    if isinstance(source, BankLine):
        source = await bank_lines.lock_line(source.id, by.actor)
        kind, subject = "bank_statement", source.statement_id
        await bank_lines.return_line(source, LineAction.RETURN, by=by)
    else:
        source = await Remittance.select_for_update().get(id=source.id)
        instalment = await _require_seller(source.payable_id, by.actor)
        kind, subject = "contract", instalment.contract_id
    voucher = blob and await attach(
        blob,
        subject_kind=kind,
        subject_id=subject,
        kind="refund_voucher",
        tier=Tier.PARTIES,
        by=by,
    )
    return await refunds.record_by_bank(
        source,
        Money(amount, source.currency),
        reason,
        refunded_on=refunded_on,
        bank_reference=bank_reference,
        voucher_id=voucher.id if voucher else None,
        by=by,
    )


@atomic()
async def confirm_refund(refund_id: UUID, *, by: By) -> Refund:
    """Confirm, as another person of the seller's finance, that money sent back by bank has left; book it.

    Raises:
        SamePerson: the actor recorded it.
        ActionNotAllowed: it was decided before.
    """
    by.actor.require(ContractAct.CONFIRM_REFUND)
    await get_refund_for(by.actor, refund_id)
    refund = await refunds.decide_refund(refund_id, Verdict.CONFIRMED, by=by)
    await book_refund(refund, by=by)
    if refund.remittance_id is not None:
        await settle_reversal_of(refund.remittance_id, by=by)
    return refund


@atomic()
async def reject_refund(refund_id: UUID, reason: str, *, by: By) -> Refund:
    """Reject, as another person of the seller's finance, a refund by bank whose money did not leave."""
    by.actor.require(ContractAct.CONFIRM_REFUND)
    await get_refund_for(by.actor, refund_id)
    refund = await refunds.decide_refund(refund_id, Verdict.REJECTED, by=by, reason=reason)
    if refund.line_id is not None:
        line = await bank_lines.lock_line(refund.line_id, by.actor)
        await bank_lines.return_line(line, LineAction.KEEP, by=by)
    return refund


async def get_refund_for(actor: Actor, refund_id: UUID) -> Refund:
    """Return a refund of money that came to the organisation the person acts for.

    Raises:
        NotFound: there is none, or it is another's.
    """
    refund = await Refund.get_or_none(id=refund_id).select_related("payment", "remittance", "line")
    if refund is not None:
        receipt = refund.payment or refund.remittance
        if receipt is None and refund.line and actor.acts_for(refund.line.organisation_id):
            return refund
        if receipt is not None:
            await _require_seller(receipt.payable_id, actor)
            return refund
    raise NotFound(_("没有这笔退款，或者您不能查看它。"))


async def _require_seller(instalment_id: UUID, actor: Actor) -> Instalment:
    instalment = await get_instalment_for(actor, instalment_id)
    if side_of(instalment.contract.deal, actor) is not Side.SELLER:
        raise Forbidden(_("退款由转让方的财务人员办理。"))
    return instalment


@atomic()
async def book_refund_update(update: RefundedPayment, *, by: By) -> None:
    """Book an online refund that was carried out, or reverse one that failed after all. Idempotent."""
    refund = await lock_refund(update.refund_id)
    if refund.status is RefundStatus.SUCCEEDED and update.is_done:
        await book_refund(refund, by=by)
    elif refund.status is RefundStatus.FAILED and not update.is_done:
        await _reverse_refund(refund, by=by)
    await book_fee(update.payment_id, at=by.now)


async def book_refund(refund: Refund, *, by: By) -> None:
    """Book a refund that was carried out, online or by bank. Idempotent."""
    if await transfers_under(f"refund:{refund.id}:"):
        return
    if refund.line_id is not None:
        await _book_returned_line(refund, by=by)
        return
    origin = await _origin_of_refund(refund)
    surplus = min(refund.amount, await surplus_left(origin))
    if surplus:
        await ledger.post(
            "surplus_refund",
            Money(surplus, refund.currency),
            debit=f"surplus:{origin.instalment.id}",
            credit=account_code("refunded", origin.deal.seller_id, refund.currency),
            reference=f"refund:{refund.id}:surplus",
            at=by.now,
            subject=origin.subject,
        )
    if rest := refund.amount - surplus:
        await book_negative_receipt(
            origin,
            Money(rest, refund.currency),
            ReceiptSource.REFUND,
            refund.id,
            debit=origin.received_account,
            reference=f"refund:{refund.id}:receipt",
            on=refund.refunded_on or local_date(by.now),
            now=by.now,
        )
    contract = origin.instalment.contract
    await record(
        "contract",
        contract.id,
        ContractVerb.REFUND,
        by=by,
        refund=refund.id,
        amount=refund.amount,
        surplus=surplus,
    )
    await notify_both_parties(
        origin.deal,
        _(
            "合同 %(number)s 第 %(n)s 期退款 %(amount)s。",
            number=contract.number,
            n=origin.instalment.sequence,
            amount=yuan(refund.money),
        ),
        now=by.now,
        address=f"/contracts/{contract.number}",
    )


async def _book_returned_line(refund: Refund, *, by: By) -> None:
    """Book a bank line that paid for nothing and was sent back."""
    line = await BankLine.get(id=refund.line_id)
    await ledger.post(
        "refund",
        refund.money,
        debit=account_code("unplaced", line.organisation_id, refund.currency),
        credit=account_code("refunded", line.organisation_id, refund.currency),
        reference=f"refund:{refund.id}:returned",
        at=by.now,
        subject=("refund", refund.id),
    )


async def _reverse_refund(refund: Refund, *, by: By) -> None:
    """Reverse a failed refund: its money, which is back at the seller, becomes a new receipt."""
    for transfer in await Transfer.filter(reference=f"refund:{refund.id}:surplus"):
        await ledger.reverse(transfer.id, reference=f"{transfer.reference}:back", at=by.now)
    receipt = await Receipt.get_or_none(source=ReceiptSource.REFUND, source_id=refund.id)
    if receipt is not None:
        origin = await _origin_of_refund(refund)
        money = Money(-receipt.amount, receipt.currency)
        await book_restored_refund(refund.id, origin.instalment.id, money, way=origin.way, by=by)


async def _origin_of_refund(refund: Refund) -> PaymentOrigin:
    if refund.payment_id is not None:
        return await origin_of(await Payment.get(id=refund.payment_id))
    return await origin_of(await Remittance.get(id=refund.remittance_id))
