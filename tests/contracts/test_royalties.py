"""Royalties: stated by the buyer, confirmed by the seller, owed as instalments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from market.contracts import royalties
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.errors import Conflict, Forbidden, Invalid
from market.ledger import transfers as ledger
from market.records.by import By
from tests.contracts.factories import LATER, TODAY, instalments_of, make_royalty_contract, pay_instalment
from tests.deals.factories import make_parties


async def test_royalties_become_instalments_as_they_are_stated_until_the_last() -> None:
    parties = await make_parties()
    contract = await make_royalty_contract(parties)
    await pay_instalment(parties, (await instalments_of(contract))[0])
    period: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY, "by": By(parties.buyer, LATER)}

    stated = await royalties.state_royalty(contract.number, 33_333_33, is_last=False, **period)
    with pytest.raises(Forbidden):
        await royalties.confirm_royalty(stated.id, by=By(parties.buyer, LATER))
    await royalties.confirm_royalty(stated.id, by=By(parties.seller, LATER))
    with pytest.raises(Conflict):
        await royalties.confirm_royalty(stated.id, by=By(parties.seller, LATER))
    with pytest.raises(Invalid):
        await royalties.state_royalty(contract.number, 1, is_last=False, **period)

    _entry, royalty = await instalments_of(contract)
    assert royalty.amount == 1_000_00
    assert (await ledger.balance(f"due:{royalty.id}")).amount == 1_000_00
    await pay_instalment(parties, royalty)
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING
    later = LATER + timedelta(days=30)
    day = TODAY + timedelta(days=10)
    last = await royalties.state_royalty(
        contract.number, 0, starts_on=day, ends_on=day, is_last=True, by=By(parties.buyer, later)
    )
    await royalties.confirm_royalty(last.id, by=By(parties.seller, later))
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.COMPLETED


async def test_a_rejected_period_of_royalties_is_stated_again() -> None:
    parties = await make_parties()
    contract = await make_royalty_contract(parties)
    period: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY, "by": By(parties.buyer, LATER)}
    stated = await royalties.state_royalty(contract.number, 100, is_last=False, **period)

    with pytest.raises(Invalid):
        await royalties.reject_royalty(stated.id, "", by=By(parties.seller, LATER))
    await royalties.reject_royalty(stated.id, "基数不含税", by=By(parties.seller, LATER))
    again = await royalties.state_royalty(contract.number, 113, is_last=False, **period)

    with pytest.raises(Conflict):
        await royalties.confirm_royalty(stated.id, by=By(parties.seller, LATER))
    await royalties.confirm_royalty(again.id, by=By(parties.seller, LATER))
    assert len(await instalments_of(contract)) == 2
