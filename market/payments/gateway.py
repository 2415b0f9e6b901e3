"""The payment gateway's interface: what an adapter, such as Stripe's, must implement."""

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
    """The gateway rejected the request; a retry is of no use."""


class GatewayFault(GatewayUnavailable):
    """The gateway answered with a server error, which it replays for the same idempotency key."""


class ForgedEvent(MarketError):
    """The event's signature is missing, wrong or too old."""


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
    """State of an organisation's connected account at the gateway."""

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
    """A dispute as the gateway reports it; the status is the gateway's own."""

    id: str
    status: str
    money: Money
    payment_intent: str
    reason: str
    opened_at: datetime
    answer_by: datetime | None


@dataclass(frozen=True)
class Event:
    """A signed event of the gateway, delivered by webhook."""

    id: str
    type: str
    account: str
    """The connected account it happened on; empty for our own."""
    payload: dict[str, Any]

    @property
    def object(self) -> dict[str, Any]:
        """Return the object as of the event; it may have changed since."""
        subject: dict[str, Any] = self.payload["data"]["object"]
        return subject


class PaymentGateway(Protocol):
    """Takes payments on connected accounts of the sellers.

    Every call raises `GatewayUnavailable` when no response came (a retry with the same key is
    idempotent), `GatewayFault` for a server error of the gateway, and `GatewayRefused` for a rejected
    request. `account` is a connected account, or empty for our own.
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
        """Create a page on which `money` can be paid; idempotent by `key`."""
        ...

    async def get_checkout(self, checkout_id: str, account: str) -> Checkout: ...

    async def expire_checkout(self, checkout_id: str, account: str) -> Checkout:
        """Close the page; rejected when it was paid or closed before."""
        ...

    async def create_account(self, name: str, *, key: str, metadata: Mapping[str, str]) -> str:
        """Create a connected account for an organisation and return its id; idempotent by `key`."""
        ...

    async def account_link(self, account: str, *, return_url: str, refresh_url: str) -> str:
        """Return the address of the onboarding page; valid once, for minutes."""
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
        """Refund `money`, all or part of the payment; `with_fee` refunds our fee in proportion."""
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
        """Verify a webhook's signature and return its event.

        Raises:
            ForgedEvent: the signature is missing, wrong or old, or the body is no event.
        """
        ...
