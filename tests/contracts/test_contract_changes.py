"""Changes, rescission and cancelled registration of a signed contract."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from market.contracts import contract_changes
from market.contracts.queries import get_contract_for
from market.contracts.states import ChangeKind
from market.deals.models import Deal
from market.deals.states import DealStatus
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.ledger import transfers as ledger
from market.records.by import By
from market.records.decisions import SamePerson
from tests.contracts.factories import (
    LATER,
    TODAY,
    instalments_of,
    make_registered,
    make_remittance,
    pay_instalment,
)
from tests.deals.factories import make_parties
from tests.factories import make_member


async def test_a_rescission_needs_both_sides_and_frees_what_is_not_paid() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, second = await instalments_of(contract)
    await pay_instalment(parties, first)
    change = await contract_changes.propose_change(
        contract.number, ChangeKind.RESCISSION, "协商解除", agreed_on=TODAY, by=By(parties.buyer, LATER)
    )

    with pytest.raises(SamePerson):
        await contract_changes.confirm_change(change.id, by=By(parties.buyer, LATER))
    with pytest.raises(NotFound):
        await contract_changes.confirm_change(change.id, by=By(await make_member(), LATER))
    await contract_changes.confirm_change(change.id, by=By(parties.seller, LATER))

    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.RESCINDED
    assert (await ledger.balance(f"due:{second.id}")).amount == 0
    assert (await ledger.balance(f"agreed:{parties.university.id}")).amount == -first.amount
    with pytest.raises(Conflict):
        await make_remittance(parties, second, second.amount)


async def test_a_transfer_that_waits_is_settled_before_a_rescission() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    await make_remittance(parties, (await instalments_of(contract))[0], 100)
    change = await contract_changes.propose_change(
        contract.number, ChangeKind.RESCISSION, "协商解除", agreed_on=TODAY, by=By(parties.buyer, LATER)
    )

    with pytest.raises(Conflict):
        await contract_changes.confirm_change(change.id, by=By(parties.seller, LATER))


async def test_a_change_extends_the_contract_without_editing_it_and_a_second_waits() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    until = date(2032, 1, 1)
    values: dict[str, Any] = {"agreed_on": TODAY, "by": By(parties.seller, LATER)}

    change = await contract_changes.propose_change(
        contract.number, ChangeKind.CHANGE, "延长", new_valid_until=until, **values
    )
    with pytest.raises(Conflict):
        await contract_changes.propose_change(contract.number, ChangeKind.RESCISSION, "解除", **values)
    await contract_changes.confirm_change(change.id, by=By(parties.buyer, LATER))
    cancelled = await contract_changes.propose_change(
        contract.number, ChangeKind.CANCELLATION, "登记机构注销", **values
    )

    whole = await get_contract_for(parties.seller, contract.number)
    assert whole.valid_until == contract.valid_until
    assert [change.kind for change in whole.changes] == [ChangeKind.CHANGE, ChangeKind.CANCELLATION]
    assert cancelled.effective_at == LATER


async def test_the_other_side_rejects_a_change_with_a_reason_and_its_own_side_withdraws_it() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    values: dict[str, Any] = {"agreed_on": TODAY, "by": By(parties.seller, LATER)}
    first = await contract_changes.propose_change(contract.number, ChangeKind.CHANGE, "延长", **values)

    with pytest.raises(SamePerson):
        await contract_changes.reject_change(first.id, "x", by=By(parties.seller, LATER))
    with pytest.raises(Forbidden):
        await contract_changes.withdraw_change(first.id, by=By(parties.buyer, LATER))
    with pytest.raises(Invalid):
        await contract_changes.reject_change(first.id, " ", by=By(parties.buyer, LATER))
    await contract_changes.reject_change(first.id, "期限太长", by=By(parties.buyer, LATER))
    second = await contract_changes.propose_change(contract.number, ChangeKind.CHANGE, "再延长", **values)
    await contract_changes.withdraw_change(second.id, by=By(parties.seller, LATER))

    with pytest.raises(Conflict):
        await contract_changes.confirm_change(second.id, by=By(parties.buyer, LATER))
    rejected, withdrawn = (await get_contract_for(parties.buyer, contract.number)).changes
    assert rejected.is_rejected
    assert (rejected.reason, rejected.effective_at) == ("期限太长", None)
    assert not withdrawn.verdict
    assert (withdrawn.withdrawn_at, withdrawn.effective_at) == (LATER, None)
