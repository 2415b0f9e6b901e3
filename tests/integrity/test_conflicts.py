"""Conflicts of interest that officers declare."""

from __future__ import annotations

import pytest

from market.accounts.models import StaffRole
from market.accounts.relations import Conflicted
from market.budgets.batches import make_batch
from market.budgets.list_confirmation import confirm_batch
from market.claims.desk_review import declare_conflict, recheck
from market.claims.states import ClaimStatus
from market.kit.errors import Conflict
from market.records.by import By
from tests.claims.factories import WAN, make_budget, make_calculated, make_desk
from tests.factories import HOLIDAYS, NOW, make_staff


async def test_who_declared_a_conflict_rechecks_no_more_and_another_does() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)

    await declare_conflict(claim.number, reason="同乡", by=By(desk.rechecker, NOW))

    with pytest.raises(Conflicted):
        await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    with pytest.raises(Conflict):
        await declare_conflict(claim.number, reason="同乡", by=By(desk.rechecker, NOW))
    other = await make_staff(StaffRole.RECHECKER)
    assert (await recheck(claim.number, sequence=1, by=By(other, NOW))).status is ClaimStatus.RECHECKED


async def test_who_computed_a_claim_cannot_declare_a_conflict_afterwards() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)

    with pytest.raises(Conflict):
        await declare_conflict(claim.number, reason="x", by=By(desk.officer, NOW))


async def test_a_list_with_a_conflicted_claim_is_confirmed_by_another() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    await recheck(claim.number, sequence=1, by=By(desk.rechecker, NOW))
    await make_budget(desk, 1000 * WAN)
    batch = await make_batch(
        "guangxi", year=2026, claim_numbers=[claim.number], title="", by=By(desk.officer, NOW)
    )
    second = await make_staff(StaffRole.RECHECKER)
    await declare_conflict(claim.number, reason="x", by=By(second, NOW))

    with pytest.raises(Conflicted):
        await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(second, NOW))
