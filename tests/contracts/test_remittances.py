"""Bank transfers for an instalment: recorded by one person, confirmed by another."""

from __future__ import annotations

from uuid import uuid4

import pytest

from market.contracts import receipts, remittances
from market.contracts.models import INSTALMENT, Receipt
from market.contracts.queries import received_amount
from market.contracts.remittances import ExceedsOpenAmount
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.errors import Forbidden, Invalid
from market.kit.money import Money
from market.kit.workflow import ActionNotAllowed
from market.ledger import transfers as ledger
from market.payments.payables import PaidPayment
from market.records.by import By
from market.records.decisions import SamePerson
from tests.contracts.factories import LATER, instalments_of, make_registered, make_remittance
from tests.deals.factories import make_parties


async def test_a_transfer_recorded_by_one_counts_when_another_confirms() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 80_500_000)
    before = await received_amount(contract.id)

    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert (before, await received_amount(contract.id)) == (0, 80_500_000)
    assert await ledger.available(f"due:{first.id}") == Money(0)
    assert await ledger.balance(f"met:remittance:{parties.university.id}") == Money(80_500_000)
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING


async def test_who_recorded_does_not_confirm() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 1_000_00, by=By(parties.seller_finance, LATER))

    with pytest.raises(SamePerson):
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))


async def test_the_buyers_finance_does_not_confirm_for_the_seller() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 1_000_00, by=By(parties.buyer, LATER))

    with pytest.raises(Forbidden):
        await remittances.confirm_remittance(remittance.id, by=By(parties.buyer_finance, LATER))
    assert await received_amount(contract.id) == 0


async def test_confirming_twice_books_once() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 1_000_00)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    with pytest.raises(ActionNotAllowed):
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert await received_amount(contract.id) == 1_000_00


async def test_more_than_is_left_cannot_be_recorded() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await make_remittance(parties, first, 80_000_000)

    with pytest.raises(Invalid) as refused:
        await make_remittance(parties, first, 500_001)

    assert refused.value.field == "amount"
    assert "￥5,000.00" in str(refused.value)


async def test_a_rejected_transfer_may_be_recorded_anew() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    wrong = await make_remittance(
        parties, first, 80_500_000, invoice_number="26452000000012345678", invoice_amount=80_500_000
    )
    await remittances.reject_remittance(wrong.id, "回单金额不符", by=By(parties.seller_finance, LATER))

    again = await make_remittance(
        parties, first, 80_500_000, invoice_number="26452000000012345678", invoice_amount=80_500_000
    )

    assert again.id != wrong.id


async def test_a_transfer_of_more_than_is_left_is_not_confirmed() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await receipts.book_payment(
        PaidPayment(uuid4(), INSTALMENT, first.id, Money(1_00), Money(0), LATER), by=By.job(LATER)
    )

    with pytest.raises(ExceedsOpenAmount):
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert await Receipt.filter(contract_id=contract.id).count() == 1
