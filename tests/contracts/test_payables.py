"""Instalments paid online, from the page of the gateway to the receipt."""

from __future__ import annotations

from uuid import uuid4

import pytest

from market.contracts import online_payments, receipts
from market.contracts.models import INSTALMENT
from market.contracts.queries import received_amount
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.payments.gateway import ReturnUrls
from market.payments.models import ConnectedAccount, Payment
from market.payments.payables import NothingDue, PaidPayment
from market.payments.settlement import refresh_payment
from market.payments.standin_gateway import StandInGateway
from market.payments.states import PaymentStatus
from market.records.by import By
from tests.contracts.factories import LATER, instalments_of, make_registered, make_remittance
from tests.deals.factories import Parties, make_parties
from tests.factories import NOW

URLS = ReturnUrls("http://market.test/payments/{PAYMENT_ID}/return", "http://market.test/")


async def _connect(parties: Parties, deps: Deps) -> StandInGateway:
    gateway = deps.gateway
    assert isinstance(gateway, StandInGateway)
    account = await gateway.create_account("桂南大学", key=str(uuid4()), metadata={})
    await gateway.standin.finish_onboarding(account)
    await ConnectedAccount.create(
        id=uuid4(),
        organisation=parties.university,
        account=account,
        charges_enabled=True,
        created_at=NOW,
        updated_at=NOW,
    )
    return gateway


async def test_an_instalment_paid_online_becomes_a_receipt(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    _first, second = await instalments_of(contract)
    await _connect(parties, deps)

    await online_payments.start_payment(
        second.id, gateway=deps.gateway, by=By(parties.buyer, LATER), urls=URLS
    )
    payment = await Payment.get(payable_id=second.id)
    paid = PaidPayment(payment.id, INSTALMENT, second.id, payment.money, Money(0), LATER)
    first_time = await receipts.book_payment(paid, by=By.job(LATER))
    second_time = await receipts.book_payment(paid, by=By.job(LATER))

    assert first_time is not None
    assert second_time == first_time
    assert await received_amount(contract.id) == second.amount
    assert await ledger.balance(f"met:online:{parties.university.id}") == Money(second.amount)


async def test_without_an_account_of_the_seller_nobody_pays_online(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)

    with pytest.raises(Conflict, match="对公转账"):
        await online_payments.start_payment(
            first.id, gateway=deps.gateway, by=By(parties.buyer, LATER), urls=URLS
        )


async def test_the_seller_does_not_pay(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await _connect(parties, deps)

    with pytest.raises(Forbidden):
        await online_payments.start_payment(
            first.id, gateway=deps.gateway, by=By(parties.seller, LATER), urls=URLS
        )


async def test_what_is_paid_or_waits_is_not_paid_online(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await _connect(parties, deps)
    await make_remittance(parties, first, first.amount)

    with pytest.raises(NothingDue):
        await online_payments.start_payment(
            first.id, gateway=deps.gateway, by=By(parties.buyer, LATER), urls=URLS
        )


async def test_what_the_gateway_says_is_paid_is_booked(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    _first, second = await instalments_of(contract)
    gateway = await _connect(parties, deps)
    await online_payments.start_payment(second.id, gateway=gateway, by=By(parties.buyer, LATER), urls=URLS)
    payment = await Payment.get(payable_id=second.id)
    await gateway.standin.pay(str(payment.checkout_id))
    await refresh_payment(payment.id, gateway=gateway, now=LATER)

    assert (await Payment.get(id=payment.id)).status is PaymentStatus.SUCCEEDED
    assert await received_amount(contract.id) == second.amount
