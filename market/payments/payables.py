"""What a payment pays for: an instalment, a deposit, a fee. Each room declares its kinds in `Room.payables`.

This room records what the payment gateway reports and hands it to the payable of that kind, which decides
what follows from it. A kind that no room declares is an error before the gateway is called; when it turns
up afterwards, its webhook stays unprocessed and is retried, so that no money is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from market.kit.database import atomic
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.room import rooms
from market.records.by import By


class UnknownPayable(LookupError):
    """No room declares this kind of payable."""


class NothingDue(Conflict):
    """Nothing is left to pay, or as much as is left waits for its confirmation."""


class NoOnlinePayment(Conflict):
    """The seller takes no online payments."""

    def __init__(self) -> None:
        super().__init__(_("转让方还没有开通网上收款，请用对公转账。"))


@dataclass(frozen=True)
class GatewayUpdate:
    """What the gateway reports of a payment. The same update is delivered more than once."""

    payment_id: UUID
    payable_kind: str
    payable_id: UUID


@dataclass(frozen=True)
class PaidPayment(GatewayUpdate):
    """Money arrived."""

    money: Money
    fee: Money
    """Our application fee, part of `money`."""
    paid_at: datetime


@dataclass(frozen=True)
class FailedPayment(GatewayUpdate):
    """The payment was declined or its page expired; no money moved."""


@dataclass(frozen=True)
class RefundedPayment(GatewayUpdate):
    """A refund was carried out, or failed after it had been reported as done."""

    refund_id: UUID
    is_done: bool


@dataclass(frozen=True)
class DisputedPayment(GatewayUpdate):
    """A dispute was opened or has changed."""

    dispute_id: UUID
    is_new: bool
    """False: the same was reported before."""


@dataclass(frozen=True)
class PayableDescription:
    """Title and page of a payable."""

    title: str
    """What the buyer reads on the gateway's page; always the same for the same payable."""
    address: str
    """Path of the page that shows its payments."""


class Payable(Protocol):
    """One kind of record that can be paid for. Every method takes the record's id."""

    async def describe(self, payable_id: UUID) -> PayableDescription: ...

    async def lock(self, payable_id: UUID) -> None:
        """Lock what serialises all changes to the record, until the transaction ends."""
        ...

    async def open_amount(self, payable_id: UUID) -> Money:
        """Return what can still be paid; zero or less when nothing can."""
        ...

    async def seller_account(self, payable_id: UUID) -> str:
        """Return the account at the gateway that receives the money; empty for the platform's own.

        Raises:
            NoOnlinePayment: the seller has none that can receive.
        """
        ...

    async def book(self, update: GatewayUpdate, *, by: By) -> None:
        """Do what follows from an update, in the caller's transaction, under `lock`. Idempotent."""
        ...


def payable_of(kind: str) -> Payable:
    """Return the payable that a room declares for this kind.

    Raises:
        UnknownPayable: no room does.
    """
    try:
        return rooms().payables[kind]
    except KeyError:
        raise UnknownPayable(f"no room declares payables of kind {kind!r}") from None


@atomic()
async def book(update: GatewayUpdate, *, by: By) -> None:
    """Hand an update to the payable that it is about.

    Raises:
        UnknownPayable: no room declares its kind.
    """
    payable = payable_of(update.payable_kind)
    await payable.lock(update.payable_id)
    await payable.book(update, by=by)
