"""The real adapter and SDK connected to the simulated Stripe in one process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from market.payments.standin import SECRET, Deliver, Fault, StandIn
from market.payments.stripe_gateway import StripeGateway


class FaultyTransport(httpx.AsyncBaseTransport):
    """Transport between the SDK and the stand-in that can drop a request or its response."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._inner = httpx.ASGITransport(app=standin.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._standin.pop_line_fault()
        if fault is Fault.DOWN:
            raise httpx.ConnectError("the stand-in is down", request=request)
        response = await self._inner.handle_async_request(request)
        if fault is Fault.LOST_ANSWER:
            await response.aclose()
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return response


class StandInGateway(StripeGateway):
    """The Stripe adapter connected to the stand-in."""

    def __init__(self, standin: StandIn | None = None) -> None:
        self.standin = standin or StandIn()
        client = httpx.AsyncClient(transport=FaultyTransport(self.standin))
        super().__init__("sk_test_standin", [SECRET], client=client, retries=0)


def demo_gateway(directory: Path) -> StandInGateway:
    """Return the demo's gateway, whose state is stored in the data folder."""
    return StandInGateway(StandIn(file=directory / "standin.json"))


def deliver_to(app: Any, path: str = "/webhooks/stripe") -> Deliver:
    """Return a function that delivers webhooks to an app in this process."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://standin")

    async def deliver(body: bytes, signature: str) -> None:
        # In a task of its own, so that the context variables of this request do not leak into the caller's.
        call = client.post(path, content=body, headers={"stripe-signature": signature})
        (await asyncio.create_task(call)).raise_for_status()

    return deliver


def deliver_by_network(base_url: str) -> Deliver:
    """Return a function that delivers webhooks to the site of this address, from another process."""

    async def deliver(body: bytes, signature: str) -> None:
        async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
            answer = await client.post(
                "/webhooks/stripe", content=body, headers={"stripe-signature": signature}
            )
        answer.raise_for_status()

    return deliver
