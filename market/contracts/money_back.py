"""How money that went back stands in the book and among the receipts.

What went back is a receipt below zero, so that every sum of receipts is what was really received;
in the book it is owed again. Surplus goes back first, since it was never part of the price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.audit.log import record
from market.contracts.fees import book_fee
from market.contracts.models import Instalment, Receipt, ReceiptSource
from market.contracts.queries import open_amount, received
from market.contracts.receiving import receive_restored
from market.contracts.verbs import ContractVerb
from market.deals.brokerage import book_commission
from market.deals.models import Deal
from market.deals.notifications import notify_both_parties
from market.deals.states import DealStatus
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import services as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.payments import refunds
from market.payments.models import BankLine, Dispute, Payment, Refund, Remittance
from market.payments.payables import DisputedPayment, RefundedPayment
from market.payments.states import DisputeStatus, RefundStatus
from market.records.by import By


@dataclass(frozen=True)
class Came:
    """Where money came from that may go back."""

    source: ReceiptSource
    id: UUID
    way: str
    instalment: Instalment
    deal: Deal


@atomic()
async def book_refund_update(update: RefundedPayment, *, by: By) -> None:
    """Book an online refund that was carried out, or reverse one that failed after all. Idempotent."""
    refund = await refunds.lock_refund(update.refund_id)
    if refund.status is RefundStatus.SUCCEEDED and update.is_done:
        await book_refund(refund, by=by)
    elif refund.status is RefundStatus.FAILED and not update.is_done:
        await _unbook(refund, now=by.now)
    await book_fee(update.payment_id, at=by.now)


@atomic()
async def book_dispute_update(update: DisputedPayment, *, by: By) -> None:
    """Book a dispute: withheld while it is open, released when won, lost for good when lost. Idempotent."""
    now = by.now
    dispute = await Dispute.select_for_update().get(id=update.dispute_id)
    came = await _came_by(await Payment.get(id=dispute.payment_id))
    if dispute.status in (DisputeStatus.OPEN, DisputeStatus.LOST):
        await _withhold(dispute, came, now=now)
    if dispute.status is DisputeStatus.WON:
        for transfer in await _held(dispute):
            await ledger.reverse(transfer.id, reference=f"{transfer.reference}:back", at=now)
    if dispute.status is DisputeStatus.LOST:
        await _lose(dispute, came, now=now)
    if update.is_new:
        await record(
            "contract", came.instalment.contract_id, ContractVerb.DISPUTE, by=by, status=dispute.status
        )
        await notify(
            _(
                "合同 %(number)s 第 %(n)s 期的在线付款 %(amount)s 被付款方银行提出拒付，请到支付平台处理。",
                number=came.instalment.contract.number,
                n=came.instalment.sequence,
                amount=yuan(dispute.money),
            ),
            now=now,
            address=f"/contracts/{came.instalment.contract.number}",
            organisation_id=came.deal.seller_id,
        )


async def book_refund(refund: Refund, *, by: By) -> None:
    """Book money that went back, surplus first; booking it again changes nothing."""
    if await _booked(f"refund:{refund.id}:%"):
        return
    if refund.line_id is not None:
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
        return
    came = await _came_of(refund)
    surplus = min(refund.amount, await _surplus_left(came))
    if surplus:
        await ledger.post(
            "surplus_refund",
            Money(surplus, refund.currency),
            debit=f"surplus:{came.instalment.id}",
            credit=account_code("refunded", came.deal.seller_id, refund.currency),
            reference=f"refund:{refund.id}:surplus",
            at=by.now,
            subject=("contract", came.instalment.contract_id),
        )
    if rest := refund.amount - surplus:
        await _take_back(
            came,
            Money(rest, refund.currency),
            ReceiptSource.REFUND,
            refund.id,
            debit=account_code(f"met:{came.way}", came.deal.seller_id, refund.currency),
            reference=f"refund:{refund.id}:receipt",
            on=refund.refunded_on or local_date(by.now),
            now=by.now,
        )
    await record(
        "contract",
        came.instalment.contract_id,
        ContractVerb.REFUND,
        by=by,
        refund=refund.id,
        amount=refund.amount,
        surplus=surplus,
    )
    await notify_both_parties(
        came.deal,
        _(
            "合同 %(number)s 第 %(n)s 期退款 %(amount)s。",
            number=came.instalment.contract.number,
            n=came.instalment.sequence,
            amount=yuan(refund.money),
        ),
        now=by.now,
        address=f"/contracts/{came.instalment.contract.number}",
    )


async def _unbook(refund: Refund, *, now: datetime) -> None:
    """The money of a booked refund is back at the seller: it counts as if it had come anew."""
    for transfer in await _booked(f"refund:{refund.id}:surplus"):
        await ledger.reverse(transfer.id, reference=f"{transfer.reference}:back", at=now)
    booked = await Receipt.get_or_none(source=ReceiptSource.REFUND, source_id=refund.id)
    if booked is not None:
        came = await _came_of(refund)
        await receive_restored(
            refund.id, came.instalment.id, Money(-booked.amount, booked.currency), way=came.way, now=now
        )


async def _held(dispute: Dispute) -> list[Transfer]:
    found = await _booked(f"dispute:{dispute.id}:held%")
    return [each for each in found if each.reverses_id is None]


async def _withhold(dispute: Dispute, came: Came, *, now: datetime) -> None:
    if await _held(dispute):
        return
    surplus = min(dispute.amount, await _surplus_left(came))
    met = account_code(f"met:{came.way}", came.deal.seller_id, dispute.currency)
    for part, debit, reference in (
        (surplus, f"surplus:{came.instalment.id}", "held_surplus"),
        (dispute.amount - surplus, met, "held"),
    ):
        if part:
            await ledger.post(
                "dispute",
                Money(part, dispute.currency),
                debit=debit,
                credit=f"disputed:{dispute.id}",
                reference=f"dispute:{dispute.id}:{reference}",
                at=now,
                subject=("contract", came.instalment.contract_id),
            )


async def _lose(dispute: Dispute, came: Came, *, now: datetime) -> None:
    if await _booked(f"dispute:{dispute.id}:lost%"):
        return
    held = {each.reference.rsplit(":", 1)[1]: each.amount for each in await _held(dispute)}
    got = came.instalment.amount - await open_amount(came.instalment)
    rest = min(held.get("held", 0), got)
    if gone := dispute.amount - rest:
        await ledger.post(
            "dispute",
            Money(gone, dispute.currency),
            debit=f"disputed:{dispute.id}",
            credit=account_code("charged_back", came.deal.seller_id, dispute.currency),
            reference=f"dispute:{dispute.id}:lost_surplus",
            at=now,
            subject=("contract", came.instalment.contract_id),
        )
    if rest:
        await _take_back(
            came,
            Money(rest, dispute.currency),
            ReceiptSource.DISPUTE,
            dispute.id,
            debit=f"disputed:{dispute.id}",
            reference=f"dispute:{dispute.id}:lost",
            on=local_date(now),
            now=now,
        )


async def _take_back(
    came: Came,
    money: Money,
    source: ReceiptSource,
    source_id: UUID,
    *,
    debit: str,
    reference: str,
    on: date,
    now: datetime,
) -> None:
    await Receipt.create(
        id=uuid4(),
        contract_id=came.instalment.contract_id,
        instalment_id=came.instalment.id,
        source=source,
        source_id=source_id,
        amount=-money.amount,
        currency=money.currency,
        received_on=on,
        booked_at=now,
    )
    # On a contract that was ended nothing is owed any more, whatever goes back.
    is_ended = came.deal.status is DealStatus.RESCINDED
    refunded = account_code("refunded", came.deal.seller_id, money.currency)
    await ledger.post(
        "refund",
        money,
        debit=debit,
        credit=refunded if is_ended else f"due:{came.instalment.id}",
        reference=reference,
        at=now,
        subject=("contract", came.instalment.contract_id),
    )
    left = Money(await received(came.instalment.contract_id), money.currency)
    await book_commission(came.deal.id, left, at=now)


async def _surplus_left(came: Came) -> int:
    """Return what of the surplus that came by this source is still here."""
    came_in = await Transfer.get_or_none(reference=f"{came.source}:{came.id}:surplus")
    if came_in is None:
        return 0
    left = await ledger.available(f"surplus:{came.instalment.id}")
    return min(int(came_in.amount), left.amount)


async def _came_of(refund: Refund) -> Came:
    if refund.payment_id is not None:
        return await _came_by(await Payment.get(id=refund.payment_id))
    return await _came_by(await Remittance.get(id=refund.remittance_id))


async def _came_by(source: Payment | Remittance) -> Came:
    """Lock the deal, behind which all who change its contract queue up, and tell where the money went."""
    instalment = await Instalment.get(id=source.payable_id).select_related("contract")
    deal = await Deal.select_for_update().get(id=instalment.contract.deal_id)
    if isinstance(source, Payment):
        return Came(ReceiptSource.PAYMENT, source.id, "online", instalment, deal)
    return Came(ReceiptSource.REMITTANCE, source.id, "remittance", instalment, deal)


async def _booked(reference: str) -> list[Transfer]:
    """Return the transfers under a reference, or all that begin as it does before its `%`."""
    if reference.endswith("%"):
        return await Transfer.filter(reference__startswith=reference[:-1]).order_by("reference")
    return await Transfer.filter(reference=reference)
