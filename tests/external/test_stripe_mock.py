"""Every request we make of Stripe is one that its published interface accepts.

The official `stripe-mock` checks paths, names and types of all parameters against Stripe's own
description. It listens on a socket in a folder, so no network is needed.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
import pytest_asyncio

from market.kit.money import Money
from market.payments.gateway import GatewayRefused, PaymentGateway
from market.payments.stripe_gateway import StripeGateway
from tests.external.programs import find_program, running_program

RETURN = "https://market.test/paid?page={CHECKOUT_SESSION_ID}"
META = {"payment_id": "0b1f4c1e-0000-4000-8000-000000000001"}
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
Call = Callable[[StripeGateway], Awaitable[object]]


pytestmark = pytest.mark.skipif(
    find_program("stripe-mock") is None,
    reason="no stripe-mock: go install github.com/stripe/stripe-mock@latest, or name it in STRIPE_MOCK",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stripe_mock() -> AsyncIterator[httpx.AsyncClient]:
    """A line to a stripe-mock of this run's own."""
    with TemporaryDirectory(prefix="stripe") as folder:
        address = Path(folder) / "socket"
        command = [str(find_program("stripe-mock")), "-http-unix", str(address)]
        async with (
            running_program(command, address),
            httpx.AsyncClient(transport=PlainLine(uds=str(address))) as client,
        ):
            yield client


class PlainLine(httpx.AsyncHTTPTransport):
    """Speaks without TLS, whatever address the SDK has in mind."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http")
        return await super().handle_async_request(request)


def checkout(account: str, fee: int, currency: str = "CNY") -> Call:
    return lambda gateway: gateway.create_checkout(
        Money(300_000_00, currency),
        key="7f",
        description="技术许可合同第 1 期",
        account=account,
        fee=Money(fee, currency),
        success_url=RETURN,
        cancel_url=RETURN,
        metadata=META,
    )


def refund(account: str, with_fee: bool) -> Call:
    return lambda gateway: gateway.refund(
        "pi_1", Money(100), key="8f", account=account, with_fee=with_fee, metadata=META
    )


CALLS: list[tuple[str, Call]] = [
    ("create_checkout", checkout("acct_1", 3_000_00)),
    ("create_checkout", checkout("acct_1", 0, "JPY")),
    ("create_checkout", checkout("", 0)),
    ("get_checkout", lambda gateway: gateway.get_checkout("cs_1", "acct_1")),
    ("get_checkout", lambda gateway: gateway.get_checkout("cs_1", "")),
    ("expire_checkout", lambda gateway: gateway.expire_checkout("cs_1", "acct_1")),
    ("create_account", lambda gateway: gateway.create_account("测试大学", key="9f", metadata=META)),
    (
        "account_link",
        lambda gateway: gateway.account_link("acct_1", return_url=RETURN, refresh_url=RETURN),
    ),
    ("get_account", lambda gateway: gateway.get_account("acct_1")),
    ("refund", refund("acct_1", True)),
    ("list_checkouts", lambda gateway: gateway.list_checkouts("acct_1", since=SINCE)),
    ("list_checkouts", lambda gateway: gateway.list_checkouts("acct_1", payment_intent="pi_1")),
    ("list_refunds", lambda gateway: gateway.list_refunds("acct_1", since=SINCE)),
    ("list_refunds", lambda gateway: gateway.list_refunds("acct_1", payment_intent="pi_1")),
    ("list_disputes", lambda gateway: gateway.list_disputes("acct_1", since=SINCE)),
    ("list_disputes", lambda gateway: gateway.list_disputes("acct_1", payment_intent="pi_1")),
    ("refund", refund("", False)),
]


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{n}-{i}" for i, (n, _c) in enumerate(CALLS)])
async def test_stripe_accepts_the_request(stripe_mock: httpx.AsyncClient, name: str, call: Call) -> None:
    gateway = StripeGateway("sk_test_123", ["whsec_x"], client=stripe_mock, retries=0)

    assert await call(gateway)


async def test_a_request_that_stripe_does_not_know_would_be_noticed(stripe_mock: httpx.AsyncClient) -> None:
    gateway = StripeGateway("sk_test_123", ["whsec_x"], client=stripe_mock, retries=0)

    with pytest.raises(GatewayRefused):
        await gateway.create_account("x", key="1", metadata={"nested": {"no": "text"}})  # type: ignore[dict-item]


def test_every_call_of_the_gateway_is_tried() -> None:
    asked = {name for name, member in vars(PaymentGateway).items() if inspect.iscoroutinefunction(member)}

    assert {name for name, _call in CALLS} == asked
