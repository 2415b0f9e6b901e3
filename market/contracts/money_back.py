"""The origin of money that is sent back, and the negative receipt that it leaves.

What went back is a receipt below zero, so that every sum of receipts is what was really received; it is owed
again. Surplus goes back first, since it was never part of the price. Money in dispute (拒付) is withheld
while the dispute is open, back when it is won, gone when it is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.audit.log import record
from market.contracts.fees import update_commission
from market.contracts.models import Instalment, Receipt
from market.contracts.queries import open_amount
from market.contracts.states import ContractVerb, ReceiptSource
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.payments.models import Dispute, Payment, Remittance
from market.payments.payables import DisputedPayment
from market.payments.states import DisputeStatus
from market.records.by import By


@dataclass(frozen=True)
class PaymentOrigin:
    """The payment or bank transfer by which money came, and what it paid for. The deal is locked."""

    source: ReceiptSource
    id: UUID
    way: str
    """online or remittance: the account of the book that received it."""
    instalment: Instalment
    deal: Deal

    @property
    def received_account(self) -> str:
        """The account of the book that has the money."""
        return account_code(f"met:{self.way}", self.deal.seller_id, self.instalment.contract.currency)

    @property
    def subject(self) -> tuple[str, UUID]:
        """The contract, as transfers of the book name it."""
        return ("contract", self.instalment.contract_id)


async def origin_of(source: Payment | Remittance) -> PaymentOrigin:
    """Lock the deal and return where the money of a payment or transfer went."""
    instalment = await Instalment.get(id=source.payable_id).select_related("contract")
    deal = await Deal.select_for_update().get(id=instalment.contract.deal_id)
    if isinstance(source, Payment):
        return PaymentOrigin(ReceiptSource.PAYMENT, source.id, "online", instalment, deal)
    return PaymentOrigin(ReceiptSource.REMITTANCE, source.id, "remittance", instalment, deal)


async def surplus_left(origin: PaymentOrigin) -> int:
    """Return what of the surplus that came by this origin has not gone back, in minor units."""
    arrived = await Transfer.get_or_none(reference=f"{origin.source}:{origin.id}:surplus")
    if arrived is None:
        return 0
    left = await ledger.available(f"surplus:{origin.instalment.id}")
    return min(int(arrived.amount), left.amount)


async def book_negative_receipt(
    origin: PaymentOrigin,
    money: Money,
    source: ReceiptSource,
    source_id: UUID,
    *,
    debit: str,
    reference: str,
    on: date,
    now: datetime,
) -> None:
    """Write the receipt below zero of money that went back and book it, from `debit`, as owed again."""
    contract = origin.instalment.contract
    await Receipt.create(
        id=uuid4(),
        contract_id=contract.id,
        instalment_id=origin.instalment.id,
        source=source,
        source_id=source_id,
        amount=-money.amount,
        currency=money.currency,
        received_on=on,
        booked_at=now,
    )
    # Nothing is owed on a rescinded contract, whatever goes back.
    is_ended = origin.deal.status is DealStatus.RESCINDED
    refunded = account_code("refunded", origin.deal.seller_id, money.currency)
    await ledger.post(
        "refund",
        money,
        debit=debit,
        credit=refunded if is_ended else f"due:{origin.instalment.id}",
        reference=reference,
        at=now,
        subject=origin.subject,
    )
    await update_commission(contract, at=now)


async def transfers_under(prefix: str) -> list[Transfer]:
    """Return the transfers of the book whose reference begins with `prefix`."""
    return await Transfer.filter(reference__startswith=prefix).order_by("reference")


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
