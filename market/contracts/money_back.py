"""The origin of money that is sent back, and the negative receipt that it leaves.

What went back is a receipt below zero, so that every sum of receipts is what was really received; it is owed
again. Surplus goes back first, since it was never part of the price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from market.contracts.fees import update_commission
from market.contracts.models import Instalment, Receipt
from market.contracts.states import ReceiptSource
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.money import Money
from market.ledger import services as ledger
from market.ledger.accounts import account_code
from market.ledger.models import Transfer
from market.payments.models import Payment, Remittance


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
