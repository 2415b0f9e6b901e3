"""What we ask of a payment gateway, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from market.kit.errors import GatewayUnavailable, MarketError
from market.kit.money import Money

__all__ = [
    "AccountState",
    "Checkout",
    "CheckoutState",
    "Event",
    "ForgedEvent",
    "GatewayDispute",
    "GatewayFault",
    "GatewayRefused",
    "GatewayUnavailable",
    "PaymentGateway",
    "Refund",
    "RefundState",
    "ReturnUrls",
]


class GatewayRefused(MarketError):
    """The gateway answered that it will not do this; asking the same again is of no use."""


class GatewayFault(GatewayUnavailable):
    """The gateway answered with a fault of its own, and will give the same answer to the same key."""


class ForgedEvent(MarketError):
    """The event was not signed by the gateway, or too long ago."""


class CheckoutState(StrEnum):
    OPEN = "open"
    PROCESSING = "processing"
    """The buyer has done their part; the money is on its way, or not."""
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Checkout:
    """A page of the gateway on which a buyer pays."""

    id: str
    url: str
    """Empty when nothing can be paid there any more."""
    state: CheckoutState
    money: Money
    expires_at: datetime
    payment_intent: str = ""
    """What a refund names; empty until the buyer pays."""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReturnUrls:
    """Whole addresses to which the gateway sends the person back.

    `{PAYMENT_ID}` in `success` becomes the payment's id.
    """

    success: str
    cancel: str


@dataclass(frozen=True)
class AccountState:
    """How far an organisation has come with its own account at the gateway."""

    id: str
    charges_enabled: bool
    details_submitted: bool


@dataclass(frozen=True)
class Refund:
    id: str
    state: RefundState
    money: Money
    payment_intent: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True)
class GatewayDispute:
    """How a dispute stands at the gateway, in its own word for the status."""

    id: str
    status: str
    money: Money
    payment_intent: str
    reason: str
    opened_at: datetime
    answer_by: datetime | None


@dataclass(frozen=True)
class Event:
    """Something that happened at the gateway, told by a request that it signed."""

    id: str
    type: str
    account: str
    """The connected account it happened on; empty for our own."""
    payload: dict[str, Any]

    @property
    def object(self) -> dict[str, Any]:
        """The object as it was when the event was made, perhaps no longer as it is."""
        found: dict[str, Any] = self.payload["data"]["object"]
        return found


class PaymentGateway(Protocol):
    """Takes payments on connected accounts of the sellers.

    Every call raises `GatewayUnavailable` when no answer came (calling again with the same key is
    safe and does the thing once), `GatewayFault` for a fault of the gateway's own, and
    `GatewayRefused` for an answered refusal. `account` is a connected account, or empty for our own.
    """

    async def create_checkout(
        self,
        money: Money,
        *,
        key: str,
        description: str,
        account: str,
        fee: Money,
        success_url: str,
        cancel_url: str,
        metadata: Mapping[str, str],
    ) -> Checkout:
        """Make a page on which `money` can be paid; the same key gives the same page."""
        ...

    async def get_checkout(self, checkout_id: str, account: str) -> Checkout: ...

    async def expire_checkout(self, checkout_id: str, account: str) -> Checkout:
        """Close the page. Refused when it was paid or closed before."""
        ...

    async def create_account(self, name: str, *, key: str, metadata: Mapping[str, str]) -> str:
        """Make a connected account for an organisation and return its id."""
        ...

    async def account_link(self, account: str, *, return_url: str, refresh_url: str) -> str:
        """Return the address where the organisation gives its particulars; good once, for minutes."""
        ...

    async def get_account(self, account: str) -> AccountState: ...

    async def refund(
        self,
        payment_intent: str,
        money: Money,
        *,
        key: str,
        account: str,
        with_fee: bool,
        metadata: Mapping[str, str],
    ) -> Refund:
        """Send `money`, all or part of what was paid, back to the buyer; `with_fee`, our part too."""
        ...

    async def list_checkouts(
        self, account: str, *, since: datetime | None = None, payment_intent: str = ""
    ) -> list[Checkout]:
        """Return the pages made since a moment, or those on which this intent was paid."""
        ...

    async def list_refunds(
        self, account: str, *, since: datetime | None = None, payment_intent: str = ""
    ) -> list[Refund]:
        """Return the refunds made since a moment, or those of one payment."""
        ...

    async def list_disputes(
        self, account: str, *, since: datetime | None = None, payment_intent: str = ""
    ) -> list[GatewayDispute]:
        """Return the disputes opened since a moment, or those of one payment."""
        ...

    def read_event(self, payload: bytes, signature: str) -> Event:
        """Return what a webhook tells.

        Raises:
            ForgedEvent: the signature is missing, wrong or old, or the body is no event.
        """
        ...
