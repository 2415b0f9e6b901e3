"""Receipts: what arrived is booked, and the deal follows."""

from __future__ import annotations

from uuid import uuid4

from market.contracts import receipts, remittances, signing
from market.contracts.models import INSTALMENT
from market.contracts.queries import received_amount
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.payments.payables import PaidPayment
from market.records.by import By
from tests.contracts.factories import (
    LATER,
    TODAY,
    instalments_of,
    make_contract,
    make_registered,
    make_remittance,
)
from tests.deals.factories import make_parties
from tests.invariants import OF_CONTRACTS, broken


async def test_when_all_has_arrived_the_deal_is_completed() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    for instalment in await instalments_of(contract):
        remittance = await make_remittance(parties, instalment, instalment.amount)
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.COMPLETED
    assert await received_amount(contract.id) == contract.contract_amount
    assert await broken(*OF_CONTRACTS) == {}


async def test_money_before_the_registration_counts_and_the_deal_follows_later() -> None:
    parties = await make_parties()
    contract = await make_contract(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))
    before = (await Deal.get(id=contract.deal_id)).status

    await signing.register_contract(
        contract.number,
        "4526010300000117",
        registered_on=TODAY,
        registry="站",
        by=By(parties.seller, LATER),
    )

    assert before is DealStatus.SIGNED
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING


async def test_money_that_arrives_twice_stands_in_the_book_as_surplus() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    receipt = await receipts.book_payment(
        PaidPayment(uuid4(), INSTALMENT, first.id, Money(first.amount), Money(0), LATER), by=By.job(LATER)
    )

    assert receipt is None
    assert await received_amount(contract.id) == first.amount
    assert await ledger.balance(f"surplus:{first.id}") == Money(first.amount)
