"""Receipts: money that arrived for an instalment, written once and booked in the ledger."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from market.audit.log import record
from market.contracts.fees import book_fee, update_commission
from market.contracts.models import Contract, Instalment, Receipt
from market.contracts.queries import is_fulfilled, open_amount, received_amount
from market.contracts.states import ContractVerb, ReceiptSource
from market.deals.messages import notify_both_parties
from market.deals.models import Deal
from market.deals.states import DealAction, DealStatus
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.payments.models import Remittance
from market.payments.payables import PaidPayment
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def book_payment(paid: PaidPayment, *, by: By) -> Receipt | None:
    """Book money that was paid online. Idempotent.

    What exceeds the instalment has arrived all the same: it is booked as surplus until it is sent back.
    None when all of it is.
    """
    receipt = await _book_receipt(
        ReceiptSource.PAYMENT,
        paid.payment_id,
        paid.payable_id,
        paid.money,
        received_on=local_date(paid.paid_at),
        by=by,
    )
    await book_fee(paid.payment_id, at=by.now)
    return receipt


@atomic()
async def book_remittance(remittance: Remittance, *, by: By) -> Receipt | None:
    """Book a confirmed bank transfer. Idempotent.

    A bank statement may show more than the instalment has left: that is surplus until it is sent back. None
    when all of it is.
    """
    return await _book_receipt(
        ReceiptSource.REMITTANCE,
        remittance.id,
        remittance.payable_id,
        Money(remittance.amount, remittance.currency),
        received_on=remittance.received_on,
        by=by,
    )


@atomic()
async def book_restored_refund(
    refund_id: UUID, instalment_id: UUID, money: Money, *, way: str, by: By
) -> Receipt | None:
    """Book the money of a refund that failed after all as a new receipt. Idempotent."""
    return await _book_receipt(
        ReceiptSource.RESTORED,
        refund_id,
        instalment_id,
        money,
        received_on=local_date(by.now),
        by=by,
        way=way,
    )


async def advance_deal(contract: Contract, *, by: By) -> None:
    """Move a registered deal on by its receipts: paying at the first, completed at the last.

    The caller holds the lock of the deal.
    """
    total = await received_amount(contract.id)
    deal = await Deal.get(id=contract.deal_id)
    if deal.status is DealStatus.REGISTERED and total > 0:
        await transition(deal, DealAction.START_PAYING, by=by)
    if deal.status is DealStatus.PAYING and await is_fulfilled(contract, total):
        await transition(deal, DealAction.COMPLETE, by=by)


async def _book_receipt(
    source: ReceiptSource,
    source_id: UUID,
    instalment_id: UUID,
    money: Money,
    *,
    received_on: date,
    by: By,
    way: str = "",
) -> Receipt | None:
    """Write the receipt and book it, under the lock of the deal. Idempotent by source.

    Money that has arrived is booked whatever the status of the deal.
    """
    instalment = await Instalment.get(id=instalment_id).select_related("contract__deal")
    contract = instalment.contract
    deal = await Deal.select_for_update().get(id=contract.deal_id)
    existing = await Receipt.get_or_none(source=source, source_id=source_id)
    if existing is not None:
        return existing
    # Nothing is owed any more on a rescinded contract: what still arrives is surplus.
    is_ended = deal.status is DealStatus.RESCINDED
    left = Money(0 if is_ended else await open_amount(instalment), money.currency)
    booked = money if money <= left else left
    reference = f"{source}:{source_id}"
    if booked != money:
        await ledger.post(
            "surplus",
            money - booked,
            debit=account_code("unplaced", deal.seller_id, money.currency),
            credit=f"surplus:{instalment.id}",
            reference=f"{reference}:surplus",
            at=by.now,
            subject=("contract", contract.id),
        )
    if not booked:
        return None
    receipt = await Receipt.create(
        id=uuid4(),
        contract_id=contract.id,
        instalment_id=instalment.id,
        source=source,
        source_id=source_id,
        amount=booked.amount,
        currency=booked.currency,
        received_on=received_on,
        booked_at=by.now,
    )
    way = way or ("online" if source is ReceiptSource.PAYMENT else "remittance")
    await ledger.post(
        "receipt",
        booked,
        debit=f"due:{instalment.id}",
        credit=account_code(f"met:{way}", deal.seller_id, booked.currency),
        reference=f"{reference}:receipt",
        at=by.now,
        subject=("contract", contract.id),
    )
    await record(
        "contract",
        contract.id,
        ContractVerb.RECEIVE,
        by=by,
        source=source,
        source_id=source_id,
        amount=receipt.amount,
        instalment=instalment.sequence,
    )
    await update_commission(contract, at=by.now)
    await advance_deal(contract, by=by)
    await notify_both_parties(
        deal,
        _(
            "合同 %(number)s 第 %(n)s 期到账 %(amount)s。",
            number=contract.number,
            n=instalment.sequence,
            amount=yuan(booked),
        ),
        now=by.now,
        address=f"/contracts/{contract.number}",
    )
    return receipt
