"""What tests of payments begin with: a stand-in of Stripe, a seller who can be paid, a buyer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from market.accounts.actors import Actor
from market.kit.money import Money
from market.payments import checkouts, gateway_events
from market.payments.gateway import ReturnUrls
from market.payments.models import GatewayEvent, Payment
from market.payments.payables import PaidPayment
from market.payments.standin import StandIn
from market.payments.standin_gateway import StandInGateway
from market.records.by import By
from tests.payments.toy_payable import TOY, ToyPayable, toy_room

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
URLS = ReturnUrls(success="http://market.test/paid", cancel="http://market.test/back")
PRICE = Money(300_000_00)
FEE = Money(3_000_00)
FEE_BASIS_POINTS = 100


@dataclass
class CheckoutSetup:
    gateway: StandInGateway
    actor: Actor
    toy: ToyPayable
    """What is paid for."""

    @property
    def standin(self) -> StandIn:
        return self.gateway.standin

    async def page(self) -> str:
        """Start paying and return the id of the page at the gateway."""
        await self.start()
        return str((await self.payment()).checkout_id)

    async def start(self, *, fee_basis_points: int = FEE_BASIS_POINTS) -> str:
        return await checkouts.start_checkout(
            TOY,
            self.toy.id,
            gateway=self.gateway,
            by=By(self.actor, NOW),
            urls=URLS,
            fee_basis_points=fee_basis_points,
        )

    async def payment(self) -> Payment:
        """The only payment there is."""
        return await Payment.get(payable_id=self.toy.id)

    async def deliver(self, body: bytes, signature: str) -> None:
        await gateway_events.record_event(body, signature, gateway=self.gateway, now=NOW)

    async def settle_all(self) -> list[PaidPayment]:
        """Do what the job does, for every event stored."""
        events = await GatewayEvent.all().order_by("received_at", "id")
        settled = [await gateway_events.settle_event(e.id, gateway=self.gateway, now=NOW) for e in events]
        return [update for updates in settled for update in updates if isinstance(update, PaidPayment)]


@asynccontextmanager
async def checkout_setup(actor: Actor) -> AsyncIterator[CheckoutSetup]:
    """Yield a seller with an account that can be paid, and a buyer of a toy."""
    gateway = StandInGateway()
    account = await gateway.create_account("测试大学", key=f"account:{uuid4()}", metadata={})
    checkout = CheckoutSetup(gateway, actor, ToyPayable(PRICE, account))
    gateway.standin.deliver = checkout.deliver
    await gateway.account_link(account, return_url="http://market.test/", refresh_url="http://market.test/")
    await gateway.standin.finish_onboarding(account)
    with toy_room(checkout.toy):
        yield checkout
