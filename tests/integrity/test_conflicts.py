"""Conflicts of interest that officers declare."""

from __future__ import annotations

import httpx
import pytest

from market.accounts.models import StaffRole
from market.budgets.batches import make_batch
from market.budgets.list_confirmation import confirm_batch
from market.claims.desk_review import declare_conflict, recheck
from market.claims.states import ClaimStatus
from market.integrity.conflicts import Conflicted
from market.integrity.models import PartyTie
from market.kit.errors import Conflict
from market.records.by import By
from tests.claims.factories import WAN, make_budget, make_calculated, make_desk
from tests.factories import HOLIDAYS, NOW, make_organisation, make_staff
from tests.visitor import post, sign_in


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


async def test_an_identity_number_is_kept_as_a_hash_alone(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    organisation = await make_organisation()
    await sign_in(client, desk.officer)
    data = {"kind": "person", "uscc": organisation.uscc, "other": "450102199001011234", "source": "公示系统"}

    assert (await post(client, "/desk/ties", data, follow=False)).status_code == 303

    kept = await PartyTie.get(uscc=str(organisation.uscc))
    assert len(kept.other) == 64
    page = (await client.get("/desk/ties")).text
    assert "450102199001011234" not in page
