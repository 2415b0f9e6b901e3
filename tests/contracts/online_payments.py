"""A contract that can be paid online: parties, a connected account, and the stand-in of the gateway."""

from __future__ import annotations

from dataclasses import dataclass

from market.contracts import online_payments
from market.contracts.models import Contract, Instalment
from market.contracts.refunds import request_refund
from market.kit.money import Money
from market.payments import connected_accounts, gateway_events
from market.payments.gateway import ReturnUrls
from market.payments.models import ConnectedAccount, GatewayEvent, Payment, Refund
from market.payments.refunds import send_refund
from market.payments.standin import StandIn
from market.payments.standin_gateway import StandInGateway
from market.payments.states import PaymentStatus
from market.records.by import By
from tests.contracts.factories import LATER, instalments_of, make_registered
from tests.deals.factories import Parties, make_parties

URLS = ReturnUrls(success="http://market.test/paid", cancel="http://market.test/back")


@dataclass
class PayableContract:
    parties: Parties
    contract: Contract
    gateway: StandInGateway
    fee_basis_points: int = 0

    @property
    def standin(self) -> StandIn:
        return self.gateway.standin

    async def instalment(self, sequence: int = 1) -> Instalment:
        return (await instalments_of(self.contract))[sequence - 1]

    async def pay(self, sequence: int = 1) -> Payment:
        """The buyer pays what is left of an instalment; the site has heard of it."""
        instalment = await self.instalment(sequence)
        await online_payments.start_payment(
            instalment.id,
            gateway=self.gateway,
            by=By(self.parties.buyer, LATER),
            urls=URLS,
            fee_basis_points=self.fee_basis_points,
        )
        payment = await Payment.filter(payable_id=instalment.id, status=PaymentStatus.PENDING).first()
        assert payment is not None
        await self.standin.pay(str(payment.checkout_id))
        await self.settle()
        return await Payment.get(id=payment.id)

    async def refund(self, payment: Payment, amount: int) -> Refund:
        """The seller's finance sends money back; the job has run."""
        refund = await request_refund(payment.id, amount, "多收", by=By(self.parties.seller_finance, LATER))
        await send_refund(refund.id, gateway=self.gateway, now=LATER)
        return await Refund.get(id=refund.id)

    async def settle(self) -> None:
        """Do what the job does, for every event stored and not done."""
        for event in await GatewayEvent.filter(processed_at=None).order_by("received_at", "id"):
            await gateway_events.settle_event(event.id, gateway=self.gateway, now=LATER)

    async def settle_all_again(self) -> None:
        """Every event again, newest first."""
        for event in await GatewayEvent.all().order_by("-received_at", "-id"):
            await gateway_events.settle_event(event.id, gateway=self.gateway, now=LATER)

    async def deliver(self, body: bytes, signature: str) -> None:
        await gateway_events.record_event(body, signature, gateway=self.gateway, now=LATER)


async def make_payable_contract(
    parties: Parties | None = None, contract: Contract | None = None
) -> PayableContract:
    """Connect the seller to the gateway and return a contract of these parties (new ones by default)."""
    parties = parties or await make_parties()
    payable = PayableContract(parties, contract or await make_registered(parties), StandInGateway())
    payable.standin.deliver = payable.deliver
    address = await connected_accounts.start_onboarding(
        parties.university, gateway=payable.gateway, by=By(parties.seller_finance, LATER), urls=URLS
    )
    await payable.standin.finish_onboarding(address.rsplit("/", 1)[1])
    await payable.settle()
    assert await ConnectedAccount.exists(charges_enabled=True)
    return payable


def fen(amount: int) -> Money:
    return Money(amount)
