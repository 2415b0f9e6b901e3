"""Booking of disputes (拒付) of a contract's payments: withheld while open, back when won, gone when lost."""

from __future__ import annotations

from datetime import datetime

from market.accounts.messages import notify
from market.audit.log import record
from market.contracts.money_back import (
    PaymentOrigin,
    book_negative_receipt,
    origin_of,
    surplus_left,
    transfers_under,
)
from market.contracts.queries import open_amount
from market.contracts.states import ContractVerb, ReceiptSource
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import services as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.payments.models import Dispute, Payment
from market.payments.payables import DisputedPayment
from market.payments.states import DisputeStatus
from market.records.by import By


@atomic()
async def book_dispute_update(update: DisputedPayment, *, by: By) -> None:
    """Book a dispute by its status, and notify the seller of a new one. Idempotent."""
    dispute = await Dispute.select_for_update().get(id=update.dispute_id)
    origin = await origin_of(await Payment.get(id=dispute.payment_id))
    if dispute.status in (DisputeStatus.OPEN, DisputeStatus.LOST):
        await _withhold(dispute, origin, now=by.now)
    if dispute.status is DisputeStatus.WON:
        for transfer in await _withheld(dispute):
            await ledger.reverse(transfer.id, reference=f"{transfer.reference}:back", at=by.now)
    if dispute.status is DisputeStatus.LOST:
        await _charge_back(dispute, origin, now=by.now)
    if update.is_new:
        contract = origin.instalment.contract
        await record("contract", contract.id, ContractVerb.DISPUTE, by=by, status=dispute.status)
        await notify(
            _(
                "合同 %(number)s 第 %(n)s 期的在线付款 %(amount)s 被付款方银行提出拒付，请到支付平台处理。",
                number=contract.number,
                n=origin.instalment.sequence,
                amount=yuan(dispute.money),
            ),
            now=by.now,
            address=f"/contracts/{contract.number}",
            organisation_id=origin.deal.seller_id,
        )


async def _withheld(dispute: Dispute) -> list[Transfer]:
    transfers = await transfers_under(f"dispute:{dispute.id}:held")
    return [transfer for transfer in transfers if transfer.reverses_id is None]


async def _withhold(dispute: Dispute, origin: PaymentOrigin, *, now: datetime) -> None:
    """Withhold the disputed money, of the surplus first. Idempotent."""
    if await _withheld(dispute):
        return
    surplus = min(dispute.amount, await surplus_left(origin))
    for part, debit, reference in (
        (surplus, f"surplus:{origin.instalment.id}", "held_surplus"),
        (dispute.amount - surplus, origin.received_account, "held"),
    ):
        if part:
            await ledger.post(
                "dispute",
                Money(part, dispute.currency),
                debit=debit,
                credit=f"disputed:{dispute.id}",
                reference=f"dispute:{dispute.id}:{reference}",
                at=now,
                subject=origin.subject,
            )


async def _charge_back(dispute: Dispute, origin: PaymentOrigin, *, now: datetime) -> None:
    """Book withheld money as lost: what paid the instalment is owed again, the rest is gone. Idempotent."""
    if await transfers_under(f"dispute:{dispute.id}:lost"):
        return
    withheld = {
        transfer.reference.rsplit(":", 1)[1]: transfer.amount for transfer in await _withheld(dispute)
    }
    received = origin.instalment.amount - await open_amount(origin.instalment)
    owed_again = min(withheld.get("held", 0), received)
    if gone := dispute.amount - owed_again:
        await ledger.post(
            "dispute",
            Money(gone, dispute.currency),
            debit=f"disputed:{dispute.id}",
            credit=account_code("charged_back", origin.deal.seller_id, dispute.currency),
            reference=f"dispute:{dispute.id}:lost_surplus",
            at=now,
            subject=origin.subject,
        )
    if owed_again:
        await book_negative_receipt(
            origin,
            Money(owed_again, dispute.currency),
            ReceiptSource.DISPUTE,
            dispute.id,
            debit=f"disputed:{dispute.id}",
            reference=f"dispute:{dispute.id}:lost",
            on=local_date(now),
            now=now,
        )
