"""Stripe adapter: Checkout Sessions with direct charges on connected accounts."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

import httpx
import stripe

from market.kit.errors import GatewayUnavailable
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.payments.gateway import (
    AccountState,
    Checkout,
    CheckoutState,
    Event,
    ForgedEvent,
    GatewayDispute,
    GatewayFault,
    GatewayRefused,
    Refund,
    RefundState,
)

T = TypeVar("T")
TIMEOUT = 20
"""Seconds to wait for an answer."""
TWO_DECIMAL_AT_STRIPE = frozenset({"UGX"})
"""Currencies without a minor unit that Stripe nevertheless counts in hundredths."""
REFUND_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


class _InjectedClient(stripe.HTTPXClient):
    """Makes the SDK use an injected client."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        # The SDK's own client is discarded at once, so skip loading its certificates.
        super().__init__(timeout=TIMEOUT, verify_ssl_certs=False)
        self._client_async = client

    def _get_request_args_kwargs(self, *args: Any, **kwargs: Any) -> Any:
        """Pass the encoded form as `content`; httpx warns of text passed as `data`."""
        arguments, options = super()._get_request_args_kwargs(*args, **kwargs)
        options["content"] = options.pop("data") or None
        return arguments, options


class StripeGateway:
    """The `PaymentGateway` of Stripe.

    Takes several webhook secrets, since Stripe signs the events of connected accounts with another one
    than our own. `retries` is the SDK's own number of retries, under the same key.
    """

    def __init__(
        self,
        secret_key: str,
        webhook_secrets: Sequence[str],
        *,
        client: httpx.AsyncClient,
        retries: int = 2,
    ) -> None:
        self._secret_key = secret_key
        self._webhook_secrets = tuple(webhook_secrets)
        self._client = client
        self._retries = retries

    @cached_property
    def _api(self) -> stripe.StripeClient:
        sdk = _InjectedClient(self._client)
        return stripe.StripeClient(self._secret_key, http_client=sdk, max_network_retries=self._retries)

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
        intent: dict[str, Any] = {"description": description, "metadata": dict(metadata)}
        if fee:
            intent["application_fee_amount"] = to_stripe(fee)
        price = {
            "currency": money.currency.lower(),
            "unit_amount": to_stripe(money),
            "product_data": {"name": description},
        }
        params: Any = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": intent,
            "metadata": dict(metadata),
            "success_url": success_url,
            "cancel_url": cancel_url,
        }
        sessions = self._api.v1.checkout.sessions
        return _checkout(await _call(sessions.create_async(params, _options(account, key))))

    async def get_checkout(self, checkout_id: str, account: str) -> Checkout:
        params: Any = {"expand": ["payment_intent"]}
        sessions = self._api.v1.checkout.sessions
        return _checkout(await _call(sessions.retrieve_async(checkout_id, params, _options(account))))

    async def expire_checkout(self, checkout_id: str, account: str) -> Checkout:
        sessions = self._api.v1.checkout.sessions
        return _checkout(await _call(sessions.expire_async(checkout_id, None, _options(account))))

    async def create_account(self, name: str, *, key: str, metadata: Mapping[str, str]) -> str:
        params: Any = {
            # The organisation deals with Stripe itself: its own dashboard, its own fees and losses.
            "controller": {
                "fees": {"payer": "account"},
                "losses": {"payments": "stripe"},
                "requirement_collection": "stripe",
                "stripe_dashboard": {"type": "full"},
            },
            "business_profile": {"name": name},
            "metadata": dict(metadata),
        }
        connected = await _call(self._api.v1.accounts.create_async(params, _options("", key)))
        return connected.id

    async def account_link(self, account: str, *, return_url: str, refresh_url: str) -> str:
        params: Any = {
            "account": account,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": refresh_url,
        }
        link = await _call(self._api.v1.account_links.create_async(params))
        return link.url

    async def get_account(self, account: str) -> AccountState:
        connected = await _call(self._api.v1.accounts.retrieve_async(account))
        return AccountState(connected.id, bool(connected.charges_enabled), bool(connected.details_submitted))

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
        params: Any = {
            "payment_intent": payment_intent,
            "amount": to_stripe(money),
            "metadata": dict(metadata),
        }
        if with_fee:
            params["refund_application_fee"] = True
        refund = await _call(self._api.v1.refunds.create_async(params, _options(account, key)))
        return _refund(refund)

    async def list_checkouts(
        self, account: str, *, since: datetime | None = None, payment_intent: str = ""
    ) -> list[Checkout]:
        params = _window(since, payment_intent, "data.payment_intent")
        return [
            _checkout(session) for session in await _pages(self._api.v1.checkout.sessions, params, account)
        ]

    async def list_refunds(
        self, account: str, *, since: datetime | None = None, payment_intent: str = ""
    ) -> list[Refund]:
        return [
            _refund(refund)
            for refund in await _pages(self._api.v1.refunds, _window(since, payment_intent), account)
        ]

    async def list_disputes(
        self, account: str, *, since: datetime | None = None, payment_intent: str = ""
    ) -> list[GatewayDispute]:
        params = _window(since, payment_intent)
        return [_dispute(dispute) for dispute in await _pages(self._api.v1.disputes, params, account)]

    def read_event(self, payload: bytes, signature: str) -> Event:
        for secret in self._webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(payload, signature, secret, tolerance=300)
                return _event(payload)
            except (
                stripe.SignatureVerificationError,
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
                RecursionError,
            ):
                continue
        raise ForgedEvent(_("通知的签名不对，没有处理。"))


def _event(payload: bytes) -> Event:
    """Return the event of a webhook.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, RecursionError: it is none that can be stored: the
            database holds neither zero bytes nor halves of characters nor NaN, and ids are short.
    """
    content = json.loads(payload)
    event = Event(content["id"], content["type"], content.get("account") or "", content)
    event.object.get("id")
    text = json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    names = ((event.id, 80), (event.type, 80), (event.account, 60))
    if b"\\u0000" in text or not all(isinstance(name, str) and len(name) <= most for name, most in names):
        raise ValueError("not an event of the gateway")
    return event


def to_stripe(money: Money) -> int:
    """Convert money to an amount in Stripe's units for the currency."""
    return money.amount * 100 if money.currency in TWO_DECIMAL_AT_STRIPE else money.amount


def from_stripe(amount: int | None, currency: str | None) -> Money:
    """Convert an amount of Stripe to money."""
    code = (currency or "cny").upper()
    units = amount or 0
    return Money(units // 100 if code in TWO_DECIMAL_AT_STRIPE else units, code)


def _options(account: str, key: str = "") -> Any:
    options: dict[str, str] = {}
    if account:
        options["stripe_account"] = account
    if key:
        options["idempotency_key"] = key
    return options


async def _call(call: Awaitable[T]) -> T:
    """Await a call of the SDK and translate its errors."""
    try:
        return await call
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise GatewayUnavailable(str(error)) from error
    except stripe.StripeError as error:
        status = error.http_status or 0
        if status >= 500:
            raise GatewayFault(str(error)) from error
        if status < 400 or status == 409:  # A truncated response, or a concurrent request with the same key.
            raise GatewayUnavailable(str(error)) from error
        raise GatewayRefused(
            _("支付平台没有接受：%(reason)s", reason=error.user_message or error.code or status)
        ) from error


def _window(since: datetime | None, payment_intent: str, *expand: str) -> dict[str, Any]:
    params: dict[str, Any] = {"limit": 100}
    if since is not None:
        params["created"] = {"gte": int(since.timestamp())}
    if payment_intent:
        params["payment_intent"] = payment_intent
    if expand:
        params["expand"] = list(expand)
    return params


async def _pages(service: Any, params: dict[str, Any], account: str) -> list[Any]:
    """Return all items of a paginated list."""
    items: list[Any] = []
    while True:
        page = await _call(service.list_async(params, _options(account)))
        items += page.data
        if not page.has_more or not page.data:
            return items
        params = params | {"starting_after": page.data[-1].id}


def _id_of(reference: Any) -> str:
    """Return the id of an object that may be expanded."""
    return "" if not reference else reference if isinstance(reference, str) else reference.id


def _refund(refund: stripe.Refund) -> Refund:
    return Refund(
        refund.id,
        REFUND_STATES.get(refund.status or "", RefundState.PENDING),
        from_stripe(refund.amount, refund.currency),
        _id_of(refund.payment_intent),
        refund.metadata.to_dict() if refund.metadata else {},
        getattr(refund, "failure_reason", None) or "",
    )


def _dispute(dispute: stripe.Dispute) -> GatewayDispute:
    due = dispute.evidence_details.due_by if dispute.evidence_details else None
    return GatewayDispute(
        id=dispute.id,
        status=dispute.status,
        money=from_stripe(dispute.amount, dispute.currency),
        payment_intent=_id_of(dispute.payment_intent),
        reason=dispute.reason,
        opened_at=datetime.fromtimestamp(dispute.created, UTC),
        answer_by=datetime.fromtimestamp(due, UTC) if due else None,
    )


def _checkout(session: stripe.checkout.Session) -> Checkout:
    intent = session.payment_intent
    return Checkout(
        id=session.id,
        url=session.url or "",
        state=_state(session),
        money=from_stripe(session.amount_total, session.currency),
        expires_at=datetime.fromtimestamp(session.expires_at, UTC),
        payment_intent=_id_of(intent),
        metadata=session.metadata.to_dict() if session.metadata else {},
    )


def _state(session: stripe.checkout.Session) -> CheckoutState:
    if session.status == "expired":
        return CheckoutState.EXPIRED
    if session.payment_status in ("paid", "no_payment_required"):
        return CheckoutState.PAID
    if session.status == "open":
        return CheckoutState.OPEN
    intent = session.payment_intent
    # A payment that takes days has failed when its intent waits for another means of payment.
    if isinstance(intent, stripe.PaymentIntent) and intent.status in ("requires_payment_method", "canceled"):
        return CheckoutState.FAILED
    return CheckoutState.PROCESSING
