"""Registration of a contract: once, by the seller, under a number of its own."""

from __future__ import annotations

from datetime import date

import pytest

from market.contracts import registration
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.errors import Forbidden, Invalid
from market.kit.workflow import ActionNotAllowed
from market.records.by import By
from tests.contracts.factories import LATER, TODAY, make_contract, make_registered
from tests.deals.factories import make_parties


async def test_a_contract_is_registered_once_by_the_seller() -> None:
    parties = await make_parties()

    contract = await make_registered(parties)

    assert contract.registration_number == "4526010300000117"
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.REGISTERED
    with pytest.raises(ActionNotAllowed):
        await registration.register_contract(
            contract.number,
            "4526010300000118",
            registered_on=TODAY,
            registry="站",
            by=By(parties.seller, LATER),
        )


@pytest.mark.parametrize(
    ("number", "day", "field"),
    [
        ("123", TODAY, "registration_number"),
        ("４５２６０１０３００００００１１", TODAY, "registration_number"),
        ("45260103000001170", TODAY, "registration_number"),
        ("4526010300000117", date(2026, 3, 20), "registered_on"),
        ("4526010300000117", date(2026, 3, 22), "registered_on"),
    ],
)
async def test_a_registration_that_cannot_be_is_refused_at_its_field(
    number: str, day: date, field: str
) -> None:
    parties = await make_parties()
    contract = await make_contract(parties)

    with pytest.raises(Invalid) as refused:
        await registration.register_contract(
            contract.number, number, registered_on=day, registry="站", by=By(parties.seller, LATER)
        )

    assert refused.value.field == field


async def test_a_registration_number_is_used_once() -> None:
    first, second = await make_parties(), await make_parties()
    await make_registered(first)
    contract = await make_contract(second)

    with pytest.raises(Invalid, match="另一份合同"):
        await registration.register_contract(
            contract.number,
            "4526010300000117",
            registered_on=TODAY,
            registry="站",
            by=By(second.seller, LATER),
        )


async def test_the_buyer_does_not_register() -> None:
    parties = await make_parties()
    contract = await make_contract(parties)

    with pytest.raises(Forbidden):
        await registration.register_contract(
            contract.number,
            "4526010300000117",
            registered_on=TODAY,
            registry="站",
            by=By(parties.buyer, LATER),
        )
