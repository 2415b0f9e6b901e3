"""What tests of payments begin with: a stand-in of Stripe, a seller who can be paid, a buyer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from market.accounts.actors import Actor
from market.kit.money import Money
from market.payments import services
from market.payments.gateway import ReturnUrls
from market.payments.models import GatewayEvent, Payment
from market.payments.services import PaidPayment, Payable
from market.payments.standin import StandIn
from market.payments.standin_gateway import StandInGateway
from market.records.by import By

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
URLS = ReturnUrls(success="http://market.test/paid", cancel="http://market.test/back")
PRICE = Money(300_000_00)
FEE = Money(3_000_00)


@dataclass
class CheckoutSetup:
    gateway: StandInGateway
    actor: Actor
    account: str
    payable: Payable

    @property
    def standin(self) -> StandIn:
        return self.gateway.standin

    async def page(self) -> str:
        """Start paying and return the id of the page at the gateway."""
        await self.start()
        return str((await self.payment()).checkout_id)

    async def start(self, money: Money = PRICE, **changes: object) -> str:
        values: dict[str, object] = {
            "account": self.account,
            "fee": FEE,
            "gateway": self.gateway,
            "by": By(self.actor, NOW),
            "urls": URLS,
        }
        return await services.start_checkout(self.payable, money, **(values | changes))  # type: ignore[arg-type]

    async def payment(self) -> Payment:
        """The only payment there is."""
        return await Payment.get(payable_id=self.payable.id)

    async def deliver(self, body: bytes, signature: str) -> None:
        await services.record_event(body, signature, gateway=self.gateway, now=NOW)

    async def settle_all(self) -> list[PaidPayment]:
        """Do what the job does, for every event stored."""
        events = await GatewayEvent.all().order_by("received_at", "id")
        told = [await services.settle_event(e.id, gateway=self.gateway, now=NOW) for e in events]
        return [each for listed in told for each in listed if isinstance(each, PaidPayment)]


async def make_checkout_setup(actor: Actor) -> CheckoutSetup:
    gateway = StandInGateway()
    checkout = CheckoutSetup(gateway, actor, "", Payable("instalment", uuid4(), "技术许可合同第 1 期"))
    gateway.standin.deliver = checkout.deliver
    checkout.account = await gateway.create_account("测试大学", key=f"account:{uuid4()}", metadata={})
    await gateway.account_link(
        checkout.account, return_url="http://market.test/", refresh_url="http://market.test/"
    )
    await gateway.standin.finish_onboarding(checkout.account)
    return checkout
